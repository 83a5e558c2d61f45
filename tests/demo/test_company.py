"""The demo company: believable, tied, and the same for the same seed."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from core_finance.api import find_ledger, trial_balance
from tenancy.directory import directory_of
from webapp.app import lifecycle_of
from webapp.demo import fill_company
from webapp.demo.days import add_months, months

SHOWN = ("education",)


async def filled(database, catalog, tenant):
    """The tenant after its year, with its trial balance."""
    for name in SHOWN:
        await lifecycle_of(database, catalog).enable(tenant.id, name)
    directory_of(database).forget(tenant.id)
    tenant = await directory_of(database).by_id(tenant.id)
    async with database.work(tenant) as work:
        orders = await fill_company(work, catalog, SHOWN)
    async with database.work(tenant) as work:
        ledger = await find_ledger(work)
        today = work.today()
        last = today.year * 100 + today.month
        balance = await trial_balance(work, ledger, first=ledger.start_period, last=last)
    return tenant, orders, balance


@pytest.fixture(scope="module")
def figures():
    return {}


async def test_a_year_ties_and_looks_like_a_company(database, catalog, tenant, figures):
    tenant, orders, balance = await filled(database, catalog, tenant)
    figures["first"] = rows_of(balance)
    closing = {row.account.code: row.figures.closing for row in balance.rows}
    assert balance.totals.holds
    assert 120 <= orders <= 180
    assert closing["1002"] > 100_000, "the bank is not overdrawn"
    assert closing["1122"] > 0
    assert closing["1405"] > 0, "no more was sold than was bought"
    assert closing["2202"] < 0
    assert abs(closing["3001"]) == Decimal("2000000.00")
    assert closing["3103"] + closing.get("3104", 0) < 0, "the company earns a profit"
    async with database.work(tenant) as work:
        parties = await work.session.scalar(text("SELECT count(*) FROM master_party"))
        closed = await work.session.scalar(text("SELECT count(*) FROM finance_period WHERE state = 'closed'"))
        unequal = await work.session.scalar(
            text("SELECT count(*) FROM (SELECT voucher_id FROM finance_voucher_line GROUP BY 1 HAVING sum(debit) <> sum(credit)) x")
        )
        owed = await work.session.scalar(
            text(
                "SELECT sum(o.gross) FROM crm_order o WHERE o.state = 'confirmed' AND NOT EXISTS ("
                " SELECT FROM finance_voucher_line l WHERE l.summary LIKE '收回货款%' || o.number)"
            )
        )
        tuition = await work.session.scalar(text("SELECT sum(tuition - earned) FROM education_enrolment WHERE state = 'enrolled'"))
    assert (parties >= 38, closed, unequal) == (True, 10, 0)
    student_owes = closing["1122"] - owed
    assert student_owes >= 0, "what customers owe is the orders not paid, and tuition"
    assert -closing["2203"] == tuition


async def test_the_same_seed_gives_the_same_figures(database, catalog, other_tenant, figures):
    _tenant, _orders, balance = await filled(database, catalog, other_tenant)
    assert rows_of(balance) == figures["first"]


def rows_of(balance):
    return [(row.account.code, row.account.name, row.figures) for row in balance.rows]


def test_months_are_counted_over_the_year():
    assert months(date(2025, 11, 9), date(2026, 2, 1)) == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
    assert add_months(date(2026, 1, 1), -12) == date(2025, 1, 1)
