"""The ledgers of quantities (数量金额账) and of foreign money (外币账)."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from core_finance.amounts import FOREIGN, Foreign, Plain
from core_finance.books.book import Asked, Book, Parameter
from core_finance.books.declared.asking import account_parameter, chosen
from core_finance.books.declared.lines import (
    LedgerLineRead,
    MonthTotalRead,
    opening_label,
    state_column,
    state_of,
    summed_row,
    voucher_of,
    with_months,
)
from core_finance.books.ledger import LedgerLine
from core_finance.books.measured import (
    MeasuredLedger,
    average,
    currency_accounts,
    currency_ledger,
    quantity_accounts,
    quantity_ledger,
)
from core_finance.books.sheet import Column, Row, Sheet, Value, amounts, side_of
from core_finance.chart.service import titled
from core_finance.periods.service import text_of
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import round_half_up


class MeasuredLineRead(msgspec.Struct, kw_only=True):
    """``debit``, ``credit`` and ``balance`` are of the quantity or the foreign currency; ``price`` is that of one unit, or the rate."""

    line: LedgerLineRead
    debit: Foreign
    credit: Foreign
    balance: Foreign
    price: Plain | None


class MeasuredRead(msgspec.Struct, kw_only=True):
    """``what`` is the unit or the currency.  All is of it but for the lines themselves and ``opening_amount``."""

    account: str
    account_name: str
    what: str
    unposted: bool
    opening: Foreign
    opening_amount: Decimal
    lines: list[MeasuredLineRead]
    months: Annotated[list[MonthTotalRead], msgspec.Meta(extra=FOREIGN)]
    debit: Foreign
    credit: Foreign
    closing: Foreign
    next: str | None


async def _quantities(asked: Asked) -> MeasuredLedger:
    return await quantity_ledger(asked.work, asked.ledger, await chosen(asked), **asked.page)


async def _currencies(asked: Asked) -> MeasuredLedger:
    return await currency_ledger(asked.work, asked.ledger, await chosen(asked), asked["currency"].strip().upper(), **asked.page)


Pair = tuple[Decimal, Decimal]
"""An amount of the measure, and one in the base currency."""

Cells = Callable[[Pair | None, Pair | None, Pair | None, Decimal | None], list[Value]]
"""Of a row: what came in, what went out, what is left, and the price of the line."""


def _quantity_sheet(made: MeasuredLedger, asked: Asked) -> Sheet:
    """In, out and left, each as quantity, unit price and amount."""
    columns: list[Column] = []
    sides: list[tuple[str, Literal["sum", "last"]]] = [(_("In"), "sum"), (_("Out"), "sum"), (_("Left"), "last")]
    for label, carried in sides:
        columns += [
            Column(_("%(what)s: quantity (%(unit)s)", what=label, unit=made.what), "measure", carried),
            Column(_("%(what)s: unit price", what=label), "measure"),
            Column(_("%(what)s: amount", what=label), "amount", carried),
        ]

    def three(pair: Pair | None) -> list[Value]:
        return [pair[0], _rounded(average(pair[1], pair[0])), pair[1]] if pair else [None, None, None]

    return _drawn(made, asked, columns, lambda debit, credit, left, _price: [*three(debit), *three(credit), *three(left)])


def _currency_sheet(made: MeasuredLedger, asked: Asked) -> Sheet:
    """The rate, then debit, credit and balance, each in the foreign and in the base currency."""
    foreign, base = made.what, asked.ledger.currency
    columns = [Column(_("Rate"), "measure")]
    for label in (_("Debit"), _("Credit")):
        columns += amounts(f"{label} {foreign}", f"{label} {base}", carried="sum")
    columns += [Column(_("Side"), carried="last"), *amounts(f"{_('Balance')} {foreign}", f"{_('Balance')} {base}", carried="last")]

    def two(pair: Pair | None) -> list[Value]:
        return list(pair) if pair else [None, None]

    def cells(debit: Pair | None, credit: Pair | None, left: Pair | None, price: Decimal | None) -> list[Value]:
        side: list[Value] = [side_of(left[1] or left[0]), abs(left[0]), abs(left[1])] if left else [None, None, None]
        return [_rounded(price), *two(debit), *two(credit), *side]

    return _drawn(made, asked, columns, cells)


def _drawn(made: MeasuredLedger, asked: Asked, columns: Sequence[Column], cells: Cells) -> Sheet:
    """The sheet of either ledger: opening, lines, months, and at the end what the periods moved."""
    heads = [Column(_("Date"), "date"), Column(_("Voucher number")), *state_column(asked), Column(_("Summary"), "main")]
    entries = {(entry.line.voucher_id, entry.line.position): entry for entry in made.lines}

    def row(label: str, debit: Pair | None, credit: Pair | None, left: Pair, *, ends: bool = False) -> Row:
        return summed_row(asked, label, *cells(debit, credit, left, None), width=0, ends=ends)

    def line_row(line: LedgerLine) -> Sequence[Row]:
        entry = entries[line.voucher_id, line.position]
        debit = (entry.debit, line.debit) if line.debit else None
        credit = (entry.credit, line.credit) if line.credit else None
        told = [line.entry_on, line.voucher, *state_of(asked, posted=line.posted), line.summary]
        drawn = cells(debit, credit, (entry.balance, line.balance), line.rate)
        return [Row([*told, *drawn], voucher_of(line))]

    months = {
        of.period: [
            row(
                _("Total of %(period)s", period=text_of(of.period)),
                (of.debit, money.debit), (of.credit, money.credit), (of.balance, money.balance),
            ),
            row(
                _("Total of the year so far"),
                (of.year_debit, money.year_debit), (of.year_credit, money.year_credit), (of.balance, money.balance), ends=True,
            ),
        ]
        for of, money in zip(made.months, made.book.months, strict=True)
    }  # fmt: skip
    rows = [row(opening_label(asked), None, None, (made.opening, made.book.opening))] if asked.begins else []
    rows += with_months(made.book.lines, months, line_row)
    if made.following is None and (asked.first != asked.last or not made.lines):
        of, money = made.figures, made.book.figures
        rows.append(
            row(_("Movements of the periods"), (of.debit, money.debit), (of.credit, money.credit), (of.closing, money.closing))
        )  # fmt: skip
    return Sheet([*heads, *columns], rows)


def _rounded(price: Decimal | None) -> Decimal | None:
    return None if price is None else round_half_up(price, 6).normalize()


def _answer(made: MeasuredLedger, asked: Asked) -> MeasuredRead:
    return MeasuredRead(
        account=made.book.account.code, account_name=made.book.account.name,
        what=made.what,
        unposted=asked.unposted,
        opening=made.opening,
        opening_amount=made.book.opening,
        lines=[
            MeasuredLineRead(
                line=LedgerLineRead.of(entry.line), debit=entry.debit, credit=entry.credit, balance=entry.balance,
                price=entry.line.rate if entry.line.rate is not None else _rounded(entry.price),
            )
            for entry in made.lines
        ],
        months=[MonthTotalRead.of(total) for total in made.months],
        debit=made.figures.debit,
        credit=made.figures.credit,
        closing=made.figures.closing,
        next=made.following,
    )  # fmt: skip


async def _about(made: MeasuredLedger, asked: Asked) -> Sequence[str]:
    return [titled(made.book.account, asked.ledger), made.what]


QUANTITY = Book(
    key="quantity",
    title=N_("Quantity ledger"),
    note="The lines of an account with what came in, went out and is left, in quantity, unit price and amount (数量金额账).",
    operation="QuantityLedger",
    reads=MeasuredRead,
    parameters=[account_parameter(quantity_accounts)],
    nothing=N_("No account keeps quantities yet; give one a unit in the chart of accounts."),
    make=_quantities,
    sheet=_quantity_sheet,
    answer=_answer,
    following=lambda made: made.following,
    about=_about,
    paper="landscape",
)

CURRENCY = Book(
    key="currency",
    title=N_("Foreign currency ledger"),
    note="The lines of an account in a foreign currency, with rate, and with the balance in both currencies (外币账).",
    operation="CurrencyLedger",
    reads=MeasuredRead,
    nothing=N_("No account keeps a foreign currency yet; give one its currency in the chart of accounts."),
    parameters=[account_parameter(currency_accounts), Parameter("currency", N_("Currency"))],
    make=_currencies,
    sheet=_currency_sheet,
    answer=_answer,
    following=lambda made: made.following,
    about=_about,
    paper="landscape",
)
