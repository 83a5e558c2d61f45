"""Imports that were applied: what they did, and how it is taken back for 30 days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.imports.model import Import
from master_data.papers.filing import drop_filed
from master_data.papers.model import Paper
from vertical import Resource
from vertical.bulk import Change, update_records
from vertical.records import table_of
from vertical.statements import run, table_name

UNDO = timedelta(days=30)
SHOWN_MAX = 10

# What a record writes of itself as it comes into being; a change of it counts as one of the record.
_BY_ITSELF = frozenset({"master_party_stage"})
_REFERENCES = """
    SELECT c.conrelid::regclass::text AS "table", a.attname AS "column" FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid = $1::text::regclass AND array_length(c.conkey, 1) = 1
"""


class ImportGone(NotFound):
    """There is no such import into this list."""

    code = "import_gone"


class ImportStands(Conflict):
    """It was undone before, or is too long ago."""

    code = "import_stands"


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What an import did, for lists."""

    id: UUID
    file_name: str
    at: datetime
    by: str
    created: int
    changed: int
    same: int
    undone_at: datetime | None
    undone_by: str | None
    kept: int
    may_undo: bool


async def note_import(
    work: Work,
    resource: Resource,
    *,
    file_name: str,
    key: str,
    created: Sequence[UUID],
    before: Sequence[Any],
    same: int,
    papers: Sequence[UUID] = (),
) -> Import:
    """Keep what an import did."""
    row = Import(
        list_name=resource.permission,
        file_name=file_name[:200],
        key=key,
        made_by=work.actor.id,
        made_by_name=work.actor.name[:80],
        created=list(created),
        before=list(before),
        same_count=same,
        papers=list(papers),
    )
    work.session.add(row)
    await work.session.flush()
    facts = {"file": row.file_name, "created": len(created), "changed": len(before)} | ({"papers": len(papers)} if papers else {})
    await record(work, "import.applied", f"import:{row.id}", name=row.file_name, after=facts)
    return row


async def imports_into(work: Work, resource: Resource) -> Sequence[Applied]:
    """The latest imports into a list, newest first."""
    columns = (
        Import.id, Import.file_name, Import.created_at, Import.made_by, Import.made_by_name, Import.same_count,
        Import.undone_at, Import.undone_by_name, Import.kept_count,
        func.cardinality(Import.created).label("created"),
        func.jsonb_array_length(Import.before).label("changed"),
    )  # fmt: skip
    found = await work.session.execute(
        select(*columns).where(Import.list_name == resource.permission).order_by(Import.created_at.desc()).limit(SHOWN_MAX)
    )
    return [
        Applied(
            id=row.id,
            file_name=row.file_name,
            at=row.created_at,
            by=row.made_by_name,
            created=row.created,
            changed=row.changed,
            same=row.same_count,
            undone_at=row.undone_at,
            undone_by=row.undone_by_name,
            kept=row.kept_count,
            may_undo=row.undone_at is None and row.created_at > clock.now() - UNDO and _may(work, resource, row.made_by),
        )
        for row in found
    ]


def imported(model: Any, stem: str, import_id: UUID) -> ColumnElement[bool]:
    """The condition for records that an import made or changed; none where it went into another list."""
    of_import = (Import.id == import_id, Import.list_name == stem)
    made = select(func.unnest(Import.created)).where(*of_import)
    entry = func.jsonb_array_elements(Import.before, type_=JSONB).column_valued("entry")
    changed = select(cast(entry[0].astext, Uuid)).select_from(Import).where(*of_import)
    found: ColumnElement[bool] = or_(model.id.in_(made), model.id.in_(changed))
    return found


async def undo_import(work: Work, resource: Resource, import_id: UUID) -> tuple[int, int, int]:
    """Take an import back: new records go, changed ones become what they were.

    A record that somebody worked with since stays as it is: one that was changed again, or that others refer to.
    Answers how many were removed, restored and kept.

    Raises:
        ImportGone: there is no such import.
        Forbidden: it is another person's, and the actor may not delete records.
        ImportStands: it was undone, or is more than 30 days ago.
    """
    row: Import | None = await work.session.get(Import, import_id, with_for_update=True)
    if row is None or row.list_name != resource.permission:
        raise ImportGone(_("There is no such import."))
    if not _may(work, resource, row.made_by):
        raise Forbidden(_("Only who imported the file, or somebody who may delete these records, can undo it."))
    if row.undone_at is not None or row.created_at < clock.now() - UNDO:
        raise ImportStands(_("This import was undone already, or is more than %(days)s days ago.", days=UNDO.days))
    restored = await update_records(work, resource, [Change(id=UUID(each[0]), version=each[1] + 1, values=each[2]) for each in row.before])
    removed = await _remove_untouched(work, resource, row.created, row.papers)
    stay = {*row.created, *(UUID(each[0]) for each in row.before)} - set(restored)
    await drop_filed(work, [party_id for party_id in row.papers if party_id not in stay])
    kept = len(row.created) + len(row.before) - len(removed) - len(restored)
    row.undone_at, row.undone_by_name, row.kept_count = clock.now(), work.actor.name[:80], kept
    await work.session.flush()
    facts = {"removed": len(removed), "restored": len(restored), "kept": kept}
    await record(work, "import.undone", f"import:{row.id}", name=row.file_name, after=facts)
    return len(removed), len(restored), kept


def _may(work: Work, resource: Resource, made_by: UUID | None) -> bool:
    """Who imported may undo it, and whoever may delete records anyway."""
    return (made_by is not None and made_by == work.actor.id) or work.actor.may(f"{resource.permission}.delete")


async def _remove_untouched(work: Work, resource: Resource, ids: Sequence[UUID], papers: Sequence[UUID]) -> list[UUID]:
    """Delete those of the records that nobody changed and nothing refers to but the papers that came with them."""
    if not ids:
        return []
    table = table_of(resource)
    touched = ["t.version > 1"] if "version" in table.c else ["t.updated_at > t.created_at"]
    touched += [
        f'EXISTS (SELECT FROM {reference["table"]} r WHERE r."{reference["column"]}" = t.id)'
        for reference in await run(work, _REFERENCES, [table.name])
        if reference["table"] not in _BY_ITSELF and reference["table"] != Paper.__tablename__
    ]
    touched.append("EXISTS (SELECT FROM master_paper r WHERE r.party_id = t.id AND NOT (r.version = 1 AND r.party_id = ANY($3)))")
    touched.append("EXISTS (SELECT FROM master_activity a WHERE a.record_kind = $2 AND a.record_id = t.id AND a.kind <> 'system')")
    touched.append("EXISTS (SELECT FROM master_collaborator c WHERE c.record_kind = $2 AND c.record_id = t.id)")
    statement = f"DELETE FROM {table_name(resource)} t WHERE t.id = ANY($1) AND NOT ({' OR '.join(touched)}) RETURNING t.id"  # noqa: S608
    try:
        async with work.session.begin_nested():
            gone = await run(work, statement, [list(ids), resource.permission, list(papers)])
    except IntegrityError as error:
        raise Conflict(_("Somebody is working with these records right now; try again.")) from error
    removed = [UUID(int=row["id"].int) for row in gone]
    await run(work, "DELETE FROM master_activity WHERE record_kind = $2 AND record_id = ANY($1)", [removed, resource.permission])
    return removed
