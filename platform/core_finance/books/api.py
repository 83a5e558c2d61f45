"""REST API of books."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core_finance.books.ledger import account_ledger
from core_finance.books.trial import TrialRow, trial_balance
from core_finance.chart.ledgers import get_ledger
from core_finance.chart.model import Ledger
from core_finance.chart.service import get_account
from core_finance.periods.service import current_period
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


class TrialRowRead(msgspec.Struct, kw_only=True):
    account: str
    name: str
    level: int
    is_leaf: bool
    opening_debit: Decimal
    opening_credit: Decimal
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    closing_debit: Decimal
    closing_credit: Decimal

    @classmethod
    def of(cls, row: TrialRow) -> "TrialRowRead":
        own = ("opening_debit", "opening_credit", "closing_debit", "closing_credit")
        moved = ("debit", "credit", "year_debit", "year_credit")
        return cls(
            account=row.account.code, name=row.account.name, level=row.account.level, is_leaf=row.account.is_leaf,
            **{name: getattr(row, name) for name in own}, **{name: getattr(row.figures, name) for name in moved},
        )  # fmt: skip


class TrialRead(msgspec.Struct, kw_only=True):
    """``balanced``: debits equal credits in each pair of totals."""

    first: int
    last: int
    balanced: bool
    totals: dict[str, Decimal]
    rows: list[TrialRowRead]


class LedgerLineRead(msgspec.Struct, kw_only=True):
    voucher_id: UUID
    voucher: str
    on: date
    account: str
    summary: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


class AccountLedgerRead(msgspec.Struct, kw_only=True):
    """Balances are debit minus credit.  ``next`` is the cursor of the following page, null on the last."""

    account: str
    opening: Decimal
    lines: list[LedgerLineRead]
    next: str | None


class FinanceController(Controller):
    path = "/finance"
    tags = ("Finance",)

    @get("/trial-balance", operation_id="readTrialBalance", opt={"permission": "finance.report.read"})
    async def trial_balance(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        level: FromQuery[int] = 9,
    ) -> TrialRead:
        """Opening, movements of the periods and of the year, and closing of every account with a balance."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        book = await trial_balance(work, books, first=start, last=end, level=level)
        totals = {name: getattr(book.totals, name) for name in book.totals.__dataclass_fields__}
        return TrialRead(first=start, last=end, balanced=book.totals.holds, totals=totals, rows=[TrialRowRead.of(row) for row in book.rows])

    @get("/accounts/{code:str}/ledger", operation_id="readAccountLedger", opt={"permission": "finance.report.read"})
    async def account_ledger(
        self,
        work: NamedDependency[Work],
        code: FromPath[str],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> AccountLedgerRead:
        """The lines of an account with the balance after each."""
        if not 1 <= limit <= 500:
            raise Invalid(_("limit is between 1 and %(most)s.", most=500), field="limit")
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        account = await get_account(work, books, code)
        book = await account_ledger(work, books, account, first=start, last=end, after=after, limit=limit)
        same = ("voucher_id", "voucher", "account", "summary", "debit", "credit", "balance")
        lines = [LedgerLineRead(on=line.entry_on, **{name: getattr(line, name) for name in same}) for line in book.lines]
        return AccountLedgerRead(account=account.code, opening=book.opening, lines=lines, next=book.following)


async def span(work: Work, ledger: Ledger, first: int | None, last: int | None) -> tuple[int, int]:
    """The periods asked for; the current one where none is.

    Raises:
        Invalid: they are no months, or stand in the wrong order.
    """
    end = last or first or await current_period(work, ledger)
    start = first or end
    for code in (start, end):
        if not (190001 <= code <= 299912 and 1 <= code % 100 <= 12):
            raise Invalid(_("%(code)s is no period; write one like 202611.", code=code), field="last")
    if start > end:
        raise Invalid(_("The first period comes after the last; exchange them."), field="first")
    return start, end
