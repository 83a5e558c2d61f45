"""REST API of orders."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from core_crm.orders.approval import ask_approval, confirm_order
from core_crm.orders.model import DeliveryMode, Order, OrderState, Progress
from core_crm.orders.pdf import order_pdf
from core_crm.orders.query import OrderQuery, OrderRow, list_orders
from core_crm.orders.service import (
    OrderInput,
    cancel_order,
    create_order,
    delete_draft,
    get_order,
    update_order,
)
from core_crm.paging import PAGE_ROWS, check_limit
from core_crm.pricing.model import PricedLine
from kernel.work import Work
from master_data.api import IdempotencyKey, once


class OrderLineRead(msgspec.Struct, kw_only=True):
    position: int
    product_id: UUID | None
    product_code: str | None
    description: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    price_source: str | None
    discount_percent: Decimal
    discount_share: Decimal
    tax_code: str
    tax_rate: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal

    @classmethod
    def of(cls, line: PricedLine) -> Self:
        return cls(**{name: getattr(line, name) for name in cls.__struct_fields__})


class OrderOwnLineRead(OrderLineRead, kw_only=True):
    """A line of an order; ``open`` is still to be delivered, ``exchanged`` came back and is delivered again."""

    id: UUID
    delivered: Decimal
    returned: Decimal
    exchanged: Decimal
    open: Decimal


class OrderRead(msgspec.Struct, kw_only=True):
    """An order.  Amounts are in ``currency``; ``rate`` is what one unit of it was in the company's on confirmation, 1 before."""

    id: UUID
    number: str | None
    state: OrderState
    party_id: UUID
    party_name: str
    ordered_on: date
    delivery_on: date | None
    currency: str
    prices_include_tax: bool
    discount_percent: Decimal | None
    discount_amount: Decimal
    customer_reference: str | None
    remark: str | None
    net: Decimal
    tax: Decimal
    gross: Decimal
    rate: Decimal
    delivery: DeliveryMode
    progress: Progress | None
    revision: int
    made_by: str
    confirmed_at: datetime | None
    confirmed_by: str | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancel_reason: str | None
    closed_at: datetime | None
    closed_by: str | None
    close_reason: str | None
    version: int
    lines: list[OrderOwnLineRead]

    @classmethod
    def of(cls, order: Order) -> "OrderRead":
        fields = {name: getattr(order, name) for name in cls.__struct_fields__ if name != "lines"}
        return cls(**fields, lines=[OrderOwnLineRead.of(line) for line in order.lines])


class OrderSummary(msgspec.Struct, kw_only=True):
    id: UUID
    number: str | None
    state: OrderState
    party_id: UUID
    party_name: str
    ordered_on: date
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    progress: Progress | None

    @classmethod
    def of(cls, row: OrderRow) -> "OrderSummary":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class OrderList(msgspec.Struct, kw_only=True):
    """A page of orders, newest first.  ``next`` is the cursor of the following page, null on the last."""

    items: list[OrderSummary]
    next: str | None


class OrderUpdate(OrderInput, kw_only=True, forbid_unknown_fields=True):
    """A draft written anew.  409 ``version_conflict`` when ``version`` is not the present one."""

    version: int | None = None


class AskInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class CancelInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class OrderController(Controller):
    path = "/orders"
    tags = ("Orders",)

    @get("/", operation_id="listOrders", opt={"permission": "crm.order.read"})
    async def list_orders(
        self,
        work: NamedDependency[Work],
        search: FromQuery[str] = "",
        filter_state: Annotated[OrderState | None, QueryParameter(name="state")] = None,
        party_id: FromQuery[UUID | None] = None,
        since: FromQuery[date | None] = None,
        until: FromQuery[date | None] = None,
        to_deliver: FromQuery[bool] = False,  # noqa: FBT002
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> OrderList:
        """Orders, newest first; days from ``since`` to before ``until``."""
        check_limit(limit)
        query = OrderQuery(
            search=search, state=filter_state, party_id=party_id, since=since, until=until, to_deliver=to_deliver, limit=limit, after=after
        )
        rows, following = await list_orders(work, query)
        return OrderList(items=[OrderSummary.of(row) for row in rows], next=following)

    @post("/", operation_id="createOrder", opt={"permission": "crm.order.create"})
    async def create(
        self,
        request: Request[Any, Any, Any],
        work: NamedDependency[Work],
        data: JSONBody[OrderInput],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[OrderRead]:
        """Write a draft.  What a line leaves out comes from its product."""

        async def make() -> Response[OrderRead]:
            order = await create_order(work, data)
            return Response(OrderRead.of(order), status_code=201, headers={"Location": f"{request.url.path.rstrip('/')}/{order.id}"})

        return await once(request, work, idempotency_key, make)

    @get("/{order_id:uuid}", operation_id="readOrder", opt={"permission": "crm.order.read"})
    async def read(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> OrderRead:
        """One order with its lines."""
        return OrderRead.of(await get_order(work, order_id))

    @put("/{order_id:uuid}", operation_id="updateOrder", opt={"permission": "crm.order.update"})
    async def update(self, work: NamedDependency[Work], order_id: FromPath[UUID], data: JSONBody[OrderUpdate]) -> OrderRead:
        """Write a draft anew, lines and all.  409 ``order_not_draft`` when it is no draft any more."""
        return OrderRead.of(await update_order(work, order_id, data, version=data.version))

    @delete("/{order_id:uuid}", operation_id="deleteOrder", opt={"permission": "crm.order.delete"})
    async def delete(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> None:
        """Throw a draft away.  409 ``order_not_draft`` when it was confirmed."""
        await delete_draft(work, order_id)

    @post("/{order_id:uuid}/confirm", operation_id="confirmOrder", opt={"permission": "crm.order.confirm"}, status_code=200)
    async def confirm(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> OrderRead:
        """Confirm a draft.  409 ``order_not_draft`` when it was confirmed before: nothing is done twice; 409 ``approval_needed`` where
        a price is below the floor.  In foreign money 409 ``rate_missing`` without a rate of the day, and 422 ``currency_not_kept`` where
        the account of receivables takes no such money."""
        return OrderRead.of(await confirm_order(work, order_id))

    @post("/{order_id:uuid}/ask-approval", operation_id="askOrderApproval", opt={"permission": "crm.order.confirm"}, status_code=200)
    async def ask(self, work: NamedDependency[Work], order_id: FromPath[UUID], data: JSONBody[AskInput]) -> OrderRead:
        """Ask for approval of prices below the floor; it is decided under ``/approvals``, and with the last yes the order is confirmed."""
        return OrderRead.of(await ask_approval(work, order_id, data.reason))

    @post("/{order_id:uuid}/cancel", operation_id="cancelOrder", opt={"permission": "crm.order.cancel"}, status_code=200)
    async def cancel(self, work: NamedDependency[Work], order_id: FromPath[UUID], data: JSONBody[CancelInput]) -> OrderRead:
        """Take a confirmed order back; what it caused is reversed."""
        return OrderRead.of(await cancel_order(work, order_id, data.reason))

    @get("/{order_id:uuid}/pdf", operation_id="printOrder", opt={"permission": "crm.order.read"}, media_type="application/pdf")
    async def pdf(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Response[bytes]:
        """The order as a PDF in the language of the request."""
        return await order_pdf(work, await get_order(work, order_id))
