"""REST API of ledgers and their charts of accounts."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_finance.chart.changing import add_account, change_account
from core_finance.chart.ledgers import create_ledger, get_ledger, ledgers
from core_finance.chart.model import WORDS, Account, Category, FilingPeriod, Ledger, Review, Side, Standard, Taxpayer
from core_finance.chart.rules import LedgerRules, Reclassify, rules_of
from core_finance.chart.service import accounts, get_account
from core_finance.chart.settings import change_ledger, is_posted
from kernel.work import Work

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Currency = Annotated[str, msgspec.Meta(min_length=3, max_length=3)]
Code = Annotated[str, msgspec.Meta(max_length=40)]
Kinds = Annotated[list[str], msgspec.Meta(max_length=50)]
Unset = msgspec.UnsetType
UNSET = msgspec.UNSET


class LedgerCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``start`` is a day of the first month; this January where it is left out."""

    name: Name
    standard: Standard = Standard.SMALL_BUSINESS
    taxpayer: Taxpayer = Taxpayer.GENERAL
    start: date | None = None
    currency: Currency | None = None
    code_scheme: str = "4-2-2-2"
    filing_period: FilingPeriod | None = None
    words: list[str] = msgspec.field(default_factory=lambda: list(WORDS))
    review: Review = Review.NONE
    poster_apart: bool = False
    rules: LedgerRules = LedgerRules()


class RulesChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The rules to change, each as in ``LedgerRules``."""

    reclassify: Reclassify | Unset = UNSET
    exchange_differences: Literal["per_item", "net"] | Unset = UNSET
    transfer: Literal["merged", "separate"] | Unset = UNSET
    transfer_by_dimension: bool | Unset = UNSET
    reserve_percent: Decimal | Unset = UNSET
    registered_capital: Decimal | Unset | None = UNSET
    cashier_signs: bool | Unset = UNSET
    parties_required: bool | Unset = UNSET


class LedgerChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays.  409 ``ledger_changed`` when ``version`` is given and not the present one."""

    name: Name | Unset = UNSET
    standard: Standard | Unset = UNSET
    taxpayer: Taxpayer | Unset = UNSET
    start: date | Unset = UNSET
    currency: Currency | Unset = UNSET
    code_scheme: str | Unset = UNSET
    filing_period: FilingPeriod | Unset = UNSET
    words: list[str] | Unset = UNSET
    review: Review | Unset = UNSET
    poster_apart: bool | Unset = UNSET
    rules: RulesChange | Unset = UNSET
    version: int | None = None


class LedgerRead(msgspec.Struct, kw_only=True):
    """``in_use``: something is posted, so standard, base currency, first period and code scheme stand."""

    id: UUID
    name: str
    standard: Standard
    taxpayer: Taxpayer
    currency: str
    start_period: int
    code_scheme: str
    filing_period: FilingPeriod
    words: list[str]
    review: Review
    poster_apart: bool
    rules: LedgerRules
    in_use: bool
    version: int

    @classmethod
    async def of(cls, work: Work, ledger: Ledger) -> "LedgerRead":
        same = {name: getattr(ledger, name) for name in cls.__struct_fields__ if name not in ("rules", "in_use")}
        return cls(**same, rules=rules_of(ledger), in_use=await is_posted(work, ledger))


class AccountCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A sub-account of ``parent``; its code is the next free one where it is left out.

    Without ``parent`` an account of the first level: then ``code``, ``category`` and ``side`` are needed.  What is left
    out is as with the parent.  ``take_over`` confirms that the first sub-account takes over what was posted to the parent.
    """

    parent: Code = ""
    name: Name
    name_en: Annotated[str, msgspec.Meta(max_length=100)] = ""
    code: Code | None = None
    category: Category | None = None
    side: Side | None = None
    currency: Currency | Unset | None = UNSET
    unit: Annotated[str, msgspec.Meta(max_length=20)] | Unset | None = UNSET
    is_cash: bool | Unset = UNSET
    cash_item_in: int | Unset | None = UNSET
    cash_item_out: int | Unset | None = UNSET
    required_dimensions: Kinds | Unset = UNSET
    optional_dimensions: Kinds | Unset = UNSET
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""
    take_over: bool = False


class AccountChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays.  A dimension in neither list is forbidden.

    409 ``account_changed`` when ``version`` is given and not the present one.
    """

    name: Name | Unset = UNSET
    name_en: Annotated[str, msgspec.Meta(max_length=100)] | Unset = UNSET
    currency: Currency | Unset | None = UNSET
    unit: Annotated[str, msgspec.Meta(max_length=20)] | Unset | None = UNSET
    is_cash: bool | Unset = UNSET
    cash_item_in: int | Unset | None = UNSET
    cash_item_out: int | Unset | None = UNSET
    required_dimensions: Kinds | Unset = UNSET
    optional_dimensions: Kinds | Unset = UNSET
    note: Annotated[str, msgspec.Meta(max_length=300)] | Unset = UNSET
    is_active: bool | Unset = UNSET
    version: int | None = None


