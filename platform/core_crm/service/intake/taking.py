"""A mail becomes a ticket, or goes on in the one that it answers to.

No mail loops: what a program sent by itself is never acknowledged, a mail of our own that comes back is dropped, and one
address gets only a few acknowledgements in an hour.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select

from core_crm.service.intake.letters import queue_letter
from core_crm.service.intake.model import LetterKind, ServiceMailbox
from core_crm.service.intake.reading import Incoming
from core_crm.service.tickets.answering import customer_says
from core_crm.service.tickets.model import MessageKind, Ticket, TicketChannel, TicketMessage, TicketState
from core_crm.service.tickets.service import TicketInput, create_ticket, known_mail
from core_crm.service.tickets.thread import add_event, add_message
from kernel import clock
from kernel.i18n import gettext as _
from kernel.work import Actor, Work

RECEIVED_MAX, RECEIVED_WITHIN = 5, timedelta(hours=1)
_NUMBER = re.compile(r"\[(TK-[0-9-]{4,24})\]")
_PREFIX = re.compile(r"^(?:(?:re|fw|fwd|aw|回复|答复|转发)\s*[:：]\s*)+", re.IGNORECASE)

What = Literal["opened", "continued", "noted", "known", "dropped", "bounced"]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a mail."""

    what: What
    ticket_id: UUID | None = None
    number: str | None = None


async def take_mail(work: Work, mailbox: ServiceMailbox, mail: Incoming) -> Taken:
    """Take in a mail that came to a mailbox.  The same mail, handed in twice, is taken once.

    Raises:
        Invalid: it says nothing.
    """
    work = as_nobody(work, mailbox.name)
    if mail.bounced is not None:
        return await _bounce(work, mail)
    if mail.message_id:
        # The same mail may be handed in by two servers at once: the second waits for what the first makes of it.
        await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{work.tenant.id} {mail.message_id}", 0))))
        if (known := await known_mail(work, mail.message_id)) is not None:
            return Taken(what="known", ticket_id=known.ticket_id)
    if not mail.sender or await _is_ours(work, mail.sender):
        return Taken(what="dropped")
    ticket = await _answered(work, mail)
    author = mail.sender_name or mail.sender
    text = _told(mail)
    if ticket is not None and mail.automatic:
        await add_message(work, ticket, MessageKind.NOTE, text, author=author, html=mail.html, message_id=_own_id(mail))
        return Taken(what="noted", ticket_id=ticket.id, number=ticket.number)
    if ticket is not None and ticket.state is not TicketState.CLOSED:
        await customer_says(work, ticket, text, author=author, files=mail.files, html=mail.html, message_id=_own_id(mail))
        return Taken(what="continued", ticket_id=ticket.id, number=ticket.number)
    if mail.automatic and not mail.text:
        return Taken(what="dropped")
    made = await _open(work, mailbox, mail, text, author, ticket)
    return Taken(what="opened", ticket_id=made.id, number=made.number)


async def acknowledge(work: Work, ticket: Ticket) -> None:
    """Tell the customer the number of the new ticket, unless the address had many such letters lately."""
    if not ticket.requester_email or await _is_ours(work, ticket.requester_email):
        return
    since = clock.now() - RECEIVED_WITHIN
    lately = select(func.count()).where(Ticket.requester_email == ticket.requester_email, Ticket.created_at > since)
    if (await work.session.scalar(lately) or 0) <= RECEIVED_MAX:
        await queue_letter(work, ticket, LetterKind.RECEIVED)


def as_nobody(work: Work, name: str) -> Work:
    """The same work, done by nobody of us: whoever is signed in in this browser has nothing to do with it."""
    return replace(work, actor=Actor(id=None, name=name[:80], kind="system"))


async def _open(work: Work, mailbox: ServiceMailbox, mail: Incoming, text: str, author: str, follows: Ticket | None) -> Ticket:
    subject = _PREFIX.sub("", _NUMBER.sub("", mail.subject)).strip() or text.strip().partition("\n")[0][:120] or _("(no subject)")
    wanted = TicketInput(
        subject=subject,
        text=text,
        channel=TicketChannel.MAIL,
        requester_name=mail.sender_name,
        requester_email=mail.sender,
        queue_id=mailbox.queue_id,
        category_id=mailbox.category_id,
        party_id=follows.party_id if follows else None,
    )
    more = {"html": mail.html, "message_id": _own_id(mail)}
    ticket = await create_ticket(work, wanted, files=mail.files, author=author, follows=follows, **more)
    ticket.mailbox_id = mailbox.id
    await work.session.flush()
    if mailbox.acknowledge and not (mail.automatic or mail.bulk):
        await acknowledge(work, ticket)
    return ticket


async def _answered(work: Work, mail: Incoming) -> Ticket | None:
    """The ticket that the mail goes on with, locked: by the mails it answers to, or by the number in its subject.

    Our ids cannot be guessed; a number can, so that it counts only from an address that wrote in the ticket.
    """
    ticket_id = await _by_thread(work, mail.answers_to)
    if ticket_id is None and (found := _NUMBER.search(mail.subject)) is not None:
        query = select(Ticket.id).where(Ticket.number == found[1], Ticket.requester_email == mail.sender)
        ticket_id = await work.session.scalar(query)
    seen: set[UUID] = set()
    while ticket_id is not None and ticket_id not in seen:
        seen.add(ticket_id)
        query_ticket = select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket)
        ticket = await work.session.scalar(query_ticket.execution_options(populate_existing=True))
        if ticket is None or ticket.merged_into_id is None:
            return ticket
        ticket_id = ticket.merged_into_id
    return None


async def _by_thread(work: Work, ids: Sequence[str]) -> UUID | None:
    if not ids:
        return None
    m = TicketMessage
    query = select(m.ticket_id).where(m.message_id.in_(ids)).order_by(m.at.desc(), m.id.desc()).limit(1)
    found: UUID | None = await work.session.scalar(query)
    return found


async def _bounce(work: Work, mail: Incoming) -> Taken:
    sent = await known_mail(work, mail.bounced) if mail.bounced else None
    ticket = await work.session.get(Ticket, sent.ticket_id) if sent else None
    if ticket is None:
        return Taken(what="dropped")
    await add_event(work, ticket, "bounced", address=ticket.requester_email)
    return Taken(what="bounced", ticket_id=ticket.id, number=ticket.number)


async def _is_ours(work: Work, address: str) -> bool:
    return await work.session.scalar(select(ServiceMailbox.id).where(ServiceMailbox.address == address.lower())) is not None


def _told(mail: Incoming) -> str:
    text = mail.text or ("" if mail.files else mail.subject)
    if mail.left_out:
        note = _("Files that were too large or too many are missing: %(names)s", names=_(", ").join(mail.left_out))
        text = f"{text}\n\n[{note}]"
    return text or _("(only files)")


def _own_id(mail: Incoming) -> str | None:
    return mail.message_id[:300] or None
