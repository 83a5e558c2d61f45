"""The journal of a cash or bank account (日记账)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from core_finance.books.book import Asked, Book
from core_finance.books.declared.asking import account_named, account_parameter, chosen
from core_finance.books.declared.lines import (
    LedgerLineRead,
    MonthTotalRead,
    closing_rows,
    line_cells,
    line_columns,
    month_rows,
    opening_label,
    state_of,
    summed_row,
    voucher_of,
    with_months,
)
from core_finance.books.journal import DayTotal, Journal, cash_accounts, journal
from core_finance.books.ledger import LedgerLine
from core_finance.books.sheet import Column, Row, Sheet, balance
from core_finance.chart.service import dotted
from kernel.i18n import N_
from kernel.i18n import gettext as _


class DayRead(msgspec.Struct, kw_only=True):
    on: date
    debit: Decimal
    credit: Decimal
    balance: Decimal


class JournalLineRead(msgspec.Struct, kw_only=True):
    """``counter``: the accounts on the voucher's other side.  ``day`` stands with the last line of each day."""

    line: LedgerLineRead
    counter: list[str]
    day: DayRead | None


class JournalRead(msgspec.Struct, kw_only=True):
    account: str
    account_name: str
    unposted: bool
    opening: Decimal
    lines: list[JournalLineRead]
    months: list[MonthTotalRead]
    next: str | None


async def _make(asked: Asked) -> Journal:
    return await journal(asked.work, asked.ledger, await chosen(asked), **asked.page)


def _sheet(made: Journal, asked: Asked) -> Sheet:
    entries = {(entry.line.voucher_id, entry.line.position): entry for entry in made.lines}
    rows = [summed_row(asked, opening_label(asked), None, None, *balance(made.opening))] if asked.begins else []

    def draw(line: LedgerLine) -> Sequence[Row]:
        entry = entries[line.voucher_id, line.position]
        row = Row(line_cells(line, asked, ", ".join(dotted(code, asked.ledger.code_lengths) for code in entry.counter)), voucher_of(line))
        return [row, _day_row(entry.day, asked)] if entry.day else [row]

    rows += with_months([entry.line for entry in made.lines], month_rows(asked, made.months), draw)
    if made.following is None:
        rows += closing_rows(asked, made.figures, is_empty=not made.lines)
    return Sheet(line_columns(asked, Column(_("Counter account"))), rows)


def _day_row(day: DayTotal, asked: Asked) -> Row:
    blank = state_of(asked, posted=True)
    return Row([day.on, None, *blank, _("Total of the day"), None, day.debit, day.credit, *balance(day.balance)], tone="sub")


def _answer(made: Journal, asked: Asked) -> JournalRead:
    return JournalRead(
        account=made.account.code,
        account_name=made.account.name,
        unposted=asked.unposted,
        opening=made.opening,
        lines=[
            JournalLineRead(line=LedgerLineRead.of(entry.line), counter=list(entry.counter), day=_day(entry.day)) for entry in made.lines
        ],
        months=[MonthTotalRead.of(total) for total in made.months],
        next=made.following,
    )


def _day(day: DayTotal | None) -> DayRead | None:
    return DayRead(on=day.on, debit=day.debit, credit=day.credit, balance=day.balance) if day else None


JOURNAL = Book(
    key="journal",
    title=N_("Cash and bank journal"),
    note="The lines of a cash or bank account with the balance after each and the totals of each day and month (日记账).",
    operation="Journal",
    reads=JournalRead,
    parameters=[account_parameter(cash_accounts)],
    make=_make,
    sheet=_sheet,
    answer=_answer,
    following=lambda made: made.following,
    about=account_named,
)
