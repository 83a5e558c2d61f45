"""The invariant centre against seeded corruption: what is broken is found and named, and nothing else is."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from tests.core_finance.pages import submit

from core_finance.chart.changing import add_account
from core_finance.chart.ledgers import create_ledger
from core_finance.chart.service import get_account
from core_finance.closing.model import CloseStep, StepState
from core_finance.dimensions.model import DimensionItem, DimensionKind
from core_finance.invariants.declared import INVARIANTS
from core_finance.invariants.months import TRANSFER
from core_finance.invariants.service import check_all, check_ledger, last_run, results_of, runs
from core_finance.periods.service import close_period
from core_finance.posting.engine import post_all
from core_finance.posting.reversal import reverse
from core_finance.posting.voucher import NewLine, NewVoucher
from kernel import clock, i18n
from kernel.breaker import Breaker
from kernel.ids import new_id
from kernel.work import SYSTEM, Contribution, Work
from master_data.api import Party, PartyKind
from vertical import Finding, Invariant

D = Decimal

SETTLE = (
    """INSERT INTO finance_cash_flow (id, ledger_id, voucher_id, position, period, item, amount, is_chosen, created_at, updated_at)
    SELECT gen_random_uuid(), v.ledger_id, v.id, l.position, v.period, 3, l.credit - l.debit, false, now(), now()
    FROM finance_voucher v JOIN finance_voucher_line l ON l.voucher_id = v.id JOIN finance_account a ON a.id = l.account_id
    WHERE NOT a.is_cash AND v.id IN (SELECT voucher_id FROM finance_cash_due)""",
    """INSERT INTO finance_cash_total (ledger_id, period, item, amount)
    SELECT ledger_id, period, coalesce(item, 0), sum(amount) FROM finance_cash_flow GROUP BY 1, 2, 3""",
    "DELETE FROM finance_cash_due",
)
"""Works cash flows off in the simplest way: all in one item."""


def line(account, amount, **more):
    """Debits are positive."""
    side = {"debit": D(amount)} if D(amount) > 0 else {"credit": -D(amount)}
    return NewLine(account=account, summary="x", **side, **more)


@dataclass(frozen=True)
class Books:
    tenant: object
    ledger: object
    database: object

    @asynccontextmanager
    async def corrupted(self, *statements):
        """A unit of work of the schema's owner in which ``statements`` were run; all is rolled back."""
        async with self.database.owner_engine.connect() as connection:
            await connection.execute(text(f"SET LOCAL search_path = {self.tenant.schema}, ext, pg_temp"))
            for statement in statements:
                await connection.execute(text(statement))
            session = AsyncSession(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
            async with session:
                with i18n.using("en"):
                    yield Work(tenant=self.tenant, actor=SYSTEM, session=session, bus=self.database.bus)
            await connection.rollback()


async def make_books(database, tenant):
    """A ledger with all that can be corrupted: parties, own dimensions, foreign money, quantities, a reversal, a closed month."""
    async with database.work(tenant) as work:
        ledger = await create_ledger(work, name="Main", start=date(2026, 1, 1))
        party, region = new_id(), DimensionItem(kind="region", code="N", name="华北")
        work.session.add(Party(id=party, kind=PartyKind.PERSON, name="甲公司", name_key="x", search_text="x"))
        work.session.add(DimensionKind(key="region", name="地区"))
        work.session.add(region)
        await add_account(work, ledger, parent="1002", name="人民币户")
        dollars = await add_account(work, ledger, parent="1002", name="美元户")
        dollars.currency = "USD"
        (await get_account(work, ledger, "1122")).required_dimensions = ["party"]
        (await get_account(work, ledger, "1403")).unit = "kg"
        (await get_account(work, ledger, "560201")).optional_dimensions = ["region"]
        await work.session.flush()
        whose = {"dimensions": {"party": party}}
        foreign = {"currency": "USD", "currency_amount": D(100), "rate": D(7)}
        january = [
            ("manual", [line("100201", 100_000), line("3001", -100_000)]),
            ("manual", [line("1403", 500, quantity=D(20)), line("2202", -500, **whose)]),
            ("manual", [line("1122", 1130, **whose), line("5001", -1000), line("22210107", -130)]),
            ("manual", [line("100202", 700, **foreign), line("100201", -700)]),
            ("closing", [line("5001", 1000), line("3103", -1000)]),
        ]
        await post_all(work, ledger, [NewVoucher(on=date(2026, 1, 20), kind=k, lines=ls, by_hand=False) for k, ls in january])
        rent = [line("560201", 300, dimensions={"region": region.id}), line("100201", -300)]
        keyed = [replace(NewVoucher(on=date(2026, 2, 3), lines=rent), id=new_id(), idempotency_key=f"k{n}") for n in (1, 2)]
        posted = await post_all(work, ledger, keyed)
        await reverse(work, ledger, posted[0].id, on=date(2026, 2, 5))
        stamp = {"done_by": "x", "done_at": clock.now()}
        work.session.add(CloseStep(ledger_id=ledger.id, period=202601, step=TRANSFER, state=StepState.DONE, **stamp))
        await close_period(work, ledger, 202601)
    async with database.owner_engine.begin() as connection:
        await connection.execute(text(f"SET LOCAL search_path = {tenant.schema}"))
        for statement in SETTLE:
            await connection.execute(text(statement))
    return Books(tenant, ledger, database)


@pytest.fixture(scope="module")
async def books(database, new_tenant):
    return await make_books(database, await new_tenant())


async def broken(work, ledger):
    """Key -> messages and pages of what breaks it."""
    run = await check_ledger(work, ledger, breaker=Breaker())
    results = results_of(run)
    assert [r.problem for r in results if r.state == "unchecked"] == []
    assert run.broken == sum(r.state == "broken" for r in results)
    return {r.key.removeprefix("core_finance."): [(b.message, b.path) for b in r.breaches] for r in results if r.state == "broken"}


def voucher(period, number):
    return f"(SELECT id FROM finance_voucher WHERE period = {period} AND word = '记' AND number = {number})"


def account(code):
    return f"(SELECT id FROM finance_account WHERE code = '{code}')"


SALE, RENT, RED, STOCK = voucher(202601, 3), voucher(202602, 1), voucher(202602, 3), voucher(202601, 2)

# What is done to the books, what no longer holds then, and what is named.
CORRUPTIONS = {
    "a line is worth more": (
        [f"UPDATE finance_voucher_line SET debit = 1131 WHERE voucher_id = {SALE} AND position = 1"],
        {"debits_are_credits", "totals_are_sums", "balances_are_lines", "dimension_balances_are_lines"},
        "记-3 of 2026-01",
    ),
    "both sides are worth more": (
        [
            f"UPDATE finance_voucher_line SET debit = 501 WHERE voucher_id = {STOCK} AND position = 1",
            f"UPDATE finance_voucher_line SET credit = 501 WHERE voucher_id = {STOCK} AND position = 2",
        ],
        {"totals_are_sums", "balances_are_lines", "dimension_balances_are_lines"},
        "记-2 of 2026-01",
    ),
    "a total is another": ([f"UPDATE finance_voucher SET total = 1 WHERE id = {SALE}"], {"totals_are_sums"}, "记-3 of 2026-01"),
    "a voucher lost its lines": (
        [f"DELETE FROM finance_voucher_line WHERE voucher_id = {RENT}"],
        {
            "vouchers_have_lines",
            "balances_are_lines",
            "dimension_balances_are_lines",
            "reversals_mirror",
            "cash_flows_are_movements",
        },
        "记-1 of 2026-02",
    ),
    "a line lost its voucher": (
        [f"UPDATE finance_voucher_line SET voucher_id = gen_random_uuid() WHERE voucher_id = {STOCK}"],
        {
            "vouchers_have_lines",
            "lines_have_vouchers",
            "balances_are_lines",
            "dimension_balances_are_lines",
            "measures_are_lines",
        },
        "记-2 of 2026-01",
    ),
    "a line is dated otherwise": (
        [f"UPDATE finance_voucher_line SET entry_on = '2026-01-21' WHERE voucher_id = {SALE} AND position = 2"],
        {"lines_name_their_voucher"},
        "记-3 of 2026-01: line 2 says 记-3 of 2026-01-21",
    ),
    "a number is left out": (
        [
            f"UPDATE finance_voucher_line SET number = 9 WHERE voucher_id = {voucher(202601, 5)}",
            f"UPDATE finance_voucher SET number = 9 WHERE id = {voucher(202601, 5)}",
        ],
        {"numbers_have_no_gaps"},
        "Before 记-9 of 2026-01 numbers are missing, from 5 to 8.",
    ),
    "a voucher is dated in another month": (
        [
            f"UPDATE finance_voucher_line SET entry_on = '2026-03-03' WHERE voucher_id = {voucher(202602, 2)}",
            f"UPDATE finance_voucher SET entry_on = '2026-03-03' WHERE id = {voucher(202602, 2)}",
        ],
        {"months_are_those_of_dates"},
        "记-2 of 2026-02 is dated 2026-03-03.",
    ),
    "a month is gone": (["DELETE FROM finance_period WHERE code = 202602"], {"months_are_kept"}, "记-1 of 2026-02"),
    "a reversal says something else": (
        [f"UPDATE finance_voucher_line SET dimension_set_id = NULL WHERE voucher_id = {RED} AND position = 1"],
        {"reversals_mirror", "dimension_balances_are_lines"},
        "记-3 of 2026-02 does not mirror 记-1",
    ),
    "a reversal reverses nothing": (
        [f"UPDATE finance_voucher SET reverses_id = gen_random_uuid() WHERE id = {RED}"],
        {"reversals_mirror"},
        "记-3 of 2026-02",
    ),
    "a key was used twice": (
        ["DROP INDEX uq_finance_voucher_idempotency_key", "UPDATE finance_voucher SET idempotency_key = 'k1' WHERE idempotency_key = 'k2'"],
        {"keys_are_used_once"},
        "记-2 of 2026-02 was posted 2 times, under the key k1.",
    ),
    "an account with lines has a sub-account": (
        [
            "INSERT INTO finance_account SELECT (jsonb_populate_record(a, jsonb_build_object("
            "'id', gen_random_uuid(), 'code', '140301', 'level', 2, 'parent_id', a.id))).* FROM finance_account a WHERE a.code = '1403'"
        ],
        {"leaves_hold_lines"},
        "记-2 of 2026-01: line 1 stands on 1403",
    ),
    "an account asks for more than its lines say": (
        ["UPDATE finance_account SET required_dimensions = '{party,region}' WHERE code = '1122'"],
        {"dimensions_are_given"},
        "记-3 of 2026-01: line 1 on 1122",
    ),
    "a line names nobody": (
        [f"UPDATE finance_voucher_line SET dimension_set_id = NULL WHERE voucher_id = {SALE} AND position = 1"],
        {"dimensions_are_given", "dimension_balances_are_lines", "parties_add_up"},
        "记-3 of 2026-01: line 1 on 1122",
    ),
    "an item of the company's own is gone": (
        ["DELETE FROM finance_dimension_item WHERE kind = 'region'"],
        {"dimensions_are_known"},
        "记-1 of 2026-02: line 1 names an item that does not exist.",
    ),
    "a rate is another": (
        [f"UPDATE finance_voucher_line SET rate = 7.1 WHERE voucher_id = {voucher(202601, 4)} AND position = 1"],
        {"rates_fit"},
        "记-4 of 2026-01: line 1 has 100.00 USD at 7.1",
    ),
    "a balance is another": (
        [f"UPDATE finance_balance SET debit = debit + 1 WHERE account_id = {account('1403')}"],
        {"balances_are_lines", "trial_balance_is_zero", "statements_articulate"},
        "1403 Raw materials in 2026-01",
    ),
    "a balance is gone": (
        [f"DELETE FROM finance_balance WHERE account_id = {account('22210107')}"],
        {"balances_are_lines", "trial_balance_is_zero", "statements_articulate"},
        "22210107",
    ),
    "a customer owes another amount": (
        [
            f"UPDATE finance_balance SET debit = debit - 30 WHERE account_id = {account('1122')}"
            " AND dimension_set_id <> '00000000-0000-0000-0000-000000000000'"
        ],
        {"dimension_balances_are_lines", "parties_add_up"},
        "甲公司",
    ),
    "a quantity is another": (
        [f"UPDATE finance_measure SET quantity_debit = 21 WHERE account_id = {account('1403')}"],
        {"measures_are_lines"},
        "1403 Raw materials in 2026-01",
    ),
    "foreign money is another": (
        [f"UPDATE finance_measure SET currency_debit = 99 WHERE account_id = {account('100202')}"],
        {"measures_are_lines"},
        "100202",
    ),
    "a draft stands in a closed month": (
        [
            "INSERT INTO finance_draft (id, ledger_id, period, word, entry_on, attachments, state, made_by, created_at, updated_at,"
            " version)"
            " SELECT gen_random_uuid(), id, 202601, '记', '2026-01-31', 0, 'draft', '林晓', now(), now(), 1 FROM finance_ledger"
        ],
        {"closed_months_have_no_drafts"},
        "A voucher of 2026-01, dated 2026-01-31 by 林晓",
    ),
    "profit stands in a closed month": (
        [
            f"UPDATE finance_voucher SET kind = 'manual' WHERE id = {voucher(202601, 5)}",
            f"DELETE FROM finance_voucher_line WHERE voucher_id = {voucher(202601, 5)} AND position = 1",
            "DELETE FROM finance_balance WHERE closing AND debit <> 0",
            "UPDATE finance_balance SET closing = false WHERE closing",
            f"UPDATE finance_voucher SET total = 0 WHERE id = {voucher(202601, 5)}",
        ],
        {
            "debits_are_credits",
            "trial_balance_is_zero",
            "statements_articulate",
            "closed_months_have_no_profit_left",
        },
        "5001",
    ),
    "a cash flow is another": (
        [f"UPDATE finance_cash_flow SET amount = amount + 1 WHERE voucher_id = {RENT}"],
        {"cash_flows_are_movements", "cash_totals_are_flows"},
        "记-1 of 2026-02 moved -300.00 of cash; its cash flows add up to -299.00.",
    ),
    "a figure of the cash flow statement is another": (
        ["UPDATE finance_cash_total SET amount = 0 WHERE period = 202602"],
        {"cash_totals_are_flows"},
        "2026-02, item 3",
    ),
}


async def test_sound_books_raise_no_alarm(books):
    async with books.corrupted() as work:
        assert await broken(work, books.ledger) == {}


@pytest.mark.parametrize("name", CORRUPTIONS)
async def test_a_corruption_is_found_and_named(books, name):
    statements, expected, named = CORRUPTIONS[name]
    async with books.corrupted(*statements) as work:
        found = await broken(work, books.ledger)
    assert set(found) == expected
    assert any(named in message for breaches in found.values() for message, _path in breaches), found
    paths = [path for key, breaches in found.items() if key not in UNNAMED for _message, path in breaches]
    assert all(paths), found


UNNAMED = {"trial_balance_is_zero", "cash_totals_are_flows"}
"""They speak of a month as a whole; other invariants name the document."""


def test_each_invariant_is_broken_by_a_corruption():
    caught = set().union(*(expected for _statements, expected, _named in CORRUPTIONS.values()))
    assert {i.key.removeprefix("core_finance.") for i in INVARIANTS} == caught


async def test_a_breach_leads_to_its_document(books):
    async with books.corrupted(f"UPDATE finance_voucher SET total = 1 WHERE id = {SALE}") as work:
        sale = await work.session.scalar(text(f"SELECT {SALE}"))
        found = await broken(work, books.ledger)
    assert found["totals_are_sums"] == [("记-3 of 2026-01: its total is 1.00, its debits add up to 1130.00.", f"/vouchers/{sale}")]
    async with books.corrupted(f"UPDATE finance_balance SET debit = 0 WHERE account_id = {account('1403')}") as work:
        found = await broken(work, books.ledger)
    assert found["balances_are_lines"][0][1] == "/finance/accounts/1403/ledger?first=202601&last=202601"


async def test_at_most_a_hundred_breaches_are_told(books):
    many = (
        "INSERT INTO finance_voucher SELECT (jsonb_populate_record(v, jsonb_build_object('id', gen_random_uuid(), 'number', n + 5))).*"
        f" FROM finance_voucher v, generate_series(1, 130) AS n WHERE v.id = {SALE}"
    )
    async with books.corrupted(many) as work:
        found = await broken(work, books.ledger)
    assert len(found["vouchers_have_lines"]) == 100


async def test_another_ledger_and_another_company_are_not_seen(books, database, new_tenant):
    async with books.corrupted(f"UPDATE finance_voucher SET total = 1 WHERE id = {SALE}") as work:
        second = await create_ledger(work, name="Second", start=date(2026, 1, 1))
        assert await broken(work, second) == {}
        assert set(await broken(work, books.ledger)) == {"totals_are_sums"}
    other = await make_books(database, await new_tenant(name="别家科技有限公司"))
    async with database.owner_engine.begin() as connection:
        await connection.execute(text(f"UPDATE {other.tenant.schema}.finance_voucher SET total = 1"))
    async with books.corrupted() as work:
        assert await broken(work, books.ledger) == {}


class Contributing:
    """A bus on which one more package declares invariants."""

    def __init__(self, *extra):
        self.extra = extra

    def contributions(self, hook, enabled):
        assert hook == "invariants"
        own = [i for i in INVARIANTS if i.key.endswith("trial_balance_is_zero")]
        return iter([*(Contribution("gym", e) for e in self.extra), *(Contribution("core_finance", i) for i in own)])


def invariant(find):
    return Invariant(key="gym.odd", title="Odd", find=find)


async def states(books, find, *, breaker=None, limit_s=30.0):
    async with books.corrupted() as work:
        run = await check_ledger(
            replace(work, bus=Contributing(invariant(find))), books.ledger, limit_s=limit_s, breaker=breaker or Breaker()
        )
        return {r.key: (r.state, r.problem) for r in results_of(run)}


async def test_an_invariant_that_raises_does_not_stop_the_others(books):
    async def fail(work, ledger_id):
        raise ZeroDivisionError

    async def fail_in_the_database(work, ledger_id):
        await work.session.execute(text("SELECT 1 / 0"))

    assert await states(books, fail) == {
        "core_finance.trial_balance_is_zero": ("holds", ""),
        "gym.odd": ("unchecked", "It failed: ZeroDivisionError."),
    }
    assert (await states(books, fail_in_the_database))["gym.odd"][0] == "unchecked"


async def test_an_invariant_that_hangs_is_ended_wherever_it_hangs(books):
    async def in_the_database(work, ledger_id):
        await work.session.execute(text("SELECT pg_sleep(600)"))

    async def in_many_statements(work, ledger_id):
        while True:
            await work.session.execute(text("SELECT 1"))

    async def elsewhere(work, ledger_id):
        await asyncio.sleep(600)

    for find in (in_the_database, in_many_statements, elsewhere):
        found = await states(books, find, limit_s=0.1)
        assert found["gym.odd"] == ("unchecked", "It took longer than 0.1 seconds."), find
        assert found["core_finance.trial_balance_is_zero"] == ("holds", "")


async def test_what_an_invariant_writes_does_not_stay(books):
    async def write(work, ledger_id):
        await work.session.execute(text("DELETE FROM finance_period"))
        return [Finding(message="odd")]

    async with books.corrupted() as work:
        run = await check_ledger(replace(work, bus=Contributing(invariant(write))), books.ledger, breaker=Breaker())
        assert run.broken == 1
        assert await work.session.scalar(text("SELECT count(*) > 0 FROM finance_period"))


async def test_an_invariant_that_keeps_failing_rests(books):
    calls = []

    async def fail(work, ledger_id):
        calls.append(1)
        raise ZeroDivisionError

    breaker = Breaker(failures_max=2)
    for _ in range(4):
        found = await states(books, fail, breaker=breaker)
    assert len(calls) == 2
    assert found["gym.odd"] == ("unchecked", "It failed several times and rests for a while.")


async def test_each_look_is_kept_and_the_nightly_one_looks_at_every_ledger(work):
    first = await create_ledger(work, name="First", start=date(2026, 1, 1))
    second = await create_ledger(work, name="Second", start=date(2026, 1, 1))
    assert await last_run(work, first) is None
    await check_all(work)
    await check_ledger(work, second)
    assert [len(await runs(work, ledger)) for ledger in (first, second)] == [1, 2]
    assert (await last_run(work, first)).broken == 0


async def test_the_books_are_checked_through_the_api(client, other_client, tenant, database):
    ledger = (await client.post("/api/v1/finance/ledgers", json={"name": "Main"})).json()["id"]
    before = (await client.get("/api/v1/finance/invariants")).json()
    assert (before["checked_at"], before["broken"]) == (None, None)
    assert {each["app"] for each in before["invariants"]} >= {"core_finance", "order_to_cash"}
    run = (await client.post("/api/v1/finance/invariants")).json()
    assert (run["ledger"], run["broken"]) == (ledger, 0)
    assert {result["state"] for result in run["results"]} == {"holds"}
    after = (await client.get("/api/v1/finance/invariants")).json()
    assert after["broken"] == 0
    assert all(each["result"]["state"] == "holds" for each in after["invariants"])
    assert (await client.get(f"/api/v1/finance/invariants/runs/{run['id']}")).json() == run
    await client.post("/api/v1/finance/invariants")
    page = (await client.get("/api/v1/finance/invariants/runs?limit=1")).json()
    rest = (await client.get(f"/api/v1/finance/invariants/runs?limit=1&before={page['next']}")).json()
    assert (rest["items"][0]["id"], rest["next"]) == (run["id"], None)
    assert (await other_client.get(f"/api/v1/finance/invariants/runs/{run['id']}")).status_code == 404


async def test_the_page_teaches_checks_and_names_what_is_broken(client, tenant, database):
    headers = {"Accept-Language": "en"}
    assert (await client.get("/finance/invariants", headers=headers)).status_code == 303
    await client.post("/api/v1/finance/ledgers", json={"name": "Main"})
    page = (await client.get("/finance/invariants", headers=headers)).text
    assert "Nobody has checked these books yet" in page
    assert (await submit(client, "/finance/invariants", headers=headers)).status_code == 303
    page = (await client.get("/finance/invariants", headers=headers)).text
    assert "The books hold" in page
    lines = [{"account": "1001", "debit": "5", "summary": "x"}, {"account": "3001", "credit": "5", "summary": "x"}]
    posted = (await client.post("/api/v1/vouchers", json={"on": "2026-11-03", "lines": lines, "post": True})).json()
    async with database.owner_engine.begin() as connection:
        await connection.execute(text(f"UPDATE {tenant.schema}.finance_voucher SET total = 1"))
    await submit(client, "/finance/invariants", headers=headers)
    page = (await client.get("/finance/invariants", headers=headers)).text
    assert "记-1 of 2026-11: its total is 1.00" in page
    assert f'href="/vouchers/{posted["id"]}"' in page
    assert "One does not hold" in page


async def test_the_menu_counts_what_is_broken(work, tenant):
    from core_finance.invariants.model import InvariantRun
    from core_finance.invariants.service import broken_count

    assert await broken_count(work) is None
    ledger = await create_ledger(work, name="Main", start=date(2026, 1, 1))
    await check_ledger(work, ledger)
    assert await broken_count(work) is None
    work.session.add(InvariantRun(ledger_id=ledger.id, ran_at=clock.now(), ran_by="x", took_ms=1, broken=3, results=[]))
    await work.session.flush()
    assert await broken_count(work) == 3
