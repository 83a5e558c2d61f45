"""REST API of exchange rates."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_finance.chart.ledgers import get_ledger
from core_finance.currencies.model import Rate, RateKind
from core_finance.currencies.service import get_rate, rates, remove_rate, save_rate
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

LIMIT_MAX = 500


class RateWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Units of the ledger's base currency for one unit of ``currency``."""

    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)]
    on: date
    rate: Decimal
    kind: RateKind = RateKind.CLOSING
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class RateRead(msgspec.Struct, kw_only=True):
    id: UUID
    base: str
    currency: str
    kind: RateKind
    on: date
    rate: Decimal
    note: str

    @classmethod
    def of(cls, rate: Rate) -> "RateRead":
        return cls(**{name: getattr(rate, name) for name in cls.__struct_fields__})


class RateController(Controller):
    path = "/finance/rates"
    tags = ("Finance",)

    @get("/", operation_id="listRates", opt={"permission": "finance.ledger.read"})
    async def list_rates(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        currency: FromQuery[str] = "",
        kind: FromQuery[RateKind | None] = None,
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[int] = 50,
    ) -> list[RateRead]:
        """Rates against the ledger's base currency, the latest day first; ``before`` is the id of the last one of the page before."""
        if not 1 <= limit <= LIMIT_MAX:
            raise Invalid(_("limit is between 1 and %(most)s.", most=LIMIT_MAX), field="limit")
        books = await get_ledger(work, ledger)
        last = await get_rate(work, before) if before else None
        found = await rates(
            work, books.currency, currency=currency.upper(), kind=kind, before=(last.on, last.id) if last else None, limit=limit
        )
        return [RateRead.of(each) for each in found]

    @post("/", operation_id="saveRate", opt={"permission": "finance.period.close"}, status_code=200)
    async def save(self, work: NamedDependency[Work], data: JSONBody[RateWrite], ledger: FromQuery[UUID | None] = None) -> RateRead:
        """Enter the rate of a day; one of the same currency, kind and day is replaced."""
        books = await get_ledger(work, ledger)
        saved = await save_rate(
            work, base=books.currency, currency=data.currency, kind=data.kind, on=data.on, rate=data.rate, note=data.note
        )
        return RateRead.of(saved)

    @delete("/{rate_id:uuid}", operation_id="removeRate", opt={"permission": "finance.period.close"})
    async def remove(self, work: NamedDependency[Work], rate_id: FromPath[UUID]) -> None:
        """Remove a rate; what was posted with it stays."""
        await remove_rate(work, rate_id)
