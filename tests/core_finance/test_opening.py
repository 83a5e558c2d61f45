"""Opening balances, and what the books make of them: the oracle is a company that kept the whole year here."""

import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core_finance.invariants import broken_in

from core_finance.books.trial import trial_balance
from core_finance.chart.changing import change_account
from core_finance.chart.ledgers import create_ledger
from core_finance.chart.service import get_account
from core_finance.dimensions.keeping import add_item, import_items, list_items
from core_finance.opening.model import Entry, OpeningChanged, OpeningLocked, OpeningRefused, OpeningUnbalanced
from core_finance.opening.service import read_opening, save_opening
from core_finance.opening.vouchers import balanced_parts
from core_finance.periods.service import PeriodNotFound, close_period, current_period, periods, reopen_period
from core_finance.posting.engine import post, post_all
from core_finance.posting.errors import PeriodClosed
from core_finance.posting.model import NO_DIMENSIONS
from core_finance.posting.reading import list_vouchers
from core_finance.posting.reversal import reverse
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.statements.service import statement
from kernel.i18n import using
from master_data.api import create_party

D = Decimal
START = date(2026, 7, 1)


def voucher(on, *lines, kind="manual"):
    made = [NewLine(account=code, summary="x", dimensions=of, **{side: D(amount)}) for code, side, amount, of in lines]
    return NewVoucher(on=on, kind=kind, lines=made)


async def whole_year(work, party):
    """A company's books of a year and a half, kept here from the beginning; in June profit was transferred."""
    ledger = await create_ledger(work, name="Whole", start=date(2025, 1, 1))
    owed = {"party": party}
    await post_all(work, ledger, [
        voucher(date(2025, 3, 1), ("1002", "debit", "50000.10", {}), ("3001", "credit", "50000.10", {})),
        voucher(date(2025, 9, 1), ("1122", "debit", "8000", owed), ("1405", "credit", "8000", {})),
        voucher(date(2026, 2, 1), ("1122", "debit", "30000", owed), ("5001", "credit", "30000", {})),
        voucher(date(2026, 2, 9), ("5001", "debit", "1000", {}), ("1122", "credit", "1000", owed)),
        voucher(date(2026, 3, 1), ("1002", "debit", "12000", {}), ("1122", "credit", "12000", owed)),
        voucher(date(2026, 4, 1), ("5402", "debit", "700.55", {}), ("1002", "credit", "700.55", {})),
        voucher(date(2026, 5, 31), ("5001", "debit", "29000", {}), ("5402", "credit", "700.55", {}),
                ("3103", "debit", "700.55", {}), ("3103", "credit", "29000", {}), kind="closing"),
    ])  # fmt: skip
    return ledger


async def entries_of(work, ledger, party):
    """Half a year's trial balance, as an accountant would copy it from the old program."""
    book = await trial_balance(work, ledger, first=202606, last=202606)
    found = []
    for row in book:
        if row.is_leaf:
            result = D(29000) if row.code == "5001" else None
            found.append(Entry(
                account=row.code, opening_debit=row.closing_debit, opening_credit=row.closing_credit, year_debit=row.figures.year_debit,
                year_credit=row.figures.year_credit, result=result, dimensions={"party": party} if row.code == "1122" else {},
            ))  # fmt: skip
    return found


@pytest.fixture
async def party(work):
    return await create_party(work, name="衡山机械有限公司")


@pytest.fixture
async def ledger(work):
    return await create_ledger(work, name="Half", start=START)


def shown(book):
    return {row.code: row.figures for row in book}


