"""What finance contributes to the platform."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from core_finance.chart.model import Account, AccountKey, Ledger
from core_finance.periods.model import Period
from core_finance.posting.model import Balance, DimensionSet, Measure, Voucher, VoucherLine
from core_finance.vouchers.model import Draft, DraftLine
from kernel.i18n import N_
from vertical import API_VERSION, Manifest, Migrations, Permission, hookimpl


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="core_finance",
        version="0.1.0",
        title=N_("Finance"),
        summary=N_("Ledgers, vouchers, books and statements"),
        publisher="Jingwei",
        requires_api=f"=={API_VERSION}",
        icon="book-2",
    )


@hookimpl
def models() -> list[type]:
    return [Ledger, Account, AccountKey, Period, Voucher, VoucherLine, DimensionSet, Balance, Measure, Draft, DraftLine]


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
def permissions() -> list[Permission]:
    return [
        Permission(code="finance.ledger.read", label=N_("See ledgers and the chart of accounts")),
        Permission(code="finance.ledger.manage", label=N_("Set ledgers up and change the chart of accounts")),
        Permission(code="finance.voucher.read", label=N_("See vouchers")),
        Permission(code="finance.voucher.create", label=N_("Enter vouchers")),
        Permission(code="finance.voucher.post", label=N_("Post and reverse vouchers")),
        Permission(code="finance.report.read", label=N_("See books and statements")),
        Permission(code="finance.period.close", label=N_("Close and reopen periods")),
    ]
