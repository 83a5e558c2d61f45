"""What finance contributes to the platform."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from core_finance import audit_words  # noqa: F401 - names the acts of finance in the audit log
from core_finance.attachments.model import Attachment
from core_finance.attachments.routes import AttachmentController, AttachmentPages
from core_finance.books.overview import SEARCHERS, WIDGETS
from core_finance.books.shelf import ShelfPages
from core_finance.books.shelf_api import ShelfController
from core_finance.cash_flow.api import CashFlowController
from core_finance.cash_flow.model import CashDue, CashFlow, CashRule, CashTotal
from core_finance.cash_flow.pages import CashFlowPages
from core_finance.chart.account_pages import AccountPages
from core_finance.chart.api import AccountController, LedgerController
from core_finance.chart.model import Account, AccountKey, Ledger, Seat
from core_finance.chart.pages import LedgerPages
from core_finance.closing.amortisation_api import AmortisationController
from core_finance.closing.amortisation_pages import AmortisationPages
from core_finance.closing.api import PeriodController
from core_finance.closing.declared import CHECKS, STEPS
from core_finance.closing.model import Amortisation, CloseStep
from core_finance.closing.pages import ClosePages
from core_finance.currencies.api import RateController
from core_finance.currencies.model import Rate
from core_finance.currencies.pages import RatePages
from core_finance.dimensions.api import DimensionController
from core_finance.dimensions.model import DimensionItem, DimensionKind
from core_finance.dimensions.pages import DimensionPages
from core_finance.invariants.api import InvariantController
from core_finance.invariants.declared import INVARIANTS
from core_finance.invariants.model import InvariantRun
from core_finance.invariants.pages import InvariantPages
from core_finance.invariants.service import broken_count, check_all
from core_finance.opening.api import OpeningController
from core_finance.opening.pages import OpeningPages
from core_finance.periods.model import Period
from core_finance.posting.model import Balance, DimensionSet, Measure, Voucher, VoucherLine
from core_finance.posting.reading import voucher_title
from core_finance.posting.rules import post_event
from core_finance.statements.api import StatementController
from core_finance.statements.formula_pages import BalanceSheetFormulaPages, IncomeStatementFormulaPages
from core_finance.statements.model import FiledStatement, StatementFormulas
from core_finance.statements.pages import BalanceSheetPages, CashFlowStatementPages, FiledPages, IncomeStatementPages
from core_finance.vouchers.api import VoucherController
from core_finance.vouchers.exchange_routes import VoucherExchangeController, VoucherExchangePages
from core_finance.vouchers.library_api import VoucherLibraryController
from core_finance.vouchers.library_pages import VoucherLibraryPages
from core_finance.vouchers.list_pages import VoucherListPages
from core_finance.vouchers.model import Draft, DraftLine, Phrase, VoucherTemplate
from core_finance.vouchers.pages import VoucherPages
from core_finance.vouchers.print_routes import VoucherPrintController, VoucherPrintPages
from core_finance.vouchers.review_api import VoucherReviewController
from kernel.events import Event
from kernel.i18n import N_
from kernel.work import Work
from tenancy.plugin import release
from vertical import (
    API_VERSION,
    Invariant,
    Job,
    Manifest,
    Migrations,
    NavItem,
    PeriodEndCheck,
    PeriodEndStep,
    Permission,
    RecordKind,
    Searcher,
    Subscriber,
    Widget,
    hookimpl,
)


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="core_finance",
        version=release(),
        title=N_("Finance"),
        summary=N_("Ledgers, vouchers, books and statements"),
        publisher="Jingwei",
        requires_api=f"=={API_VERSION}",
        icon="book-2",
    )


@hookimpl
def models() -> list[type]:
    return [
        Ledger, Account, AccountKey, Seat, DimensionKind, DimensionItem, Period, Voucher, VoucherLine, DimensionSet, Balance, Measure,
        Draft, DraftLine, Phrase, VoucherTemplate, Attachment, Rate, CloseStep, Amortisation, CashDue, CashFlow, CashTotal, CashRule,
        StatementFormulas, FiledStatement, InvariantRun,
    ]  # fmt: skip


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("core_finance") / "migrations")


@hookimpl
def templates() -> Traversable:
    return files("core_finance") / "templates"


@hookimpl
def translations() -> Traversable:
    return files("core_finance") / "locale"


@hookimpl
def subscribers() -> list[Subscriber]:
    return [Subscriber(event=Event, handle=_post, when="in_transaction")]


@hookimpl
def record_kinds() -> list[RecordKind]:
    return [RecordKind(stem="finance.voucher", label=N_("Vouchers"), model=Voucher, path="/vouchers/{id}", title=voucher_title)]


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(code="finance.ledger.read", label=N_("See ledgers and the chart of accounts")),
        Permission(code="finance.ledger.manage", label=N_("Set ledgers up and change the chart of accounts")),
        Permission(code="finance.voucher.read", label=N_("See vouchers")),
        Permission(code="finance.voucher.create", label=N_("Enter vouchers")),
        Permission(code="finance.voucher.review", label=N_("Review vouchers, and take a review back")),
        Permission(code="finance.cash.sign", label=N_("Sign vouchers of cash and bank as the cashier")),
        Permission(code="finance.voucher.post", label=N_("Post and reverse vouchers")),
        Permission(code="finance.report.read", label=N_("See books and statements")),
        Permission(code="finance.statement.manage", label=N_("Change formulas and cash flow items, and file statements")),
        Permission(code="finance.period.close", label=N_("Do the steps of the period end and close periods")),
        Permission(code="finance.period.reopen", label=N_("Reopen the latest closed period")),
        Permission(code="finance.invariant.read", label=N_("See whether the books hold")),
        Permission(code="finance.invariant.run", label=N_("Check the books now")),
    ]


@hookimpl
def routes() -> list[type]:
    return [
        LedgerController,
        AccountController,
        VoucherController,
        VoucherPrintController,
        VoucherExchangeController,
        ShelfController,
        OpeningController,
        PeriodController,
        RateController,
        AmortisationController,
        InvariantController,
        StatementController,
        VoucherReviewController,
        DimensionController,
        CashFlowController,
        VoucherLibraryController,
        AttachmentController,
    ]


@hookimpl
def pages() -> list[type]:
    return [
        LedgerPages,
        AccountPages,
        VoucherPages,
        VoucherPrintPages,
        VoucherExchangePages,
        ShelfPages,
        OpeningPages,
        InvariantPages,
        ClosePages,
        RatePages,
        AmortisationPages,
        DimensionPages,
        BalanceSheetPages,
        IncomeStatementPages,
        CashFlowStatementPages,
        FiledPages,
        BalanceSheetFormulaPages,
        IncomeStatementFormulaPages,
        CashFlowPages,
        VoucherListPages,
        VoucherLibraryPages,
        AttachmentPages,
    ]


@hookimpl
def period_end_steps() -> list[PeriodEndStep]:
    return list(STEPS)


@hookimpl
def period_end_checks() -> list[PeriodEndCheck]:
    return list(CHECKS)


@hookimpl
def navigation() -> list[NavItem]:
    entries = (
        (N_("Enter a voucher"), "/vouchers/new", "finance.voucher.create", "pencil-plus"),
        (N_("Vouchers"), "/vouchers", "finance.voucher.read", "book-2"),
        (N_("Books"), "/finance/books", "finance.report.read", "books"),
        (N_("Trial balance"), "/finance/trial-balance", "finance.report.read", "scale"),
        (N_("Balance sheet"), "/finance/balance-sheet", "finance.report.read", "columns-2"),
        (N_("Income statement"), "/finance/income-statement", "finance.report.read", "report-money"),
        (N_("Cash flow statement"), "/finance/cash-flow", "finance.report.read", "arrows-exchange"),
        (N_("Chart of accounts"), "/finance/accounts", "finance.ledger.read", "list-tree"),
        (N_("Dimensions"), "/finance/dimensions", "finance.ledger.read", "category"),
        (N_("Opening balances"), "/finance/opening", "finance.ledger.read", "scale"),
        (N_("Period end"), "/finance/close", "finance.ledger.read", "calendar-check"),
        (N_("Exchange rates"), "/finance/rates", "finance.ledger.read", "currency-yuan"),
        (N_("Amortisation"), "/finance/amortisation", "finance.ledger.read", "chart-line"),
        (N_("Invariant centre"), "/finance/invariants", "finance.invariant.read", "checkup-list"),
        (N_("Ledgers"), "/finance/setup", "finance.ledger.read", "books"),
    )
    badges = {"/finance/invariants": broken_count}
    return [
        NavItem(
            label=label,
            path=path,
            section="finance",
            permission=permission,
            icon=icon,
            order=10 * place,
            mobile=path == "/vouchers",
            badge=badges.get(path),
        )
        for place, (label, path, permission, icon) in enumerate(entries, 1)
    ]


@hookimpl
def invariants() -> list[Invariant]:
    return list(INVARIANTS)


@hookimpl
def jobs() -> list[Job]:
    return [Job(key="core_finance.check_invariants", cron="30 2 * * *", run=check_all, timeout_s=1800)]


@hookimpl
def widgets() -> list[Widget]:
    return list(WIDGETS)


@hookimpl
def searchers() -> list[Searcher]:
    return list(SEARCHERS)


async def _post(work: Work, event: Event) -> None:
    """Post what the rules make of any event, in the transaction that published it."""
    await post_event(work, event)