async def test_books_say_what_they_would_say_had_the_year_been_kept_here(work, ledger, party):
    whole = await whole_year(work, party)
    entries = await entries_of(work, whole, party)
    saved = await save_opening(work, ledger, entries)
    assert list(saved.entries) == entries
    for books in (whole, ledger):
        await post(work, books, voucher(date(2026, 7, 5), ("1002", "debit", "99.9", {}), ("5001", "credit", "99.9", {})))
    months = {"first": 202607, "last": 202607}
    assert shown(await trial_balance(work, ledger, **months)) == shown(await trial_balance(work, whole, **months))
    for kind in ("balance_sheet", "income_statement"):
        mine, theirs = [await statement(work, books, kind, **months) for books in (ledger, whole)]
        assert [c.amounts for c in mine.cells] == [c.amounts for c in theirs.cells]
        assert mine.holds
    income = await statement(work, ledger, "income_statement", **months)
    assert {D("29099.90"), D("28399.35")} <= {amount for cell in income.cells for amount in cell.amounts.values()}
    assert await broken_in(work) == {}


async def test_saving_again_cancels_in_red_and_leaves_no_trace_in_the_figures(work, ledger, party):
    whole = await whole_year(work, party)
    entries = await entries_of(work, whole, party)
    await save_opening(work, ledger, [Entry(account="1002", opening_debit=D(5)), Entry(account="3001", opening_credit=D(5))])
    first = await read_opening(work, ledger)
    await save_opening(work, ledger, entries, version=first.version)
    with pytest.raises(OpeningChanged):
        await save_opening(work, ledger, entries[:2], version=first.version)
    await save_opening(work, ledger, entries[::-1][:0])
    assert (await read_opening(work, ledger)).entries == []
    again = await save_opening(work, ledger, entries)
    assert list(again.entries) == entries
    assert (await save_opening(work, ledger, entries)).version == again.version
    months = {"first": 202607, "last": 202607}
    assert shown(await trial_balance(work, ledger, **months)) == shown(await trial_balance(work, whole, **months))
    income = [[c.amounts for c in (await statement(work, books, "income_statement", **months)).cells] for books in (ledger, whole)]
    assert income[0] == income[1]
    assert await broken_in(work) == {}


async def test_what_does_not_balance_is_refused_and_nothing_is_written(work, ledger):
    with pytest.raises(OpeningUnbalanced) as refused:
        await save_opening(work, ledger, [Entry(account="1002", opening_debit=D(5), year_debit=D(1))])
    assert [e.field for e in refused.value.errors] == ["entries.opening", "entries.year"]
    assert (await list_vouchers(work, ledger), (await read_opening(work, ledger)).version) == ([], 0)


async def test_a_movement_counts_in_the_year_although_the_balance_is_zero(work, ledger):
    moved = [Entry(account=code, year_debit=D(7), year_credit=D(7)) for code in ("1002", "1001")]
    await save_opening(work, ledger, moved)
    row = shown(await trial_balance(work, ledger, first=202607, last=202607))["1002"]
    assert (row.opening, row.year_opening, row.year_debit, row.year_credit, row.debit) == (0, 0, 7, 7, 0)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Entry(account="7777", opening_debit=D(1)), "account"),
        (Entry(account="2221", opening_credit=D(1)), "account"),
        (Entry(account="1002", opening_debit=D("0.001")), "opening_debit"),
        (Entry(account="1002", opening_debit=D("1e20")), "opening_debit"),
        (Entry(account="1002", opening_debit=D("NaN")), "opening_debit"),
        (Entry(account="1002", opening_debit=D(1), opening_credit=D(1)), "opening_credit"),
        (Entry(account="1002", opening_debit=D(1), dimensions={"colour": START}), "dimensions"),
        (Entry(account="5001", opening_credit=D(1)), "opening_debit"),
    ],
)
async def test_a_wrong_entry_is_named_by_its_place(work, ledger, entry, field):
    good = Entry(account="1001", opening_debit=D(1))
    with pytest.raises(OpeningRefused) as refused:
        await save_opening(work, ledger, [good, entry])
    assert refused.value.errors[0].field == f"entries.1.{field}"
    assert await list_vouchers(work, ledger) == []


