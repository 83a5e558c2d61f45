"""What orders contribute, gathered for the plugin of the package."""

from core_crm.orders.api import OrderController
from core_crm.orders.events import OrderCancelled, OrderClosed, OrderConfirmed, OrderDelivered, OrderReturned, OrderRevised
from core_crm.orders.fulfilment_api import FulfilmentController
from core_crm.orders.fulfilment_pages import FulfilmentPages
from core_crm.orders.model import Movement, MovementLine, Order, OrderChange, OrderLine
from core_crm.orders.pages import OrderPages
from kernel.i18n import N_
from vertical import DocumentType, NavItem, Permission

MODELS = (Order, OrderLine, Movement, MovementLine, OrderChange)

PERMISSIONS = (
    Permission(code="crm.order.read", label=N_("See orders")),
    Permission(code="crm.order.create", label=N_("Write orders")),
    Permission(code="crm.order.update", label=N_("Change draft orders")),
    Permission(code="crm.order.delete", label=N_("Delete draft orders")),
    Permission(code="crm.order.confirm", label=N_("Confirm orders")),
    Permission(code="crm.order.cancel", label=N_("Cancel confirmed orders")),
    Permission(code="crm.order.deliver", label=N_("Deliver orders and take goods back")),
    Permission(code="crm.order.change", label=N_("Change confirmed orders and close their rest")),
)

DOCUMENTS = (
    DocumentType(key="core_crm.order", label=N_("Sales order"), prefix="SO", reset="year", gapless=True),
    DocumentType(key="core_crm.delivery", label=N_("Delivery"), prefix="DN", reset="year", gapless=True),
    DocumentType(key="core_crm.return", label=N_("Return of goods"), prefix="RN", reset="year", gapless=True),
)

ROUTES = (OrderController, FulfilmentController)

PAGES = (OrderPages, FulfilmentPages)

NAVIGATION = (
    NavItem(
        label=N_("Selling"),
        path="/apps/core_crm/settings",
        section="settings",
        permission="admin.app.manage",
        icon="file-invoice",
        order=60,
    ),
)

EVENTS = (OrderConfirmed, OrderCancelled, OrderDelivered, OrderReturned, OrderRevised, OrderClosed)
