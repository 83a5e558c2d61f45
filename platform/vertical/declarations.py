"""What a vertical declares.  All are frozen values; the host stamps each with the vertical that gave it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Column, inspect

from kernel.events import Event
from kernel.work import Work


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Identity and compatibility of a vertical.

    ``name`` is the entry-point name and the prefix of all it owns: tables ``name_*``,
    permissions ``name.*``, routes ``/name``, settings ``name.*``.
    ``requires_api`` is a PEP 440 range of ``vertical.API_VERSION``.
    """

    name: str
    version: str
    title: str
    summary: str
    publisher: str
    requires_api: str
    requires_verticals: Sequence[str] = ()
    icon: str = "puzzle"
    industry: Literal["retail", "manufacturing", "healthcare", "education", "other"] = "other"


@dataclass(frozen=True, kw_only=True)
class Migrations:
    """Alembic revisions of the vertical: a package directory with one linear history."""

    directory: Traversable


@dataclass(frozen=True, kw_only=True)
class NavItem:
    """A menu entry.  ``icon`` names a Tabler icon; ``mobile`` puts it among the tabs of a phone; ``badge`` counts what waits."""

    label: str
    path: str
    section: Literal["main", "sales", "finance", "operations", "people", "reports", "settings"]
    permission: str | None = None
    icon: str = "circle"
    order: int = 100
    mobile: bool = False
    badge: Callable[[Work], Awaitable[int | None]] | None = None


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A fragment in a named slot of a core page, e.g. ``master.party.side``: ``render(work, **what the slot passes)``."""

    slot: str
    render: Callable[..., Awaitable[str]]
    permission: str | None = None
    order: int = 100


@dataclass(frozen=True, kw_only=True)
class Permission:
    code: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Role:
    """A starting set of permissions; the tenant may edit it afterwards."""

    code: str
    label: str
    permissions: Sequence[str]


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
    """

    account: str
    amount: Decimal
    memo: str = ""
    dimensions: Mapping[str, UUID] = field(default_factory=dict)
    red: bool = False
    currency: str = ""


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
class DocumentType:
    """A numbered document.  ``gapless`` numbers are drawn inside the confirming transaction."""

    key: str
    label: str
    pattern: str = "{prefix}-{year}-{number:05d}"
    prefix: str
    reset: Literal["never", "year", "month"] = "year"
    gapless: bool = False


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """Calls ``handle(work, event)``.  ``in_transaction`` fails the publisher when it fails; ``after_commit`` is retried from the outbox."""

    event: type[Event]
    handle: Callable[..., Awaitable[None]]
    when: Literal["in_transaction", "after_commit"] = "after_commit"


@dataclass(frozen=True, kw_only=True)
class ReportColumn:
    """A column of a report.  ``label`` is in the reader's language: a report translates its words itself, as it runs for one reader.

    The cells of all columns with ``heat`` are shaded by their size.
    """

    label: str
    kind: Literal["text", "number", "money", "date", "moment", "check"] = "text"
    heat: bool = False