async def test_the_same_account_twice_and_movements_before_january_are_refused(work, ledger):
    with pytest.raises(OpeningRefused) as refused:
        await save_opening(work, ledger, [Entry(account="1002", opening_debit=D(1))] * 2)
    assert [e.field for e in refused.value.errors] == ["entries.1.account"]
    january = await create_ledger(work, name="January", start=date(2026, 1, 1))
    with pytest.raises(OpeningRefused) as refused:
        await save_opening(work, january, [Entry(account="1002", year_debit=D(1))])
    assert [e.field for e in refused.value.errors] == ["entries.0.year_debit"]


async def test_months_before_the_start_belong_to_the_opening_balances_alone(work, ledger):
    await save_opening(work, ledger, [Entry(account="1002", opening_debit=D(5), year_debit=D(2)),
                                      Entry(account="3001", opening_credit=D(5), year_credit=D(2))])  # fmt: skip
    assert (await periods(work, ledger))[0].code == 202607
    assert await current_period(work, ledger) >= 202607
    for code in (202606, 202512):
        with pytest.raises(PeriodNotFound):
            await reopen_period(work, ledger, code)
        late = voucher(date(code // 100, code % 100, 5), ("1002", "debit", "1", {}), ("3001", "credit", "1", {}))
        with pytest.raises(PeriodClosed):
            await post(work, ledger, late)


async def test_after_the_first_period_is_closed_they_are_corrected_by_vouchers(work, ledger):
    pair = [Entry(account="1002", opening_debit=D(5)), Entry(account="3001", opening_credit=D(5))]
    await save_opening(work, ledger, pair)
    await post(work, ledger, voucher(date(2026, 7, 5), ("1002", "debit", "1", {}), ("3001", "credit", "1", {})))
    await save_opening(work, ledger, [Entry(account="1001", opening_debit=D(5)), pair[1]])
    await close_period(work, ledger, 202607)
    with pytest.raises(OpeningLocked):
        await save_opening(work, ledger, pair)
    assert (await read_opening(work, ledger)).locked
    await reopen_period(work, ledger, 202607)
    await save_opening(work, ledger, pair)
    standing = [row for row in await list_vouchers(work, ledger) if row.kind == "opening"]
    await reverse(work, ledger, standing[0].id, on=date(2026, 8, 1))
    with pytest.raises(OpeningLocked):
        await save_opening(work, ledger, [])
    account = await get_account(work, ledger, "1002")
    assert account.is_leaf


async def test_foreign_money_and_quantities_come_along_and_are_cancelled_with_the_rest(work, ledger):
    await change_account(work, ledger, "1002", currency="USD")
    await change_account(work, ledger, "1405", unit="件")
    entries = [
        Entry(account="1002", opening_debit=D("71234567.89"), opening_currency=D("10000000.01"), year_debit=D(7), year_debit_currency=D(1)),
        Entry(account="1405", opening_debit=D(50), opening_quantity=D("2.5"), year_credit=D(20), year_credit_quantity=D(1)),
        Entry(account="2202", opening_credit=D(50), year_debit=D(20)),
        Entry(account="3001", opening_credit=D("71234567.89"), year_credit=D(7)),
    ]
    assert list((await save_opening(work, ledger, entries)).entries) == entries
    measured = sa.text(
        "SELECT a.code, sum(currency_debit - currency_credit), sum(quantity_debit - quantity_credit) FROM finance_measure m "
        "JOIN finance_account a ON a.id = m.account_id WHERE m.dimension_set_id = CAST(:none AS uuid) GROUP BY 1 ORDER BY 1"
    )
    whole = {"none": str(NO_DIMENSIONS)}
    assert [tuple(row) for row in await work.session.execute(measured, whole)] == [
        ("1002", D("10000000.01"), 0),
        ("1405", 0, D("2.5")),
    ]
    await save_opening(work, ledger, [])
    assert {tuple(row)[1:] for row in await work.session.execute(measured, whole)} == {(0, 0)}
    assert list((await save_opening(work, ledger, entries)).entries) == entries


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Entry(account="1001", opening_debit=D(1), opening_currency=D(1)), "opening_currency"),
        (Entry(account="1001", opening_debit=D(1), opening_quantity=D(1)), "opening_quantity"),
        (Entry(account="1002", opening_debit=D(1), opening_currency=D("0.001")), "opening_currency"),
        (Entry(account="1002", opening_currency=D(1)), "opening_currency"),
        (Entry(account="1002", opening_debit=D(1), year_debit_currency=D(1)), "year_debit_currency"),
        (Entry(account="1002", opening_debit=D(7)), "opening_currency"),
        (Entry(account="1002", opening_debit=D(7), opening_currency=D(-1)), "opening_currency"),
        (
            Entry(account="1002", opening_debit=D(7), opening_currency=D(1), year_debit=D(7), year_debit_currency=D(1), year_credit=D(5)),
            "year_debit_currency",
        ),
    ],
)
async def test_a_measure_that_cannot_be_carried_is_refused_by_its_name(work, ledger, entry, field):
    await change_account(work, ledger, "1002", currency="USD")
    with pytest.raises(OpeningRefused) as refused:
        await save_opening(work, ledger, [entry])
    assert refused.value.errors[0].field == f"entries.0.{field}"


