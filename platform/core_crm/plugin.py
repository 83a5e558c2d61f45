"""What the CRM contributes: orders."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from core_crm.orders.api import OrderController
from core_crm.orders.events import OrderCancelled, OrderConfirmed
from core_crm.orders.model import Order, OrderLine
from core_crm.orders.overview import ORDER_SEARCHERS, ORDER_WIDGETS, PARTY_ORDERS
from core_crm.orders.pages import OrderPages
from kernel.events import Event
from kernel.i18n import N_
from tenancy.plugin import release
from vertical import DocumentType, Manifest, Migrations, NavItem, Panel, Permission, Searcher, Widget, hookimpl


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="core_crm",
        version=release(),
        title=N_("Customer relations"),
        summary=N_("Orders from draft to confirmation, with documents to print."),
        publisher="Jingwei",
        requires_api=">=1.0,<2",
        icon="file-invoice",
    )


@hookimpl
def models() -> Sequence[type]:
    return [Order, OrderLine]


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("core_crm") / "migrations")


@hookimpl
def permissions() -> Sequence[Permission]:
    return [
        Permission(code="crm.order.read", label=N_("See orders")),
        Permission(code="crm.order.create", label=N_("Write orders")),
        Permission(code="crm.order.update", label=N_("Change draft orders")),
        Permission(code="crm.order.delete", label=N_("Delete draft orders")),
        Permission(code="crm.order.confirm", label=N_("Confirm orders")),
        Permission(code="crm.order.cancel", label=N_("Cancel confirmed orders")),
    ]


@hookimpl
def document_types() -> Sequence[DocumentType]:
    return [DocumentType(key="core_crm.order", label=N_("Sales order"), prefix="SO", reset="year", gapless=True)]


@hookimpl
def routes() -> Sequence[type]:
    return [OrderController]


@hookimpl
def pages() -> Sequence[type]:
    return [OrderPages]


@hookimpl
def templates() -> Traversable:
    return files("core_crm") / "templates"


@hookimpl
def translations() -> Traversable:
    return files("core_crm") / "locale"


@hookimpl
def navigation() -> Sequence[NavItem]:
    return [
        NavItem(
            label=N_("Orders"), path="/orders", section="sales", permission="crm.order.read", icon="file-invoice", order=10, mobile=True
        )
    ]


@hookimpl
def panels() -> Sequence[Panel]:
    return [PARTY_ORDERS]


@hookimpl
def widgets() -> Sequence[Widget]:
    return ORDER_WIDGETS


@hookimpl
def searchers() -> Sequence[Searcher]:
    return ORDER_SEARCHERS


@hookimpl
def events() -> Sequence[type[Event]]:
    return [OrderConfirmed, OrderCancelled]
