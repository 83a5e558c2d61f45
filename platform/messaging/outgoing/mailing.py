"""Mail by SMTP, many over one connection."""

from collections.abc import AsyncIterator, Sequence
from email.policy import SMTP

import aiosmtplib

from kernel.egress import EgressFailed, EgressRefused, open_socket
from kernel.settings import Settings
from kernel.work import Tenant
from messaging.mail import TIMEOUT_S, MailServer
from messaging.outgoing.composing import Envelope, compose
from messaging.outgoing.model import ChannelSetup, Message, Provider
from messaging.outgoing.outcome import Outcome, begin, bounced, failed, later, sent, unsure
from messaging.outgoing.setup import secret_of

_GONE = frozenset({550, 551, 553, 556})
"""Answers to RCPT that mean: there is no such mailbox (RFC 5321 4.2.3, RFC 7504)."""

_LINE = (aiosmtplib.SMTPException, OSError, TimeoutError)


async def send_mails(
    settings: Settings, tenant: Tenant, setup: ChannelSetup, messages: Sequence[Message]
) -> AsyncIterator[tuple[Message, Outcome]]:
    """Hand the messages to the company's mail server; each with what it said."""
    waiting = list(messages)
    try:
        client = await _connect(settings, tenant, setup)
    except (*_LINE, EgressFailed, EgressRefused, ValueError) as error:
        for message in waiting:
            yield message, later(f"{type(error).__name__}: {error}")
        return
    broken = ""
    try:
        for message in waiting:
            if broken:
                yield message, later(broken)
                continue
            outcome = await _send(client, compose(settings, tenant, setup, message), message)
            broken = outcome.answer if not client.is_connected else ""
            yield message, outcome
    finally:
        client.close()


async def _connect(settings: Settings, tenant: Tenant, setup: ChannelSetup) -> aiosmtplib.SMTP:
    if setup.provider is Provider.SMTP:
        host, port = str(setup.settings["host"]), int(setup.settings["port"])
        private = settings.environment == "development"
        client = aiosmtplib.SMTP(
            hostname=host,
            username=str(setup.settings.get("username", "")) or None,
            password=secret_of(settings, tenant, setup) or None,
            use_tls=port == 465,
            # Passwords and customers' addresses leave this machine encrypted, or not at all.
            start_tls=False if port == 465 else None if private else True,
            timeout=TIMEOUT_S,
            sock=await open_socket(host, port, private=private),
        )
    else:
        server = MailServer.of(settings.smtp_url)
        client = aiosmtplib.SMTP(
            hostname=server.host, port=server.port, username=server.username, password=server.password, use_tls=server.use_tls,
            start_tls=server.start_tls, timeout=TIMEOUT_S,
        )  # fmt: skip
    await client.connect()
    return client


async def _send(client: aiosmtplib.SMTP, envelope: Envelope, message: Message) -> Outcome:
    try:
        await client.rset()
        await client.mail(envelope.sender)
        await client.rcpt(envelope.recipient)
    except aiosmtplib.SMTPRecipientRefused as error:
        answer = f"{error.code} {error.message}"
        return bounced(answer) if error.code in _GONE else failed(answer) if error.code >= 500 else later(answer)
    except aiosmtplib.SMTPServerDisconnected as error:
        return later(f"{type(error).__name__}: {error}")
    except aiosmtplib.SMTPResponseException as error:
        answer = f"{error.code} {error.message}"
        return failed(answer) if error.code >= 500 else later(answer)
    except _LINE as error:
        return later(f"{type(error).__name__}: {error}")
    return await _send_content(client, envelope, message)


async def _send_content(client: aiosmtplib.SMTP, envelope: Envelope, message: Message) -> Outcome:
    begin(message)
    try:
        answer = await client.data(envelope.message.as_bytes(policy=SMTP))
    except aiosmtplib.SMTPDataError as error:
        said = f"{error.code} {error.message}"
        return failed(said) if error.code >= 500 else later(said)
    except _LINE as error:
        return unsure(f"{type(error).__name__}: {error}")
    return sent(f"{answer.code} {answer.message}")