async def test_opening_balances_speak_the_company_s_language(app, work, ledger):
    with using("en"):
        await save_opening(work, ledger, [Entry(account="1001", opening_debit=D(1)), Entry(account="3001", opening_credit=D(1))])
        await save_opening(work, ledger, [])
    summaries = set(await work.session.scalars(sa.text("SELECT summary FROM finance_voucher")))
    assert len(summaries) == 2
    assert all(re.search("[一-鿿]", summary) for summary in summaries)


async def test_movements_of_base_money_alone_are_the_exchange_differences_of_the_year(work, ledger):
    await change_account(work, ledger, "1002", currency="USD")
    entries = [
        Entry(account="1002", opening_debit=D(710), opening_currency=D(100), year_debit=D(10)),
        Entry(account="3001", opening_credit=D(710), year_credit=D(10)),
    ]
    assert list((await save_opening(work, ledger, entries)).entries) == entries


async def test_a_dimension_that_names_nothing_is_refused_at_its_entry(work, ledger, party):
    for value in (uuid4(), (await add_item(work, "project", code="P", name="P")).id):
        with pytest.raises(OpeningRefused) as refused:
            await save_opening(work, ledger, [Entry(account="1122", opening_debit=D(1), dimensions={"party": value})])
        assert refused.value.errors[0].field == "entries.0.dimensions"


amounts = st.decimals(-10_000, 10_000, places=2).filter(bool)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["debit", "credit"]), amounts, st.booleans()), min_size=1, max_size=60), st.integers(2, 9))
def test_parts_of_a_long_voucher_balance_and_lose_nothing(made, most):
    lines = [
        NewLine(account=str(n), **{side: value}, **({"currency": "USD", "currency_amount": value, "rate": D(1)} if measured else {}))
        for n, (side, value, measured) in enumerate(made)
    ]
    if off := sum((x.debit - x.credit for x in lines), D(0)):
        lines.append(NewLine(account="rest", credit=off))
    parts = balanced_parts(lines, most)
    found = defaultdict(lambda: [D(0), D(0), D(0)])
    for part in parts:
        assert 0 < len(part) <= most
        assert sum(x.debit - x.credit for x in part) == 0
        for x in part:
            assert bool(x.debit) != bool(x.credit)
            found[x.account] = [a + b for a, b in zip(found[x.account], (x.debit, x.credit, x.currency_amount or D(0)), strict=True)]
    assert dict(found) == {x.account: [x.debit, x.credit, x.currency_amount or D(0)] for x in lines}


