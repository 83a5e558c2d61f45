"""The ledger of an account (明细账), and of a part of its lines (辅助明细账)."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from core_finance.books.auxiliary import auxiliary_ledger, names_of
from core_finance.books.book import Asked, Book, Parameter
from core_finance.books.declared.asking import account_named, account_parameter, chosen, dimensions, dimensions_or_none
from core_finance.books.declared.lines import (
    LedgerLineRead,
    MonthTotalRead,
    closing_rows,
    line_cells,
    line_columns,
    month_rows,
    opening_label,
    summed_row,
    voucher_of,
    with_months,
)
from core_finance.books.ledger import AccountLedger, account_ledger
from core_finance.books.sheet import Column, Row, Sheet, balance
from core_finance.chart.service import dotted, titled
from core_finance.dimensions.service import labels
from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _


class AccountLedgerRead(msgspec.Struct, kw_only=True):
    """Balances are debit minus credit.  ``next`` is the cursor of the following page, null on the last.

    ``months`` are the totals of the months that end on this page.
    """

    account: str
    account_name: str
    unposted: bool
    opening: Decimal
    lines: list[LedgerLineRead]
    months: list[MonthTotalRead]
    next: str | None


async def _make(asked: Asked) -> AccountLedger:
    return await account_ledger(asked.work, asked.ledger, await chosen(asked), **asked.page)


def _sheet(made: AccountLedger, asked: Asked) -> Sheet:
    rows = [summed_row(asked, opening_label(asked), None, None, *balance(made.opening))] if asked.begins else []
    rows += with_months(
        made.lines,
        month_rows(asked, made.months),
        lambda line: [Row(line_cells(line, asked, dotted(line.account, asked.ledger.code_lengths)), voucher_of(line))],
    )
    if made.following is None:
        rows += closing_rows(asked, made.figures, is_empty=not made.lines)
    return Sheet(line_columns(asked, Column(_("Account"))), rows)


def _answer(made: AccountLedger, asked: Asked) -> AccountLedgerRead:
    return AccountLedgerRead(
        account=made.account.code,
        account_name=made.account.name,
        unposted=asked.unposted,
        opening=made.opening,
        lines=[LedgerLineRead.of(line) for line in made.lines],
        months=[MonthTotalRead.of(total) for total in made.months],
        next=made.following,
    )


ACCOUNT = Book(
    key="account",
    title=N_("Account ledger"),
    note="The lines of an account with the balance after each and the totals of each month (明细账).",
    operation="AccountLedger",
    reads=AccountLedgerRead,
    parameters=[account_parameter()],
    make=_make,
    sheet=_sheet,
    answer=_answer,
    following=lambda made: made.following,
    about=account_named,
    rest="/accounts/{account:str}/ledger",
)


def _values(asked: Asked) -> dict[str, UUID]:
    values = {asked["dimension"]: asked["value"]}
    if asked["second"]:
        if asked["second_value"] is None:
            raise Invalid(_("Name a value of the second dimension too."), field="second_value")
        values[asked["second"]] = asked["second_value"]
    return values


async def _make_part(asked: Asked) -> AccountLedger:
    return await auxiliary_ledger(asked.work, asked.ledger, await chosen(asked), _values(asked), **asked.page)


async def _about_part(made: AccountLedger, asked: Asked) -> Sequence[str]:
    values, known = _values(asked), await labels(asked.work)
    called = await names_of(asked.work, list(values.items()))
    return [titled(made.account, asked.ledger), *(f"{known[kind]}: {called[value]}" for kind, value in values.items())]


DIMENSION = Parameter("dimension", N_("By dimension"), default="party", offer=dimensions)
SECOND = Parameter("second", N_("And by"), offer=dimensions_or_none)

AUXILIARY_LINES = Book(
    key="auxiliary/lines",
    title=N_("Ledger by dimension"),
    note="The lines of an account that name one party, department and so on, or one of two kinds each (辅助明细账).",
    operation="LedgerByDimension",
    reads=AccountLedgerRead,
    parameters=[
        account_parameter(),
        Parameter("dimension", N_("By dimension"), default="party", kept=True),
        Parameter("value", N_("Dimension item"), UUID, None, required=True, kept=True),
        Parameter("second", N_("And by"), kept=True),
        Parameter("second_value", N_("Second value"), UUID | None, None, kept=True),
    ],
    make=_make_part,
    sheet=_sheet,
    answer=_answer,
    following=lambda made: made.following,
    about=_about_part,
    tab="auxiliary",
)
