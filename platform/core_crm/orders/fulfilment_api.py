"""REST API of what becomes of a confirmed order."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core_crm.orders.api import OrderRead
from core_crm.orders.changing import ChangeInput, change_order
from core_crm.orders.fulfilment import (
    DeliveryInput,
    ReturnInput,
    changes_of,
    close_order,
    deliver,
    movements_of,
    reopen_order,
    take_back,
)
from core_crm.orders.model import Movement, MovementKind, OrderChange
from core_crm.orders.service import get_order
from kernel.versions import ALWAYS, VERSION
from kernel.work import Work

READ = {"permission": "crm.order.read"}
DELIVER = {"permission": "crm.order.deliver"}
CHANGE = {"permission": "crm.order.change"}


class MovementLineRead(msgspec.Struct, kw_only=True):
    line_id: UUID
    description: str
    unit: str
    quantity: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    rate: Decimal


class MovementRead(msgspec.Struct, kw_only=True):
    """A delivery or a return; amounts are those of the order for these quantities, in its currency.

    ``rate`` of a line is what it was converted with into the company's.
    """

    id: UUID
    number: str
    kind: MovementKind
    on: date
    reference: str | None
    reason: str | None
    exchange: bool
    net: Decimal
    tax: Decimal
    gross: Decimal
    made_by: str
    lines: list[MovementLineRead]

    @classmethod
    def of(cls, movement: Movement) -> "MovementRead":
        fields = {name: getattr(movement, name) for name in cls.__struct_fields__ if name not in ("on", "lines")}
        names = MovementLineRead.__struct_fields__
        lines = [MovementLineRead(**{name: getattr(line, name) for name in names}) for line in movement.lines]
        return cls(**fields, on=movement.on_day, lines=lines)


class OrderChangeRead(msgspec.Struct, kw_only=True):
    no: int
    reason: str
    made_by: str
    created_at: datetime
    before: dict[str, Any]
    after: dict[str, Any]

    @classmethod
    def of(cls, change: OrderChange) -> "OrderChangeRead":
        return cls(**{name: getattr(change, name) for name in cls.__struct_fields__})


class CloseInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class FulfilmentController(Controller):
    path = "/orders/{order_id:uuid}"
    tags = ("Orders",)

    @get("/movements", operation_id="listOrderMovements", opt=READ)
    async def movements(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> list[MovementRead]:
        """Deliveries and returns, the first one first."""
        return [MovementRead.of(each) for each in await movements_of(work, await get_order(work, order_id))]

    @post("/deliveries", operation_id="deliverOrder", opt=DELIVER)
    async def deliver(self, work: NamedDependency[Work], order_id: FromPath[UUID], data: JSONBody[DeliveryInput]) -> MovementRead:
        """Deliver some of what is open, or all of it.  422 ``quantity_invalid`` beyond what is open."""
        return MovementRead.of(await deliver(work, order_id, data))

    @post("/returns", operation_id="returnOrder", opt=DELIVER)
    async def take_back(self, work: NamedDependency[Work], order_id: FromPath[UUID], data: JSONBody[ReturnInput]) -> MovementRead:
        """Take back what was delivered; what it led to in the books is taken off in red."""
        return MovementRead.of(await take_back(work, order_id, data))

    @post("/close", operation_id="closeOrder", opt=CHANGE, status_code=200)
    async def close(self, work: NamedDependency[Work], order_id: FromPath[UUID], data: JSONBody[CloseInput]) -> OrderRead:
        """What is not delivered yet will not be."""
        return OrderRead.of(await close_order(work, order_id, data.reason))

    @post("/reopen", operation_id="reopenOrder", opt=CHANGE, status_code=200)
    async def reopen(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> OrderRead:
        """The rest is delivered after all."""
        return OrderRead.of(await reopen_order(work, order_id))

    @post("/change", operation_id="changeOrder", opt={**CHANGE, VERSION: ALWAYS}, status_code=200)
    async def change(self, work: NamedDependency[Work], order_id: FromPath[UUID], data: JSONBody[ChangeInput]) -> OrderRead:
        """Change a confirmed order with a reason; its earlier versions stay on record."""
        return OrderRead.of(await change_order(work, order_id, data))

    @get("/changes", operation_id="listOrderChanges", opt=READ)
    async def changes(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> list[OrderChangeRead]:
        """Changes after the confirmation, the latest first."""
        return [OrderChangeRead.of(each) for each in await changes_of(work, await get_order(work, order_id))]
