"""Letters to customers: our replies, and the word that a ticket was received.

A letter is noted in the transaction that wants it and handed to the mail service by a job: three short transactions, so that
no connection waits for another, and an id that makes a repeated run hand nothing in twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from core_crm.service.intake.model import LetterKind, ServiceMailbox, TicketLetter
from core_crm.service.tickets.events import TicketReplied
from core_crm.service.tickets.model import MessageKind, Ticket, TicketFile, TicketMessage
from identity.people.service import InvalidEmail, clean_email
from kernel import breaker as breakers
from kernel import clock, jobs
from kernel.database import Database
from kernel.ids import new_id
from kernel.jobs.queue import tenant_job
from kernel.work import Tenant, Work
from messaging.links import with_links
from messaging.mail import FROM_NAME, Letter, LetterFile, queue
from messaging.tokens import Subject, make_token

JOB = "core_crm.send_ticket_letters"
LETTERS_MAX = 100
RATING_KEY, RATING_KIND = "ticket-ratings", "t"
"""What links to rate are signed for, and their letter among tokens."""
REFERENCES_MAX = 20


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A letter that waits, with all that goes into it."""

    id: UUID
    recipient: str
    kind: LetterKind
    values: dict[str, Any]
    headers: dict[str, str]
    files: Sequence[LetterFile]


async def queue_letter(work: Work, ticket: Ticket, kind: LetterKind, message: TicketMessage | None = None) -> None:
    """Have the customer written to, once this transaction has committed; nobody where no address is known."""
    try:
        recipient = clean_email(ticket.requester_email)
    except InvalidEmail:
        return
    letter = TicketLetter(id=new_id(), ticket_id=ticket.id, message_id=message.id if message else None, kind=kind, recipient=recipient)
    work.session.add(letter)
    await work.session.flush()
    await jobs.enqueue(work, JOB, dedupe_key=f"ticket-letter:{letter.id}")


async def send_reply(work: Work, event: TicketReplied) -> None:
    """Our replies go to the customer by mail, with an id of their own by which an answer finds the ticket."""
    ticket = await work.session.get(Ticket, event.ticket_id)
    message = await work.session.get(TicketMessage, event.message_id)
    if ticket is None or message is None or not ticket.requester_email:
        return
    mailbox = await _mailbox(work, ticket)
    domain = mailbox.address.rpartition("@")[2] if mailbox else "tickets.invalid"
    message.message_id = f"<{message.id}.{new_id().hex}@{domain}>"
    await work.session.flush()
    await queue_letter(work, ticket, LetterKind.REPLY, message)


@tenant_job(JOB)
async def hand_in(database: Database, tenant: Tenant, breaker: breakers.Breaker = breakers.shared) -> int:
    """Hand the letters that wait to the mail service; how many."""
    async with database.work(tenant) as work:
        drafts = await _waiting(work, database)
    async with database.registry_session() as session:
        for draft in drafts:
            letter = Letter(
                template=f"ticket_{draft.kind.value}", to=draft.recipient, locale=tenant.locale, values=draft.values,
                headers=draft.headers, files=draft.files,
            )  # fmt: skip
            await queue(session, letter, tenant_id=tenant.id, mail_id=draft.id)
    async with database.work(tenant) as work:
        done = update(TicketLetter).where(TicketLetter.id.in_([draft.id for draft in drafts]), TicketLetter.handed_at.is_(None))
        await work.session.execute(done.values(handed_at=clock.now()).execution_options(synchronize_session=False))
    return len(drafts)


async def _waiting(work: Work, database: Database) -> list[Draft]:
    query = select(TicketLetter).where(TicketLetter.handed_at.is_(None)).order_by(TicketLetter.id).limit(LETTERS_MAX)
    return [await _draft(work, database, letter) for letter in (await work.session.scalars(query)).all()]


async def _draft(work: Work, database: Database, letter: TicketLetter) -> Draft:
    ticket = await work.session.get_one(Ticket, letter.ticket_id)
    message = await work.session.get(TicketMessage, letter.message_id) if letter.message_id else None
    mailbox = await _mailbox(work, ticket)
    text = message.text if message else ""
    values = {
        "company": mailbox.name if mailbox else work.tenant.name,
        "by_company": True,
        "number": ticket.number,
        "subject": ticket.subject,
        "text": text,
        "markup": Markup("<br>").join(with_links(line) for line in text.split("\n")),
        "address": database.tenant_url(work.tenant.slug, f"/support/tickets/{ticket.public_key}"),
    }
    if letter.kind is LetterKind.RATING:
        values["rating"] = database.tenant_url(work.tenant.slug, f"/support/rate/{_rating_token(work, database, ticket)}")
    return Draft(
        id=letter.id,
        recipient=letter.recipient,
        kind=letter.kind,
        values=values,
        headers=await _headers(work, ticket, message, mailbox, letter.kind),
        files=await _files(work, message) if message else (),
    )


async def _headers(
    work: Work, ticket: Ticket, message: TicketMessage | None, mailbox: ServiceMailbox | None, kind: LetterKind
) -> dict[str, str]:
    m = TicketMessage
    said = select(m.message_id).where(m.ticket_id == ticket.id, m.message_id.is_not(None), m.kind != MessageKind.NOTE)
    if message is not None:
        said = said.where(m.at <= message.at, m.id != message.id)
    elif kind is LetterKind.RECEIVED:
        said = said.where(m.at <= ticket.created_at)
    before = [each for each in (await work.session.scalars(said.order_by(m.at.desc()).limit(REFERENCES_MAX))).all() if each]
    headers = {FROM_NAME: mailbox.name if mailbox else work.tenant.name}
    if mailbox is not None:
        headers["Reply-To"] = mailbox.address
    if before:
        headers |= {"In-Reply-To": before[0], "References": " ".join(reversed(before))}
    if message is not None and message.message_id:
        return headers | {"Message-ID": message.message_id, "Auto-Submitted": "no"}
    # RFC 3834 5: the word that something was received is an answer of a program, and asks for none.
    return headers | {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}


def _rating_token(work: Work, database: Database, ticket: Ticket) -> str:
    if database.settings is None:
        raise LookupError("links are signed with the key of the installation, which the database was not given")
    return make_token(database.settings.derive(RATING_KEY), Subject(tenant_id=work.tenant.id, kind=RATING_KIND, id=ticket.id))


async def _files(work: Work, message: TicketMessage) -> Sequence[LetterFile]:
    query = (
        select(TicketFile).where(TicketFile.message_id == message.id).options(undefer(TicketFile.content)).order_by(TicketFile.created_at)
    )
    return [LetterFile(name=row.name, content=row.content, media_type=row.media_type) for row in await work.session.scalars(query)]


async def _mailbox(work: Work, ticket: Ticket) -> ServiceMailbox | None:
    """The mailbox the ticket came through, or the first in use."""
    own = await work.session.get(ServiceMailbox, ticket.mailbox_id) if ticket.mailbox_id else None
    if own is not None and own.active:
        return own
    query = select(ServiceMailbox).where(ServiceMailbox.active).order_by(ServiceMailbox.created_at, ServiceMailbox.id).limit(1)
    found: ServiceMailbox | None = await work.session.scalar(query)
    return found
