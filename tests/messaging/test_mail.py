"""Letters: what they hold, how they leave, and what a mail server's answer means."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import delete, select

from kernel import clock
from kernel.database import Database
from kernel.settings import Settings
from messaging import mail
from messaging.mail import Letter, MailServer, compose, deliver, queue
from messaging.model import Mail, MailState
from messaging.render import Rendered, render

LETTERS = {
    "verify": {"name": "Lin", "address": "http://localhost:8000/verify/x", "hours": 24},
    "reset": {"name": "Lin", "address": "http://localhost:8000/password/reset/x", "minutes": 30},
    "invitation": {"company": "Qinghe", "inviter": "Lin", "address": "http://qinghe.localhost:8000/invitation/x", "hours": 72},
    "quote": {
        "company": "Qinghe",
        "number": "QT-2026-00001 V1",
        "amount": "226.00 CNY",
        "until": "2026-03-31",
        "seller": "Lin",
        "message": "As discussed",
        "address": "http://qinghe.localhost:8000/offers/x",
    },
    "account_exists": {"name": "Lin", "company": "Qinghe", "address": "http://localhost:8000/signin"},
    "password_changed": {"name": "Lin", "address": "http://localhost:8000/password/forgot"},
}


class Server:
    """A real mail server whose answers the test chooses."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 OK"
        self.connections = 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> list[str]:  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 queued as X1"


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    running.controller.start()
    yield running
    running.controller.stop()


@pytest.fixture
async def post_settings(settings: Settings, server: Server, database: Database) -> Settings:
    async with database.registry_session() as session:
        await session.execute(delete(Mail))
    return replace(settings, smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from="Jingwei <no-reply@jingwei.example>")


async def write(database: Database, to: str = "lin@example.com", template: str = "verify", locale: str = "en", **values: Any) -> None:
    async with database.registry_session() as session:
        await queue(session, Letter(template=template, to=to, locale=locale, values={**LETTERS[template], **values}))


async def only(database: Database) -> Mail:
    async with database.registry_session() as session:
        return (await session.scalars(select(Mail))).one()


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("template", LETTERS)
def test_every_letter_says_the_same_as_text_and_as_html(catalog, template, locale):
    letter = render(template, locale, LETTERS[template])
    assert letter.subject
    assert LETTERS[template]["address"] in letter.text
    assert f'href="{LETTERS[template]["address"]}"' in letter.html
    chinese = any("\u4e00" <= c <= "\u9fff" for c in letter.subject)
    assert chinese == (locale == "zh_CN")
    assert "%(" not in letter.text + letter.html


def test_a_name_cannot_bring_markup_into_a_letter():
    letter = render("verify", "en", {**LETTERS["verify"], "name": "<img src=x onerror=alert(1)>"})
    assert "<img" not in letter.html
    assert "<img" in letter.text


async def test_a_letter_leaves_with_its_parts_and_is_erased(database, post_settings, server):
    await write(database, template="invitation", locale="zh_CN")
    assert await deliver(database, post_settings) == 1
    [letter] = server.letters
    assert letter["To"] == "lin@example.com"
    assert letter["From"] == "Jingwei <no-reply@jingwei.example>"
    assert "邀请您加入" in letter["Subject"]
    assert letter["Auto-Submitted"] == "auto-generated"
    assert {part.get_content_type() for part in letter.iter_parts()} == {"text/plain", "text/html"}
    row = await only(database)
    assert (row.state, row.attempts, row.text, row.html) == (MailState.SENT, 1, None, None)
    assert "queued as X1" in row.answer
    assert letter["Message-ID"] == f"<{row.id}@jingwei.example>"


