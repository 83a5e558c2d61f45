"""REST API of the shelf of books."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core_finance.books.api import AccountLedgerRead, LedgerLineRead, span
from core_finance.books.auxiliary import auxiliary_balances, auxiliary_ledger
from core_finance.books.columns import column_ledger
from core_finance.books.figures import Figures
from core_finance.books.general import general_ledger
from core_finance.books.journal import DayTotal, journal
from core_finance.books.ledger import LedgerLine
from core_finance.books.summary import voucher_summary
from core_finance.chart.ledgers import get_ledger
from core_finance.chart.service import get_account
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

MOST = 500


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
    accounts: list[GeneralAccountRead]
    next: str | None


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
    opening: Decimal
    lines: list[JournalLineRead]
    next: str | None


class ColumnRead(msgspec.Struct, kw_only=True):
    """Positive on the side where the account above normally stands."""

    account: str
    name: str
    opening: Decimal
    moved: Decimal
    closing: Decimal


class ColumnLineRead(msgspec.Struct, kw_only=True):
    line: LedgerLineRead
    amounts: dict[str, Decimal]


class ColumnsRead(msgspec.Struct, kw_only=True):
    account: str
    opening: Decimal
    columns: list[ColumnRead]
    lines: list[ColumnLineRead]
    next: str | None


class SummaryRowRead(msgspec.Struct, kw_only=True):
    account: str
    name: str
    debit: Decimal
    credit: Decimal
    vouchers: int


class WordRead(msgspec.Struct, kw_only=True):
    word: str
    vouchers: int
    attachments: int


class SummaryRead(msgspec.Struct, kw_only=True):
    first: int
    last: int
    debit: Decimal
    credit: Decimal
    words: list[WordRead]
    rows: list[SummaryRowRead]


class FiguresRead(msgspec.Struct, kw_only=True):
    opening: Decimal
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    closing: Decimal

    @classmethod
    def of(cls, figures: Figures) -> "FiguresRead":
        return cls(**{name: getattr(figures, name) for name in cls.__struct_fields__})


class AuxiliaryRowRead(msgspec.Struct, kw_only=True):
    """``value`` is null for what the lines leave unsaid."""

    value: UUID | None
    name: str
    figures: FiguresRead


class AuxiliaryRead(msgspec.Struct, kw_only=True):
    account: str
    dimension: str
    total: FiguresRead
    rows: list[AuxiliaryRowRead]


class ShelfController(Controller):
    path = "/finance/books"
    tags = ("Finance",)

    @get("/general", operation_id="readGeneralLedger", opt={"permission": "finance.report.read"})
    async def general(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        level: FromQuery[int] = 1,
        below: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> GeneralRead:
        """Every account month by month: opening, movements, movements of the year, closing (总账)."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        made = await general_ledger(
            work, books, first=start, last=end, level=_deep(level), below=below, after=after or "", limit=_within(limit)
        )
        shown = [
            GeneralAccountRead(
                account=entry.account.code,
                name=entry.account.name,
                months=[MonthRead(**{name: getattr(month, name) for name in MonthRead.__struct_fields__}) for month in entry.months],
            )
            for entry in made.accounts
        ]
        return GeneralRead(first=start, last=end, accounts=shown, next=made.following)

    @get("/journal", operation_id="readJournal", opt={"permission": "finance.report.read"})
    async def journal(
        self,
        work: NamedDependency[Work],
        account: FromQuery[str],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> JournalRead:
        """The lines of a cash or bank account with the balance after each and the totals of each day (日记账)."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        chosen = await get_account(work, books, account)
        made = await journal(work, books, chosen, first=start, last=end, after=after, limit=_within(limit))
        lines = [
            JournalLineRead(
                line=_line(entry.line),
                counter=list(entry.counter),
                day=_day(entry.day),
            )
            for entry in made.lines
        ]
        return JournalRead(account=chosen.code, opening=made.opening, lines=lines, next=made.following)

    @get("/columns", operation_id="readColumnLedger", opt={"permission": "finance.report.read"})
    async def columns(
        self,
        work: NamedDependency[Work],
        account: FromQuery[str],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> ColumnsRead:
        """The lines of an account, its sub-accounts as columns (多栏账)."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        chosen = await get_account(work, books, account)
        made = await column_ledger(work, books, chosen, first=start, last=end, after=after, limit=_within(limit))
        return ColumnsRead(
            account=chosen.code,
            opening=made.book.opening,
            columns=[
                ColumnRead(account=c.account.code, name=c.account.name, opening=c.opening, moved=c.moved, closing=c.closing)
                for c in made.columns
            ],
            lines=[ColumnLineRead(line=_line(line), amounts=dict(made.place(line))) for line in made.book.lines],
            next=made.book.following,
        )

    @get("/summary", operation_id="readVoucherSummary", opt={"permission": "finance.report.read"})
    async def summary(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        level: FromQuery[int] = 1,
    ) -> SummaryRead:
        """What the vouchers moved, and how many there were, account by account (凭证汇总表)."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        made = await voucher_summary(work, books, first=start, last=end, level=_deep(level))
        return SummaryRead(
            first=start,
            last=end,
            debit=made.debit,
            credit=made.credit,
            words=[WordRead(word=w.word, vouchers=w.vouchers, attachments=w.attachments) for w in made.words],
            rows=[
                SummaryRowRead(account=r.account.code, name=r.account.name, debit=r.debit, credit=r.credit, vouchers=r.vouchers)
                for r in made.rows
            ],
        )

    @get("/auxiliary", operation_id="readBalancesByDimension", opt={"permission": "finance.report.read"})
    async def auxiliary(
        self,
        work: NamedDependency[Work],
        account: FromQuery[str],
        dimension: FromQuery[str] = "party",
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
    ) -> AuxiliaryRead:
        """The figures of an account for each party, department, employee, project or product (辅助余额表)."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        made = await auxiliary_balances(work, books, await get_account(work, books, account), dimension, first=start, last=end)
        rows = [AuxiliaryRowRead(value=row.value, name=row.name, figures=FiguresRead.of(row.figures)) for row in made.rows]
        return AuxiliaryRead(account=made.account.code, dimension=dimension, total=FiguresRead.of(made.total), rows=rows)

    @get("/auxiliary/lines", operation_id="readLedgerByDimension", opt={"permission": "finance.report.read"})
    async def auxiliary_lines(
        self,
        work: NamedDependency[Work],
        account: FromQuery[str],
        value: FromQuery[UUID],
        dimension: FromQuery[str] = "party",
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> AccountLedgerRead:
        """The lines of an account that name one party, department and so on (辅助明细账)."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        chosen = await get_account(work, books, account)
        made = await auxiliary_ledger(work, books, chosen, dimension, value, first=start, last=end, after=after, limit=_within(limit))
        return AccountLedgerRead(account=chosen.code, opening=made.opening, lines=[_line(line) for line in made.lines], next=made.following)


def _within(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise Invalid(_("limit is between 1 and %(most)s.", most=MOST), field="limit")
    return limit


def _deep(level: int) -> int:
    if not 1 <= level <= 9:
        raise Invalid(_("level is between 1 and %(most)s.", most=9), field="level")
    return level


def _day(day: DayTotal | None) -> DayRead | None:
    return DayRead(on=day.on, debit=day.debit, credit=day.credit, balance=day.balance) if day else None


def _line(line: LedgerLine) -> LedgerLineRead:
    same = ("voucher_id", "voucher", "account", "summary", "debit", "credit", "balance")
    return LedgerLineRead(on=line.entry_on, **{name: getattr(line, name) for name in same})
