"""Two parties that are one: the survivor takes over what hangs on the other, whose id stays good, and for 30 days it can be undone.

Posted books never change.  The ledger's dimensions keep naming the merged party; whoever reads them asks ``survivors``.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, inspect, select, update
from sqlalchemy.exc import IntegrityError

from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.parties.access import STEM, party_row
from master_data.parties.events import PartiesMerged, PartyUpdated
from master_data.parties.lifecycle import PartyStageChange
from master_data.parties.merging_model import PartyMerge
from master_data.parties.model import Party
from master_data.parties.resource import PARTIES
from master_data.scopes.model import Collaborator
from master_data.scopes.rights import rights_of
from master_data.timeline.model import Activity

UNDO = timedelta(days=30)
FIELDS = tuple(name for name in PARTIES.form if name != "parent_id")
_DERIVED = ("name_key", "search_text", "phone_key", "mail_domain", "custom")
_BOOKS = "finance_"
_OWN_HISTORY = (PartyMerge.__tablename__, PartyStageChange.__tablename__)
"""What tells of one party only, whatever becomes of it."""


class MergeRefused(Conflict):
    """The two cannot become one."""

    code = "merge_refused"


class MergeNotFound(NotFound):
    code = "merge_not_found"


class MergeTooOld(Conflict):
    """It was undone before, or it is too long ago."""

    code = "merge_too_old"


async def merge_parties(work: Work, survivor_id: UUID, merged_id: UUID, take: Collection[str]) -> PartyMerge:
    """Make ``merged_id`` part of ``survivor_id``; ``take`` names the fields whose value comes from the merged one.

    Raises:
        Invalid: both are the same, or ``take`` names no field.
        FieldReadOnly: ``take`` names a field that the actor may not write.
        RecordNotFound, RecordReadOnly: one is out of the actor's reach.
        MergeRefused: something may hang on a party only once, and both have it; or another merge was faster.
    """
    if survivor_id == merged_id:
        raise Invalid(_("Choose another party to merge with."), field="merged_id")
    if unknown := set(take) - set(FIELDS):
        raise Invalid(_("There is no field %(field)s.", field=sorted(unknown)[0]), field="take")
    survivor, merged = await _both(work, survivor_id, merged_id)
    (await rights_of(work, STEM)).check_writes(take)
    before = {name: _plain(survivor, name) for name in (*take, *_DERIVED)}
    merged.merged_into_id = survivor_id
    if survivor.parent_id == merged_id:
        before["parent_id"], survivor.parent_id = str(merged_id), None
    await work.session.flush()  # the merged one gives its credit code free before the survivor takes it
    moved = [entry async for entry in _move_all(work, merged_id, survivor_id)]
    for name in take:
        setattr(survivor, name, getattr(merged, name))
    survivor.custom = {**(merged.custom or {}), **(survivor.custom or {})} or None
    _derive(survivor)
    await _flush(work)
    merge = PartyMerge(survivor_id=survivor_id, merged_id=merged_id, merged_by=work.actor.name, before=before, moved=moved)
    work.session.add(merge)
    await work.session.flush()
    facts = {"merged": merged.name, "merged_id": str(merged_id), "took": sorted(take)}
    await record(work, "party.merged", f"party:{survivor_id}", name=survivor.name, before=before, after=facts)
    await work.publish(PartiesMerged(survivor_id=survivor_id, merged_id=merged_id))
    await work.publish(PartyUpdated(party_id=survivor_id))
    return merge


async def undo_merge(work: Work, merge_id: UUID) -> PartyMerge:
    """Part the two again: what was moved goes back, and fields that nobody changed since.

    Raises:
        MergeNotFound: there is no such merge within the actor's reach.
        MergeTooOld: it was undone, or is more than 30 days ago.
        MergeRefused: a name or code was given to another party meanwhile.
    """
    merge: PartyMerge | None = await work.session.get(PartyMerge, merge_id, with_for_update=True)
    if merge is None:
        raise MergeNotFound(_("There is no such merge."))
    await _lock(work, merge.survivor_id, merge.merged_id)
    survivor = await party_row(work, merge.survivor_id, "edit")
    if merge.undone_at is not None or merge.merged_at < clock.now() - UNDO:
        raise MergeTooOld(_("This merge was undone already, or is more than %(days)s days ago.", days=UNDO.days))
    merged = await work.session.get_one(Party, merge.merged_id)
    for name, value in merge.before.items():
        untouched = name in _DERIVED or getattr(survivor, name) == getattr(merged, name) or name == "parent_id"
        if untouched:
            setattr(survivor, name, _value(name, value))
    _derive(survivor)
    await _flush(work)
    merged.merged_into_id = None
    for table_name, column_name, ids in merge.moved:
        table = Party.metadata.tables[table_name]
        column = table.c[column_name]
        rows = [UUID(each) for each in ids]
        await work.session.execute(update(table).where(table.c.id.in_(rows), column == merge.survivor_id).values({column: merge.merged_id}))
    merge.undone_at = clock.now()
    await _flush(work)
    await record(work, "party.unmerged", f"party:{survivor.id}", name=survivor.name, after={"parted": merged.name})
    await work.publish(PartyUpdated(party_id=survivor.id))
    await work.publish(PartyUpdated(party_id=merged.id))
    return merge


async def survivors(work: Work, party_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """What each of the ids means today: itself, or the party that it was merged into."""
    rows = await work.session.execute(
        select(Party.id, Party.merged_into_id).where(Party.id.in_(party_ids), Party.merged_into_id.is_not(None))
    )
    return {party_id: party_id for party_id in party_ids} | {row.id: row.merged_into_id for row in rows}


async def merges_of(work: Work, party_id: UUID) -> Sequence[tuple[PartyMerge, str]]:
    """Merges into the party that can still be undone, with the merged one's name."""
    found = await work.session.execute(
        select(PartyMerge, Party.name)
        .join(Party, Party.id == PartyMerge.merged_id)
        .where(PartyMerge.survivor_id == party_id, PartyMerge.undone_at.is_(None), PartyMerge.merged_at > clock.now() - UNDO)
        .order_by(PartyMerge.merged_at.desc())
        .limit(20)
    )
    return [(row[0], row[1]) for row in found]


