"""The multi-column ledger (多栏账)."""

from decimal import Decimal

import msgspec

from core_finance.books.book import Asked, Book, Options, Parameter
from core_finance.books.columns import Analysis, ColumnFigures, ColumnLedger, column_ledger, split_accounts
from core_finance.books.declared.asking import account_named, account_parameter, chosen, dimensions
from core_finance.books.declared.lines import (
    LedgerLineRead,
    closing_rows,
    line_cells,
    line_columns,
    month_rows,
    opening_label,
    summed_row,
    voucher_of,
    with_months,
)
from core_finance.books.sheet import Column, Row, Sheet, Value, balance
from kernel.i18n import N_
from kernel.i18n import gettext as _


class ColumnRead(msgspec.Struct, kw_only=True):
    """``key`` names the column in ``amounts``.  ``side`` is net (positive on the book's side), debit or credit.

    A column of one side has no balances.  ``account`` is empty where columns are values of a dimension.
    """

    key: str
    account: str
    name: str
    side: str
    opening: Decimal | None
    moved: Decimal
    closing: Decimal | None


class ColumnLineRead(msgspec.Struct, kw_only=True):
    line: LedgerLineRead
    amounts: dict[str, Decimal]


class ColumnsRead(msgspec.Struct, kw_only=True):
    account: str
    account_name: str
    unposted: bool
    opening: Decimal
    columns: list[ColumnRead]
    lines: list[ColumnLineRead]
    next: str | None


async def _analyses(_asked: Asked) -> Options:
    return [
        (Analysis.NORMAL.value, _("Side of the account")),
        (Analysis.DEBIT.value, _("Debits")),
        (Analysis.CREDIT.value, _("Credits")),
        (Analysis.BOTH.value, _("Debits and credits apart")),
    ]


async def _splits(asked: Asked) -> Options:
    return [("", _("Sub-accounts")), *await dimensions(asked)]


async def _make(asked: Asked) -> ColumnLedger:
    return await column_ledger(
        asked.work, asked.ledger, await chosen(asked), analysis=asked["analysis"], dimension=asked["dimension"], **asked.page
    )


def _sheet(made: ColumnLedger, asked: Asked) -> Sheet:
    book, none = made.book, [None] * len(made.columns)
    rows = []
    if asked.begins:
        rows.append(_wide(summed_row(asked, opening_label(asked), None, None, *balance(book.opening), width=0), _each(made, "opening")))
    totals = {
        period: [_wide(row, none) for row in found] for period, found in month_rows(asked, book.months, width=0).items()
    }  # fmt: skip
    rows += with_months(
        book.lines, totals,
        lambda line: [Row([*line_cells(line, asked), *(made.place(line).get(column.key) for column in made.columns)], voucher_of(line))],
    )  # fmt: skip
    if book.following is None:
        ends = closing_rows(asked, book.figures, is_empty=True, width=0)
        rows += [_wide(row, _each(made, "moved")) for row in ends]
        if any(column.side == "net" for column in made.columns):
            closing = summed_row(asked, _("Closing balance"), None, None, *balance(book.figures.closing), width=0)
            rows.append(_wide(closing, _each(made, "closing")))
    return Sheet([*line_columns(asked), *(Column(_label(column), "amount", "sum") for column in made.columns)], rows)


def _label(column: ColumnFigures) -> str:
    side = {"debit": _("Dr"), "credit": _("Cr")}.get(column.side)
    return f"{side} {column.label}" if side else column.label


def _each(made: ColumnLedger, what: str) -> list[Value]:
    return [getattr(column, what) for column in made.columns]


def _wide(row: Row, cells: "list[Value] | list[None]") -> Row:
    return Row([*row.cells, *cells], row.href, row.tone, row.ends)


def _answer(made: ColumnLedger, asked: Asked) -> ColumnsRead:
    return ColumnsRead(
        account=made.book.account.code, account_name=made.book.account.name,
        unposted=asked.unposted,
        opening=made.book.opening,
        columns=[
            ColumnRead(
                key=c.key, account=c.account.code if c.account else "", name=c.account.name if c.account else c.label, side=c.side,
                opening=c.opening, moved=c.moved, closing=c.closing,
            )
            for c in made.columns
        ],
        lines=[ColumnLineRead(line=LedgerLineRead.of(line), amounts=dict(made.place(line))) for line in made.book.lines],
        next=made.book.following,
    )  # fmt: skip


COLUMNS = Book(
    key="columns",
    title=N_("Multi-column ledger"),
    note="The lines of an account, its sub-accounts or the values of a dimension as columns (多栏账).",
    operation="ColumnLedger",
    reads=ColumnsRead,
    parameters=[
        account_parameter(split_accounts),
        Parameter("dimension", N_("Columns"), offer=_splits),
        Parameter("analysis", N_("Amounts"), Analysis, Analysis.NORMAL, offer=_analyses),
    ],
    make=_make,
    sheet=_sheet,
    answer=_answer,
    following=lambda made: made.book.following,
    about=account_named,
    paper="landscape",
)
