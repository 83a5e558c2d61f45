"""REST API of opening balances."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from core_finance.amounts import Foreign, Plain, in_currency
from core_finance.chart.ledgers import get_ledger
from core_finance.chart.model import Account, Ledger
from core_finance.chart.service import accounts
from core_finance.opening.model import ENTRIES_MAX, ZERO, Entry, Opening, Totals
from core_finance.opening.service import read_opening, save_opening
from kernel.work import Work

_TOLD = frozenset({"account_name", "currency"})
"""What an entry tells beside itself."""


class OpeningEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A leaf account, or one combination of its dimensions: its balance when the ledger starts, and what moved since January.

    ``result`` is for accounts of profit and loss: what they earned or cost before it was transferred; where it is left
    out, the movement on the account's own side.  Amounts in the account's foreign currency and quantities in its unit go
    with the amounts in the base currency.  ``account_name`` and ``currency`` are told, and passed over where they are sent.
    """

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    opening_debit: Decimal = ZERO
    opening_credit: Decimal = ZERO
    year_debit: Decimal = ZERO
    year_credit: Decimal = ZERO
    result: Decimal | None = None
    dimensions: dict[str, UUID] = msgspec.field(default_factory=dict)
    opening_currency: Foreign = ZERO
    year_debit_currency: Foreign = ZERO
    year_credit_currency: Foreign = ZERO
    opening_quantity: Plain = ZERO
    year_debit_quantity: Plain = ZERO
    year_credit_quantity: Plain = ZERO
    account_name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    currency: Annotated[str, msgspec.Meta(max_length=3)] | None = None

    def entry(self) -> Entry:
        values = {name: getattr(self, name) for name in self.__struct_fields__ if name not in _TOLD}
        return Entry(**{**values, "account": self.account.replace(".", "")})

    @classmethod
    def of(cls, entry: Entry, account: Account | None) -> "OpeningEntry":
        values = {name: getattr(entry, name) for name in cls.__struct_fields__ if name not in _TOLD}
        return cls(**values, account_name=account.name if account else "", currency=account.currency if account else None)


class OpeningWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All entries at once.  ``version`` is that of the entries that were read: 428 ``version_required`` without it, 409
    ``opening_changed`` when it is not the present one.
    """

    entries: Annotated[list[OpeningEntry], msgspec.Meta(max_length=ENTRIES_MAX)]
    version: int | None = None


class OpeningTotals(msgspec.Struct, kw_only=True):
    opening_debit: Decimal
    opening_credit: Decimal
    year_debit: Decimal
    year_credit: Decimal

    @classmethod
    def of(cls, totals: Totals) -> "OpeningTotals":
        return cls(**{name: getattr(totals, name) for name in cls.__struct_fields__})


class OpeningRead(msgspec.Struct, kw_only=True):
    """``locked`` says why nothing can be changed any more; it is null where it can."""

    ledger: UUID
    start_period: int
    version: int
    locked: str | None
    entries: list[OpeningEntry]
    totals: OpeningTotals

    @classmethod
    async def of(cls, work: Work, ledger: Ledger, opening: Opening) -> "OpeningRead":
        chart = {account.code: account for account in await accounts(work, ledger)}
        made = cls(
            ledger=ledger.id, start_period=ledger.start_period, version=opening.version,
            locked=opening.locked.message if opening.locked else None,
            entries=[OpeningEntry.of(entry, chart.get(entry.account)) for entry in opening.entries],
            totals=OpeningTotals.of(opening.totals),
        )  # fmt: skip
        return in_currency(made, ledger.currency)


class OpeningController(Controller):
    path = "/finance/opening-balances"
    tags = ("Finance",)

    @get("/", operation_id="readOpeningBalances", opt={"permission": "finance.ledger.read"})
    async def read(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> OpeningRead:
        """What a ledger started with."""
        books = await get_ledger(work, ledger)
        return await OpeningRead.of(work, books, await read_opening(work, books))

    @put("/", operation_id="writeOpeningBalances", opt={"permission": "finance.ledger.manage"})
    async def write(self, work: NamedDependency[Work], data: JSONBody[OpeningWrite], ledger: FromQuery[UUID | None] = None) -> OpeningRead:
        """Make these the opening balances, in place of all that stood.  Possible until the first period is closed."""
        books = await get_ledger(work, ledger)
        saved = await save_opening(work, books, [entry.entry() for entry in data.entries], version=data.version)
        return await OpeningRead.of(work, books, saved)
