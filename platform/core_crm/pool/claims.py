"""Taking from the pool and laying back by hand.  Of two who claim at once one gets it; nobody gets more than the limits allow."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from core_crm.leads.model import OPEN_STATES, Lead
from core_crm.pool.events import PoolClaimed, PoolReleased
from core_crm.pool.holding import hold, into_pool
from core_crm.pool.model import Act, PoolEntry, PoolKind, PoolLog, PoolSettings
from core_crm.pool.settings import settings_of
from kernel import clock
from kernel.errors import DomainError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import Employee, Party, first_owner, require_visible

MODELS: dict[PoolKind, Any] = {PoolKind.LEAD: Lead, PoolKind.PARTY: Party}
STEMS = {PoolKind.LEAD: "crm.lead", PoolKind.PARTY: "master.party"}


class NotInPool(DomainError):
    """Somebody else was faster, or it never lay there."""

    code = "not_in_pool"


class HoldingCapReached(DomainError):
    code = "holding_cap_reached"


class ClaimsUsedUp(DomainError):
    code = "claims_used_up"


class CoolingDown(DomainError):
    """The former owner has to wait."""

    code = "cooling_down"


class NotHeld(DomainError):
    """Nobody is in charge of it, so nobody can let it go."""

    code = "not_held"


class NoEmployee(DomainError):
    """Who acts is no employee."""

    code = "no_employee"


class RecordGone(NotFound):
    code = "record_not_found"


async def claim(work: Work, kind: PoolKind, record_id: UUID) -> None:
    """Take a record out of the pool for oneself.

    Raises:
        RecordGone, NoEmployee
        NotInPool: somebody else was faster.
        HoldingCapReached, ClaimsUsedUp, CoolingDown: a limit of the pool.
    """
    row = await locked(work, kind, record_id)
    owner_id = await first_owner(work, STEMS[kind])
    me = await work.session.get(Employee, owner_id) if owner_id else None
    if me is None:
        raise NoEmployee(_("Only employees hold customers. Ask an administrator to link you with an employee."))
    limits = await settings_of(work, kind)
    # The record's row makes two persons wait for each other, the employee's two claims of one, so that the limits hold.
    await work.session.execute(select(Employee.id).where(Employee.id == me.id).with_for_update())
    await _below_cap(work, kind, me, limits)
    await _below_claims(work, kind, me, limits)
    entry = await work.session.scalar(select(PoolEntry).where(PoolEntry.kind == kind, PoolEntry.record_id == record_id))
    if entry is None:
        raise NotInPool(_("Somebody else was faster, or it lies in the pool no longer."))
    if entry.former_owner_id == me.id:
        free_at = entry.since + timedelta(days=limits.cooldown_days)
        if limits.cooldown_days and clock.now() < free_at:
            day = free_at.astimezone(ZoneInfo(work.tenant.zone)).date()
            raise CoolingDown(_("You held it last; you may claim it again from %(day)s.", day=day.isoformat()))
    await hold(work, kind, row, me, act=Act.CLAIMED)
    await work.publish(PoolClaimed(kind=kind.value, record_id=record_id, owner_id=me.id))


async def assign(work: Work, kind: PoolKind, record_id: UUID, employee_id: UUID) -> None:
    """Give a record to an employee, out of the pool or from another.  Caps hold for those who claim; who assigns has reasons.

    Raises:
        RecordGone
        Invalid: no such employee, or one who left.
    """
    employee = await work.session.get(Employee, employee_id)
    if employee is None or (employee.left_on is not None and employee.left_on < work.today()):
        raise Invalid(_("This employee does not exist, or was deleted."), field="employee_id")
    row = await locked(work, kind, record_id)
    in_pool = select(PoolEntry.id).where(PoolEntry.kind == kind, PoolEntry.record_id == record_id)
    if await work.session.scalar(in_pool) is None:
        await require_visible(work, row, STEMS[kind], "edit")
    await hold(work, kind, row, employee)


async def release(work: Work, kind: PoolKind, record_id: UUID, reason: str = "") -> None:
    """Let a record go into the pool.

    Raises:
        RecordGone, RecordReadOnly
        NotHeld: nobody holds it.
    """
    row = await locked(work, kind, record_id)
    await require_visible(work, row, STEMS[kind], "edit")
    if row.owner_id is None:
        raise NotHeld(_("Nobody is in charge of it: it can be claimed from the pool."))
    if kind is PoolKind.LEAD and row.state not in OPEN_STATES:
        raise NotHeld(_("Only open leads go into the pool."))
    former = row.owner_id
    await into_pool(work, kind, row, act=Act.RELEASED, reason=reason.strip() or _("Let go by hand"))
    await work.publish(PoolReleased(kind=kind.value, record_id=record_id, former_owner_id=former))


async def held(work: Work, kind: PoolKind, employee_id: UUID) -> int:
    """How many records of a pool's kind an employee holds."""
    model = MODELS[kind]
    query = select(func.count()).select_from(model).where(model.owner_id == employee_id, model.present())
    if kind is PoolKind.LEAD:
        query = query.where(Lead.state.in_(OPEN_STATES))
    return await work.session.scalar(query) or 0


async def claims_today(work: Work, kind: PoolKind, employee_id: UUID) -> int:
    """How often an employee claimed today, by the company's calendar."""
    midnight = datetime.combine(work.today(), time(), ZoneInfo(work.tenant.zone))
    query = select(func.count()).where(
        PoolLog.kind == kind, PoolLog.act == Act.CLAIMED, PoolLog.to_owner_id == employee_id, PoolLog.at >= midnight
    )
    return await work.session.scalar(query) or 0


async def _below_cap(work: Work, kind: PoolKind, me: Employee, limits: PoolSettings) -> None:
    if limits.holding_cap is not None and await held(work, kind, me.id) >= limits.holding_cap:
        raise HoldingCapReached(
            _("You hold %(count)s already, as many as are allowed. Let one go, or bring one to its end.", count=limits.holding_cap)
        )


async def _below_claims(work: Work, kind: PoolKind, me: Employee, limits: PoolSettings) -> None:
    if limits.claims_per_day is not None and await claims_today(work, kind, me.id) >= limits.claims_per_day:
        raise ClaimsUsedUp(_("You claimed %(count)s today, as many as are allowed. Come back tomorrow.", count=limits.claims_per_day))


async def locked(work: Work, kind: PoolKind, record_id: UUID) -> Any:
    """A lead or party, locked, whoever may see it; one that was merged into another is there no more.

    Raises:
        RecordGone
    """
    model = MODELS[kind]
    query = select(model).where(model.id == record_id, model.present()).with_for_update().execution_options(populate_existing=True)
    row = await work.session.scalar(query)
    if row is None:
        raise RecordGone(_("This record does not exist, or was deleted."))
    return row
