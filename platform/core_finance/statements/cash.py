"""The cash flow statement: movements by line from the maintained totals, opening cash from the balances of cash accounts."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from core_finance.books.figures import ZERO, year_start
from core_finance.cash_flow.rules import items
from core_finance.cash_flow.service import UNTAGGED, cash_totals, settle
from core_finance.chart.model import Ledger
from core_finance.statements.layout import Layout, Term, cash_lines, layout
from core_finance.statements.source import ChartAccount, Part, Source, is_known
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.work import Work


async def cash_amounts(work: Work, ledger: Ledger, form: Layout, source: Source, first: int, last: int) -> dict[int, dict[str, Decimal]]:
    """Line -> column -> amount, totals left at zero; under ``UNTAGGED`` what stands on no line."""
    await settle(work, ledger)
    special, signs = cash_lines(ledger.standard), items(ledger.standard)
    amounts: dict[int, dict[str, Decimal]] = {number: {} for number in (UNTAGGED, *(line.number for line in form.lines))}
    spans = {column.key: months(column.key, first, last) for column in form.columns}
    moved = await cash_totals(work, ledger, {column: span for column, span in spans.items() if is_known(ledger, *span)})
    for column in form.columns:
        found = moved.get(column.key, {})
        for number, cells in amounts.items():
            cells[column.key] = signs.get(number, 1) * found.get(number, ZERO)
        amounts[special.opening][column.key] = sum((part.amount for part in cash_parts(source, column.key, "opening")), ZERO)
    return amounts


def months(column: str, first: int, last: int) -> tuple[int, int]:
    """The months that a column speaks of."""
    if column == "prior":
        return first - 100, last - 100
    return (year_start(last) + 1, last) if column == "year" else (first, last)


def cash_parts(source: Source, column: str, moment: str) -> list[Part]:
    """The cash accounts with their balances at the ``opening`` or ``closing`` of the months of a column."""
    found = []
    for account in _cash(source):
        known = source.by_column[column].figures.get(account.id)
        if known is None:
            continue
        before = known.year_opening if column == "year" else known.opening
        if amount := before if moment == "opening" else known.closing:
            found.append(Part(account, "net_debit", amount))
    return found


def cash_checks(
    ledger: Ledger, form: Layout, source: Source, amounts: Mapping[int, Mapping[str, Decimal]]
) -> Iterator[tuple[str, bool, Decimal, Decimal]]:
    """Nothing stands on no line, the closing cash is that of the books, and that of the balance sheet."""
    special = cash_lines(ledger.standard)
    for column in form.columns:
        untagged = amounts[UNTAGGED][column.key]
        yield _("%(column)s: cash flows without a line", column=shown(column.name, column.name_en)), not untagged, untagged, ZERO
        computed = amounts[special.closing][column.key]
        held = sum((part.amount for part in cash_parts(source, column.key, "closing")), ZERO)
        words = _("L%(line)s = closing cash of the books", line=special.closing)
        yield words, computed == held, computed, held
    if key := next((c.key for c in form.columns if c.key in ("period", "year")), None):
        sheet = layout(ledger.standard, "balance_sheet", lengths=ledger.code_lengths).line(special.money_line)
        reached = {account.id for term in sheet.terms for account in source.below(term)}
        if reached == {account.id for account in _cash(source)}:
            money = source.amount([Term(t.account, "net_debit") for t in sheet.terms], key)
            computed = amounts[special.closing][key]
            words = _("L%(line)s = monetary funds in the balance sheet", line=special.closing)
            yield words, computed == money, computed, money


def _cash(source: Source) -> list[ChartAccount]:
    return [account for account in source.accounts if account.is_leaf and account.is_cash]


def shown(name: str, name_en: str) -> str:
    """A word of the form in the reader's language."""
    return name if locale() == "zh_CN" else name_en
