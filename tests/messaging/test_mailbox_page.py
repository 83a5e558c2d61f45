"""The mailbox from outside: real SMTP in, a real page out."""

import dataclasses
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest
from litestar import Litestar

from kernel.settings import Settings
from messaging.mailbox import MailboxServer, mailbox_of
from webapp.app import connect, create_app, load_catalog


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("data")
    return Settings.from_env({"JINGWEI_DATA": str(folder)}, database_url="postgresql://nobody@127.0.0.1:1/jingwei")


def app_with(settings: Settings) -> Litestar:
    catalog = load_catalog()
    return create_app(settings, connect(settings, catalog), catalog)


@pytest.fixture
async def apex(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app_with(settings))
    async with httpx.AsyncClient(transport=transport, base_url=settings.base_url, headers={"Accept-Language": "en"}) as client:
        yield client


async def test_a_letter_can_be_read_and_its_link_clicked(settings: Settings, apex: httpx.AsyncClient) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Jingwei <no-reply@localhost>", "wang@example.com", "Confirm <your> address"
    message.set_content("Open http://localhost:8000/verify?token=a&b=c now. <script>alert(1)</script>")
    async with MailboxServer(mailbox_of(settings), port=0) as server:
        await aiosmtplib.send(message, hostname="127.0.0.1", port=server.port)
    listed = await apex.get("/mailbox")
    assert listed.status_code == 200
    assert "Confirm &lt;your&gt; address" in listed.text
    assert "wang@example.com" in listed.text
    [letter] = mailbox_of(settings).letters()
    shown = await apex.get(f"/mailbox/{letter.key}")
    assert shown.status_code == 200
    assert '<a href="http://localhost:8000/verify?token=a&amp;b=c" rel="noreferrer">' in shown.text
    assert "<script>alert" not in shown.text


async def test_a_letter_that_is_none_is_not_found(apex: httpx.AsyncClient) -> None:
    assert (await apex.get("/mailbox/00000000000000000000-00000000")).status_code == 404


async def test_in_production_there_is_no_mailbox(settings: Settings) -> None:
    production = dataclasses.replace(settings, environment="production")
    transport = httpx.ASGITransport(app=app_with(production))
    async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as client:
        assert (await client.get("/mailbox")).status_code == 404
