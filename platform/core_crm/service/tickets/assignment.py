"""Who is in charge of a ticket: its queue's people take turns, or somebody is named by hand."""

from uuid import UUID

from sqlalchemy import func, select, update

from core_crm.service.tickets.events import TicketAssigned
from core_crm.service.tickets.model import ACTIVE, Ticket, TicketQueue, TicketState
from core_crm.service.tickets.reading import STEM, get_ticket, telling
from core_crm.service.tickets.thread import add_event
from core_crm.turns import taking_part, whose_turn
from identity.audit import record
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.rows import locked_row
from kernel.work import Work
from master_data.api import Employee, employee_of, first_owner, rights_of


class NobodyFree(DomainError):
    """The queue has nobody who may take another ticket."""

    code = "nobody_free"


async def assign_by_queue(work: Work, ticket: Ticket) -> bool:
    """Give the ticket to whom its queue names; whether there was somebody."""
    if ticket.queue_id is None:
        return False
    # One at a time: of two tickets that come at once each gets the next in turn.
    queue = await locked_row(work.session, TicketQueue, ticket.queue_id)
    employee = await _next(work, queue) if queue and queue.active else None
    if queue is None or employee is None:
        return False
    # A turn is no change of the queue: whoever sets it up meanwhile is not told of one.
    turn = update(TicketQueue).where(TicketQueue.id == queue.id).values(last_employee_id=employee.id)
    await work.session.execute(turn)
    await _give(work, ticket, employee, by_queue=True)
    return True


async def assign_ticket(work: Work, ticket_id: UUID, employee_id: UUID | None) -> Ticket:
    """Put somebody in charge, or nobody.

    Raises:
        TicketNotFound, RecordReadOnly
        Invalid: there is no such employee, or they have left.
    """
    ticket = await get_ticket(work, ticket_id, act="edit", lock=True)
    employee = await _present(work, employee_id) if employee_id else None
    if employee is None:
        await _change(work, ticket, None)
    elif ticket.owner_id != employee.id:
        await _give(work, ticket, employee, by_queue=False)
    return ticket


async def begin_with(work: Work, ticket: Ticket, employee_id: UUID | None) -> None:
    """Put somebody in charge of a new ticket: who was named, whoever its queue names, or who enters it and sees only their own.

    Raises:
        Invalid: there is no such employee, or they have left.
    """
    if employee_id is not None:
        await _give(work, ticket, await _present(work, employee_id), by_queue=False)
        return
    if await assign_by_queue(work, ticket) or work.actor.id is None or (await rights_of(work, STEM)).whole:
        return
    if (own := await first_owner(work, STEM)) is not None:
        await _give(work, ticket, await _present(work, own), by_queue=False)


async def take_ticket(work: Work, ticket_id: UUID) -> Ticket:
    """Take it oneself; the work on it begins.

    Raises:
        TicketNotFound, RecordReadOnly
        Invalid: who acts is no employee.
    """
    ticket = await get_ticket(work, ticket_id, act="edit", lock=True)
    me = await employee_of(work)
    if me is None:
        raise Invalid(_("You are no employee of the company yet; ask an administrator to link your account."), field="owner_id")
    if ticket.owner_id != me.id:
        await _give(work, ticket, me, by_queue=False)
    if ticket.state is TicketState.NEW:
        ticket.state = TicketState.OPEN
        await work.session.flush()
    return ticket


async def pass_on(work: Work, ticket: Ticket) -> bool:
    """Ask the queue for somebody, on demand.

    Raises:
        NobodyFree
    """
    if not await assign_by_queue(work, ticket):
        raise NobodyFree(_("The ticket has no queue, or nobody in it may take another."))
    return True


async def give_to(work: Work, ticket: Ticket, employee_id: UUID) -> bool:
    """Put an employee in charge of a locked ticket; whether that changed anything."""
    employee = await work.session.get(Employee, employee_id)
    if employee is None or ticket.owner_id == employee_id:
        return False
    await _give(work, ticket, employee, by_queue=True)
    return True


async def _present(work: Work, employee_id: UUID) -> Employee:
    employee = await work.session.get(Employee, employee_id)
    if employee is None or (employee.left_on is not None and employee.left_on < work.today()):
        raise Invalid(_("This employee does not exist, or was deleted."), field="owner_id")
    return employee


async def _give(work: Work, ticket: Ticket, employee: Employee, *, by_queue: bool) -> None:
    await _change(work, ticket, employee)
    await work.publish(TicketAssigned(**telling(ticket), by_queue=by_queue))


async def _change(work: Work, ticket: Ticket, employee: Employee | None) -> None:
    if ticket.owner_id is None and employee is None:
        return
    former = await work.session.get(Employee, ticket.owner_id) if ticket.owner_id else None
    ticket.owner_id = employee.id if employee else None
    ticket.department_id = employee.department_id if employee else ticket.department_id
    await work.session.flush()
    before, after = former.name if former else None, employee.name if employee else None
    await add_event(work, ticket, "changed", fields={"owner": [before, after]})
    await record(work, "ticket.assigned", f"ticket:{ticket.id}", name=ticket.number, before={"owner": before}, after={"owner": after})


async def _next(work: Work, queue: TicketQueue) -> Employee | None:
    """Whose turn it is: by the fewest active tickets, or after who had the last turn."""
    counted = await work.session.execute(
        select(Ticket.owner_id, func.count())
        .where(Ticket.owner_id.in_(taking_part(queue)), Ticket.state.in_(ACTIVE))
        .group_by(Ticket.owner_id)
    )
    load = {owner: number for owner, number in counted}  # noqa: C416 - dict() would take the result for a mapping
    return await whose_turn(work, queue, load)
