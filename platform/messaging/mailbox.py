"""A mail server for machines that have none: it takes every message, sends nothing on, and keeps the newest in files.

The page ``/mailbox`` shows them, so that links for verification and invitations work in development.
"""

import asyncio
import email.policy
import html
import re
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Self

import nh3
from aiosmtpd.smtp import SMTP, Envelope, Session

from kernel.settings import Settings

KEPT = 200
LETTER_BYTES_MAX = 5 * 2**20
FOLDER = "mailbox"

_KEY = re.compile(r"[0-9]{20}-[0-9a-f]{8}")
_BREAKS = re.compile(r"<(?:br|/p|/div|/h[1-6]|/li|/tr)\b[^>]*>", re.IGNORECASE)
_HREF = re.compile(r"<a\b[^>]*\bhref=[\"'](https?://[^\"']+)[\"'][^>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A received message; ``text`` is empty in lists."""

    key: str
    sender: str
    recipients: str
    subject: str
    received_at: datetime
    text: str = ""


class Mailbox:
    """The received messages in ``folder``, newest first; the oldest go when there are more than ``kept``."""

    def __init__(self, folder: Path, *, kept: int = KEPT) -> None:
        self.folder, self.kept = folder, kept

    def add(self, content: bytes) -> str:
        """Keep a message and return its key."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = f"{time.time_ns():020}-{secrets.token_hex(4)}"
        partial = self.folder / f"{key}.part"
        partial.write_bytes(content)
        partial.rename(self._path(key))
        for path in self._paths()[self.kept :]:
            path.unlink(missing_ok=True)
        return key

    def letters(self) -> Iterator[Letter]:
        """The messages without their text."""
        for path in self._paths():
            if letter := self.letter(path.stem):
                yield replace(letter, text="")

    def letter(self, key: str) -> Letter | None:
        """One message; None when there is none of this key."""
        if not _KEY.fullmatch(key) or not self._path(key).exists():
            return None
        content = self._path(key).read_bytes()
        received_at = datetime.fromtimestamp(int(key[:20]) / 1e9, UTC)
        try:
            return _read(key, content, received_at)
        except (ValueError, LookupError):  # headers that the parser gives up on
            text = content.decode("utf-8", "replace")
            return Letter(key=key, sender="", recipients="", subject="", received_at=received_at, text=text)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.eml"

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.eml"), reverse=True)


class MailboxServer:
    """SMTP on the loopback interface, in the running event loop."""

    def __init__(self, mailbox: Mailbox, *, port: int = 8025) -> None:
        self.mailbox, self.port = mailbox, port
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port)
        except OSError:  # The usual port is taken: any other does, as we tell the senders ourselves.
            self._server = await loop.create_server(self._protocol, "127.0.0.1", 0)
        listening: socket.socket = self._server.sockets[0]
        self.port = listening.getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Called by aiosmtpd with each message."""
        content = envelope.original_content or b""
        await asyncio.to_thread(self.mailbox.add, content)
        return "250 Kept"

    def _protocol(self) -> SMTP:
        return SMTP(self, data_size_limit=LETTER_BYTES_MAX, enable_SMTPUTF8=True, hostname="localhost")


def mailbox_of(settings: Settings) -> Mailbox:
    """The mailbox of this installation."""
    return Mailbox(settings.data_dir / FOLDER)


def _read(key: str, content: bytes, received_at: datetime) -> Letter:
    message = BytesParser(policy=email.policy.default).parsebytes(content)
    sender, recipients, subject = (str(message[name] or "") for name in ("From", "To", "Subject"))
    return Letter(key=key, sender=sender, recipients=recipients, subject=subject, received_at=received_at, text=text_of(message))


def text_of(message: EmailMessage) -> str:
    """What there is to read, as plain text. A message of HTML only loses its markup, not its links."""
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    try:
        content = body.get_content()
    except (LookupError, ValueError):  # an unknown charset
        content = (body.get_payload(decode=True) or b"").decode("utf-8", "replace")  # type: ignore[union-attr]
    text = str(content)
    if body.get_content_subtype() == "html":
        text = _BREAKS.sub("\n", _HREF.sub(r"\2 \1 ", text))
        text = html.unescape(nh3.clean(text, tags=set()))
    return text.strip()
