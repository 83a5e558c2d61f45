"""Whoever is put in charge of records by somebody's file is told so: once for each file, however many records it gives."""

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from kernel.i18n import N_
from kernel.work import Work
from master_data.api import Import, undo_import
from vertical import Resource
from vertical.records import table_of
from workflow.api import ASSIGNED, kinds, notify, persons_of

OWNER = "owner_id"


async def tell_of_import(work: Work, resource: Resource, done: Import) -> None:
    """Tell those whom a file, or a rule that ran on it, put in charge, with the way to just these records."""
    ids = [*done.created, *(UUID(record_id) for record_id, _version, values in done.before if OWNER in values)]
    counts = Counter(owner for owner in (await owners_of(work, resource, ids)).values() if owner)
    await _tell(work, resource, counts, N_("%(who)s imported a file and put you in charge. %(kind)s: %(count)s"), done.id, "import")


async def undo_and_tell(work: Work, resource: Resource, import_id: UUID) -> tuple[int, int, int]:
    """Take an import back, and tell those who are not in charge any more.

    Raises:
        ImportGone, Forbidden, ImportStands
    """
    # Columns only: the row itself is read where it is locked, so that of two who undo at once the second sees it undone.
    query = select(Import.created, Import.before).where(Import.id == import_id, Import.list_name == resource.permission)
    found = (await work.session.execute(query)).one_or_none()
    ids = [*found.created, *(UUID(each[0]) for each in found.before)] if found else []
    before = await owners_of(work, resource, ids)
    undone = await undo_import(work, resource, import_id)
    after = await owners_of(work, resource, ids)
    lost = Counter(owner for record_id, owner in before.items() if owner and after.get(record_id) != owner)
    text = N_("%(who)s undid an import, so these are yours no longer. %(kind)s: %(count)s")
    await _tell(work, resource, lost, text, import_id, "import-undone")
    return undone


async def owners_of(work: Work, resource: Resource, ids: Iterable[UUID]) -> dict[UUID, UUID | None]:
    """Who is in charge of each of the records that are there; nothing where nobody ever is."""
    table, wanted = table_of(resource), list(ids)
    if OWNER not in table.c or not wanted:
        return {}
    rows = await work.session.execute(
        select(table.c.id, table.c[OWNER]).where(table.c.id == any_(bindparam("ids", wanted, type_=ARRAY(Uuid))))
    )
    return {row.id: row.owner_id for row in rows}


async def _tell(work: Work, resource: Resource, counts: Mapping[UUID, int], text: str, import_id: UUID, occasion: str) -> None:
    persons = await persons_of(work, list(counts)) if counts else {}
    page = kinds(work)[resource.permission].list_page
    for owner, count in sorted(counts.items()):
        if owner in persons:
            values = {"who": work.actor.name, "kind": {"msgid": resource.label}, "count": count}
            path = f"{page}?{OWNER}={owner}&import={import_id}" if occasion == "import" else f"{page}?{OWNER}={owner}"
            await notify(work, [persons[owner]], kind=ASSIGNED, text=text, values=values, path=path, key=f"{occasion}:{import_id}:{owner}")