async def _both(work: Work, survivor_id: UUID, merged_id: UUID) -> tuple[Party, Party]:
    await party_row(work, survivor_id, "edit")
    await party_row(work, merged_id, "edit")
    rows = await _lock(work, survivor_id, merged_id)
    if len(rows) < 2 or any(row.merged_into_id is not None for row in rows.values()):
        raise MergeRefused(_("One of the two was merged or deleted meanwhile. Reload the page, then choose again."))
    return rows[survivor_id], rows[merged_id]


async def _lock(work: Work, *party_ids: UUID) -> dict[UUID, Party]:
    """The parties as they are now, locked in one order: merges that cross wait for each other."""
    locked = select(Party).where(Party.id.in_(party_ids)).order_by(Party.id).with_for_update()
    return {row.id: row for row in await work.session.scalars(locked.execution_options(populate_existing=True))}


async def _move_all(work: Work, merged_id: UUID, survivor_id: UUID) -> Any:
    """Move what hangs on the merged party, and tell of each table: its name, the column, and the ids of the rows."""
    for table, column in _references(work):
        statement = update(table).where(column == merged_id, table.c.id != merged_id).values({column: survivor_id})
        if table.name == Party.__tablename__:
            statement = statement.where(table.c.id != survivor_id)
        try:
            async with work.session.begin_nested():
                ids = (await work.session.scalars(statement.returning(table.c.id))).all()
        except IntegrityError as error:
            message = _("Both have an entry in %(table)s, where a party has one only; remove one of them first.", table=table.name)
            raise MergeRefused(message) from error
        if ids:
            yield [table.name, column.name, [str(each) for each in ids]]
    for entry in (await _move_activities(work, merged_id, survivor_id), await _move_collaborators(work, merged_id, survivor_id)):
        if entry[2]:
            yield entry


def _references(work: Work) -> Iterator[tuple[Table, Column[Any]]]:
    """Columns of the cores and the enabled verticals that name a party, but for the books and the history of merges."""
    own = Party.__table__.c.id
    for contribution in work.contributions("models"):
        table: Table = inspect(contribution.item).local_table
        if table.name.startswith(_BOOKS) or table.name in _OWN_HISTORY:
            continue
        for column in table.columns:
            if any(key.column is own for key in column.foreign_keys):
                yield table, column


async def _move_activities(work: Work, merged_id: UUID, survivor_id: UUID) -> list[Any]:
    statement = update(Activity).where(Activity.record_kind == STEM, Activity.record_id == merged_id).values(record_id=survivor_id)
    ids = (await work.session.scalars(statement.returning(Activity.id))).all()
    return [Activity.__tablename__, "record_id", [str(each) for each in ids]]


async def _move_collaborators(work: Work, merged_id: UUID, survivor_id: UUID) -> list[Any]:
    """Those who take part in both stay with the merged one too: there they are not asked any more."""
    there = select(Collaborator.employee_id).where(Collaborator.record_kind == STEM, Collaborator.record_id == survivor_id)
    statement = (
        update(Collaborator)
        .where(Collaborator.record_kind == STEM, Collaborator.record_id == merged_id, Collaborator.employee_id.not_in(there))
        .values(record_id=survivor_id)
    )
    ids = (await work.session.scalars(statement.returning(Collaborator.id))).all()
    return [Collaborator.__tablename__, "record_id", [str(each) for each in ids]]


async def _flush(work: Work) -> None:
    try:
        async with work.session.begin_nested():
            await work.session.flush()
    except IntegrityError as error:
        raise MergeRefused(_("Another party has the same name or credit code; settle that first.")) from error


def _derive(party: Party) -> None:
    rules = PARTIES.rules
    assert rules is not None  # noqa: S101 - for the type checker
    prepared = rules.prepare({name: getattr(party, name) for name in PARTIES.form})
    for name in ("name_key", "search_text", "phone_key", "mail_domain"):
        setattr(party, name, prepared[name])


def _plain(party: Party, name: str) -> Any:
    value = getattr(party, name)
    return str(value) if isinstance(value, UUID) else value


def _value(name: str, value: Any) -> Any:
    return UUID(value) if isinstance(value, str) and name.endswith("_id") else value
