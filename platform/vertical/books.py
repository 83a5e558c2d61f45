"""What a vertical declares for the books: accounts, posting rules, steps and checks of a period end, what must always hold."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from kernel.events import Event
from kernel.work import Work
from vertical.reporting import ReportTable


@dataclass(frozen=True, kw_only=True)
class AccountTemplate:
    """An account to create in the tenant's chart.  ``key`` is stable, ``code`` may be renumbered by the tenant."""

    key: str
    code: str
    name: str
    kind: Literal["asset", "liability", "equity", "income", "expense"]
    parent_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class JournalLine:
    """One side of an entry.  ``amount`` > 0 debits the account, < 0 credits it.

    ``account`` is an account's key, ``receivable`` or ``acme_dental.fees``.  ``dimensions`` says whose it is
    (辅助核算): ``{"party": party_id, "department": ...}``.

    ``red`` puts the line on the other side as a negative amount (红字), which keeps turnover clean: a return takes revenue
    off the credit side.  At the end of a period ``account`` may also be a code, ``code:5602.99``, and with a foreign
    ``currency`` only the base amount of that currency's balance moves (an exchange difference).

    A posting rule that posts a claim or a debt in foreign money says so on the line: ``foreign`` is the amount in
    ``currency``, with the sign of ``amount``, and ``rate`` what one unit of it was taken at.  ``amount`` stays what counts in
    base money, rounded, so that the entry balances to the cent.
    """

    account: str
    amount: Decimal
    memo: str = ""
    dimensions: Mapping[str, UUID] = field(default_factory=dict)
    red: bool = False
    currency: str = ""
    foreign: Decimal | None = None
    rate: Decimal | None = None

    def __post_init__(self) -> None:
        if self.foreign is not None and not (self.currency and self.rate):
            raise ValueError(f"{self.account}: a foreign amount needs its currency and its rate")


@dataclass(frozen=True, kw_only=True)
class SourceDocument:
    """The document behind a voucher; ``path`` is its page."""

    kind: str
    id: UUID
    number: str
    path: str


@dataclass(frozen=True, kw_only=True)
class PostingRule:
    """Turns an event into a balanced entry.  Pure: same event and settings, same lines.

    ``source`` names the document the event came from, ``summary`` the words on the voucher, ``on`` its date (the day
    of posting where it is left out).  ``reverses`` answers the document whose voucher is reversed in red, where the
    event undoes an earlier one; ``lines`` is then not asked.
    """

    key: str
    event: type[Event]
    lines: Callable[[Any], Sequence[JournalLine]]
    source: Callable[[Any], SourceDocument]
    summary: Callable[[Any], str]
    on: Callable[[Any], date] | None = None
    reverses: bool = False


@dataclass(frozen=True, kw_only=True)
class PeriodEnd:
    """The end of a month of one ledger, as steps and checks are asked about it.

    ``period`` is written as 202612; ``first_on`` and ``last_on`` are its days.  ``standard`` is small_business or enterprise,
    ``taxpayer`` general or small_scale.
    """

    ledger_id: UUID
    period: int
    first_on: date
    last_on: date
    currency: str
    standard: str
    taxpayer: str

    @property
    def is_year_end(self) -> bool:
        return self.period % 100 == 12


@dataclass(frozen=True, kw_only=True)
class Calculation:
    """What a step would post, and how it comes to that.

    ``vouchers`` are balanced groups of lines, one voucher each, without lines of nothing; none: there is nothing to post.
    ``table`` shows the calculation.  ``summary`` are the words on the vouchers.  A step that is asked again after it
    posted answers what is still missing, so that nothing is posted twice: ``core_finance.api.still_missing`` takes off
    what it posted.
    """

    summary: str
    vouchers: Sequence[Sequence[JournalLine]] = ()
    table: ReportTable | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class PeriodEndStep:
    """A step on the way to the close of a month: ``calculate(work, end)`` answers a ``Calculation`` and writes nothing.

    A ``DomainError`` says what a person must do first; its detail ``path`` is where.

    ``order`` places it among the others: 100 depreciation and amortisation, 200 wages, 300 cost of stock, 400 overheads and
    finished goods, 500 exchange differences, 600 accruals and revenue, 700 VAT, 800 surcharges and stamp duty, 900 income
    tax, 1000 transfer of profit and loss, 1100 year end.  ``applies(end)`` leaves it out of months in which it has no
    place.
    """

    key: str
    title: str
    order: int
    calculate: Callable[[Work, PeriodEnd], Awaitable[Calculation]]
    summary: str = ""
    applies: Callable[[PeriodEnd], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check or an invariant found: in words, with the page of the document it is about."""

    message: str
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class PeriodEndCheck:
    """A look before a month is closed: ``find(work, end)`` answers what is wrong, nothing when all is well.

    What a ``blocking`` check finds keeps the month from being closed, the others warn.
    """

    key: str
    title: str
    find: Callable[[Work, PeriodEnd], Awaitable[Sequence[Finding]]]
    blocking: bool = True
    order: int = 500


@dataclass(frozen=True, kw_only=True)
class Invariant:
    """What must hold in the books at any moment: ``find(work, ledger_id)`` answers what breaks it, 100 findings at most.

    Runs on demand and each night.
    """

    key: str
    title: str
    find: Callable[[Work, UUID], Awaitable[Sequence[Finding]]]
    order: int = 500
