"""A mail server for what comes back: it takes mail only for addresses that we gave out, and relays nothing."""

import asyncio
import socket
from typing import Any, Self

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from kernel.database import Database
from kernel.settings import Settings
from messaging.intake.doors import find_door
from messaging.intake.receiving import find_message, take_mail

log = structlog.get_logger(__name__)

SIZE_BYTES_MAX = 20 * 2**20
"""Customers send photographs; what only bounces or unsubscribes is read no further than it needs."""


class IntakeServer:
    """Listens at ``port`` in the running event loop; 0 takes any free one."""

    def __init__(self, database: Database, settings: Settings, *, host: str = "0.0.0.0", port: int = 25) -> None:  # noqa: S104 - mail comes from anywhere
        self._database, self._settings, self.host, self.port = database, settings, host, port
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(self._protocol, self.host, self.port)
        listening: socket.socket = self._server.sockets[0]
        self.port = listening.getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Called by aiosmtpd with each recipient."""
        if find_door(self._settings, address) is None and await find_message(self._settings, address) is None:
            return "550 5.1.1 No such address here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd with each message."""
        try:
            for recipient in envelope.rcpt_tos[:5]:
                content = envelope.original_content or b""
                if (found := find_door(self._settings, recipient)) is not None:
                    await found[0].take(self._database, self._settings, found[1], content)
                else:
                    await take_mail(self._database, self._settings, recipient, content)
        except Exception:
            log.exception("a mail that came back could not be taken in")
            return "451 4.3.0 Try again later"
        return "250 Taken"

    def _protocol(self) -> SMTP:
        return SMTP(self, data_size_limit=SIZE_BYTES_MAX, enable_SMTPUTF8=True, hostname=self._settings.mail_intake_domain or "localhost")


async def keep_taking(database: Database, settings: Settings) -> None:
    """Listen for mail that comes back, until cancelled."""
    async with IntakeServer(database, settings, port=settings.mail_intake_port):
        await asyncio.Event().wait()
