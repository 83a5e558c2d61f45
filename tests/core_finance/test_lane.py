"""Vouchers that several requests bring at once are posted together, and each is judged by itself."""

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest
from tests.core_finance.invariants import broken_in

from core_finance.chart.ledgers import LedgerMissing, create_ledger
from core_finance.periods.service import close_period
from core_finance.posting import errors, lane
from core_finance.posting.lane import post_alone
from core_finance.posting.reading import read_voucher
from core_finance.posting.voucher import NewLine, NewVoucher
from kernel.errors import Unavailable
from kernel.work import Actor

MARCH = date(2026, 3, 9)


def sale(amount="100.00", on=MARCH, credit=None, **more):
    lines = [
        NewLine(account="1002", debit=Decimal(amount), summary="x"),
        NewLine(account=more.pop("account", "5001"), credit=Decimal(credit or amount), summary="x"),
    ]
    return NewVoucher(on=on, lines=lines, **more)


@pytest.fixture
async def company(database, tenant):
    """A tenant whose ledger is committed."""
    async with database.work(tenant) as work:
        await create_ledger(work, name="Main", start=date(2026, 1, 1))
    return tenant


@pytest.fixture
def clerk():
    return Actor(id=uuid4(), name="林晓")


@pytest.fixture
def transactions(monkeypatch):
    """Sizes of the transactions that were sent."""
    sizes = []
    send = lane.send

    async def counted(fetch, books, items):
        sizes.append(len(items))
        return await send(fetch, books, items)

    monkeypatch.setattr(lane, "send", counted)
    return sizes


async def look(database, tenant):
    async with database.work(tenant) as work:
        return await broken_in(work)


async def test_what_comes_at_once_goes_together_and_keeps_its_poster(database, company, clerk, transactions):
    people = [replace(clerk, id=uuid4(), name=f"clerk {n}") for n in range(12)]
    results = await asyncio.gather(*(post_alone(database, company, each, sale()) for each in people))
    assert sorted(r.number for r in results) == list(range(1, 13))
    assert sum(transactions) == 12
    assert len(transactions) < 6
    async with database.work(company) as work:
        shown = [await read_voucher(work, r.id) for r in results]
    assert [v.posted_by for v in shown] == [each.name for each in people]
    assert await look(database, company) == {}


async def test_one_that_is_refused_does_not_hold_the_others_up(database, company, clerk):
    vouchers = [sale(), sale(account="999"), sale(), sale(account="2221"), sale(on=date(2025, 1, 1)), sale()]
    results = await asyncio.gather(*(post_alone(database, company, clerk, v) for v in vouchers), return_exceptions=True)
    kinds = ["Posted", "UnknownAccount", "Posted", "AccountNotLeaf", "PeriodMissing", "Posted"]
    assert [type(r).__name__ for r in results] == kinds
    assert sorted(r.number for r in results if not isinstance(r, Exception)) == [1, 2, 3]


async def test_the_same_key_at_once_posts_once(database, company, clerk):
    results = await asyncio.gather(*(post_alone(database, company, clerk, sale(idempotency_key="a")) for _ in range(6)))
    assert len({r.id for r in results}) == 1
    assert sum(not r.replayed for r in results) == 1
    with pytest.raises(errors.IdempotencyMismatch):
        await post_alone(database, company, clerk, sale("7.00", idempotency_key="a"))


async def test_one_that_breaks_its_transaction_is_set_apart(database, company, clerk):
    first = await post_alone(database, company, clerk, sale())
    again = [sale(id=first.id) if n == 3 else sale() for n in range(6)]
    results = await asyncio.gather(*(post_alone(database, company, clerk, v) for v in again), return_exceptions=True)
    assert [type(r).__name__ for r in results] == ["Posted"] * 3 + ["AlreadyPosted"] + ["Posted"] * 2
    assert await look(database, company) == {}


async def test_a_closed_month_and_an_unbalanced_voucher_refuse(database, company, clerk):
    with pytest.raises(errors.Unbalanced):
        await post_alone(database, company, clerk, sale(credit="1.00"))
    async with database.work(company) as work:
        ledger = await lane.get_ledger(work)
        await close_period(work, ledger, 202601)
    with pytest.raises(errors.PeriodClosed):
        await post_alone(database, company, clerk, sale(on=date(2026, 1, 5)))


async def test_a_request_that_is_given_up_leaves_the_others_alone(database, company, clerk):
    tasks = [asyncio.create_task(post_alone(database, company, clerk, sale())) for _ in range(6)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(r).__name__ for i, r in enumerate(results) if i != 3] == ["Posted"] * 5
    assert (await post_alone(database, company, clerk, sale())).number >= 6
    assert await look(database, company) == {}


async def test_two_companies_do_not_mix(database, company, other_tenant, clerk):
    async with database.work(other_tenant) as work:
        await create_ledger(work, name="Other", start=date(2026, 1, 1))
    results = await asyncio.gather(*(post_alone(database, t, clerk, sale()) for t in (company, other_tenant) * 3))
    assert sorted(r.number for r in results) == [1, 1, 2, 2, 3, 3]


async def test_without_a_ledger_the_way_out_is_named(database, tenant, clerk):
    with pytest.raises(LedgerMissing):
        await post_alone(database, tenant, clerk, sale())


async def test_a_database_that_goes_away_is_said_to_be_gone(database, company, clerk, monkeypatch):
    await post_alone(database, company, clerk, sale())

    async def gone(fetch, books, items):
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    monkeypatch.setattr(lane, "send", gone)
    results = await asyncio.gather(*(post_alone(database, company, clerk, sale()) for _ in range(3)), return_exceptions=True)
    assert [type(r) for r in results] == [Unavailable] * 3
    monkeypatch.undo()
    assert (await post_alone(database, company, clerk, sale())).number == 2
