"""Exchange rates, and the differences that the period end makes of them."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from core_finance.books.figures import figures
from core_finance.chart.changing import add_account
from core_finance.chart.ledgers import create_ledger
from core_finance.chart.model import Standard
from core_finance.chart.rules import LedgerRules, keep_rules
from core_finance.chart.service import get_account
from core_finance.closing.service import do_step, read_steps
from core_finance.closing.view import State
from core_finance.currencies.model import RateKind
from core_finance.currencies.service import RateInUse, RateMissing, rate_on, rates, remove_rate, save_rate
from core_finance.periods.service import close_period
from core_finance.posting.engine import post
from core_finance.posting.reading import read_voucher
from core_finance.posting.reversal import reverse
from core_finance.posting.voucher import NewLine, NewVoucher
from kernel.errors import Invalid
from master_data.api import create_party

D = Decimal
STEP = "core_finance.exchange"
JANUARY = date(2026, 1, 31)


@pytest.fixture
async def ledger(work):
    return await create_ledger(work, name="Main", start=date(2026, 1, 1))


async def closing_rate(work, rate, currency="USD", on=JANUARY):
    return await save_rate(work, base="CNY", currency=currency, kind=RateKind.CLOSING, on=on, rate=D(rate))


def line(account, amount, rate=None, currency="USD", **dimensions):
    """In base currency without a rate, in foreign money with one; positive debits."""
    base = D(amount) if rate is None else (D(amount) * D(rate)).quantize(D("0.01"))
    foreign = {} if rate is None else {"currency": currency, "currency_amount": abs(D(amount)), "rate": D(rate)}
    return NewLine(account=account, summary="x", debit=max(base, D(0)), credit=max(-base, D(0)), dimensions=dimensions, **foreign)


async def entry(work, ledger, *lines, on=date(2026, 1, 9), **more):
    off = sum((x.debit - x.credit for x in lines), D(0))
    return await post(work, ledger, NewVoucher(on=on, lines=[*lines, line("3001", -off)], **more))


async def balance(work, ledger, code, period=202601):
    account = await get_account(work, ledger, code)
    found = (await figures(work, ledger, period, period)).get(account.id)
    return found.closing if found else D(0)


async def foreign(work):
    query = (
        "SELECT sum(currency_debit - currency_credit) FROM finance_measure WHERE dimension_set_id = '00000000-0000-0000-0000-000000000000'"
    )
    return await work.session.scalar(text(query))


async def step(work, ledger, period=202601):
    return next(view for view in await read_steps(work, ledger, period) if view.key == STEP)


async def test_the_rate_of_a_day_is_the_latest_up_to_it_and_is_replaced_by_day(work):
    for day, rate in ((1, "7.1"), (9, "7.2"), (9, "7.25")):
        await save_rate(work, base="CNY", currency="usd", kind=RateKind.SPOT, on=date(2026, 1, day), rate=D(rate))
    assert [await rate_on(work, "CNY", "USD", date(2026, 1, day)) for day in (1, 8, 9, 31)] == [D("7.1"), D("7.1"), D("7.25"), D("7.25")]
    assert await rate_on(work, "CNY", "USD", date(2025, 12, 31)) is None
    assert [r.on.day for r in await rates(work, "CNY")] == [9, 1]


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"currency": "XXX"}, "currency"), ({"currency": "CNY"}, "currency"), ({"rate": D(0)}, "rate"), ({"rate": D("1.123456789")}, "rate"),
     ({"rate": D("NaN")}, "rate"), ({"on": date(1900, 1, 1)}, "on")],
)  # fmt: skip
async def test_a_rate_that_is_none_is_refused(work, changed, field):
    values = {"base": "CNY", "currency": "USD", "kind": RateKind.CLOSING, "on": JANUARY, "rate": D(7)} | changed
    with pytest.raises(Invalid) as caught:
        await save_rate(work, **values)
    assert caught.value.errors[0].field == field


async def test_a_missing_rate_names_currency_and_day_and_the_page(work, ledger):
    await entry(work, ledger, line("1002", "100", "7"))
    await closing_rate(work, "7.1", on=date(2025, 12, 31))
    view = await step(work, ledger)
    assert (view.state, view.path) == (State.BLOCKED, "/finance/rates?currency=USD&kind=closing&on=2026-01-31")
    with pytest.raises(RateMissing, match=r"USD.*2026-01-31"):
        await do_step(work, ledger, 202601, STEP)


async def test_gains_and_losses_per_item_under_the_small_business_standard(work, ledger):
    party = await create_party(work, name="Acme")
    await entry(work, ledger, line("1002", "100", "7"), line("1122", "50", "7", party=party), line("2202", "-200", "7"))
    await entry(work, ledger, line("1122", "1000"), line("1403", "70", "7"), line("1123", "10", "7"))
    await closing_rate(work, "7.1234")
    await do_step(work, ledger, 202601, STEP)
    found = [await balance(work, ledger, code) for code in ("1002", "2202", "530105", "560304")]
    assert found == [D("712.34"), D("-1424.68"), D("-18.51"), D("24.68")]
    assert await balance(work, ledger, "1122") == D("1356.17"), "its yuan stay out of it"
    assert await balance(work, ledger, "1403") == D("490.00"), "inventory is not monetary"
    assert await balance(work, ledger, "1123") == D("70.00"), "nor are advances"
    assert await foreign(work) == 100 + 50 - 200 + 70 + 10


async def test_one_net_line_where_the_ledger_nets_and_under_the_enterprise_standard(work, ledger):
    keep_rules(ledger, LedgerRules(exchange_differences="net"))
    other = await create_ledger(work, name="E", standard=Standard.ENTERPRISE, start=date(2026, 1, 1))
    await closing_rate(work, "7.1")
    for books, capital in ((ledger, "3001"), (other, "4001")):
        lines = [line("1002", "100", "7"), line("2202", "-30", "7"), line(capital, "-490")]
        await post(work, books, NewVoucher(on=date(2026, 1, 9), lines=lines))
        await do_step(work, books, 202601, STEP)
    assert await balance(work, ledger, "530105") == D("-7.00")
    assert await balance(work, other, "660303") == D("-7.00")
    turnover = (await figures(work, other, 202601, 202601))[(await get_account(work, other, "660303")).id]
    assert (turnover.debit, turnover.credit) == (D("-7.00"), 0), "a gain stands in red on an account of expenses"


async def test_a_late_voucher_and_another_rate_post_the_difference_on_the_same_side(work, ledger):
    await entry(work, ledger, line("1002", "100", "7"))
    await closing_rate(work, "7.10")
    view = await do_step(work, ledger, 202601, STEP)
    assert (await do_step(work, ledger, 202601, STEP)).posted == view.posted
    await closing_rate(work, "7.06")
    again = await do_step(work, ledger, 202601, STEP)
    assert await balance(work, ledger, "530105") == D("-6.00")
    lines = (await read_voucher(work, again.posted[-1].id)).lines
    assert [(x.account, x.debit, x.credit) for x in lines] == [("1002", D("-4.00"), 0), ("530105", 0, D("-4.00"))]
    await closing_rate(work, "6.90")
    await do_step(work, ledger, 202601, STEP)
    assert [await balance(work, ledger, code) for code in ("1002", "530105", "560304")] == [D("690.00"), 0, D("10.00")]


async def test_an_account_in_one_currency_is_valued_with_all_its_lines(work, ledger):
    account = await add_account(work, ledger, parent="1002", name="USD account")
    account.currency = "USD"
    await work.session.flush()
    await entry(work, ledger, line(account.code, "100", "7"))
    await entry(work, ledger, line(account.code, "0.50"), kind="exchange")  # of the base amount alone
    await closing_rate(work, "7")
    await do_step(work, ledger, 202601, STEP)
    assert await balance(work, ledger, account.code) == D("700.00")


async def test_what_is_left_in_yuan_when_the_foreign_money_is_gone_is_realised(work, ledger):
    await entry(work, ledger, line("1002", "100", "7"))
    await entry(work, ledger, line("1002", "-100", "7.2"))
    await closing_rate(work, "7.3")
    await do_step(work, ledger, 202601, STEP)
    assert (await balance(work, ledger, "1002"), await balance(work, ledger, "530105")) == (0, D("-20.00"))


async def test_the_next_month_goes_on_from_the_new_value_and_a_reversal_undoes_it(work, ledger):
    await entry(work, ledger, line("1002", "100", "7"))
    await closing_rate(work, "7.1")
    view = await do_step(work, ledger, 202601, STEP)
    await closing_rate(work, "7.3", on=date(2026, 2, 28))
    await do_step(work, ledger, 202602, STEP)
    assert await balance(work, ledger, "530105", 202602) == D("-30.00")
    await reverse(work, ledger, view.posted[0].id, on=JANUARY)
    assert (await step(work, ledger)).state is State.CHANGED


async def test_rates_over_the_api_are_each_company_s_own(client, other_client):
    address = "/api/v1/finance/rates"
    for browser in (client, other_client):
        await browser.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    made = await client.post(address, json={"currency": "USD", "on": "2026-01-31", "rate": "7.1"})
    assert (made.status_code, made.json()["rate"], made.json()["kind"]) == (200, "7.1", "closing")
    wrong = await client.post(address, json={"currency": "USD", "on": "2026-01-31", "rate": "-1"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "rate")
    assert (await other_client.get(address)).json() == []
    assert (await other_client.delete(f"{address}/{made.json()['id']}")).status_code == 404
    assert len((await client.get(address, params={"currency": "usd", "kind": "closing"})).json()) == 1
    assert (await client.get(address, params={"before": made.json()["id"]})).json() == []
    assert (await client.delete(f"{address}/{made.json()['id']}")).status_code == 204


async def test_the_page_of_rates_keeps_what_was_typed(client):
    client.cookies.set("lang", "en")
    await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert "No rate yet" in (await client.get("/finance/rates")).text
    form = {"currency": "USD", "kind": "closing", "on": "2026-01-31", "rate": "seven", "note": ""}
    refused = await client.post("/finance/rates", data=form)
    assert (refused.status_code, "Enter a rate, 7.0812" in refused.text, 'value="seven"' in refused.text) == (422, True, True)
    assert (await client.post("/finance/rates", data=form | {"rate": "7.0812"})).status_code == 303
    page = (await client.get("/finance/rates?currency=USD&kind=closing")).text
    assert "7.0812" in page
    assert 'value="2026-02-28"' in (await client.get("/finance/rates?currency=USD&kind=closing&on=2026-02-28")).text


async def test_what_a_closed_month_was_valued_at_stays(work, ledger):
    rate = await closing_rate(work, "7.00")
    await close_period(work, ledger, 202601)
    assert (await closing_rate(work, "7.00")).id == rate.id
    with pytest.raises(RateInUse, match="2026-01"):
        await closing_rate(work, "6.90")
    with pytest.raises(RateInUse):
        await remove_rate(work, rate.id)
    assert (await closing_rate(work, "6.90", on=date(2026, 2, 28))).rate == D("6.90")
