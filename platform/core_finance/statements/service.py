"""Computes statements: every cell from the balances of its accounts, with the checks that tie them together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from core_finance.books.figures import ZERO
from core_finance.chart.model import Ledger
from core_finance.statements.cash import cash_amounts, cash_checks
from core_finance.statements.formulas import layout_for
from core_finance.statements.layout import Column, Kind, Layout, LineDef, Term, line_sum, profit_rule
from core_finance.statements.source import Basis, ChartAccount, Part, Source, View, is_known, source_of
from core_finance.statements.supplement import supplement
from kernel.i18n import gettext as _
from kernel.work import Work

__all__ = ["Cell", "Check", "Part", "Statement", "View", "compute", "statement"]

Amounts = dict[int, dict[str, Decimal]]


@dataclass(frozen=True)
class Cell:
    line: LineDef
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True)
class Check:
    """A tie between figures: ``left`` and ``right`` should be equal (or left not less).

    ``must``: a statement that breaks it cannot be right.  The others may have good reasons.  ``column``: whose figures they are.
    """

    text: str
    holds: bool
    left: Decimal
    right: Decimal
    must: bool = True
    column: str = ""


@dataclass(frozen=True)
class Statement:
    """``supplement``: lines below a cash flow statement, by the indirect method, where the standard asks for them."""

    layout: Layout
    first: int
    last: int
    cells: Sequence[Cell]
    checks: Sequence[Check]
    uncovered: Sequence[ChartAccount]
    view: View = field(default_factory=View)
    supplement: Sequence[Cell] = ()

    @property
    def columns(self) -> Sequence[Column]:
        return self.layout.columns

    def amount(self, line: int, column: str) -> Decimal:
        return next(cell.amounts[column] for cell in self.cells if cell.line.number == line)

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks) and not self.uncovered


async def statement(work: Work, ledger: Ledger, kind: Kind, *, first: int, last: int, view: View | None = None) -> Statement:
    """The statement over periods ``first`` to ``last``; a balance sheet stands at the end of ``last``."""
    return await compute(work, ledger, await layout_for(work, ledger, kind, first, last), first=first, last=last, view=view)


async def compute(work: Work, ledger: Ledger, form: Layout, *, first: int, last: int, view: View | None = None) -> Statement:
    """As ``statement``, by the formulas of ``form``."""
    view = view or View()
    if not is_known(ledger, first, last):
        first = min(ledger.start_period, last)
    if form.kind == "cash_flow" and view.unposted:
        view = replace(view, unposted=False)  # drafts are not classified yet
    source = await source_of(work, ledger, form, first, last, view)
    columns = [column.key for column in form.columns]
    if form.kind == "cash_flow":
        amounts = await cash_amounts(work, ledger, form, source, first, last)
    else:
        amounts = {line.number: {column: source.amount(line.terms, column) for column in columns} for line in form.lines}
    add_up(form, amounts)
    # A sum of payments that came to nothing is zero, not minus zero.
    cells = tuple(Cell(line, {column: amount + ZERO for column, amount in amounts[line.number].items()}) for line in form.lines)
    checks = [check for text in form.checks for column in columns for check in _check(text, amounts, column)]
    uncovered: Sequence[ChartAccount] = ()
    if form.kind == "balance_sheet":
        uncovered = _uncovered(source, form)
        checks.append(await _profit_ties(work, ledger, amounts, source, last))
    below: Sequence[Cell] = ()
    if form.kind == "cash_flow":
        below = [Cell(*each) for each in supplement(ledger.standard, source, amounts)]
        checks += [Check(*each) for each in cash_checks(ledger, form, source, amounts)]
    return Statement(form, first, last, cells, sorted(checks, key=lambda check: check.holds), uncovered, view, below)


def add_up(form: Layout, amounts: Amounts) -> None:
    """Fill in the totals: sums of lines, which may be totals themselves."""
    waiting = {line.number: line for line in form.lines if line.lines}

    def add(number: int) -> None:
        line = waiting.pop(number, None)
        if line is None:
            return
        for _sign, below in line.lines:
            add(below)
        for column in amounts[number]:
            amounts[number][column] = sum((sign * amounts[below][column] for sign, below in line.lines), ZERO)

    for line in form.lines:
        add(line.number)


def _check(text: str, amounts: Mapping[int, Mapping[str, Decimal]], column: str) -> list[Check]:
    """``L53=L47+L52=L30`` is two checks; ``>=`` says that the parts named "of which" cannot exceed the whole."""
    sides = re.split(r"(>=|=)", text)
    values = [sum((sign * amounts[number][column] for sign, number in line_sum(side)), ZERO) for side in sides[::2]]
    return [
        Check(f"{sides[2 * i]} {sides[2 * i + 1]} {sides[2 * i + 2]}",
              values[i] == values[i + 1] or (sides[2 * i + 1] == ">=" and abs(values[i]) >= abs(values[i + 1])),
              values[i], values[i + 1], must=sides[2 * i + 1] == "=", column=column)
        for i in range(len(values) - 1)
    ]  # fmt: skip


async def _profit_ties(work: Work, ledger: Ledger, amounts: Amounts, source: Source, last: int) -> Check:
    """Net profit of the year = change of undistributed profit + what was appropriated or paid out of it."""
    rule = profit_rule(ledger.standard)
    income = await layout_for(work, ledger, "income_statement", last, last)
    column = "year"
    year = Source(source.accounts, {column: Basis(source.by_column["closing"].figures, {}, "year")}, source.reclassify, source.lengths)
    flat = {line.number: {column: year.amount(line.terms, column)} for line in income.lines}
    add_up(income, flat)
    net_profit = flat[rule.net_profit][column]
    taken = year.amount([Term(code, "period_debit_net") for code in rule.accounts], column)
    change = amounts[rule.undistributed]["closing"] - amounts[rule.undistributed]["year_opening"]
    return Check(
        _("Net profit of the year = change of undistributed profit + appropriations"),
        net_profit == change + taken,
        net_profit,
        change + taken,
        must=False,
    )


def _uncovered(source: Source, form: Layout) -> Sequence[ChartAccount]:
    """Accounts with a balance that no line of the form takes: the sheet would not balance, so they are named."""
    reached = {account.id for line in form.lines for term in line.terms for account in source.below(term)}
    basis = source.by_column["closing"]
    return [a for a in source.accounts if a.is_leaf and a.id not in reached and basis.take("net_debit", a.id)]
