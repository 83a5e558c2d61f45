"""The clock of a ticket: which policy fits, when answer and solution are due, and what stops and starts it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from core_crm.service.hours.calendar import Calendar, NoWorkingTime, due_after, working_between
from core_crm.service.hours.service import calendar_of
from core_crm.service.tickets.model import ACTIVE, Priority, SlaPolicy, Ticket, TicketState
from kernel import clock, jobs
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work

CLOCK_JOB = "core_crm.ticket_clock"
POLICIES_MAX = 100
HOUR = 60
USUAL = (
    (Priority.URGENT, 30, 4 * HOUR),
    (Priority.HIGH, HOUR, 9 * HOUR),
    (Priority.NORMAL, 4 * HOUR, 27 * HOUR),
    (Priority.LOW, 9 * HOUR, 45 * HOUR),
)
"""Minutes until answer and solution that a company begins with."""


async def sla_policies(work: Work) -> Sequence[SlaPolicy]:
    """Policies in the order in which they are tried.  A company that never had any gets the usual ones."""
    query = select(SlaPolicy).order_by(SlaPolicy.position, SlaPolicy.created_at, SlaPolicy.id).limit(POLICIES_MAX)
    found = (await work.session.scalars(query)).all()
    if not found:  # none, or made by somebody else a moment ago
        if not await work.session.scalar(select(func.count()).select_from(SlaPolicy)):
            await _begin(work)
        found = (await work.session.scalars(query)).all()
    return found


async def policy_for(work: Work, priority: Priority, category_id: UUID | None) -> SlaPolicy | None:
    """The first policy that fits."""
    for policy in await sla_policies(work):
        fits = policy.priority in (None, priority) and policy.category_id in (None, category_id)
        if policy.active and fits:
            return policy
    return None


async def clock_of(work: Work, policy: SlaPolicy | None) -> Calendar:
    """The time that counts: the company's working time, or with a policy around the clock all."""
    if policy is not None and policy.around_clock:
        return Calendar(zone=work.tenant.zone, week=[((0, 1440),)] * 7, public_holidays=False)
    return await calendar_of(work)


async def set_clock(work: Work, ticket: Ticket) -> None:
    """Find the ticket's policy anew and reckon its deadlines; both are counted from when it was opened."""
    policy = await policy_for(work, ticket.priority, ticket.category_id)
    ticket.policy_id = policy.id if policy else None
    if policy is None:
        ticket.first_due_at = ticket.resolve_due_at = None
        return
    calendar = await clock_of(work, policy)
    if ticket.first_responded_at is None:
        ticket.first_due_at = _due(calendar, ticket.created_at, timedelta(minutes=policy.first_minutes))
    ticket.resolve_due_at = _due(calendar, ticket.created_at, timedelta(minutes=policy.resolve_minutes, seconds=ticket.paused_seconds))
    await _plan(work, ticket, policy)


async def note_first_response(work: Work, ticket: Ticket, at: datetime) -> bool:
    """The customer was answered; whether it was the first time."""
    if ticket.first_responded_at is not None:
        return False
    calendar = await clock_of(work, await _policy(work, ticket))
    ticket.first_responded_at = at
    ticket.first_seconds = int(working_between(calendar, ticket.created_at, at).total_seconds())
    return True


async def go_on(work: Work, ticket: Ticket, at: datetime, *, since: datetime | None) -> None:
    """The word is ours again: the time since ``since`` is taken off, and the solution is due later by as much."""
    policy = await _policy(work, ticket)
    calendar = await clock_of(work, policy)
    if since is not None:
        ticket.paused_seconds += int(working_between(calendar, since, at).total_seconds())
    if policy is not None:
        allowed = timedelta(minutes=policy.resolve_minutes, seconds=ticket.paused_seconds)
        ticket.resolve_due_at = _due(calendar, ticket.created_at, allowed)
        await _plan(work, ticket, policy)


async def note_resolution(work: Work, ticket: Ticket, at: datetime, *, since: datetime | None) -> None:
    """It is solved: how much working time that took, without what the customer was waited for, lastly ``since`` then."""
    calendar = await clock_of(work, await _policy(work, ticket))
    if since is not None:
        ticket.paused_seconds += int(working_between(calendar, since, at).total_seconds())
    taken = int(working_between(calendar, ticket.created_at, at).total_seconds())
    ticket.solved_at, ticket.resolve_seconds = at, max(0, taken - ticket.paused_seconds)


def warn_at(ticket: Ticket, due: datetime, percent: int) -> datetime:
    """The moment of the warning, as a share of the time from opening to ``due``."""
    return ticket.created_at + (due - ticket.created_at) * percent / 100


def next_due(ticket: Ticket) -> datetime | None:
    """What is due next of an active ticket: the first answer, then the solution."""
    if ticket.state not in ACTIVE:
        return None
    given = [ticket.first_due_at if ticket.first_responded_at is None else None]
    given.append(ticket.resolve_due_at if ticket.state is not TicketState.WAITING else None)
    return min((due for due in given if due is not None), default=None)


async def _plan(work: Work, ticket: Ticket, policy: SlaPolicy) -> None:
    """Have the ticket looked at when something of it is due."""
    now = clock.now()
    dues = [due for due in (ticket.first_due_at if ticket.first_responded_at is None else None, ticket.resolve_due_at) if due is not None]
    for moment in {*dues, *(warn_at(ticket, due, policy.warn_percent) for due in dues)}:
        if moment > now:
            key = f"ticket:{ticket.id}:{moment.timestamp():.0f}"
            await jobs.enqueue(work, CLOCK_JOB, after=moment - now + timedelta(seconds=1), dedupe_key=key, ticket_id=ticket.id)


async def _policy(work: Work, ticket: Ticket) -> SlaPolicy | None:
    return await work.session.get(SlaPolicy, ticket.policy_id) if ticket.policy_id else None


async def _begin(work: Work) -> None:
    now = clock.now()
    names = {Priority.URGENT: _("Urgent"), Priority.HIGH: _("High"), Priority.NORMAL: _("Normal"), Priority.LOW: _("Low")}
    rows = [
        {
            "id": new_id(), "name": names[priority], "position": n * 10, "priority": priority, "first_minutes": first,
            "resolve_minutes": resolve, "warn_percent": 80, "around_clock": False, "reassign": False, "active": True,
            "created_at": now, "updated_at": now,
        }
        for n, (priority, first, resolve) in enumerate(USUAL, 1)
    ]  # fmt: skip
    await work.session.execute(insert(SlaPolicy).values(rows).on_conflict_do_nothing(index_elements=["name"]))


def _due(calendar: Calendar, start: datetime, working: timedelta) -> datetime | None:
    try:
        return due_after(calendar, start, working)
    except NoWorkingTime:  # closed for years: nothing is ever due, and the ticket is taken all the same
        return None
