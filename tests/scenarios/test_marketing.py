"""Marketing from end to end, over a real mail server: what customers get, and that it stops when they say so."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import httpx
import pytest
from tests.messaging.post import PostOffice

from kernel import clock
from kernel.jobs import Worker
from messaging.intake.server import IntakeServer
from tenancy.directory import directory_of

NOON = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)


@pytest.fixture
def office() -> Iterator[PostOffice]:
    running = PostOffice()
    running.controller.start()
    yield running
    running.controller.stop()


@pytest.fixture
def house(settings, database, office, monkeypatch):
    """The installation with that mail server, and a domain at which answers come in."""
    changed = replace(
        settings, smtp_url=office.url, mail_from="Jingwei <no-reply@jingwei.example>", mail_intake_domain="in.jingwei.example"
    )
    monkeypatch.setattr(database, "settings", changed)
    return changed


@pytest.fixture
async def work_on(database, catalog, tenant):
    """Lets the worker do what is due so long after noon: ``await work_on(days=3)``."""
    from core_crm.marketing.journeys.advancing import tick
    from messaging.outgoing.sending import send_due

    async def run(**after: Any) -> None:
        with clock.frozen(NOON + timedelta(**after)):
            async with database.work(tenant) as work:
                await tick(work)
            await send_due(database, tenant)

    return run


@pytest.fixture
async def welcome(client) -> str:
    """The journey of the recipe, running: a mail at once, another after three days."""
    with clock.frozen(NOON):
        made = await client.post("/api/v1/marketing/journeys/recipes/welcome")
        assert made.status_code == 201, made.text
        started = await client.post(f"/api/v1/marketing/journeys/{made.json()['id']}/start")
        assert started.json()["state"] == "active"
    return made.json()["id"]


async def register(client: httpx.AsyncClient, name: str, email: str) -> str:
    """A customer registers and agrees to mail."""
    party = (await client.post("/api/v1/parties", json={"name": name, "kind": "person", "email": email})).json()["id"]
    consent = {"channel": "email", "granted": True, "source": "form", "note": "注册页面", "ip": "203.0.113.7"}
    assert (await client.post(f"/api/v1/parties/{party}/consents", json=consent)).status_code == 201
    return str(party)


def subjects(office: PostOffice, to: str) -> list[str]:
    return [str(letter["Subject"]) for letter, (_from, recipient) in zip(office.letters, office.envelopes, strict=True) if recipient == to]


async def test_a_welcome_goes_out_and_the_second_mail_does_not_after_unsubscribing(
    client, app, settings, database, tenant, house, office, work_on, welcome
):
    with clock.frozen(NOON):
        await register(client, "王小明", "wang@example.com")
        await register(client, "李雷", "li@example.com")
    await work_on()
    assert subjects(office, "wang@example.com") == ["欢迎您，王小明"]
    assert "青禾商贸有限公司" in office.letters[0].get_body(("html",)).get_content()

    # The mail service of one of them presses the button (RFC 8058); nobody is signed in there.
    letter = next(letter for letter in office.letters if letter["To"] == "wang@example.com")
    link = re.findall(r"<(http[^>]+)>", str(letter["List-Unsubscribe"]))[0]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as stranger:
        with clock.frozen(NOON + timedelta(days=1)):
            assert (await stranger.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200

    await work_on(days=3, hours=1)
    assert subjects(office, "wang@example.com") == ["欢迎您，王小明"]
    assert subjects(office, "li@example.com") == ["欢迎您，李雷", "从这里开始"]
    runs = {run["name"]: run for run in (await client.get(f"/api/v1/marketing/journeys/{welcome}/runs")).json()}
    assert (runs["王小明"]["state"], runs["王小明"]["exit_reason"], runs["李雷"]["state"]) == ("exited", "unsubscribed", "done")
    [first, _second] = sorted((await client.get(f"/api/v1/marketing/journeys/{welcome}/figures")).json()["steps"], key=lambda s: s["step"])
    assert (first["sent"], first["opted_out"]) == (2, 1)


async def test_it_stops_for_whoever_answers(client, database, tenant, house, office, work_on, welcome):
    with clock.frozen(NOON):
        party = await register(client, "韩梅梅", "han@example.com")
    await work_on()
    [letter] = office.letters
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = "han@example.com", str(letter["Reply-To"]), f"Re: {letter['Subject']}"
    answer.set_content("请给我打电话。\n\n> 感谢您选择我们")
    async with IntakeServer(database, house, host="127.0.0.1", port=0) as incoming:
        with clock.frozen(NOON + timedelta(days=1)):
            await aiosmtplib.send(answer, hostname="127.0.0.1", port=incoming.port, start_tls=False)
    await work_on(days=4)
    assert subjects(office, "han@example.com") == ["欢迎您，韩梅梅"]
    [run] = (await client.get(f"/api/v1/marketing/journeys/{welcome}/runs")).json()
    assert (run["state"], run["exit_reason"]) == ("exited", "reply")
    assert "请给我打电话。" in (await client.get(f"/parties/{party}")).text


async def test_the_worker_does_it_all_by_itself(client, database, catalog, tenant, house, office, welcome):
    """Entering a customer is enough: the queue brings the journey on and sends the mail."""
    worker = Worker(database, catalog, directory_of(database))
    with clock.frozen(NOON):
        await register(client, "小芳", "fang@example.com")
        await worker.drain()
        await worker.drain()
    assert subjects(office, "fang@example.com") == ["欢迎您，小芳"]


async def test_the_first_order_is_the_goal_and_nothing_more_is_sent(client, database, tenant, house, office, work_on, welcome):
    with clock.frozen(NOON):
        party = await register(client, "老王", "old@example.com")
    await work_on()
    with clock.frozen(NOON + timedelta(hours=1)):
        lines = [{"description": "马克杯", "quantity": "2", "unit_price": "56.50", "tax_code": "VAT13"}]
        written = await client.post("/api/v1/orders", json={"party_id": party, "lines": lines})
        assert written.status_code == 201, written.text
        assert (await client.post(f"/api/v1/orders/{written.json()['id']}/confirm")).status_code == 200
    await work_on(days=4)
    assert subjects(office, "old@example.com") == ["欢迎您，老王"]
    through = (await client.get(f"/api/v1/marketing/journeys/{welcome}/figures")).json()["through"]
    assert (through["customers"], through["reached"], through["amount"]) == (1, 1, "113.00")
