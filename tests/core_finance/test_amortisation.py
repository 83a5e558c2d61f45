"""Amortisation: what a month is charged, and keeping the schedules."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core_finance.pages import submit

from core_finance.chart.ledgers import create_ledger
from core_finance.chart.model import Account
from core_finance.chart.service import get_account
from core_finance.closing.amortisations import (
    AmortisationCharged,
    AmortisationNameTaken,
    add_schedule,
    change_schedule,
    charge,
    months_between,
    remove_schedule,
    stop_schedule,
)
from core_finance.closing.model import Amortisation
from core_finance.closing.service import do_step, read_steps
from core_finance.closing.view import State
from core_finance.periods.service import following
from core_finance.posting.reading import read_voucher
from kernel.errors import Invalid

D = Decimal
STEP = "core_finance.amortisation"
RENT = {
    "name": "Rent", "amount": D("1000.00"), "residual": D(0), "months": 3, "first_period": 202601, "charged_before": D(0),
    "expense_account": "560299", "expense_dimensions": {}, "asset_account": "1801", "asset_dimensions": {},
}  # fmt: skip


def schedule(**values):
    return Amortisation(**{**RENT, **values})


def plan(made, start=202601, months=60):
    code, found = made.first_period, []
    for _n in range(months):
        if amount := charge(made, code, start):
            found.append((code, amount))
        code = following(code)
    return found


@pytest.fixture
async def ledger(work):
    return await create_ledger(work, name="Main", start=date(2026, 1, 1))


def test_equal_parts_rounded_half_up_and_the_last_month_takes_the_rest():
    assert plan(schedule()) == [(202601, D("333.33")), (202602, D("333.33")), (202603, D("333.34"))]
    assert [a for _c, a in plan(schedule(amount=D("0.05"), months=2))] == [D("0.03"), D("0.02")]
    assert plan(schedule(residual=D("100"), months=1)) == [(202601, D("900.00"))]


def test_what_was_charged_before_the_ledger_began_leaves_the_rest_to_the_months_that_are_left():
    made = schedule(first_period=202511, months=4, charged_before=D("499.99"))
    assert plan(made) == [(202601, D("250.01")), (202602, D("250.00"))]


def test_a_stopped_schedule_is_charged_until_the_month_before():
    assert plan(schedule(stopped_period=202602)) == [(202601, D("333.33"))]


@given(st.integers(1, 10**8), st.integers(1, 240), st.integers(202601, 202612).filter(lambda code: code % 100))
def test_the_charges_add_up_to_the_amount(cents, months, first):
    made = schedule(amount=D(cents) / 100, months=months, first_period=first)
    found = plan(made, months=240)
    assert sum(amount for _code, amount in found) == made.amount
    assert all(amount > 0 and months_between(first, code) < months for code, amount in found)


async def test_the_step_charges_each_schedule_once_a_month(work, ledger):
    await add_schedule(work, ledger, RENT)
    await add_schedule(work, ledger, {**RENT, "name": "Software", "months": 24, "expense_account": "5602.06", "asset_account": "1702"})
    view = next(v for v in await read_steps(work, ledger, 202601) if v.key == STEP)
    assert (view.state, view.table.totals[-1]) == (State.WAITING, D("375.00"))
    done = await do_step(work, ledger, 202601, STEP)
    lines = (await read_voucher(work, done.posted[0].id)).lines
    assert [(x.account, x.debit, x.credit, x.summary) for x in lines] == [
        ("560299", D("333.33"), 0, "Rent"), ("1801", 0, D("333.33"), "Rent"),
        ("560206", D("41.67"), 0, "Software"), ("1702", 0, D("41.67"), "Software")]  # fmt: skip
    assert (await do_step(work, ledger, 202601, STEP)).posted == done.posted


async def test_a_schedule_that_comes_late_is_charged_by_the_difference(work, ledger):
    await add_schedule(work, ledger, RENT)
    await do_step(work, ledger, 202601, STEP)
    await add_schedule(work, ledger, {**RENT, "name": "Fence", "amount": D(300)})
    again = await do_step(work, ledger, 202601, STEP)
    assert [each.total for each in again.posted] == [D("333.33"), D("100.00")]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"), ({"amount": D("1.001")}, "amount"), ({"amount": D(-1)}, "amount"), ({"residual": D(1000)}, "amount"),
        ({"months": 0}, "months"), ({"first_period": 202613}, "first_period"), ({"expense_account": "9999"}, "expense_account"),
        ({"asset_account": "2221"}, "asset_account"), ({"charged_before": D(5)}, "charged_before"),
        ({"first_period": 202001}, "months"), ({"asset_dimensions": {"party": "x"}}, "asset_dimensions"),
    ],
)  # fmt: skip
async def test_a_schedule_that_cannot_be_is_refused_at_its_field(work, ledger, changed, field):
    with pytest.raises(Invalid) as caught:
        await add_schedule(work, ledger, {**RENT, **changed})
    assert field in [e.field for e in caught.value.errors]


async def test_required_dimensions_are_asked_for(work, ledger):
    account: Account = await get_account(work, ledger, "560299")
    account.required_dimensions = ["department"]
    await work.session.flush()
    with pytest.raises(Invalid, match="department"):
        await add_schedule(work, ledger, RENT)


async def test_once_charged_a_schedule_is_stopped_not_changed(work, ledger):
    made = await add_schedule(work, ledger, RENT)
    await change_schedule(work, ledger, made.id, {"amount": D(1200)})
    await do_step(work, ledger, 202601, STEP)
    with pytest.raises(AmortisationCharged):
        await change_schedule(work, ledger, made.id, {"amount": D(900)})
    with pytest.raises(AmortisationCharged):
        await remove_schedule(work, ledger, made.id)
    await change_schedule(work, ledger, made.id, {"name": "Rent of the shop"})
    await stop_schedule(work, ledger, made.id, 202602)
    assert next(v for v in await read_steps(work, ledger, 202602) if v.key == STEP).state is State.NOTHING


async def test_names_are_told_apart(work, ledger):
    await add_schedule(work, ledger, RENT)
    with pytest.raises(AmortisationNameTaken):
        await add_schedule(work, ledger, RENT)


async def test_schedules_over_the_api_are_each_company_s_own(client, other_client):
    address = "/api/v1/finance/amortisations"
    for browser in (client, other_client):
        await browser.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    body = {"name": "Rent", "amount": "1000.00", "months": 3, "first_period": 202601, "expense_account": "560299", "asset_account": "1801"}
    made = await client.post(address, json=body)
    assert made.status_code == 201, made.text
    one = f"{address}/{made.json()['id']}"
    assert (await client.patch(one, json={"months": 4})).json()["months"] == 4
    assert (await client.post(f"{one}/stop", json={"stopped_period": 202603})).json()["stopped_period"] == 202603
    assert (await other_client.get(address)).json() == []
    for answer in (await other_client.get(one), await other_client.patch(one, json={"months": 5}), await other_client.delete(one)):
        assert answer.json()["code"] == "amortisation_not_found"
    assert [each["name"] for each in (await client.get(address)).json()] == ["Rent"]
    assert (await client.delete(one)).status_code == 204


async def test_the_pages_of_schedules(client):
    client.cookies.set("lang", "en")
    await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert "Nothing is spread over months yet" in (await client.get("/finance/amortisation")).text
    form = {"name": "Rent", "amount": "1,000", "residual": "", "months": "3", "first_period": "2026-01", "charged_before": "",
            "expense_account": "560299", "asset_account": "1801", "department": ""}  # fmt: skip
    refused = await submit(client, "/finance/amortisation/new", data=form | {"months": "x", "first_period": "soon"})
    assert (refused.status_code, refused.text.count("aria-invalid")) == (422, 2)
    assert (await submit(client, "/finance/amortisation/new", data=form)).status_code == 303
    made = (await client.get("/api/v1/finance/amortisations")).json()[0]["id"]
    page = (await client.get(f"/finance/amortisation/{made}")).text
    assert "333.34" in page
    assert (await submit(client, f"/finance/amortisation/{made}", data=form | {"months": "4"})).status_code == 303
    assert (await submit(client, f"/finance/amortisation/{made}/stop", data={"stopped_period": "2026-02"})).status_code == 303
    assert (await submit(client, f"/finance/amortisation/{made}/stop", data={"stopped_period": "x"})).status_code == 422
    assert (await submit(client, f"/finance/amortisation/{made}/remove")).status_code == 303
