"""The bus and the outbox: who hears what, when, and how often."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from tests.kernel.bench import Declared, HandMadeCatalog, Register, house

from kernel import clock, outbox
from kernel.breaker import Breaker
from kernel.events import Event
from kernel.numbering import DocumentSequence, next_number
from kernel.outbox import OutboxEvent, relay, retry_parked

ON = date(2026, 3, 9)
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Sold(Event):
    order_id: UUID
    total: Decimal
    on: date


@dataclass(frozen=True, kw_only=True)
class SoldToChild(Sold):
    age: int


SALE = {"order_id": uuid4(), "total": Decimal("10.50"), "on": ON}


async def count_effect(work, event):
    """An effect in the database that can be counted."""
    await next_number(work, "effect", prefix="E", on=ON)


async def fail(work, event):
    await count_effect(work, event)
    raise ValueError("no paper in the printer")


def catalog(*subscribers, events=(("core", Sold), ("shop", SoldToChild)), **more):
    return HandMadeCatalog(subscribers=subscribers, events=events, **more)


async def effects(own, tenant):
    async with own.tenant_session(tenant) as session:
        return await session.scalar(select(func.coalesce(func.sum(DocumentSequence.last), 0)).where(DocumentSequence.key == "effect"))


async def waiting(own, tenant):
    async with own.tenant_session(tenant) as session:
        return list(await session.scalars(select(OutboxEvent).order_by(OutboxEvent.id)))


async def publish(own, tenant, event=None):
    async with own.work(tenant) as work:
        await work.publish(event or Sold(**SALE))


async def publish_and_fail(own, tenant):
    async with own.work(tenant) as work:
        await work.publish(Sold(**SALE))
        raise ZeroDivisionError


async def test_subscribers_of_the_event_and_of_its_bases_run_in_load_order(database, tenant):
    heard = []

    def hear(name):
        async def handle(work, event):
            heard.append((name, type(event).__name__))

        return handle

    lists = [
        ("core", Declared(event=Event, handle=hear("all"), when="in_transaction")),
        ("core", Declared(event=Sold, handle=hear("sold"), when="in_transaction")),
        ("core", Declared(event=SoldToChild, handle=hear("child"), when="in_transaction")),
    ]
    async with house(database, catalog(*lists)) as own:
        await publish(own, tenant, SoldToChild(**SALE, age=7))
        await publish(own, tenant)
    assert heard == [("all", "SoldToChild"), ("sold", "SoldToChild"), ("child", "SoldToChild"), ("all", "Sold"), ("sold", "Sold")]


async def test_only_enabled_verticals_hear(database, tenant):
    async with house(database, catalog(("shop", Declared(event=Sold, handle=count_effect, when="in_transaction")))) as own:
        await publish(own, tenant)
        assert await effects(own, tenant) == 0
        await publish(own, Register().enable(tenant, "shop"))
        assert await effects(own, tenant) == 1


async def test_a_failing_in_transaction_subscriber_fails_the_publisher(database, tenant):
    both = [
        ("core", Declared(event=Sold, handle=count_effect)),
        ("core", Declared(event=Sold, handle=fail, when="in_transaction")),
    ]
    async with house(database, catalog(*both)) as own:
        with pytest.raises(ValueError, match="no paper"):
            await publish(own, tenant)
        assert await effects(own, tenant) == 0
        assert await waiting(own, tenant) == []


async def test_a_circle_of_subscribers_ends_in_an_error(database, tenant):
    async def again(work, event):
        await work.publish(Sold(**SALE))

    async with house(database, catalog(("core", Declared(event=Sold, handle=again, when="in_transaction")))) as own:
        with pytest.raises(RuntimeError, match="circle"):
            await publish(own, tenant)


async def test_an_event_that_no_package_declares_cannot_be_stored(database, tenant):
    async with house(database, catalog(("core", Declared(event=Sold, handle=count_effect)), events=())) as own:
        with pytest.raises(RuntimeError, match=r"events\(\)"):
            await publish(own, tenant)


async def test_after_commit_delivers_the_same_event_once(database, tenant):
    heard = []

    async def hear(work, event):
        heard.append(event)
        await count_effect(work, event)

    event = Sold(**SALE)
    async with house(database, catalog(("core", Declared(event=Sold, handle=hear)))) as own:
        await publish(own, tenant, event)
        assert heard == []
        await relay(own, tenant, Breaker())
        await relay(own, tenant, Breaker())
        assert await effects(own, tenant) == 1
        assert await waiting(own, tenant) == []
    assert heard == [event]
    assert (heard[0].event_id, heard[0].occurred_at) == (event.event_id, event.occurred_at)


async def test_a_rolled_back_publisher_leaves_no_delivery(database, tenant):
    async with house(database, catalog(("core", Declared(event=Sold, handle=count_effect)))) as own:
        with pytest.raises(ZeroDivisionError):
            await publish_and_fail(own, tenant)
        assert await waiting(own, tenant) == []


async def test_a_failed_delivery_leaves_nothing_behind_and_is_tried_again_later(database, tenant):
    async with house(database, catalog(("core", Declared(event=Sold, handle=fail)))) as own:
        await publish(own, tenant)
        before = clock.now()
        await relay(own, tenant, Breaker())
        await relay(own, tenant, Breaker())
        [row] = await waiting(own, tenant)
        assert (row.attempts, row.parked_at, row.last_error) == (1, None, "ValueError: no paper in the printer")
        assert row.due_at - before >= timedelta(seconds=outbox.BACKOFF_S)
        assert await effects(own, tenant) == 0


async def test_a_delivery_is_parked_after_eight_attempts_and_can_be_taken_up_again(database, tenant):
    async with house(database, catalog(("core", Declared(event=Sold, handle=fail)))) as own:
        await publish(own, tenant)
        moment = clock.now()
        for _ in range(12):
            moment += timedelta(hours=2)
            with clock.frozen(moment):
                await relay(own, tenant, Breaker(failures_max=100))
        [row] = await waiting(own, tenant)
        assert row.attempts == outbox.ATTEMPTS_MAX
        assert row.parked_at is not None
        async with own.work(tenant) as work:
            assert await retry_parked(work, row.id)
            assert not await retry_parked(work, row.id)
        [row] = await waiting(own, tenant)
        assert (row.attempts, row.parked_at) == (0, None)


async def test_a_failing_subscriber_does_not_hold_up_the_others(database, tenant):
    both = [("core", Declared(event=Sold, handle=fail)), ("core", Declared(event=Sold, handle=count_effect))]
    async with house(database, catalog(*both)) as own:
        await publish(own, tenant)
        await relay(own, tenant, Breaker())
        assert await effects(own, tenant) == 1
        assert len(await waiting(own, tenant)) == 1


async def test_a_vertical_disabled_meanwhile_stays_silent(database, tenant):
    enabled = Register().enable(tenant, "shop")
    async with house(database, catalog(("shop", Declared(event=Sold, handle=count_effect)))) as own:
        await publish(own, enabled)
        await relay(own, tenant, Breaker())
        assert (await effects(own, tenant), await waiting(own, tenant)) == (0, [])


async def test_a_delivery_whose_package_is_not_loaded_waits_for_it(database, tenant):
    enabled = Register().enable(tenant, "shop")
    async with house(database, catalog(("shop", Declared(event=Sold, handle=count_effect)))) as own:
        await publish(own, enabled)
    async with house(database, catalog()) as own:
        await relay(own, enabled, Breaker())
        [row] = await waiting(own, enabled)
        assert "has no subscriber" in row.last_error


async def test_a_slow_subscriber_is_cut_off(database, tenant, monkeypatch):
    async def sleep(work, event):
        await count_effect(work, event)
        await asyncio.Event().wait()

    monkeypatch.setattr(outbox, "TIMEOUT_S", 0.05)
    async with house(database, catalog(("core", Declared(event=Sold, handle=sleep)))) as own:
        await publish(own, tenant)
        await relay(own, tenant, Breaker())
        [row] = await waiting(own, tenant)
        assert (row.attempts, await effects(own, tenant)) == (1, 0)


async def test_an_open_circuit_postpones_without_counting_an_attempt(database, tenant, other_tenant):
    breaker = Breaker(failures_max=2)
    subscribers = [("shop", Declared(event=Sold, handle=fail)), ("core", Declared(event=Sold, handle=count_effect))]
    async with house(database, catalog(*subscribers)) as own:
        enabled, other = Register().enable(tenant, "shop"), Register().enable(other_tenant, "shop")
        for _ in range(4):
            await publish(own, enabled)
        await relay(own, enabled, breaker)
        rows = await waiting(own, tenant)
        assert sorted(row.attempts for row in rows) == [0, 0, 1, 1]
        assert await effects(own, tenant) == 4
        assert breaker.open_until((tenant.id, "shop")) is not None
        await publish(own, other)
        await relay(own, other, breaker)
        assert [row.attempts for row in await waiting(own, other)] == [1]


async def test_two_relays_share_the_work(database, tenant):
    async with house(database, catalog(("core", Declared(event=Sold, handle=count_effect)))) as own:
        for _ in range(12):
            await publish(own, tenant)
        await asyncio.gather(*(relay(own, tenant, Breaker()) for _ in range(4)))
        assert (await effects(own, tenant), await waiting(own, tenant)) == (12, [])


@pytest.mark.crash
@pytest.mark.parametrize("moment", ["committed", "delivering"])
async def test_a_killed_process_loses_and_doubles_nothing(database, tenant, moment):
    """SIGKILL between commit and relay, and in the middle of a delivery whose effect is written but not committed."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "platform"), str(ROOT / "plugins"), str(ROOT)]),
        "OWNER_URL": database.owner_url.render_as_string(hide_password=False),
        "APP_URL": database.app_url.render_as_string(hide_password=False),
        "TENANT": f"{tenant.id} {tenant.schema} {tenant.role}",
        "MOMENT": moment,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kernel.victim", cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert (await process.stdout.readline()).strip() == b"ready"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with house(database, catalog(("core", Declared(event=Sold, handle=count_effect)))) as own:
        for _ in range(200):  # The server notices a killed client after a moment, and only then lets go of the row.
            await relay(own, tenant, Breaker())
            if not await waiting(own, tenant):
                break
            await asyncio.sleep(0.05)
        assert await effects(own, tenant) == 1
