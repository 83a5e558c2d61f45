"""A book as columns and rows: the same ones are drawn on the page and handed out as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from litestar import Response

from core_finance.books import export
from core_finance.books.auxiliary import AuxiliaryBalances
from core_finance.books.columns import ColumnLedger
from core_finance.books.figures import Figures
from core_finance.books.general import GeneralLedger, GeneralMonth
from core_finance.books.journal import Journal
from core_finance.books.ledger import AccountLedger, LedgerLine
from core_finance.books.summary import VoucherSummary
from core_finance.chart.model import Account
from core_finance.chart.service import dotted, shown_name
from core_finance.periods.service import text_of
from kernel.i18n import gettext as _

Value = str | int | Decimal | date | None


@dataclass(frozen=True)
class Column:
    """``main`` names the row and leads where it comes from."""

    label: str
    kind: Literal["main", "text", "date", "amount", "count"] = "text"


@dataclass(frozen=True)
class Row:
    """``tone``: ``sub`` for balances and totals between lines, ``lv2`` and so on for levels of accounts."""

    cells: Sequence[Value]
    href: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Sheet:
    columns: Sequence[Column]
    rows: Sequence[Row]

    def file(self, name: str, form: str) -> Response[bytes]:
        """The sheet as csv or xlsx."""
        rows = ([_plain(cell) for cell in row.cells] for row in self.rows)
        return export.as_file(name, [column.label for column in self.columns], rows, form)


def _plain(value: Value) -> export.Cell:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else value


def _amounts(*labels: str) -> list[Column]:
    return [Column(label, "amount") for label in labels]


def side_of(balance: Decimal) -> str:
    """借, 贷 or 平."""
    return _("Dr") if balance > 0 else _("Cr") if balance < 0 else _("even")


def of_general(book: GeneralLedger) -> Sheet:
    columns = [
        Column(_("Account"), "main"), Column(_("Period")), Column(_("Side at opening")), *_amounts(_("Opening balance"), _("Debit"),
        _("Credit"), _("Debit of the year"), _("Credit of the year")), Column(_("Side")), *_amounts(_("Balance")),
    ]  # fmt: skip
    rows = [_month(entry.account, month) for entry in book.accounts for month in entry.months]
    return Sheet(columns, rows)


def _month(account: Account, of: GeneralMonth) -> Row:
    name = f"{dotted(account.code)} {shown_name(account)}"
    moved = (of.debit, of.credit, of.year_debit, of.year_credit)
    path = f"/finance/books/account?account={account.code}&first={of.period}&last={of.period}"
    return Row([name, text_of(of.period), *_balance(of.opening), *moved, *_balance(of.closing)], path, f"lv{account.level}")


def of_journal(book: Journal, *, begins: bool) -> Sheet:
    """``begins``: the page is the first, so the opening balance stands on it."""
    columns = [
        Column(_("Date"), "date"), Column(_("Voucher number")), Column(_("Summary"), "main"), Column(_("Counter account")),
        *_amounts(_("Debit"), _("Credit")), Column(_("Side")), *_amounts(_("Balance")),
    ]  # fmt: skip
    rows = [Row([None, None, _("Opening balance"), None, None, None, *_balance(book.opening)], tone="sub")] if begins else []
    for entry in book.lines:
        line, day = entry.line, entry.day
        counter = ", ".join(dotted(code) for code in entry.counter)
        rows.append(
            Row([line.entry_on, line.voucher, line.summary, counter, line.debit, line.credit, *_balance(line.balance)], _voucher(line))
        )
        if day:
            rows.append(Row([day.on, None, _("Total of the day"), None, day.debit, day.credit, *_balance(day.balance)], tone="sub"))
    if book.following is None:
        of = book.figures
        rows += [
            Row([None, None, _("Movements of the periods"), None, of.debit, of.credit, *_balance(of.closing)], tone="sub"),
            Row([None, None, _("Movements of the year"), None, of.year_debit, of.year_credit, None, None], tone="sub"),
        ]
    return Sheet(columns, rows)


def of_lines(book: AccountLedger, *, begins: bool) -> Sheet:
    """The ledger of an account or of a part of its lines."""
    columns = [
        Column(_("Date"), "date"), Column(_("Voucher number")), Column(_("Summary"), "main"), Column(_("Account")),
        *_amounts(_("Debit"), _("Credit")), Column(_("Side")), *_amounts(_("Balance")),
    ]  # fmt: skip
    rows = [Row([None, None, _("Opening balance"), None, None, None, *_balance(book.opening)], tone="sub")] if begins else []
    rows += [
        Row([x.entry_on, x.voucher, x.summary, dotted(x.account), x.debit, x.credit, *_balance(x.balance)], _voucher(x)) for x in book.lines
    ]
    if book.following is None:
        of = book.figures
        rows += [
            Row([None, None, _("Movements of the periods"), None, of.debit, of.credit, *_balance(of.closing)], tone="sub"),
            Row([None, None, _("Movements of the year"), None, of.year_debit, of.year_credit, None, None], tone="sub"),
        ]
    return Sheet(columns, rows)


def of_columns(made: ColumnLedger, *, begins: bool) -> Sheet:
    book, codes = made.book, [column.account.code for column in made.columns]
    columns = [
        Column(_("Date"), "date"), Column(_("Voucher number")), Column(_("Summary"), "main"), *_amounts(_("Debit"), _("Credit")),
        Column(_("Side")), *_amounts(_("Balance"), *(f"{dotted(c.account.code)} {shown_name(c.account)}" for c in made.columns)),
    ]  # fmt: skip
    rows = []
    if begins:
        opening = [column.opening for column in made.columns]
        rows.append(Row([None, None, _("Opening balance"), None, None, *_balance(book.opening), *opening], tone="sub"))
    for line in book.lines:
        placed: Mapping[str, Decimal] = made.place(line)
        cells = [line.entry_on, line.voucher, line.summary, line.debit, line.credit, *_balance(line.balance), *map(placed.get, codes)]
        rows.append(Row(cells, _voucher(line)))
    if book.following is None:
        of = book.figures
        moved, closing = [c.moved for c in made.columns], [c.closing for c in made.columns]
        rows += [
            Row([None, None, _("Movements of the periods"), of.debit, of.credit, None, None, *moved], tone="sub"),
            Row([None, None, _("Closing balance"), None, None, *_balance(of.closing), *closing], tone="sub"),
        ]
    return Sheet(columns, rows)


def of_summary(made: VoucherSummary) -> Sheet:
    columns = [Column(_("Account"), "main"), *_amounts(_("Debit"), _("Credit")), Column(_("Number of vouchers"), "count")]
    rows = [
        Row(
            [f"{dotted(row.account.code)} {shown_name(row.account)}", row.debit, row.credit, row.vouchers],
            f"/finance/books/account?account={row.account.code}&first={made.first}&last={made.last}",
        )
        for row in made.rows
    ]
    rows.append(Row([_("Total"), made.debit, made.credit, made.vouchers], tone="sub"))
    return Sheet(columns, rows)


def of_auxiliary(made: AuxiliaryBalances, label: str) -> Sheet:
    columns = [
        Column(label, "main"), Column(_("Side at opening")), *_amounts(_("Opening balance"), _("Debit"), _("Credit"),
        _("Debit of the year"), _("Credit of the year")), Column(_("Side")), *_amounts(_("Balance")),
    ]  # fmt: skip
    base = f"/finance/books/auxiliary/lines?account={made.account.code}&dimension={made.kind}&first={made.first}&last={made.last}"
    rows = [
        Row([row.name, *_figures(row.figures)], f"{base}&value={row.value}" if row.value else "")
        for row in made.rows
    ]  # fmt: skip
    rows.append(Row([_("Total"), *_figures(made.total)], tone="sub"))
    return Sheet(columns, rows)


def _figures(of: Figures) -> list[Value]:
    return [side_of(of.opening), abs(of.opening), of.debit, of.credit, of.year_debit, of.year_credit, *_balance(of.closing)]


def _balance(amount: Decimal) -> list[Value]:
    return [side_of(amount), abs(amount)]


def _voucher(line: LedgerLine) -> str:
    return f"/vouchers/{line.voucher_id}"
