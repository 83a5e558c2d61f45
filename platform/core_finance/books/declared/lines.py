"""What the books of lines share (明细账 and its kin): how a line is told and drawn, with its month's totals."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from core_finance.books.book import Asked
from core_finance.books.figures import Figures, MonthTotal
from core_finance.books.ledger import LedgerLine
from core_finance.books.sheet import Column, Row, Value, amounts, balance
from core_finance.periods.service import text_of
from kernel.i18n import gettext as _


class LedgerLineRead(msgspec.Struct, kw_only=True):
    """``posted`` is false for a line of a draft; its number is the one that the draft would get now."""

    voucher_id: UUID
    voucher: str
    on: date
    account: str
    account_name: str
    summary: str
    debit: Decimal
    credit: Decimal
    balance: Decimal
    posted: bool

    @classmethod
    def of(cls, line: LedgerLine) -> "LedgerLineRead":
        same = ("voucher_id", "voucher", "account", "account_name", "summary", "debit", "credit", "balance", "posted")
        return cls(on=line.entry_on, **{name: getattr(line, name) for name in same})


class MonthTotalRead(msgspec.Struct, kw_only=True):
    """The totals of a month and of its year up to it; ``balance`` is debit minus credit."""

    period: int
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    balance: Decimal

    @classmethod
    def of(cls, total: MonthTotal) -> "MonthTotalRead":
        return cls(**{name: getattr(total, name) for name in cls.__struct_fields__})


class FiguresRead(msgspec.Struct, kw_only=True):
    """Balances are debit minus credit."""

    opening: Decimal
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    closing: Decimal

    @classmethod
    def of(cls, figures: Figures) -> "FiguresRead":
        return cls(**{name: getattr(figures, name) for name in cls.__struct_fields__})


def state_column(asked: Asked) -> list[Column]:
    """Where drafts may be among the lines, a column says which are."""
    return [Column(_("State"), "state")] if asked.unposted else []


def state_of(asked: Asked, *, posted: bool) -> list[Value]:
    return ["" if posted else _("Unposted")] if asked.unposted else []


def opening_label(asked: Asked) -> str:
    """上年结转 in January, 期初余额 in other months."""
    return _("Brought forward from last year") if asked.first % 100 == 1 else _("Opening balance")


def line_columns(asked: Asked, *middle: Column) -> list[Column]:
    """Date, number and summary, what stands in the ``middle``, debit, credit and the balance on its side."""
    return [
        Column(_("Date"), "date"), Column(_("Voucher number")), *state_column(asked), Column(_("Summary"), "main"), *middle,
        *amounts(_("Debit"), _("Credit"), carried="sum"), Column(_("Side"), carried="last"), *amounts(_("Balance"), carried="last"),
    ]  # fmt: skip


def line_cells(line: LedgerLine, asked: Asked, *middle: Value) -> list[Value]:
    return [
        line.entry_on, line.voucher, *state_of(asked, posted=line.posted), line.summary, *middle, line.debit, line.credit,
        *balance(line.balance),
    ]  # fmt: skip


def voucher_of(line: LedgerLine) -> str:
    return f"/vouchers/{line.voucher_id}"


def summed_row(asked: Asked, label: str, *cells: Value, width: int = 1, ends: bool = False) -> Row:
    """A row between the lines; ``width`` is that of the middle."""
    blank: list[Value] = [None, None, *([None] if asked.unposted else [])]
    return Row([*blank, label, *[None] * width, *cells], tone="sub", ends=ends)


def month_rows(asked: Asked, months: Sequence[MonthTotal], *, width: int = 1) -> Mapping[int, list[Row]]:
    """By month, the rows that stand after its last line (本月合计, 本年累计)."""
    return {
        of.period: [
            summed_row(asked, _("Total of %(period)s", period=text_of(of.period)), of.debit, of.credit, *balance(of.balance), width=width),
            summed_row(asked, _("Total of the year so far"), of.year_debit, of.year_credit, *balance(of.balance), width=width, ends=True),
        ]
        for of in months
    }


def with_months(lines: Sequence[LedgerLine], totals: Mapping[int, list[Row]], draw: Callable[[LedgerLine], Sequence[Row]]) -> list[Row]:
    """The rows of the lines, and after the last line of each month its totals."""
    rows: list[Row] = []
    for place, line in enumerate(lines):
        rows += draw(line)
        if place + 1 == len(lines) or lines[place + 1].period != line.period:
            rows += totals.get(line.period, [])
    return rows


def closing_rows(asked: Asked, of: Figures, *, is_empty: bool, width: int = 1) -> list[Row]:
    """At the end of a book of several months, or of one without lines: what the periods moved altogether."""
    if asked.first == asked.last and not is_empty:
        return []
    return [summed_row(asked, _("Movements of the periods"), of.debit, of.credit, *balance(of.closing), width=width)]
