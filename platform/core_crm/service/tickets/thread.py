"""The conversation of a ticket: what is said is added, never changed."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import undefer

from core_crm.service.tickets.model import MessageKind, Ticket, TicketFile, TicketMessage
from kernel import clock
from kernel.errors import Invalid, NotFound
from kernel.files import plain_name
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work

TEXT_MAX = 50_000
FILES_MAX = 20
FILE_BYTES_MAX = 10 * 1024 * 1024
MESSAGES_MAX = 500
NAME_MAX = 200

# Where mail programs begin to quote: 在 … 写道, On … wrote, an original message, or angle brackets to the end.
_QUOTE = re.compile(
    r"^(?:>|-{2,}\s*(?:original message|原始邮件|原邮件|forwarded message|转发邮件)\s*-{2,}|on .{5,150} wrote:$|.{0,60}写道[:：]$|_{10,}$)",
    re.IGNORECASE,
)


class TicketFileNotFound(NotFound):
    code = "ticket_file_not_found"


class FileTooLarge(Invalid):
    code = "file_too_large"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file on its way in."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class FileView:
    """A file without its content."""

    id: UUID
    message_id: UUID
    name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class MessageView:
    """A message with its files."""

    row: TicketMessage
    files: Sequence[FileView]


async def add_message(
    work: Work,
    ticket: Ticket,
    kind: MessageKind,
    text: str,
    *,
    author: str | None = None,
    files: Sequence[Upload] = (),
    at: datetime | None = None,
    **more: Any,
) -> TicketMessage:
    """Add to the conversation.  ``author`` is a customer's name; without one it is who acts.

    Raises:
        Invalid: nothing is said, it is too long, or there are too many files.
        FileTooLarge
    """
    clean = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not clean and not files:
        raise Invalid(_("Write what you want to say."), field="text")
    if len(clean) > TEXT_MAX:
        raise Invalid(_("At most %(most)s characters.", most=TEXT_MAX), field="text")
    if len(files) > FILES_MAX:
        raise Invalid(_("At most %(most)s files at once.", most=FILES_MAX), field="file")
    own = author is None
    message = TicketMessage(
        id=new_id(),
        ticket_id=ticket.id,
        kind=kind,
        at=at or clock.now(),
        author_id=work.actor.id if own else None,
        author_name=(work.actor.name if author is None else author)[:80],
        text=clean,
        **more,
    )
    work.session.add(message)
    await work.session.flush()
    for upload in files:
        work.session.add(_file(message, upload))
    ticket.last_activity_at = message.at
    await work.session.flush()
    return message


async def add_event(work: Work, ticket: Ticket, act: str, **facts: Any) -> None:
    """Something happened to the ticket."""
    name = work.actor.name[:80] if work.actor.kind != "system" else ""
    work.session.add(
        TicketMessage(
            id=new_id(),
            ticket_id=ticket.id,
            kind=MessageKind.EVENT,
            at=clock.now(),
            author_id=work.actor.id,
            author_name=name,
            text="",
            facts={"act": act, **facts},
        )
    )
    await work.session.flush()


async def thread_of(work: Work, ticket_id: UUID, *, public: bool = False) -> Sequence[MessageView]:
    """The conversation from its beginning; ``public`` leaves out what is among ourselves.  The caller checked the right to the ticket."""
    m = TicketMessage
    query = select(m).where(m.ticket_id == ticket_id)
    if public:
        query = query.where(m.kind.in_((MessageKind.CUSTOMER, MessageKind.REPLY)))
    latest = (await work.session.scalars(query.order_by(m.at.desc(), m.id.desc()).limit(MESSAGES_MAX))).all()
    f = TicketFile
    columns = (f.id, f.message_id, f.name, f.media_type, f.size_bytes)
    found = await work.session.execute(select(*columns).where(f.message_id.in_([row.id for row in latest])).order_by(f.created_at, f.id))
    files: dict[UUID, list[FileView]] = {}
    for row in found.mappings():
        files.setdefault(row["message_id"], []).append(FileView(**row))
    return [MessageView(row=row, files=files.get(row.id, [])) for row in reversed(latest)]


async def read_file(work: Work, ticket_id: UUID, file_id: UUID, *, public: bool = False) -> TicketFile:
    """A file of the ticket with its content.

    Raises:
        TicketFileNotFound: the ticket has none of this id, or with ``public`` none that the customer may see.
    """
    query = (
        select(TicketFile)
        .join(TicketMessage, TicketMessage.id == TicketFile.message_id)
        .where(TicketFile.id == file_id, TicketMessage.ticket_id == ticket_id)
        .options(undefer(TicketFile.content))
    )
    if public:
        query = query.where(TicketMessage.kind.in_((MessageKind.CUSTOMER, MessageKind.REPLY)))
    found = await work.session.scalar(query)
    if found is None:
        raise TicketFileNotFound(_("The ticket has no such file."))
    return found


def split_quote(text: str) -> tuple[str, str]:
    """What somebody wrote themselves, and what they quoted below it."""
    lines = text.split("\n")
    for n, line in enumerate(lines):
        rest = [each for each in lines[n:] if each.strip()]
        if n and _QUOTE.match(line.strip()) and (line.strip()[:1] != ">" or all(each.startswith(">") for each in rest)):
            return "\n".join(lines[:n]).rstrip(), "\n".join(lines[n:]).strip()
    return text, ""


def _file(message: TicketMessage, upload: Upload) -> TicketFile:
    if len(upload.content) > FILE_BYTES_MAX:
        raise FileTooLarge(_("“%(name)s” is larger than %(most)s MB.", name=upload.name, most=FILE_BYTES_MAX >> 20), field="file")
    return TicketFile(
        id=new_id(),
        message_id=message.id,
        name=plain_name(upload.name),
        media_type=upload.media_type[:100],
        size_bytes=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        content=upload.content,
    )
