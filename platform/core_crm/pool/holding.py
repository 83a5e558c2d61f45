"""Who holds a record: it is given to somebody, or laid into the pool.  Every change stands in the log."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from core_crm.pool.model import Act, PoolEntry, PoolKind, PoolLog
from kernel import clock
from kernel.ids import new_id
from kernel.work import Work
from master_data.api import Employee


async def hold(work: Work, kind: PoolKind, row: Any, employee: Employee, *, act: Act = Act.ASSIGNED, reason: str = "") -> None:
    """Give ``row``, a locked lead or party, to an employee; it lies in the pool no longer."""
    former = row.owner_id
    row.owner_id, row.department_id = employee.id, employee.department_id
    if kind is PoolKind.LEAD:
        row.held_since = clock.now()
    await out_of_pool(work, kind, row.id)
    log(work, kind, row, act, from_owner=former, to_owner=employee.id, reason=reason)
    await work.session.flush()


async def into_pool(work: Work, kind: PoolKind, row: Any, *, act: Act, reason: str) -> None:
    """Lay ``row``, a locked lead or party, into the pool; nobody is in charge of it any more."""
    former = row.owner_id
    row.owner_id = None
    if kind is PoolKind.LEAD:
        row.held_since = None
    entry = {"id": new_id(), "kind": kind, "record_id": row.id, "former_owner_id": former, "since": clock.now(), "reason": reason[:200]}
    await work.session.execute(insert(PoolEntry).values(entry).on_conflict_do_nothing(index_elements=["kind", "record_id"]))
    log(work, kind, row, act, from_owner=former, to_owner=None, reason=reason)
    await work.session.flush()


async def out_of_pool(work: Work, kind: PoolKind, record_id: UUID) -> PoolEntry | None:
    """Take a record out of the pool; what lay there, or None when somebody else was faster."""
    found: PoolEntry | None = await work.session.scalar(
        delete(PoolEntry).where(PoolEntry.kind == kind, PoolEntry.record_id == record_id).returning(PoolEntry)
    )
    return found


def log(work: Work, kind: PoolKind, row: Any, act: Act, *, from_owner: UUID | None, to_owner: UUID | None, reason: str = "") -> None:
    """Add a line to the pool's log."""
    work.session.add(
        PoolLog(
            id=new_id(),
            kind=kind,
            record_id=row.id,
            record_name=(getattr(row, "company", None) or row.name)[:200],
            act=act,
            from_owner_id=from_owner,
            to_owner_id=to_owner,
            reason=reason[:200],
            at=clock.now(),
            by=work.actor.name[:80],
        )
    )
