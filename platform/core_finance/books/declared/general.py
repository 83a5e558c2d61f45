"""The general ledger (总账)."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from core_finance.books.book import Asked, Book, Parameter
from core_finance.books.declared.asking import CODE_FROM, CODE_TO, codes, level, level_parameter
from core_finance.books.general import GeneralLedger, GeneralMonth, general_ledger
from core_finance.books.sheet import Column, Row, Sheet, amounts, balance
from core_finance.chart.model import Account
from core_finance.chart.service import titled
from core_finance.periods.service import text_of
from kernel.i18n import N_
from kernel.i18n import gettext as _


class MonthRead(msgspec.Struct, kw_only=True):
    """Balances are debit minus credit; ``year_*`` run from January to the end of the month."""

    period: int
    opening: Decimal
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    closing: Decimal


class GeneralAccountRead(msgspec.Struct, kw_only=True):
    account: str
    name: str
    months: list[MonthRead]


class GeneralRead(msgspec.Struct, kw_only=True):
    """``next`` is the cursor of the following page, null on the last."""

    first: int
    last: int
    unposted: bool
    accounts: list[GeneralAccountRead]
    next: str | None


async def _make(asked: Asked) -> GeneralLedger:
    page = {**asked.page, "after": asked.after or ""}
    return await general_ledger(asked.work, asked.ledger, level=level(asked), below=asked["below"], codes=codes(asked), **page)


def _sheet(made: GeneralLedger, asked: Asked) -> Sheet:
    columns = [
        Column(_("Account"), "main"), Column(_("Period")), Column(_("Summary")), *amounts(_("Debit"), _("Credit")), Column(_("Side")),
        *amounts(_("Balance")),
    ]  # fmt: skip
    return Sheet(columns, [row for entry in made.accounts for row in _account(entry.account, entry.months, asked)])


def _account(account: Account, months: Sequence[GeneralMonth], asked: Asked) -> list[Row]:
    """The opening, then for each month what it moved and what the year moved up to it, as the paper book has it."""
    tone, name, first = f"lv{account.level}", titled(account, asked.ledger), months[0]
    label = _("Brought forward from last year") if first.period % 100 == 1 else _("Opening balance")
    rows = [Row([name, text_of(first.period), label, None, None, *balance(first.opening)], asked.ledger_of(account.code), f"{tone} sub")]
    for of in months:
        address = asked.ledger_of(account.code, of.period, of.period)
        month = [name, text_of(of.period), _("Total of the month"), of.debit, of.credit, *balance(of.closing)]
        year = [name, text_of(of.period), _("Total of the year so far"), of.year_debit, of.year_credit, *balance(of.closing)]
        rows += [Row(month, address, tone), Row(year, address, tone)]
    return rows


def _answer(made: GeneralLedger, asked: Asked) -> GeneralRead:
    shown = [
        GeneralAccountRead(
            account=entry.account.code,
            name=entry.account.name,
            months=[MonthRead(**{name: getattr(month, name) for name in MonthRead.__struct_fields__}) for month in entry.months],
        )
        for entry in made.accounts
    ]
    return GeneralRead(first=made.first, last=made.last, unposted=asked.unposted, accounts=shown, next=made.following)


GENERAL = Book(
    key="general",
    title=N_("General ledger"),
    note="Every account month by month: opening, movements, movements of the year, closing (总账).",
    operation="GeneralLedger",
    reads=GeneralRead,
    parameters=[level_parameter(1), CODE_FROM, CODE_TO, Parameter("below", N_("Below"), kept=True)],
    make=_make,
    sheet=_sheet,
    answer=_answer,
    following=lambda made: made.following,
)
