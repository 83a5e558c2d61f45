"""Outgoing mail: a letter is written in the transaction that wants it and sent after the commit.

A mail server that is down delays letters and nothing else.  A letter may, after a crash between sending and noting it,
arrive twice; it never gets lost.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kernel import clock
from kernel.database import Database
from kernel.ids import new_id
from kernel.jobs import platform_job
from kernel.settings import Settings
from messaging.model import Mail, MailFile, MailState
from messaging.render import Rendered, render

_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*")

log = structlog.get_logger(__name__)

ATTEMPTS_MAX = 10  # With the waits below: about a day.
FIRST_WAIT = timedelta(seconds=30)
WAIT_MAX = timedelta(hours=6)
KEPT = timedelta(days=180)
LEASE = timedelta(minutes=2)
TIMEOUT_S = 20
FROM_NAME = "From-Name"
HEADERS = frozenset({FROM_NAME, "Reply-To", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress"})
"""What a letter may say beyond sender, recipient and subject."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, kw_only=True)
class LetterFile:
    """A file that goes with a letter."""

    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A letter to one person: the template's name, and what goes into it.

    ``headers`` may name those of ``HEADERS``; with ``From-Name`` the letter shows that name at the platform's address.
    """

    template: str
    to: str
    locale: str
    values: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[LetterFile] = ()


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where to hand letters in.  Beyond this machine, only encrypted."""

    host: str
    port: int
    username: str | None
    password: str | None
    use_tls: bool
    start_tls: bool | None

    @classmethod
    def of(cls, url: str) -> "MailServer":
        """``smtp://user:password@host:587`` (STARTTLS), ``smtps://`` (TLS at once).

        Raises:
            ValueError: another scheme, or no host.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:587 or smtps://host")
        use_tls = parts.scheme == "smtps"
        local = parts.hostname in _LOOPBACK
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if use_tls else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=use_tls,
            start_tls=False if use_tls else None if local else True,
        )


async def queue(session: AsyncSession, letter: Letter, *, tenant_id: int | None = None, mail_id: UUID | None = None) -> UUID:
    """Write the letter now, in this registry session; ``deliver`` sends it once the transaction is committed.

    With ``mail_id`` once only: a letter of that id that was written before stays as it is.

    Raises:
        ValueError: the address or the subject could smuggle in a header.
    """
    rendered = render(letter.template, letter.locale, letter.values)
    if strangers := letter.headers.keys() - HEADERS:
        raise ValueError(f"a letter has no header {sorted(strangers)}")
    compose(rendered, to=letter.to, sender="check@localhost", message_id="<check@localhost>", headers=letter.headers)
    now = clock.now()
    row = {
        "id": mail_id or new_id(),
        "tenant_id": tenant_id,
        "template": letter.template,
        "recipient": letter.to,
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "headers": dict(letter.headers),
        "state": MailState.WAITING,
        "next_at": now,
        "created_at": now,
    }
    fresh = insert(Mail).values(row).on_conflict_do_nothing(index_elements=["id"]).returning(Mail.id)
    if await session.scalar(fresh) is not None:
        for position, file in enumerate(letter.files):
            session.add(MailFile(mail_id=row["id"], position=position, name=file.name, media_type=file.media_type, content=file.content))
        await session.flush()
    return UUID(str(row["id"]))


def compose(
    rendered: Rendered,
    *,
    to: str,
    sender: str,
    message_id: str,
    headers: Mapping[str, str] | None = None,
    files: Sequence[LetterFile] = (),
) -> EmailMessage:
    """The message as it goes over the wire.

    Raises:
        ValueError: a header would hold a line break.
    """
    if parseaddr(to)[1] != to:
        raise ValueError("not a plain address")
    given = {"Message-ID": message_id, "Auto-Submitted": "auto-generated", **(headers or {})}
    name = given.pop(FROM_NAME, "")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=name, addr_spec=parseaddr(sender)[1]) if name else sender
    message["To"] = to
    message["Subject"] = rendered.subject
    message["Date"] = format_datetime(clock.now())
    for header, value in given.items():
        message[header] = value
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    for file in files:
        kind, _slash, subtype = file.media_type.partition("/")
        safe = (
            (kind, subtype)
            if _TYPE.fullmatch(file.media_type) and kind not in ("multipart", "message")
            else ("application", "octet-stream")
        )
        message.add_attachment(file.content, maintype=safe[0], subtype=safe[1], filename=file.name)
    return message


async def deliver(database: Database, settings: Settings, *, limit: int = 20) -> int:
    """Send what waits and is due, at most ``limit`` letters; how many were sent.

    Letters are claimed by moving their due time, so that several senders do not take the same one, and a claim of a
    sender that died runs out.
    """
    claimed = await _claim(database, limit)
    if not claimed:
        return 0
    done = sent = 0
    server = MailServer.of(settings.smtp_url)
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.use_tls,
        start_tls=server.start_tls,
        timeout=TIMEOUT_S,
    )
    try:
        async with client:
            for mail in claimed:
                sent += await _send(database, settings, client, mail)
                done += 1
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        log.warning("the mail server cannot be reached", host=server.host, port=server.port, error=str(error))
        for mail in claimed[done:]:
            await _postpone(database, mail, f"{type(error).__name__}: {error}")
    return sent


@platform_job("messaging.forget", cron="47 3 * * *")
async def forget_old(database: Database) -> None:
    """Keep the delivery log for half a year."""
    async with database.registry_session() as session:
        old = delete(Mail).where(Mail.state != MailState.WAITING, Mail.created_at < clock.now() - KEPT)
        await session.execute(old)


async def _claim(database: Database, limit: int) -> list[Mail]:
    async with database.registry_session() as session:
        due = select(Mail.id).where(*_due()).order_by(Mail.next_at).limit(limit).with_for_update(skip_locked=True)
        claim = update(Mail).where(Mail.id.in_(due)).values(next_at=clock.now() + LEASE, attempts=Mail.attempts + 1).returning(Mail)
        return list(await session.scalars(claim))


async def _send(database: Database, settings: Settings, client: aiosmtplib.SMTP, mail: Mail) -> int:
    rendered = Rendered(subject=mail.subject, text=mail.text or "", html=mail.html or "")
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
    files = await _files(database, mail)
    message_id = f"<{mail.id}@{domain}>"
    message = compose(rendered, to=mail.recipient, sender=settings.mail_from, message_id=message_id, headers=mail.headers, files=files)
    try:
        _refused, answer = await client.send_message(message)
    except aiosmtplib.SMTPRecipientsRefused as error:
        first = error.recipients[0]
        return await _refuse(database, mail, first.code, f"{first.code} {first.message}")
    except aiosmtplib.SMTPServerDisconnected:
        raise
    except aiosmtplib.SMTPResponseException as error:
        return await _refuse(database, mail, error.code, f"{error.code} {error.message}")
    await _settle(database, mail, MailState.SENT, answer)
    return 1


async def _refuse(database: Database, mail: Mail, code: int, answer: str) -> int:
    """5xx is for good, 4xx for now (RFC 5321 4.2.1)."""
    if code >= 500:
        log.warning("a letter was refused", mail=str(mail.id), template=mail.template, answer=answer)
        await _settle(database, mail, MailState.FAILED, answer)
    else:
        await _postpone(database, mail, answer)
    return 0


async def _postpone(database: Database, mail: Mail, answer: str) -> None:
    if mail.attempts >= ATTEMPTS_MAX:
        await _settle(database, mail, MailState.FAILED, answer)
        return
    wait = min(FIRST_WAIT * 2 ** (mail.attempts - 1), WAIT_MAX)
    async with database.registry_session() as session:
        waiting = update(Mail).where(Mail.id == mail.id, Mail.state == MailState.WAITING)
        await session.execute(waiting.values(next_at=clock.now() + wait, answer=answer[:500]))


async def _settle(database: Database, mail: Mail, state: MailState, answer: str) -> None:
    async with database.registry_session() as session:
        done = {"state": state, "answer": answer[:500], "settled_at": clock.now(), "text": None, "html": None}
        await session.execute(update(Mail).where(Mail.id == mail.id).values(**done))
        await session.execute(delete(MailFile).where(MailFile.mail_id == mail.id))


async def _files(database: Database, mail: Mail) -> list[LetterFile]:
    async with database.registry_session() as session:
        rows = await session.scalars(select(MailFile).where(MailFile.mail_id == mail.id).order_by(MailFile.position))
        return [LetterFile(name=row.name, content=row.content, media_type=row.media_type) for row in rows]


def _due() -> list[Any]:
    return [Mail.state == MailState.WAITING, Mail.next_at <= clock.now()]
