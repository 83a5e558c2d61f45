"""Why a cell says what it says: its formula, the lines it sums up, the accounts or the movements of cash behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core_finance.cash_flow.items import ItemFilter, Movement, count_movements, movements
from core_finance.cash_flow.rules import items
from core_finance.chart.model import Ledger
from core_finance.statements.cash import cash_parts, months
from core_finance.statements.formulas import layout_for
from core_finance.statements.layout import Column, Kind, Layout, LineDef, Term, cash_lines
from core_finance.statements.service import Statement, View, statement
from core_finance.statements.source import ChartAccount, Part, Source, source_of
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.work import Work


class CellNotFound(NotFound):
    code = "cell_not_found"


@dataclass(frozen=True)
class TermAmount:
    """A term of the formula and what it gives."""

    term: Term
    amount: Decimal


@dataclass(frozen=True)
class LineAmount:
    """A line that a total adds or takes off."""

    sign: int
    line: LineDef
    amount: Decimal


@dataclass(frozen=True)
class Explanation:
    """``parts`` are accounts, ``movements`` lines against cash (at most a page of them; ``moved`` counts all).

    ``first`` and ``last`` are the months that the column speaks of, ``closing`` for balances at their end.
    """

    made: Statement
    line: LineDef
    column: Column
    amount: Decimal
    first: int
    last: int
    terms: Sequence[TermAmount] = ()
    lines: Sequence[LineAmount] = ()
    parts: Sequence[Part] = ()
    movements: Sequence[Movement] = ()
    moved: int = 0
    chart: Sequence[ChartAccount] = ()


async def explain(
    work: Work, ledger: Ledger, kind: Kind, *, first: int, last: int, line: int, column: str, view: View | None = None
) -> list[Part]:
    """The accounts behind a cell and what each gives to it; a total is explained by the accounts of its lines."""
    form = await layout_for(work, ledger, kind, first, last)
    known(form, line, column)
    return _parts(form, await source_of(work, ledger, form, first, last, view or View()), ledger, line, column)


async def explanation(
    work: Work, ledger: Ledger, kind: Kind, *, first: int, last: int, line: int, column: str, view: View | None = None
) -> Explanation:
    """Everything behind a cell.

    Raises:
        CellNotFound: the form has no such line or column.
    """
    made = await statement(work, ledger, kind, first=first, last=last, view=view)
    form = made.layout
    definition, shown = known(form, line, column)
    source = await source_of(work, ledger, form, made.first, last, made.view)
    start, end = _months(form, column, made.first, last)
    rows: Sequence[Movement] = ()
    count = 0
    if kind == "cash_flow" and line in items(ledger.standard):
        wanted = ItemFilter(first=start, last=end, item=line)
        rows, count = (await movements(work, ledger, wanted)).rows, await count_movements(work, ledger, wanted)
    return Explanation(
        made=made, line=definition, column=shown, amount=made.amount(line, column), first=start, last=end,
        terms=[TermAmount(term, source.amount([term], column)) for term in definition.terms],
        lines=[LineAmount(sign, form.line(below), made.amount(below, column)) for sign, below in definition.lines],
        parts=_parts(form, source, ledger, line, column), movements=rows, moved=count, chart=source.accounts,
    )  # fmt: skip


def known(form: Layout, line: int, column: str) -> tuple[LineDef, Column]:
    """Raises:
    CellNotFound: the form has no such line or column.
    """
    shown = next((each for each in form.columns if each.key == column), None)
    if not form.has(line) or shown is None:
        raise CellNotFound(_("The statement has no such cell."))
    return form.line(line), shown


def _parts(form: Layout, source: Source, ledger: Ledger, line: int, column: str) -> list[Part]:
    if form.kind == "cash_flow":
        return cash_parts(source, column, "opening") if line == cash_lines(ledger.standard).opening else []

    def parts(number: int, sign: int) -> list[Part]:
        definition = form.line(number)
        own = [Part(p.account, p.take, sign * p.amount) for term in definition.terms for p in source.parts(term, column)]
        return own + [p for inner, below in definition.lines for p in parts(below, sign * inner)]

    return parts(line, 1)


def _months(form: Layout, column: str, first: int, last: int) -> tuple[int, int]:
    """The months whose vouchers made the cell."""
    if column == "year_opening":
        december = (last // 100 - 1) * 100 + 12
        return december, december
    return months(column, first, last)
