"""The posting engine: what it accepts, what it refuses, and what the database itself refuses."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from core_finance.chart.changing import add_account, change_account
from core_finance.chart.ledgers import create_ledger
from core_finance.chart.model import Standard, Taxpayer
from core_finance.periods.service import close_period, reopen_period
from core_finance.posting import errors
from core_finance.posting.engine import post, post_all, post_each
from core_finance.posting.reading import read_voucher
from core_finance.posting.reversal import reverse
from core_finance.posting.voucher import NewLine, NewVoucher, dimension_set_id
from master_data.api import create_party

D = Decimal
MARCH = date(2026, 3, 9)


def debit(account, amount, **more):
    return NewLine(account=account, debit=D(amount), summary="Sale", **more)


def credit(account, amount, **more):
    return NewLine(account=account, credit=D(amount), summary="Sale", **more)


def sale(amount="100.00", on=MARCH, **more):
    return NewVoucher(on=on, lines=[debit("1002", amount), credit("5001", amount)], **more)


@pytest.fixture
async def ledger(work):
    return await create_ledger(work, name="Main", start=date(2026, 1, 1))


async def balances(work):
    query = (
        "SELECT a.code, b.period, b.dimension_set_id::text AS dims, b.debit, b.credit"
        " FROM finance_balance b JOIN finance_account a ON a.id = b.account_id ORDER BY 1, 2, 3"
    )
    return (await work.session.execute(text(query))).all()


async def test_a_voucher_gets_the_next_number_of_its_word_and_month(work, ledger):
    first = await post(work, ledger, sale())
    second = await post(work, ledger, sale(word="收"))
    third = await post(work, ledger, sale())
    fourth = await post(work, ledger, sale(on=date(2026, 4, 1)))
    assert [(v.period, v.word, v.number) for v in (first, second, third, fourth)] == [
        (202603, "记", 1), (202603, "收", 1), (202603, "记", 2), (202604, "记", 1)]  # fmt: skip


async def test_a_batch_is_numbered_in_its_order_and_balances_add_up(work, ledger):
    posted = await post_all(work, ledger, [sale("1.10"), sale("2.20"), sale("3.30")])
    assert [v.number for v in posted] == [1, 2, 3]
    assert [(b.code, b.debit, b.credit) for b in await balances(work)] == [("1002", D("6.60"), 0), ("5001", 0, D("6.60"))]


async def test_the_same_request_posts_once_and_another_under_its_key_is_refused(work, ledger):
    first = await post(work, ledger, sale(idempotency_key="a"))
    again = await post(work, ledger, sale(idempotency_key="a"))
    assert (again.id, again.number, again.replayed) == (first.id, 1, True)
    with pytest.raises(errors.IdempotencyMismatch):
        await post(work, ledger, sale("7.00", idempotency_key="a"))
    assert (await post(work, ledger, sale())).number == 2


@pytest.mark.parametrize(
    ("lines", "error", "field"),
    [
        ([debit("1002", "1"), credit("5001", "2")], errors.Unbalanced, "lines"),
        ([debit("1002", "1.001"), credit("5001", "1.001")], errors.TooManyDecimals, "lines.0.debit"),
        ([debit("1002", "0"), credit("5001", "0")], errors.LineNeedsOneSide, "lines.0.debit"),
        ([NewLine(account="1002", debit=D(1), credit=D(1))], errors.LineNeedsOneSide, "lines.0.debit"),
        ([debit("1002", "1"), credit("999", "1")], errors.UnknownAccount, "lines.1.account"),
        ([debit("2221", "1"), credit("5001", "1")], errors.AccountNotLeaf, "lines.0.account"),
        ([debit("1002", "1", dimensions={"moon": uuid4()}), credit("5001", "1")], errors.DimensionNotKept, "lines.0.dimensions"),
        ([debit("1002", "1e17"), credit("5001", "1e17")], errors.AmountTooLarge, "lines.0.debit"),
        ([debit("1002", "7", currency="USD"), credit("5001", "7")], errors.RateDoesNotFit, "lines.0.rate"),
        ([], errors.VoucherEmpty, "lines"),
        ([debit("1002", "1")] * 1001, errors.LineLimit, None),
    ],
)
async def test_a_wrong_voucher_is_refused_with_the_line_that_is_wrong(work, ledger, lines, error, field):
    with pytest.raises(error) as caught:
        await post(work, ledger, NewVoucher(on=MARCH, lines=lines))
    assert [e.field for e in caught.value.errors] == ([field] if field else [])
    assert await balances(work) == []


async def test_a_line_names_only_what_its_account_keeps(work, ledger):
    lines = [debit("1002", "1", dimensions={"party": await create_party(work, name="联华")}), credit("5001", "1")]
    with pytest.raises(errors.DimensionNotKept) as caught:
        await post(work, ledger, NewVoucher(on=MARCH, lines=lines))
    assert [e.field for e in caught.value.errors] == ["lines.0.dimensions"]


@pytest.mark.parametrize("kind", ["party", "department", "employee", "product"])
async def test_a_line_names_only_what_there_is(work, ledger, kind):
    lines = [debit("1122", "1", dimensions={kind: uuid4()}), credit("5001", "1")]
    await change_account(work, ledger, "1122", optional_dimensions=["party", "department", "employee", "product"])
    with pytest.raises(errors.DimensionUnknown):
        await post(work, ledger, NewVoucher(on=MARCH, lines=lines))


async def test_the_database_counts_again_and_refuses_what_a_faulty_caller_sends(work, ledger, monkeypatch):
    monkeypatch.setattr("core_finance.posting.engine.check", lambda voucher, books: None)
    wrong = [
        NewVoucher(on=MARCH, lines=[debit("1002", "1"), credit("5001", "2")]),
        NewVoucher(on=MARCH, lines=[debit("1002", "1.001"), credit("5001", "1.001")]),
        NewVoucher(on=MARCH, lines=[debit("1002", "0"), credit("5001", "0")]),
        sale(),
    ]
    results = await post_each(work, ledger, wrong)
    assert [type(r).__name__ for r in results] == ["Unbalanced", "TooManyDecimals", "LineNeedsOneSide", "Posted"]
    assert results[3].number == 1


async def test_a_disabled_account_and_a_closed_month_refuse(work, ledger):
    await change_account(work, ledger, "1002", is_active=False)
    with pytest.raises(errors.AccountDisabled):
        await post(work, ledger, sale())
    await change_account(work, ledger, "1002", is_active=True)
    for month in (202601, 202602, 202603):
        await close_period(work, ledger, month)
    with pytest.raises(errors.PeriodClosed) as caught:
        await post(work, ledger, sale())
    assert "2026-03" in caught.value.message
    await reopen_period(work, ledger, 202603)
    assert (await post(work, ledger, sale())).number == 1


async def test_a_month_before_the_ledger_refuses_and_a_new_year_opens_by_itself(work, ledger):
    with pytest.raises(errors.PeriodMissing):
        await post(work, ledger, sale(on=date(2025, 12, 31)))
    with pytest.raises(errors.PeriodMissing):
        await post(work, ledger, sale(on=date(2099, 1, 1)))


async def test_a_year_that_has_no_months_yet_is_opened_by_its_first_voucher(work):
    old = await create_ledger(work, name="Old", start=date(work.today().year - 4, 1, 1))
    assert (await post(work, old, sale(on=date(work.today().year, 1, 2)))).number == 1


async def test_a_reversal_is_red_on_the_same_side_and_linked_both_ways(work, ledger):
    posted = await post(work, ledger, sale("12.34"))
    red = await reverse(work, ledger, posted.id, on=date(2026, 4, 2))
    voucher, original = await read_voucher(work, red.id), await read_voucher(work, posted.id)
    assert [(line.debit, line.credit) for line in voucher.lines] == [(D("-12.34"), 0), (0, D("-12.34"))]
    assert (voucher.reverses.id, original.reversed_by.id) == (posted.id, red.id)
    with pytest.raises(errors.AlreadyReversed):
        await reverse(work, ledger, posted.id, on=MARCH)
    with pytest.raises(errors.AlreadyReversed):
        await reverse(work, ledger, red.id, on=MARCH)


async def test_a_reversal_is_not_before_what_it_reverses(work, ledger):
    posted = await post(work, ledger, sale("12.34"))
    with pytest.raises(errors.ReversalTooEarly):
        await reverse(work, ledger, posted.id, on=MARCH - timedelta(days=1))
    later = await post(work, ledger, replace(sale("1.00"), on=work.today() + timedelta(days=9)))
    red = await read_voucher(work, (await reverse(work, ledger, later.id)).id)
    assert red.entry_on == work.today() + timedelta(days=9)


async def test_balances_are_kept_for_each_customer_beside_the_account_s_total(work, ledger):
    one, two = await create_party(work, name="联华"), await create_party(work, name="永辉")
    for party, amount in ((one, "1"), (two, "2"), (one, "4")):
        lines = [debit("1122", amount, dimensions={"party": party}), credit("5001", amount)]
        await post(work, ledger, NewVoucher(on=MARCH, lines=lines))
    rows = [(b.debit, b.dims == "00000000-0000-0000-0000-000000000000") for b in await balances(work) if b.code == "1122"]
    assert sorted(rows) == [(D(2), False), (D(5), False), (D(7), True)]


async def test_foreign_money_and_quantities_are_measured_beside_the_balance(work, ledger):
    lines = [
        debit("1002", "710", currency="USD", currency_amount=D(100), rate=D("7.1")),
        credit("1403", "710", quantity=D("12.5")),
    ]
    await post(work, ledger, NewVoucher(on=MARCH, lines=lines))
    query = "SELECT currency, currency_debit, quantity_credit FROM finance_measure ORDER BY currency"
    assert (await work.session.execute(text(query))).all() == [("CNY", 0, D("12.5")), ("USD", D(100), 0)]


async def in_dollars(work, ledger):
    """An account of a bank in dollars."""
    return (await add_account(work, ledger, parent="1002", name="USD", currency="USD")).code


@pytest.mark.parametrize(
    ("foreign", "error", "field"),
    [
        ({}, errors.CurrencyMissing, "lines.0.currency_amount"),
        ({"currency": "CNY"}, errors.CurrencyMissing, "lines.0.currency_amount"),
        ({"currency": "USD"}, errors.RateDoesNotFit, "lines.0.rate"),
        ({"currency": "USD", "currency_amount": D(0), "rate": D(7)}, errors.RateDoesNotFit, "lines.0.rate"),
        ({"currency": "EUR", "currency_amount": D(1), "rate": D(7)}, errors.CurrencyNotKept, "lines.0.currency"),
    ],
)
@pytest.mark.parametrize("kind", ["manual", "automatic"])
async def test_base_money_alone_does_not_move_an_account_in_foreign_money(work, ledger, kind, foreign, error, field):
    account = await in_dollars(work, ledger)
    if kind == "automatic" and foreign.get("currency_amount") == 0:
        return
    with pytest.raises(error) as caught:
        await post(work, ledger, NewVoucher(on=MARCH, kind=kind, lines=[debit(account, "7", **foreign), credit("5001", "7")]))
    assert [e.field for e in caught.value.errors] == [field]
    assert await balances(work) == []


async def test_what_adjusts_base_money_at_a_period_end_and_what_repeats_it_in_red_is_posted(work, ledger):
    account = await in_dollars(work, ledger)
    lines = [debit(account, "7"), credit("5001", "7")]
    adjusted = [await post(work, ledger, NewVoucher(on=MARCH, kind=kind, lines=lines)) for kind in ("exchange", "closing")]
    for each in adjusted:
        await reverse(work, ledger, each.id, on=MARCH)
    assert sum(b.debit for b in await balances(work) if b.code == account) == 0


@pytest.mark.parametrize("standard", list(Standard))
@pytest.mark.parametrize("item", [99, 0, -1, 7])
async def test_a_line_of_the_cash_flow_statement_that_takes_no_movements_is_refused(work, standard, item):
    own = await create_ledger(work, name="Own", standard=standard, start=date(2026, 1, 1))
    item = {Standard.SMALL_BUSINESS: 7, Standard.ENTERPRISE: 4}[standard] if item == 7 else item  # a subtotal
    lines = [debit("1002", "5", cash_item=item), credit("2241", "5")]
    with pytest.raises(errors.CashItemUnknown) as caught:
        await post(work, own, NewVoucher(on=MARCH, lines=lines))
    assert [e.field for e in caught.value.errors] == ["lines.0.cash_item"]


@pytest.mark.parametrize(
    "table", ["finance_voucher", "finance_voucher_line", "finance_balance", "finance_dimension_set", "finance_measure"]
)
@pytest.mark.parametrize("act", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}", "INSERT INTO {0} SELECT * FROM {0}"])
async def test_the_database_refuses_to_change_what_is_posted(database, tenant, table, act):
    column = {"finance_dimension_set": "others", "finance_voucher": "total", "finance_measure": "currency_debit"}.get(table, "debit")
    async with database.work(tenant) as work:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            await work.session.execute(text(act.format(table, column)))
        await work.session.rollback()


async def test_the_tenant_s_role_cannot_change_the_posting_function(database, tenant):
    async with database.work(tenant) as work:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            await work.session.execute(text("DROP FUNCTION finance_post(uuid, timestamptz, json, json, json, boolean)"))
        await work.session.rollback()


async def test_the_posting_function_has_a_search_path_of_its_own(work):
    query = "SELECT proconfig::text FROM pg_proc WHERE proname = 'finance_post' AND pronamespace = current_schema()::regnamespace"
    settings = await work.session.scalar(text(query))
    assert settings.startswith(f'{{"search_path={work.tenant.schema}, pg_temp"')


async def test_a_posted_account_keeps_its_leaf(work, ledger):
    await post(work, ledger, sale())
    with pytest.raises(Exception, match="1002"):
        await add_account(work, ledger, parent="1002", name="ICBC")
    added = await add_account(work, ledger, parent="1012", name="支付宝")
    assert (added.code, added.mnemonic) == ("101201", "zfb")


@pytest.mark.parametrize("standard", list(Standard))
@pytest.mark.parametrize("taxpayer", list(Taxpayer))
async def test_every_key_of_a_new_ledger_names_a_leaf(work, standard, taxpayer):
    own = await create_ledger(work, name="Other", standard=standard, taxpayer=taxpayer)
    query = (
        "SELECT k.key FROM finance_account_key k JOIN finance_account a ON a.id = k.account_id WHERE k.ledger_id = :id AND NOT a.is_leaf"
    )
    assert (await work.session.execute(text(query), {"id": own.id})).all() == []


def test_the_same_dimensions_have_the_same_id():
    one, two = uuid4(), uuid4()
    assert dimension_set_id({"party": one, "project": two}) == dimension_set_id({"project": two, "party": one})
    assert dimension_set_id({"party": one}) != dimension_set_id({"employee": one})
