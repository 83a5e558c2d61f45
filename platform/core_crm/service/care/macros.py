"""Ready answers: their words filled in for a ticket, and what they change of it."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from core_crm.service.care.model import TicketMacro
from core_crm.service.tickets.answering import NoteInput, ReplyInput, Then, note, reply, set_state
from core_crm.service.tickets.model import MessageKind, Priority, Ticket, TicketCategory, TicketQueue, TicketState
from core_crm.service.tickets.reading import get_ticket
from core_crm.service.tickets.service import TicketChange, update_ticket
from core_crm.service.tickets.settings import save_row
from core_crm.service.tickets.thread import Upload
from kernel.errors import FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work

MACROS_MAX = 200
_NAMES = re.compile(r"\{[a-z]+\}")


class MacroNotFound(NotFound):
    code = "macro_not_found"


class MacroInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A ready answer or note.  ``text`` may hold {customer}, {number}, {subject}, {agent} and {company}."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    kind: Literal["reply", "note"] = "reply"
    then: Then | None = None
    priority: Priority | None = None
    category_id: UUID | None = None
    queue_id: UUID | None = None
    position: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    active: bool = True
    version: int | None = None


async def macros(work: Work, *, active: bool = False) -> Sequence[TicketMacro]:
    """All ready answers, or those in use."""
    query = select(TicketMacro).order_by(TicketMacro.position, TicketMacro.name, TicketMacro.id).limit(MACROS_MAX)
    return (await work.session.scalars(query.where(TicketMacro.active) if active else query)).all()


async def get_macro(work: Work, macro_id: UUID) -> TicketMacro:
    """A ready answer in use.

    Raises:
        MacroNotFound
    """
    found = await work.session.get(TicketMacro, macro_id)
    if found is None or not found.active:
        raise MacroNotFound(_("This ready answer does not exist, or is not in use any more."))
    return found


async def save_macro(work: Work, data: MacroInput, macro_id: UUID | None = None) -> TicketMacro:
    """Write a ready answer.

    Raises:
        Invalid: no such queue or category, or another has its name.
        NotFound
    """
    errors = [
        FieldError(field, _("Choose one of the list."))
        for field, model, row_id in (("queue_id", TicketQueue, data.queue_id), ("category_id", TicketCategory, data.category_id))
        if row_id is not None and await work.session.get(model, row_id) is None
    ]
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    values = msgspec.structs.asdict(data) | {"kind": MessageKind(data.kind)}
    then = values.pop("then")
    values["state_after"] = TicketState(then) if then else None
    saved: TicketMacro = await save_row(work, TicketMacro, macro_id, values, "ticket_macro")
    return saved


def filled(work: Work, macro: TicketMacro, ticket: Ticket) -> str:
    """The words of a macro for a ticket.  Plain replacing, once: nothing in it is ever run, and no value is filled in itself."""
    words = {
        "{customer}": ticket.requester_name or _("Customer"),
        "{number}": ticket.number,
        "{subject}": ticket.subject,
        "{agent}": work.actor.name,
        "{company}": work.tenant.name,
    }
    return _NAMES.sub(lambda found: words.get(found[0], found[0]), macro.text)


async def apply_changes(work: Work, ticket_id: UUID, macro_id: UUID) -> tuple[TicketMacro, Ticket]:
    """Change of the ticket what the macro changes, without a word; answers both.

    Raises:
        TicketNotFound, TicketClosed, MacroNotFound
    """
    ticket, macro = await get_ticket(work, ticket_id, act="edit"), await get_macro(work, macro_id)
    change = TicketChange()
    for name in ("priority", "category_id", "queue_id"):
        if (value := getattr(macro, name)) is not None:
            setattr(change, name, value)
    return macro, await update_ticket(work, ticket_id, change) if change != TicketChange() else ticket


async def run_macro(work: Work, ticket_id: UUID, macro_id: UUID, *, text: str | None = None, files: Sequence[Upload] = ()) -> Ticket:
    """Say what the macro says, or ``text`` in its place, and change what it changes.

    Raises:
        TicketNotFound, TicketClosed, MacroNotFound, Invalid
    """
    macro, ticket = await apply_changes(work, ticket_id, macro_id)
    words = text if text is not None else filled(work, macro, ticket)
    if macro.kind is MessageKind.NOTE:
        await note(work, ticket_id, NoteInput(text=words), files=files)
        if macro.state_after is not None and macro.state_after is not ticket.state:
            await set_state(work, ticket_id, macro.state_after)
    else:
        then: Then = macro.state_after.value if macro.state_after else "waiting"  # type: ignore[assignment]
        await reply(work, ticket_id, ReplyInput(text=words, then=then), files=files)
    return await get_ticket(work, ticket_id)
