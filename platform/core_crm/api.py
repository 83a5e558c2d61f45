"""What other packages may use of the CRM."""

from core_crm.orders.amounts import Amounts, line_amounts
from core_crm.orders.events import OrderCancelled, OrderConfirmed, OrderedLine
from core_crm.orders.model import Order, OrderLine, OrderState
from core_crm.orders.query import OrderQuery, OrderRow, list_orders, order_totals
from core_crm.orders.service import (
    LineInput,
    OrderInput,
    OrderInvalid,
    OrderNotDraft,
    OrderNotFound,
    cancel_order,
    confirm_order,
    create_order,
    delete_draft,
    get_order,
    update_order,
)

__all__ = [
    "Amounts", "LineInput", "Order", "OrderCancelled", "OrderConfirmed", "OrderInput", "OrderInvalid", "OrderLine", "OrderNotDraft",
    "OrderNotFound", "OrderQuery", "OrderRow", "OrderState", "OrderedLine", "cancel_order", "confirm_order", "create_order", "delete_draft",
    "get_order", "line_amounts", "list_orders", "order_totals", "update_order",
]  # fmt: skip
