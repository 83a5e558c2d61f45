"""A company's own formulas: versions, checks, previews."""

from datetime import date
from decimal import Decimal

import pytest

from core_finance.chart.ledgers import create_ledger
from core_finance.posting.engine import post_all
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.statements.formulas import FormulaRefused, FormulasChanged, in_force, save_formulas, versions
from core_finance.statements.layout import Term
from core_finance.statements.preview import preview
from core_finance.statements.service import View, statement
from identity.audit.service import read_entries

D = Decimal


@pytest.fixture
async def ledger(work):
    ledger = await create_ledger(work, name="Own", start=date(2026, 1, 1))
    lines = [
        NewLine(account="1002", debit=D(1000)), NewLine(account="1121", debit=D(70)), NewLine(account="3001", credit=D(1070)),
        NewLine(account="560202", debit=D(30)), NewLine(account="1001", credit=D(30)),
    ]  # fmt: skip
    await post_all(work, ledger, [NewVoucher(on=date(2026, 2, 3), lines=lines)])
    return ledger


NOTES_TO_CASH = {1: [Term("1001", "net_debit"), Term("1002", "net_debit"), Term("1012", "net_debit"), Term("1121", "net_debit")], 3: []}


async def amounts(work, ledger, period=202603):
    made = await statement(work, ledger, "balance_sheet", first=period, last=period)
    return made.amount(1, "closing"), made.amount(3, "closing"), made.layout.version


async def test_a_version_counts_from_its_month_on_and_can_be_taken_back(work, ledger):
    await save_formulas(work, ledger, "balance_sheet", NOTES_TO_CASH, from_period=202603, note="as the bank wants")
    assert await amounts(work, ledger, 202602) == (970, 70, 0)
    assert await amounts(work, ledger, 202603) == (1040, 0, 1)
    assert (await statement(work, ledger, "balance_sheet", first=202603, last=202603)).holds
    await save_formulas(work, ledger, "balance_sheet", {}, from_period=202605)
    assert [await amounts(work, ledger, month) for month in (202604, 202605)] == [(1040, 0, 1), (970, 70, 0)]
    assert [v.version for v in await versions(work, ledger, "balance_sheet")] == [2, 1]
    assert await in_force(work, ledger, "income_statement", 202605) is None
    entry = (await read_entries(work)).entries[0]
    assert (entry.action, entry.before["version"], entry.after["version"]) == ("statement_formulas.saved", 1, 2)


async def test_trying_formulas_names_what_would_be_wrong_and_keeps_nothing(work, ledger):
    tried = await preview(work, ledger, "balance_sheet", {3: []}, period=202603)
    assert [a.code for a in tried.after.uncovered] == ["1121"]
    assert {(c.line.number, c.column.key, c.before, c.after) for c in tried.changes} == {
        (n, "closing", D(was), D(now)) for n, was, now in ((3, 70, 0), (15, 1040, 970), (30, 1040, 970))}  # fmt: skip
    twice = await preview(work, ledger, "balance_sheet", {1: NOTES_TO_CASH[1]}, period=202603)
    assert [a.code for a in twice.doubled] == ["1121"]
    assert not tried.is_sound
    assert not twice.is_sound
    assert (await preview(work, ledger, "balance_sheet", NOTES_TO_CASH, period=202603)).is_sound
    assert await versions(work, ledger, "balance_sheet") == []


async def test_the_official_forms_take_no_account_twice(work, ledger):
    for kind in ("balance_sheet", "income_statement"):
        assert (await preview(work, ledger, kind, {}, period=202603)).is_sound


@pytest.mark.parametrize(
    ("kind", "lines", "period", "field"),
    [
        ("balance_sheet", {1: [Term("9999", "net_debit")]}, 202603, "lines.1.0.account"),
        ("balance_sheet", {1: [Term("1001", "all")]}, 202603, "lines.1.0.take"),
        ("balance_sheet", {1: [Term("1001", "period_debit_net")]}, 202603, "lines.1.0.take"),
        ("income_statement", {1: [Term("5001", "net_credit")]}, 202603, "lines.1.0.take"),
        ("balance_sheet", {1: [Term("1001", "net_debit", 2)]}, 202603, "lines.1.0.sign"),
        ("balance_sheet", {1: [Term("1001", "net_debit"), Term("1001", "net_debit")]}, 202603, "lines.1.1.account"),
        ("balance_sheet", {15: [Term("1001", "net_debit")]}, 202603, "lines.15"),
        ("balance_sheet", {99: []}, 202603, "lines.99"),
        ("balance_sheet", {}, 202512, "from_period"),
        ("balance_sheet", {}, 202613, "from_period"),
        ("cash_flow", {}, 202603, "kind"),
    ],
)
async def test_a_formula_that_cannot_be_is_refused_at_its_place(work, ledger, kind, lines, period, field):
    with pytest.raises(FormulaRefused) as refused:
        await save_formulas(work, ledger, kind, lines, from_period=period)
    assert refused.value.errors[0].field == field
    assert await versions(work, ledger, "balance_sheet") == []


async def test_two_people_do_not_overwrite_each_other(work, ledger):
    await save_formulas(work, ledger, "balance_sheet", NOTES_TO_CASH, from_period=202603, after=0)
    with pytest.raises(FormulasChanged):
        await save_formulas(work, ledger, "balance_sheet", {}, from_period=202603, after=0)


async def test_receivables_move_by_party_by_account_or_not_at_all(work, ledger):
    lines = [NewLine(account="1122", debit=D(100)), NewLine(account="2203", debit=D(40)), NewLine(account="3001", credit=D(140))]
    await post_all(work, ledger, [NewVoucher(on=date(2026, 3, 3), lines=lines)])

    async def seen(mode):
        made = await statement(work, ledger, "balance_sheet", first=202603, last=202603, view=View(reclassify=mode))
        assert made.holds
        return made.amount(4, "closing"), made.amount(34, "closing")

    assert await seen("by_account") == (140, 0)
    assert await seen("none") == (100, -40)
    assert await seen("by_counterparty") == await seen(None) == (140, 0)
