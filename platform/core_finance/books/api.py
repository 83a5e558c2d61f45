"""REST API of ledgers, accounts, periods, books and statements."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_finance.books.ledger import account_ledger
from core_finance.books.trial import TrialRow, trial_balance
from core_finance.chart.ledgers import create_ledger, get_ledger, ledgers
from core_finance.chart.model import Account, Ledger, Standard, Taxpayer
from core_finance.chart.service import accounts, add_account, change_account, get_account
from core_finance.periods.model import Period
from core_finance.periods.service import close_period, current_period, periods, reopen_period
from core_finance.statements.layout import Kind
from core_finance.statements.service import Statement, explain, statement
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class LedgerCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``start`` is a day of the first month; this January where it is left out."""

    name: Name
    standard: Standard = Standard.SMALL_BUSINESS
    taxpayer: Taxpayer = Taxpayer.GENERAL
    start: date | None = None
    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)] | None = None


class LedgerRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    standard: Standard
    taxpayer: Taxpayer
    currency: str
    start_period: int

    @classmethod
    def of(cls, ledger: Ledger) -> "LedgerRead":
        return cls(**{name: getattr(ledger, name) for name in cls.__struct_fields__})


class AccountCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A sub-account of ``parent``; its code is the next free one where it is left out."""

    parent: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    name: Name
    name_en: Annotated[str, msgspec.Meta(max_length=100)] = ""
    code: Annotated[str, msgspec.Meta(max_length=30)] | None = None
    dimensions: list[str] | None = None


class AccountChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Name | None = None
    is_active: bool | None = None


class AccountRead(msgspec.Struct, kw_only=True):
    code: str
    name: str
    name_en: str
    category: str
    side: str
    level: int
    is_leaf: bool
    is_active: bool
    is_cash: bool
    required_dimensions: list[str]
    optional_dimensions: list[str]

    @classmethod
    def of(cls, account: Account) -> "AccountRead":
        return cls(**{name: getattr(account, name) for name in cls.__struct_fields__})


class PeriodRead(msgspec.Struct, kw_only=True):
    code: int
    state: str
    closed_by: str | None

    @classmethod
    def of(cls, period: Period) -> "PeriodRead":
        return cls(code=period.code, state=period.state.value, closed_by=period.closed_by)


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


class CellRead(msgspec.Struct, kw_only=True):
    line: int
    name: str
    name_en: str
    kind: str
    amounts: dict[str, Decimal]


class CheckRead(msgspec.Struct, kw_only=True):
    text: str
    holds: bool
    left: Decimal
    right: Decimal


class StatementRead(msgspec.Struct, kw_only=True):
    """``uncovered`` are accounts with a balance that no line of the form takes."""

    form: str
    first: int
    last: int
    columns: dict[str, str]
    cells: list[CellRead]
    checks: list[CheckRead]
    uncovered: list[str]

    @classmethod
    def of(cls, made: Statement) -> "StatementRead":
        return cls(
            form=made.layout.form, first=made.first, last=made.last, columns={column.key: column.name for column in made.columns},
            cells=[CellRead(line=c.line.number, name=c.line.name, name_en=c.line.name_en, kind=c.line.kind, amounts=dict(c.amounts))
                   for c in made.cells],
            checks=[CheckRead(text=c.text, holds=c.holds, left=c.left, right=c.right) for c in made.checks],
            uncovered=[account.code for account in made.uncovered],
        )  # fmt: skip


class PartRead(msgspec.Struct, kw_only=True):
    account: str
    name: str
    take: str
    amount: Decimal


class FinanceController(Controller):
    path = "/finance"
    tags = ("Finance",)

    @get("/ledgers", operation_id="listLedgers", opt={"permission": "finance.ledger.read"})
    async def list_ledgers(self, work: NamedDependency[Work]) -> list[LedgerRead]:
        """All ledgers; the first is the one that is meant where none is named."""
        return [LedgerRead.of(ledger) for ledger in await ledgers(work)]

    @post("/ledgers", operation_id="createLedger", opt={"permission": "finance.ledger.manage"})
    async def create_ledger(self, work: NamedDependency[Work], data: JSONBody[LedgerCreate]) -> LedgerRead:
        """A set of books with the official chart of its standard."""
        ledger = await create_ledger(
            work, name=data.name, standard=data.standard, taxpayer=data.taxpayer, start=data.start, currency=data.currency
        )
        return LedgerRead.of(ledger)

    @get("/accounts", operation_id="listAccounts", opt={"permission": "finance.ledger.read"})
    async def list_accounts(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        search: FromQuery[str] = "",
        *,
        leaves: FromQuery[bool] = False,
    ) -> list[AccountRead]:
        """The chart, by code.  ``search`` is a code, a part of the name, or initials in pinyin."""
        return [AccountRead.of(a) for a in await accounts(work, await get_ledger(work, ledger), text=search, leaves=leaves)]

    @post("/accounts", operation_id="createAccount", opt={"permission": "finance.ledger.manage"})
    async def create_account(
        self, work: NamedDependency[Work], data: JSONBody[AccountCreate], ledger: FromQuery[UUID | None] = None
    ) -> AccountRead:
        """A sub-account.  409 ``account_in_use`` when the parent was posted to."""
        values = {name: getattr(data, name) for name in data.__struct_fields__}
        return AccountRead.of(await add_account(work, await get_ledger(work, ledger), **values))

    @patch("/accounts/{code:str}", operation_id="changeAccount", opt={"permission": "finance.ledger.manage"})
    async def change_account(
        self, work: NamedDependency[Work], code: FromPath[str], data: JSONBody[AccountChange], ledger: FromQuery[UUID | None] = None
    ) -> AccountRead:
        """Rename, disable or enable an account.  Accounts are never deleted."""
        return AccountRead.of(await change_account(work, await get_ledger(work, ledger), code, name=data.name, is_active=data.is_active))

    @get("/periods", operation_id="listPeriods", opt={"permission": "finance.ledger.read"})
    async def list_periods(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> list[PeriodRead]:
        """The months of the ledger."""
        return [PeriodRead.of(p) for p in await periods(work, await get_ledger(work, ledger))]

    @post("/periods/{code:int}/close", operation_id="closePeriod", opt={"permission": "finance.period.close"}, status_code=200)
    async def close_period(self, work: NamedDependency[Work], code: FromPath[int], ledger: FromQuery[UUID | None] = None) -> PeriodRead:
        """Close a month: nothing can be posted to it any more."""
        return PeriodRead.of(await close_period(work, await get_ledger(work, ledger), code))

    @post("/periods/{code:int}/reopen", operation_id="reopenPeriod", opt={"permission": "finance.period.reopen"}, status_code=200)
    async def reopen_period(self, work: NamedDependency[Work], code: FromPath[int], ledger: FromQuery[UUID | None] = None) -> PeriodRead:
        """Open the latest closed month again."""
        return PeriodRead.of(await reopen_period(work, await get_ledger(work, ledger), code))

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

    @get("/statements/{kind:str}", operation_id="readStatement", opt={"permission": "finance.report.read"})
    async def statement(
        self,
        work: NamedDependency[Work],
        kind: FromPath[str],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
    ) -> StatementRead:
        """``balance_sheet`` or ``income_statement`` in the official form of the ledger's standard."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        return StatementRead.of(await statement(work, books, known_kind(kind), first=start, last=end))

    @get("/statements/{kind:str}/lines/{line:int}", operation_id="explainStatementLine", opt={"permission": "finance.report.read"})
    async def explain(
        self,
        work: NamedDependency[Work],
        kind: FromPath[str],
        line: FromPath[int],
        column: FromQuery[str],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
    ) -> list[PartRead]:
        """The accounts behind a cell; their amounts add up to it."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        parts = await explain(work, books, known_kind(kind), first=start, last=end, line=line, column=column)
        return [PartRead(account=p.account.code, name=p.account.name, take=p.take, amount=p.amount) for p in parts]


def known_kind(kind: str) -> Kind:
    """Raises:
    Invalid: there is no such statement.
    """
    if kind == "balance_sheet":
        return "balance_sheet"
    if kind == "income_statement":
        return "income_statement"
    raise Invalid(_("There is no statement %(kind)s; ask for balance_sheet or income_statement.", kind=kind), field="kind")


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
