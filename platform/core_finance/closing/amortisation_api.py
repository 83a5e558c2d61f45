"""REST API of amortisation schedules."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, UnsetType

from core_finance.amounts import in_currency
from core_finance.chart.ledgers import get_ledger
from core_finance.chart.model import Ledger
from core_finance.chart.service import account_names
from core_finance.closing.amortisations import add_schedule, change_schedule, get_schedule, remove_schedule, schedules, stop_schedule
from core_finance.closing.model import Amortisation
from kernel.work import Work

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
ZERO = Decimal(0)


class AmortisationCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``first_period`` is the first month that is charged; months before the ledger began count as ``charged_before``."""

    name: Name
    amount: Decimal
    months: int
    first_period: int
    expense_account: Code
    asset_account: Code
    residual: Decimal = ZERO
    charged_before: Decimal = ZERO
    expense_dimensions: dict[str, UUID] = msgspec.field(default_factory=dict)
    asset_dimensions: dict[str, UUID] = msgspec.field(default_factory=dict)


class AmortisationChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays.  Once a month was charged only name and expense account may change."""

    name: Name | UnsetType = UNSET
    amount: Decimal | UnsetType = UNSET
    months: int | UnsetType = UNSET
    first_period: int | UnsetType = UNSET
    expense_account: Code | UnsetType = UNSET
    asset_account: Code | UnsetType = UNSET
    residual: Decimal | UnsetType = UNSET
    charged_before: Decimal | UnsetType = UNSET
    expense_dimensions: dict[str, UUID] | UnsetType = UNSET
    asset_dimensions: dict[str, UUID] | UnsetType = UNSET


class AmortisationStop(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The first month that is not charged any more; null lets the schedule go on."""

    stopped_period: int | None


class AmortisationRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    amount: Decimal
    residual: Decimal
    months: int
    first_period: int
    stopped_period: int | None
    charged_before: Decimal
    expense_account: str
    expense_account_name: str
    expense_dimensions: dict[str, str]
    asset_account: str
    asset_account_name: str
    asset_dimensions: dict[str, str]

    @classmethod
    def of(cls, schedule: Amortisation, ledger: Ledger, names: Mapping[str, str]) -> "AmortisationRead":
        """``names`` are account names by code."""
        told: dict[str, Any] = {f"{side}_name": names.get(getattr(schedule, side), "") for side in ("expense_account", "asset_account")}
        same = {name: getattr(schedule, name) for name in cls.__struct_fields__ if name not in told}
        return in_currency(cls(**same, **told), ledger.currency)


class AmortisationController(Controller):
    path = "/finance/amortisations"
    tags = ("Finance",)

    @get("/", operation_id="listAmortisations", opt={"permission": "finance.ledger.read"})
    async def list_schedules(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> list[AmortisationRead]:
        """The schedules of the ledger, the earliest first."""
        books = await get_ledger(work, ledger)
        return await _read(work, books, await schedules(work, books))

    @post("/", operation_id="createAmortisation", opt={"permission": "finance.period.close"})
    async def create(
        self, work: NamedDependency[Work], data: JSONBody[AmortisationCreate], ledger: FromQuery[UUID | None] = None
    ) -> AmortisationRead:
        """A schedule: an amount that is spread over months."""
        books = await get_ledger(work, ledger)
        return (await _read(work, books, [await add_schedule(work, books, _values(data))]))[0]

    @get("/{schedule_id:uuid}", operation_id="readAmortisation", opt={"permission": "finance.ledger.read"})
    async def read(
        self, work: NamedDependency[Work], schedule_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> AmortisationRead:
        """One schedule."""
        books = await get_ledger(work, ledger)
        return (await _read(work, books, [await get_schedule(work, books, schedule_id)]))[0]

    @patch("/{schedule_id:uuid}", operation_id="changeAmortisation", opt={"permission": "finance.period.close"})
    async def change(
        self,
        work: NamedDependency[Work],
        schedule_id: FromPath[UUID],
        data: JSONBody[AmortisationChange],
        ledger: FromQuery[UUID | None] = None,
    ) -> AmortisationRead:
        """Change a schedule.  409 ``amortisation_charged`` for what months were charged by."""
        books = await get_ledger(work, ledger)
        return (await _read(work, books, [await change_schedule(work, books, schedule_id, _values(data))]))[0]

    @post("/{schedule_id:uuid}/stop", operation_id="stopAmortisation", opt={"permission": "finance.period.close"}, status_code=200)
    async def stop(
        self,
        work: NamedDependency[Work],
        schedule_id: FromPath[UUID],
        data: JSONBody[AmortisationStop],
        ledger: FromQuery[UUID | None] = None,
    ) -> AmortisationRead:
        """Charge nothing from a month on."""
        books = await get_ledger(work, ledger)
        return (await _read(work, books, [await stop_schedule(work, books, schedule_id, data.stopped_period)]))[0]

    @delete("/{schedule_id:uuid}", operation_id="removeAmortisation", opt={"permission": "finance.period.close"})
    async def remove(self, work: NamedDependency[Work], schedule_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None) -> None:
        """Remove a schedule that was never charged."""
        await remove_schedule(work, await get_ledger(work, ledger), schedule_id)


async def _read(work: Work, ledger: Ledger, found: Sequence[Amortisation]) -> list[AmortisationRead]:
    names = await account_names(work, ledger, [code for each in found for code in (each.expense_account, each.asset_account)])
    return [AmortisationRead.of(each, ledger, names) for each in found]


def _values(data: AmortisationCreate | AmortisationChange) -> dict[str, object]:
    values = {name: getattr(data, name) for name in data.__struct_fields__ if getattr(data, name) is not UNSET}
    return {
        name: {kind: str(each) for kind, each in value.items()} if isinstance(value, dict) else value for name, value in values.items()
    }  # fmt: skip
