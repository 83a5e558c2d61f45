"""What is said about a ticket: we answer, note among ourselves, the customer answers; and the states that follow."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from core_crm.service.tickets.events import CustomerReplied, TicketReopened, TicketReplied, TicketSolved
from core_crm.service.tickets.model import DONE, MessageKind, ServiceSettings, Ticket, TicketMessage, TicketState
from core_crm.service.tickets.reading import TicketClosed, get_ticket, telling
from core_crm.service.tickets.settings import service_settings
from core_crm.service.tickets.sla import go_on, note_first_response, note_resolution
from core_crm.service.tickets.thread import Upload, add_event, add_message
from identity.audit import record
from kernel import clock
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import employee_of, note_event

Then = Literal["open", "waiting", "solved"]


class TicketNotSolved(DomainError):
    """Only what is solved or closed is opened again."""

    code = "ticket_not_solved"


class ReplyInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An answer to the customer, and where the ticket stands then."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=50_000)]
    then: Then = "waiting"


class NoteInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=50_000)]


async def reply(work: Work, ticket_id: UUID, data: ReplyInput, *, files: Sequence[Upload] = ()) -> TicketMessage:
    """Answer the customer.

    Raises:
        TicketNotFound, TicketClosed, Invalid
    """
    ticket = await changeable(work, ticket_id)
    await _care_for(work, ticket)
    message = await add_message(work, ticket, MessageKind.REPLY, _signed(data.text, await service_settings(work)), files=files)
    first = await note_first_response(work, ticket, message.at)
    await work.session.flush()
    await work.publish(TicketReplied(**telling(ticket), message_id=message.id, first=first))
    await move(work, ticket, TicketState(data.then))
    return message


async def note(work: Work, ticket_id: UUID, data: NoteInput, *, files: Sequence[Upload] = ()) -> TicketMessage:
    """Write something that only we see; also to a closed ticket.

    Raises:
        TicketNotFound, Invalid
    """
    ticket = await get_ticket(work, ticket_id, act="edit", lock=True)
    return await add_message(work, ticket, MessageKind.NOTE, data.text, files=files)


async def customer_says(work: Work, ticket: Ticket, text: str, *, author: str, files: Sequence[Upload] = (), **mail: Any) -> TicketMessage:
    """The customer answers, on a locked ticket that is not closed: it is opened again where it was solved, and the clock goes on.

    Raises:
        Invalid
    """
    message = await add_message(work, ticket, MessageKind.CUSTOMER, text, author=author, files=files, **mail)
    if ticket.state is TicketState.SOLVED:
        await _reopen(work, ticket)
    elif ticket.state is TicketState.WAITING:
        await move(work, ticket, TicketState.OPEN)
    await work.publish(CustomerReplied(**telling(ticket), message_id=message.id))
    return message


async def set_state(work: Work, ticket_id: UUID, state: TicketState) -> Ticket:
    """Say where the ticket stands without answering.

    Raises:
        TicketNotFound, TicketClosed
        TicketNotSolved: it is open already.
    """
    if state in (TicketState.NEW, TicketState.OPEN):
        ticket = await get_ticket(work, ticket_id, act="edit", lock=True)
        if ticket.merged_into_id is not None:
            raise TicketClosed(_("Ticket %(number)s was merged into another; undo that first.", number=ticket.number))
        if ticket.state in DONE:
            await _reopen(work, ticket)
        elif ticket.state is TicketState.OPEN:
            raise TicketNotSolved(_("Ticket %(number)s is open already.", number=ticket.number))
        else:
            await move(work, ticket, TicketState.OPEN)
        return ticket
    ticket = await changeable(work, ticket_id)
    await _care_for(work, ticket)
    await move(work, ticket, state)
    return ticket


async def changeable(work: Work, ticket_id: UUID) -> Ticket:
    """The ticket, locked, where the actor may change it and it is not closed.

    Raises:
        TicketNotFound, TicketClosed
    """
    ticket = await get_ticket(work, ticket_id, act="edit", lock=True)
    if ticket.merged_into_id is not None:
        raise TicketClosed(_("Ticket %(number)s was merged into another; undo that first.", number=ticket.number))
    if ticket.state is TicketState.CLOSED:
        raise TicketClosed(_("Ticket %(number)s is closed. Open it again to go on.", number=ticket.number))
    return ticket


async def move(work: Work, ticket: Ticket, state: TicketState) -> None:
    """Bring a locked ticket into another state, with its clock."""
    before, now = ticket.state, clock.now()
    if state is before:
        return
    since = ticket.waiting_since
    ticket.state, ticket.waiting_since = state, now if state is TicketState.WAITING else None
    ticket.last_activity_at = now
    if state is TicketState.SOLVED or (state is TicketState.CLOSED and before is not TicketState.SOLVED):
        await note_resolution(work, ticket, now, since=since)
    elif state is TicketState.OPEN:
        await go_on(work, ticket, now, since=since)
    if state is TicketState.CLOSED:
        ticket.closed_at = now
    await work.session.flush()
    await add_event(work, ticket, "changed", fields={"state": [before.value, state.value]})
    after = {"state": state.value}
    await record(work, "ticket.moved", f"ticket:{ticket.id}", name=ticket.number, before={"state": before.value}, after=after)
    if state is TicketState.SOLVED:
        await work.publish(TicketSolved(**telling(ticket)))
        if ticket.party_id is not None:
            said = _("Ticket %(number)s solved: %(subject)s", number=ticket.number, subject=ticket.subject)
            await note_event(work, "master.party", ticket.party_id, said, path=f"/tickets/{ticket.id}")


async def _reopen(work: Work, ticket: Ticket) -> None:
    """Take up again what was done; the time in between was not ours."""
    before, now = ticket.state, clock.now()
    since = ticket.solved_at
    ticket.state, ticket.solved_at, ticket.resolve_seconds, ticket.closed_at = TicketState.OPEN, None, None, None
    ticket.reopened += 1
    ticket.last_activity_at = now
    await go_on(work, ticket, now, since=since)
    await work.session.flush()
    await add_event(work, ticket, "reopened")
    after = {"state": ticket.state.value}
    await record(work, "ticket.reopened", f"ticket:{ticket.id}", name=ticket.number, before={"state": before.value}, after=after)
    await work.publish(TicketReopened(**telling(ticket)))


async def _care_for(work: Work, ticket: Ticket) -> None:
    """Who first does something for a ticket that nobody is in charge of is in charge of it."""
    if ticket.owner_id is None and (me := await employee_of(work)) is not None:
        ticket.owner_id, ticket.department_id = me.id, me.department_id
        await work.session.flush()
        await add_event(work, ticket, "changed", fields={"owner": [None, me.name]})


def _signed(text: str, settings: ServiceSettings) -> str:
    signature = settings.signature.strip()
    return f"{text.strip()}\n\n{signature}" if signature else text