@dataclass(frozen=True, kw_only=True)
class ReportChart:
    """A drawing of a report's rows: ``x`` is the column that names them, ``bars`` and ``lines`` those that are drawn, counted from 0."""

    x: int
    bars: Sequence[int] = ()
    lines: Sequence[int] = ()
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportTable:
    """What a report found.

    A row has one value for each column: str, int, Decimal, date, datetime, bool or None.  ``totals`` is a last row that
    sums them up, ``paths`` the page behind each row, ``notes`` sentences below the table, ``chart`` a drawing above it.

    Raises:
        ValueError: a row is longer or shorter than the columns, or there are not as many paths as rows.
    """

    columns: Sequence[ReportColumn]
    rows: Sequence[Sequence[Any]]
    totals: Sequence[Any] = ()
    paths: Sequence[str | None] = ()
    notes: Sequence[str] = ()
    chart: ReportChart | None = None

    def heat(self, value: Any) -> int:
        """How warm a cell of a column with ``heat`` is: 0 for nothing, 1 to 5 by its size among all such cells."""
        return max(1, int(value * 5 / self._hottest)) if value and value > 0 else 0

    @cached_property
    def _hottest(self) -> Any:
        places = [place for place, column in enumerate(self.columns) if column.heat]
        return max((row[place] for row in self.rows for place in places if row[place] is not None), default=0)

    def __post_init__(self) -> None:
        width = len(self.columns)
        if any(len(row) != width for row in (*self.rows, *([self.totals] if self.totals else []))):
            raise ValueError(f"each row of a report has one value for each of its {width} columns")
        if self.paths and len(self.paths) != len(self.rows):
            raise ValueError("a report has a path for each row, or none at all")


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report: ``run(work, parameters)`` answers a ``ReportTable``; ``parameters`` is None or a msgspec.Struct class for its form."""

    key: str
    title: str
    run: Callable[..., Awaitable[ReportTable]]
    permission: str
    parameters: type | None = None
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class Widget:
    """A dashboard tile: ``render(work)`` answers its HTML.  Without ``permission`` every member sees it."""

    key: str
    title: str
    render: Callable[..., Awaitable[str]]
    permission: str | None = None
    size: Literal["small", "wide"] = "small"


@dataclass(frozen=True, kw_only=True)
class Job:
    """Runs ``run(work)`` once per enabled tenant at each tick of ``cron`` (tenant's time zone).

    Without ``cron`` it runs only when ``kernel.jobs.enqueue(work, key, **arguments)`` asks for it, as ``run(work, **arguments)``.
    """

    key: str
    cron: str = ""
    run: Callable[..., Awaitable[None]]
    timeout_s: int = 300


@dataclass(frozen=True, kw_only=True)
class Pricing:
    """What a tenant must have bought.  ``price_lookup_key`` names the Stripe add-on price."""

    minimum_plan: Literal["free", "starter", "growth", "enterprise"] = "free"
    price_lookup_key: str | None = None
    meters: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A reason not to go on, in words a tenant administrator can act on."""

    code: str
    message: str
    blocking: bool = True


@dataclass(frozen=True, kw_only=True)
class TenantContext:
    """What a lifecycle hook may touch: one tenant, one open transaction, its own settings."""

    tenant: str
    session: Any
    work: Work
    settings: Any = None


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


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """One find of the command palette."""

    title: str
    path: str
    hint: str = ""
    icon: str = "file"


@dataclass(frozen=True, kw_only=True)
class Searcher:
    """Finds records for the command palette: ``search(work, text, limit)``."""

    key: str
    label: str
    permission: str
    search: Callable[[Work, str, int], Awaitable[Sequence[SearchHit]]]


@dataclass(frozen=True, kw_only=True)
class RecordKind:
    """Records that people work with together: a task, a notification or an approval is about one of them.

    Each ``Resource`` is a kind by itself; documents written by hand are declared.  ``stem`` is that of their permissions,
    ``path`` their page with ``{id}`` in it, ``title`` an attribute or a function of the row.  ``fields`` are attributes, with
    their labels, that a company's rules may look at.
    """

    stem: str
    label: str
    model: type[Any]
    path: str
    title: str | Callable[[Any], str] = "name"
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NotificationKind:
    """An occasion on which members are told something.  Each member chooses for each kind whether it also comes by mail.

    ``mail`` is what holds until somebody chooses.
    """

    key: str
    label: str
    mail: bool = False
    icon: str = "bell"


@dataclass(frozen=True, kw_only=True)
class ApprovalFact:
    """What a document says that a company's flow may look at: ``amount``, of kind money."""

    name: str
    label: str
    kind: Literal["number", "money", "text", "check"] = "text"


@dataclass(frozen=True, kw_only=True)
class ApprovalStep:
    """Who decides: ``manager`` is the superior of who asks, ``role:<code>`` whoever holds a role.

    With ``mode`` any the first decision counts, with all everybody must agree.
    """

    by: str
    mode: Literal["any", "all"] = "any"
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class ApprovalSummary:
    """What whoever decides must know, in their language: facts with their labels, warnings first, and lines as a table."""

    facts: Sequence[tuple[str, str]]
    warnings: Sequence[str] = ()
    table: ReportTable | None = None


@dataclass(frozen=True, kw_only=True)
class ApprovalOutcome:
    """How a request ended.  ``facts`` are those it was made with, amounts as ``Decimal``; ``reason`` is the refusal's."""

    approval_id: UUID
    kind: str
    record_id: UUID
    approved: bool
    facts: Mapping[str, Any]
    by: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ApprovalKind:
    """Something that a company may want decided before it happens: a refund, a price below the floor.

    ``summary(work, record_id)`` is shown to whoever decides, with the platform's rights.  ``approved(work, outcome)`` does
    what was asked for, in the transaction of the last decision; ``refused`` is told of a rejection or a withdrawal.
    ``usual`` are the steps while the company has set up no flow of its own: none mean that nothing needs approval then.
    With ``gather``, which answers the facts of a record, members may ask for approval on the record's page by hand.
    """

    key: str
    label: str
    stem: str
    summary: Callable[[Work, UUID], Awaitable[ApprovalSummary]]
    approved: Callable[[Work, ApprovalOutcome], Awaitable[None]]
    refused: Callable[[Work, ApprovalOutcome], Awaitable[None]] | None = None
    facts: Sequence[ApprovalFact] = ()
    usual: Sequence[ApprovalStep] = ()
    gather: Callable[[Work, UUID], Awaitable[Mapping[str, Any]]] | None = None


@dataclass(frozen=True, kw_only=True)
class Action:
    """A command on one record, e.g. "discontinue": its own route, button and permission; ``run(work, record)``."""

    name: str
    label: str
    run: Callable[[Work, Any], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A record about to be written.  ``position`` counts the rows of a file from 0; ``id`` is set when the record exists."""

    position: int
    id: UUID | None
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RowProblem:
    """Why the candidate at ``position`` cannot be written, and which of its fields says so."""

    position: int
    field: str
    message: str


class RecordRules:
    """What a resource demands of its records beyond types, lengths and required fields.

    One set of rules serves the form, the API and the import, so they work on many records at once: a file of 100,000
    rows is checked by a few statements.
    """

    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values as they are stored: cleaned, with derived columns filled in.  On an update all form fields are given.

        Raises:
            Invalid: a value is wrong by itself; name its ``field``.
        """
        return values

    async def check(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        """What stands against writing the candidates, in view of each other and of the database."""
        return ()

    def key(self, field: str, value: Any) -> Any:
        """A value of one of the resource's ``keys`` as it is stored."""
        return value

    async def doubts(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        """What a person should look at before the candidates are written, though nothing stands against it."""
        return ()

    async def written(self, work: Work, ids: Sequence[UUID], *, created: bool) -> None:
        """The records stand in the transaction; publish what happened."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """One reference table: its API, pages, CSV and XLSX exchange and permissions come from this.

    ``columns``, ``form``, ``search`` and ``filters`` name attributes of ``model``; their order is the order on screen
    and in files.  ``permission`` is the stem of the permission codes: ``retail.product`` asks for ``retail.product.read``
    and so on.  ``keys`` are fields of the form by which a row of a file may mean a record that is there already.
    """

    model: type[Any]
    label: str
    permission: str
    columns: Sequence[str]
    form: Sequence[str]
    search: Sequence[str] = ()
    filters: Sequence[str] = ()
    sort: str = "id"
    actions: Sequence[Action] = ()
    rules: RecordRules | None = None
    singular: str = ""
    keys: Sequence[str] = ()

    def __post_init__(self) -> None:
        if strangers := set(self.keys) - set(self.form):
            raise ValueError(f"{self.model.__name__}: a key is a field of the form, {sorted(strangers)} is none")
        known = {attribute.key: attribute.columns[0] for attribute in inspect(self.model).column_attrs}
        named = {*self.columns, *self.form, *self.search, *self.filters, self.sort}
        if unknown := named - set(known):
            raise ValueError(f"{self.model.__name__} has no column {sorted(unknown)}")
        object.__setattr__(self, "_known", known)  # looked up for each field of each request

    @property
    def slug(self) -> str:
        """Its place in addresses, a plural: ``retail.price_list`` -> ``price-lists``, ``master.party`` -> ``parties``."""
        noun = self.permission.rpartition(".")[2].replace("_", "-")
        if noun.endswith("y") and noun[-2] not in "aeiou":
            return f"{noun[:-1]}ies"
        return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"

    @property
    def schema_name(self) -> str:
        """``retail.product`` -> ``RetailProduct``; unique, as two verticals may both have a Product."""
        return "".join(part.title() for part in self.permission.replace(".", "_").split("_"))

    @property
    def stored(self) -> Sequence[str]:
        """All attributes of the model that the database holds."""
        return tuple(self._known)  # type: ignore[attr-defined]

    def column(self, name: str) -> Column[Any]:
        column: Column[Any] = self._known[name]  # type: ignore[attr-defined]
        return column