async def test_a_letter_of_a_rolled_back_transaction_is_never_sent(database, post_settings, server):
    async def fail() -> None:
        async with database.registry_session() as session:
            await queue(session, Letter(template="verify", to="lin@example.com", locale="en", values=LETTERS["verify"]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await deliver(database, post_settings) == 0


@pytest.mark.parametrize(
    ("answer", "state"),
    [("550 5.1.1 user unknown", MailState.FAILED), ("451 4.7.1 try later", MailState.WAITING)],
    ids=["for good", "for now"],
)
async def test_a_refusal_is_for_good_or_for_now(database, post_settings, server, answer, state):
    server.answer = answer
    await write(database)
    assert await deliver(database, post_settings) == 0
    row = await only(database)
    assert (row.state, row.answer) == (state, answer)
    server.answer = "250 OK"
    assert await deliver(database, post_settings) == 0  # not yet
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        assert await deliver(database, post_settings) == (1 if state is MailState.WAITING else 0)


async def test_a_mail_server_that_is_down_delays_and_finally_gives_up(database, post_settings):
    nowhere = replace(post_settings, smtp_url="smtp://127.0.0.1:1")
    await write(database)
    now = clock.now()
    for _ in range(mail.ATTEMPTS_MAX):
        now += mail.WAIT_MAX
        with clock.frozen(now):
            await deliver(database, nowhere)
    row = await only(database)
    assert (row.state, row.attempts) == (MailState.FAILED, mail.ATTEMPTS_MAX)
    assert row.text is None


async def test_several_letters_share_one_connection(database, post_settings, server):
    for n in range(5):
        await write(database, to=f"reader{n}@example.com")
    assert await deliver(database, post_settings) == 5
    assert server.connections == 1


async def test_several_senders_do_not_send_a_letter_twice(database, post_settings, server):
    for n in range(12):
        await write(database, to=f"reader{n}@example.com")
    await asyncio.gather(*(deliver(database, post_settings, limit=4) for _ in range(4)))
    assert sorted(letter["To"] for letter in server.letters) == sorted(f"reader{n}@example.com" for n in range(12))


async def test_a_letter_of_a_sender_that_died_is_taken_up_again(database, post_settings, server):
    await write(database)
    await mail._claim(database, 10)
    assert await deliver(database, post_settings) == 0
    with clock.frozen(clock.now() + mail.LEASE + timedelta(seconds=1)):
        assert await deliver(database, post_settings) == 1


@pytest.mark.parametrize(
    "to", ["a@example.com\r\nBcc: b@example.com", "a@example.com\nX: y", "Lin <a@example.com>", "a@example.com, b@example.com"]
)
async def test_an_address_cannot_bring_in_headers_or_readers(database, to):
    with pytest.raises(ValueError):
        await write(database, to=to)


async def test_a_subject_cannot_bring_in_headers(database, post_settings, server):
    await write(database, template="invitation", company="Evil\r\nBcc: victim@example.com\r\n\r\nBody")
    await deliver(database, post_settings)
    [letter] = server.letters
    assert letter["Bcc"] is None
    with pytest.raises(ValueError):
        compose(Rendered(subject="a\nBcc: x@y.z", text="", html=""), to="a@example.com", sender="b@example.com", message_id="<1@x>")


@pytest.mark.parametrize(
    ("url", "port", "use_tls", "start_tls"),
    [
        ("smtp://127.0.0.1:8025", 8025, False, None),
        ("smtp://user:p%40ss@mail.example.com", 587, False, True),
        ("smtps://mail.example.com", 465, True, False),
    ],
)
def test_beyond_this_machine_letters_travel_encrypted(url, port, use_tls, start_tls):
    server = MailServer.of(url)
    assert (server.port, server.use_tls, server.start_tls) == (port, use_tls, start_tls)
    assert server.password in (None, "p@ss")


@pytest.mark.parametrize("url", ["http://mail.example.com", "mail.example.com", "smtp://"])
def test_other_addresses_of_mail_servers_are_refused(url):
    with pytest.raises(ValueError, match="SMTP_URL"):
        MailServer.of(url)


async def test_the_log_is_kept_half_a_year(database, post_settings):
    await write(database)
    await deliver(database, post_settings)
    await mail.forget_old(database)
    assert await only(database)
    with clock.frozen(clock.now() + timedelta(days=181)):
        await mail.forget_old(database)
    async with database.registry_session() as session:
        assert await session.scalar(select(Mail.id)) is None
