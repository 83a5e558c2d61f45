"""What order-to-cash contributes: posting rules of orders, and the way from an order to its vouchers."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from kernel.i18n import N_
from order_to_cash import measuring, rating  # noqa: F401 - give targets their meter of money received, orders their rates
from order_to_cash.invariants import INVARIANTS
from order_to_cash.panels import PANELS
from order_to_cash.posting import RULES
from tenancy.plugin import release
from vertical import Invariant, Manifest, Panel, PostingRule, hookimpl


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="order_to_cash",
        version=release(),
        title=N_("Order to cash"),
        summary=N_("Orders become vouchers and back."),
        publisher="Jingwei",
        requires_api=">=1.0,<2",
        icon="arrows-exchange",
    )


@hookimpl
def posting_rules() -> Sequence[PostingRule]:
    return RULES


@hookimpl
def panels() -> Sequence[Panel]:
    return PANELS


@hookimpl
def templates() -> Traversable:
    return files("order_to_cash") / "templates"


@hookimpl
def translations() -> Traversable:
    return files("order_to_cash") / "locale"


@hookimpl
def invariants() -> Sequence[Invariant]:
    return INVARIANTS