async def test_thousands_of_entries_stand_in_several_vouchers_and_come_back_the_same(work, ledger):
    await import_items(work, "project", [(n, {"code": f"P{n:04}", "name": f"P{n}"}) for n in range(2500)])
    items = [item.id for item in await list_items(work, "project", limit=2500)]
    entries = [Entry(account="1605", opening_debit=D(n + 1) / 100, dimensions={"project": item}) for n, item in enumerate(items)]
    entries.append(Entry(account="3001", opening_credit=sum((e.opening_debit for e in entries), D(0))))
    saved = await save_opening(work, ledger, entries)
    assert sorted(saved.entries, key=lambda e: e.opening) == sorted(entries, key=lambda e: e.opening)
    assert saved.version == 3
    assert await broken_in(work) == {}


async def kept_from_january(work, *more):
    """The half year as it would stand had it been kept here: what the books of the half year must agree with."""
    whole = await create_ledger(work, name="Kept", start=date(2026, 1, 1))
    await post_all(work, whole, [voucher(date(2026, 2, 1), ("1002", "debit", "1000", {}), ("3001", "credit", "1000", {})), *more])
    return whole


async def test_a_loss_and_red_amounts_of_the_half_year_read_as_if_kept_here(work, ledger):
    whole = await kept_from_january(
        work,
        voucher(date(2026, 3, 1), ("1002", "debit", "300", {}), ("5001", "credit", "300", {})),
        voucher(date(2026, 3, 2), ("1002", "debit", "-100", {}), ("5001", "credit", "-100", {})),
        voucher(date(2026, 3, 3), ("560299", "debit", "900", {}), ("1002", "credit", "900", {})),
        voucher(date(2026, 3, 4), ("560299", "debit", "-50", {}), ("1002", "credit", "-50", {})),
        voucher(date(2026, 5, 31), ("5001", "debit", "200", {}), ("3103", "credit", "200", {}), kind="closing"),
        voucher(date(2026, 5, 31), ("3103", "debit", "850", {}), ("560299", "credit", "850", {}), kind="closing"),
        voucher(date(2026, 6, 1), ("560299", "debit", "70", {}), ("1002", "credit", "70", {})),
    )
    entries = []
    for row in await trial_balance(work, whole, first=202606, last=202606):
        if row.is_leaf:
            result = {"5001": D(200), "560299": D(920)}.get(row.code)
            entries.append(Entry(
                account=row.code, opening_debit=row.closing_debit, opening_credit=row.closing_credit, result=result,
                year_debit=row.figures.year_debit, year_credit=row.figures.year_credit,
            ))  # fmt: skip
    await save_opening(work, ledger, entries)
    months = {"first": 202607, "last": 202607}
    for kind in ("balance_sheet", "income_statement"):
        mine, theirs = [await statement(work, books, kind, **months) for books in (ledger, whole)]
        assert [c.amounts for c in mine.cells] == [c.amounts for c in theirs.cells]
        assert mine.holds
    assert shown(await trial_balance(work, ledger, **months)) == shown(await trial_balance(work, whole, **months))
    income = await statement(work, ledger, "income_statement", **months)
    assert income.amount(32, "year") == D("-720.00")


PAIR = [{"account": "10.02", "opening_debit": "5.50"}, {"account": "3001", "opening_credit": "5.50"}]


async def test_programs_read_and_write_them(client, client_for, tenant, state_of):
    path = "/api/v1/finance/opening-balances"
    made = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert made.status_code == 201
    answer = await client.put(path, json={"entries": PAIR, "version": 0})
    assert answer.status_code == 200, answer.text
    body = (await client.get(path)).json()
    assert (body["version"], body["locked"], body["totals"]["opening_debit"]) == (1, None, "5.50")
    assert [e["account"] for e in body["entries"]] == ["1002", "3001"]
    before = await state_of(tenant)
    refused = await client.put(path, json={"entries": PAIR[:1], "version": 1})
    assert (refused.status_code, refused.json()["code"]) == (422, "opening_unbalanced")
    assert (await client.put(path, json={"entries": PAIR, "version": 0})).json()["code"] == "opening_changed"
    reader = await client_for(tenant, permissions={"finance.ledger.read"})
    assert (await reader.get(path)).status_code == 200
    assert (await reader.put(path, json={"entries": PAIR})).status_code == 403
    assert await state_of(tenant) == before