class AccountRead(msgspec.Struct, kw_only=True):
    code: str
    name: str
    name_en: str
    mnemonic: str
    category: Category
    side: Side
    level: int
    is_leaf: bool
    is_active: bool
    is_cash: bool
    currency: str | None
    unit: str | None
    cash_item_in: int | None
    cash_item_out: int | None
    required_dimensions: list[str]
    optional_dimensions: list[str]
    note: str
    version: int

    @classmethod
    def of(cls, account: Account) -> "AccountRead":
        return cls(**{name: getattr(account, name) for name in cls.__struct_fields__})


class LedgerController(Controller):
    path = "/finance/ledgers"
    tags = ("Finance",)

    @get("/", operation_id="listLedgers", opt={"permission": "finance.ledger.read"})
    async def list_ledgers(self, work: NamedDependency[Work]) -> list[LedgerRead]:
        """All ledgers; the first is the one that is meant where none is named."""
        return [await LedgerRead.of(work, ledger) for ledger in await ledgers(work)]

    @post("/", operation_id="createLedger", opt={"permission": "finance.ledger.manage"})
    async def create_ledger(self, work: NamedDependency[Work], data: JSONBody[LedgerCreate]) -> LedgerRead:
        """A set of books with the official chart of its standard."""
        values = given(data)
        if values["filing_period"] is None:
            del values["filing_period"]
        return await LedgerRead.of(work, await create_ledger(work, **values))

    @get("/{ledger_id:uuid}", operation_id="readLedger", opt={"permission": "finance.ledger.read"})
    async def read_ledger(self, work: NamedDependency[Work], ledger_id: FromPath[UUID]) -> LedgerRead:
        """One ledger with all its settings."""
        return await LedgerRead.of(work, await get_ledger(work, ledger_id))

    @patch("/{ledger_id:uuid}", operation_id="changeLedger", opt={"permission": "finance.ledger.manage"})
    async def change_ledger(self, work: NamedDependency[Work], ledger_id: FromPath[UUID], data: JSONBody[LedgerChange]) -> LedgerRead:
        """Change settings.  409 ``ledger_in_use`` for what stands once anything is posted."""
        ledger = await get_ledger(work, ledger_id)
        values = given(data)
        if isinstance(data.rules, RulesChange):
            values["rules"] = msgspec.structs.replace(rules_of(ledger), **given(data.rules))
        return await LedgerRead.of(work, await change_ledger(work, ledger, **values))


class AccountController(Controller):
    path = "/finance/accounts"
    tags = ("Finance",)

    @get("/", operation_id="listAccounts", opt={"permission": "finance.ledger.read"})
    async def list_accounts(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        search: FromQuery[str] = "",
        *,
        leaves: FromQuery[bool] = False,
        active: FromQuery[bool] = False,
    ) -> list[AccountRead]:
        """The chart, by code.  ``search`` is a code with or without dots, a part of the name, or initials in pinyin."""
        books = await get_ledger(work, ledger)
        return [AccountRead.of(a) for a in await accounts(work, books, text=search, leaves=leaves, active=active)]

    @post("/", operation_id="createAccount", opt={"permission": "finance.ledger.manage"})
    async def create_account(
        self, work: NamedDependency[Work], data: JSONBody[AccountCreate], ledger: FromQuery[UUID | None] = None
    ) -> AccountRead:
        """A new account.  409 ``account_in_use`` when the parent was posted to: ``take_over`` confirms that its ``lines`` move."""
        return AccountRead.of(await add_account(work, await get_ledger(work, ledger), **given(data)))

    @get("/{code:str}", operation_id="readAccount", opt={"permission": "finance.ledger.read"})
    async def read_account(self, work: NamedDependency[Work], code: FromPath[str], ledger: FromQuery[UUID | None] = None) -> AccountRead:
        """One account."""
        return AccountRead.of(await get_account(work, await get_ledger(work, ledger), code))

    @patch("/{code:str}", operation_id="changeAccount", opt={"permission": "finance.ledger.manage"})
    async def change_account(
        self, work: NamedDependency[Work], code: FromPath[str], data: JSONBody[AccountChange], ledger: FromQuery[UUID | None] = None
    ) -> AccountRead:
        """Change an account, disable or enable it.  409 ``account_in_use`` when what was posted does not fit the change."""
        return AccountRead.of(await change_account(work, await get_ledger(work, ledger), code, **given(data)))


def given(data: msgspec.Struct) -> dict[str, Any]:
    """The fields that were sent."""
    return {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
