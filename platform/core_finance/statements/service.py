"""Computes statements: every cell from the balances of its accounts, with the checks that tie them together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from core_finance.books.figures import ZERO, Figures, figures, party_balances, year_start
from core_finance.chart.model import PROFIT_AND_LOSS, Account, Ledger
from core_finance.statements.layout import UNCLOSED, Column, Kind, Layout, LineDef, Term, layout, line_sum, profit_rule
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.work import Work


class CellNotFound(NotFound):
    code = "cell_not_found"


@dataclass(frozen=True)
class Cell:
    line: LineDef
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True)
class Check:
    """A tie between figures: ``left`` and ``right`` should be equal (or left not less)."""

    text: str
    holds: bool
    left: Decimal
    right: Decimal


@dataclass(frozen=True)
class Part:
    """What one account gives to a cell."""

    account: Account
    take: str
    amount: Decimal


@dataclass(frozen=True)
class Statement:
    layout: Layout
    first: int
    last: int
    cells: Sequence[Cell]
    checks: Sequence[Check]
    uncovered: Sequence[Account]

    @property
    def columns(self) -> Sequence[Column]:
        return self.layout.columns

    def amount(self, line: int, column: str) -> Decimal:
        return next(cell.amounts[column] for cell in self.cells if cell.line.number == line)

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks) and not self.uncovered


class Source:
    """The balances of a ledger, as terms ask for them, for the columns of one statement."""

    def __init__(self, accounts: Sequence[Account], by_column: Mapping[str, "Basis"]) -> None:
        self.accounts = sorted(accounts, key=lambda a: a.code)
        self.by_column = by_column

    def below(self, term: Term) -> Sequence[Account]:
        """The leaves that a term reaches: the account itself or all below it."""
        if term.account == UNCLOSED:
            return [a for a in self.accounts if a.is_leaf and a.category in PROFIT_AND_LOSS]
        return [a for a in self.accounts if a.is_leaf and a.code.startswith(term.account)]

    def parts(self, term: Term, column: str) -> list[Part]:
        """What each account gives to the term; together they are its amount."""
        basis = self.by_column[column]
        leaves = self.below(term)
        if term.take.startswith("aux_"):
            side = 1 if term.take == "aux_debit" else -1
            taken = [(a, sum((max(ZERO, side * part) for part in basis.parties.get(a.id, ())), ZERO)) for a in leaves]
        elif term.take in ("sub_debit", "sub_credit", "debit_balance", "credit_balance"):
            taken = self._by_group(term, leaves, basis)
        else:
            taken = [(a, basis.take(term.take, a.id)) for a in leaves]
        return [Part(account, term.take, term.sign * amount) for account, amount in taken if amount]

    def _by_group(self, term: Term, leaves: Sequence[Account], basis: "Basis") -> list[tuple[Account, Decimal]]:
        """Debit balances or credit balances of whole groups: the account itself, or each of its direct sub-accounts."""
        width = len(term.account) + (2 if term.take.startswith("sub_") else 0)
        side = 1 if "debit" in term.take else -1
        groups: dict[str, list[tuple[Account, Decimal]]] = {}
        for account in leaves:
            groups.setdefault(account.code[:width], []).append((account, side * basis.take("net_debit", account.id)))
        return [pair for group in groups.values() if sum((amount for _a, amount in group), ZERO) > 0 for pair in group]


@dataclass(frozen=True)
class Basis:
    """The figures behind one column."""

    figures: Mapping[UUID, Figures]
    parties: Mapping[UUID, Sequence[Decimal]]
    moment: str

    def take(self, take: str, account_id: UUID) -> Decimal:
        found = self.figures.get(account_id)
        if found is None:
            return ZERO
        if take in ("net_debit", "net_credit"):
            balance = found.year_opening if self.moment == "year_opening" else found.closing
            return balance if take == "net_debit" else -balance
        if self.moment == "year":
            moved = found.open_year_debit - found.open_year_credit
        else:
            moved = found.open_debit - found.open_credit
        return moved if take == "period_debit_net" else -moved


async def statement(work: Work, ledger: Ledger, kind: Kind, *, first: int, last: int) -> Statement:
    """The statement over periods ``first`` to ``last``; a balance sheet stands at the end of ``last``."""
    form = layout(ledger.standard, kind)
    source = await _source(work, ledger, form, first, last)
    columns = [column.key for column in form.columns]
    amounts = {line.number: {column: _amount(source, line, column) for column in columns} for line in form.lines}
    for line in form.lines:
        if line.lines:
            for column in columns:
                _sum_lines(form, amounts, line, column)
    cells = tuple(Cell(line, amounts[line.number]) for line in form.lines)
    checks = [check for text in form.checks for column in columns for check in _check(text, amounts, column)]
    uncovered: Sequence[Account] = ()
    if kind == "balance_sheet":
        uncovered = _uncovered(source, form)
        checks.append(await _profit_ties(work, ledger, amounts, source, last))
    return Statement(form, first, last, cells, _worst_first(checks), uncovered)


async def explain(work: Work, ledger: Ledger, kind: Kind, *, first: int, last: int, line: int, column: str) -> list[Part]:
    """The accounts behind a cell and what each gives to it; a total is explained by the accounts of its lines."""
    form = layout(ledger.standard, kind)
    if line not in {each.number for each in form.lines} or column not in {each.key for each in form.columns}:
        raise CellNotFound(_("The statement has no such cell."))
    source = await _source(work, ledger, form, first, last)

    def parts(number: int, sign: int) -> list[Part]:
        definition = form.line(number)
        own = [Part(p.account, p.take, sign * p.amount) for term in definition.terms for p in source.parts(term, column)]
        return own + [p for inner, below in definition.lines for p in parts(below, sign * inner)]

    return parts(line, 1)


async def _source(work: Work, ledger: Ledger, form: Layout, first: int, last: int) -> Source:
    accounts = (await work.session.scalars(select(Account).where(Account.ledger_id == ledger.id))).all()
    now = await figures(work, ledger, first, last)
    prefixes = tuple(term.account for line in form.lines for term in line.terms if term.take.startswith("aux_"))
    kept = [a.id for a in accounts if a.is_leaf and prefixes and a.code.startswith(prefixes)]
    by_column: dict[str, Basis] = {}
    for column in form.columns:
        if column.key == "prior":
            by_column["prior"] = Basis(await figures(work, ledger, first - 100, last - 100), {}, "period")
        elif column.key == "year_opening":
            by_column[column.key] = Basis(now, await party_balances(work, ledger, kept, year_start(last)), "year_opening")
        else:
            by_column[column.key] = Basis(now, await party_balances(work, ledger, kept, last), column.key)
    return Source(accounts, by_column)


def _amount(source: Source, line: LineDef, column: str) -> Decimal:
    return sum((part.amount for term in line.terms for part in source.parts(term, column)), ZERO)


def _sum_lines(form: Layout, amounts: dict[int, dict[str, Decimal]], line: LineDef, column: str) -> Decimal:
    """Totals are sums of lines, which may be totals themselves."""
    if not line.lines:
        return amounts[line.number][column]
    amounts[line.number][column] = sum((sign * _sum_lines(form, amounts, form.line(below), column) for sign, below in line.lines), ZERO)
    return amounts[line.number][column]


def _check(text: str, amounts: Mapping[int, Mapping[str, Decimal]], column: str) -> list[Check]:
    """``L53=L47+L52=L30`` is two checks; ``>=`` says that the parts named "of which" cannot exceed the whole."""
    sides = re.split(r"(>=|=)", text)
    values = [sum((sign * amounts[number][column] for sign, number in line_sum(side)), ZERO) for side in sides[::2]]
    return [
        Check(f"{sides[2 * i]} {sides[2 * i + 1]} {sides[2 * i + 2]}",
              values[i] == values[i + 1] or (sides[2 * i + 1] == ">=" and abs(values[i]) >= abs(values[i + 1])),
              values[i], values[i + 1])
        for i in range(len(values) - 1)
    ]  # fmt: skip


async def _profit_ties(work: Work, ledger: Ledger, amounts: Mapping[int, Mapping[str, Decimal]], source: Source, last: int) -> Check:
    """Net profit of the year = change of undistributed profit + what was appropriated or paid out of it."""
    rule = profit_rule(ledger.standard)
    income = layout(ledger.standard, "income_statement")
    profits = await figures(work, ledger, year_start(last) + 1, last)
    year = Source(source.accounts, dict.fromkeys((c.key for c in income.columns), Basis(profits, {}, "year")))
    column = income.columns[0].key
    flat = {line.number: {column: _amount(year, line, column)} for line in income.lines}
    net_profit = _sum_lines(income, flat, income.line(rule.net_profit), column)
    taken = sum(
        (part.amount for code in rule.accounts for part in year.parts(Term(code, "period_debit_net"), column)),
        ZERO,
    )
    change = amounts[rule.undistributed]["closing"] - amounts[rule.undistributed]["year_opening"]
    return Check(
        _("Net profit of the year = change of undistributed profit + appropriations"),
        net_profit == change + taken,
        net_profit,
        change + taken,
    )


def _uncovered(source: Source, form: Layout) -> Sequence[Account]:
    """Accounts with a balance that no line of the form takes: the sheet would not balance, so they are named."""
    reached = {account.id for line in form.lines for term in line.terms for account in source.below(term)}
    basis = source.by_column["closing"]
    return [a for a in source.accounts if a.is_leaf and a.id not in reached and basis.take("net_debit", a.id)]


def _worst_first(checks: Sequence[Check]) -> Sequence[Check]:
    return sorted(checks, key=lambda check: check.holds)
