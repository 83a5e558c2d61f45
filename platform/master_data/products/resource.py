"""Products as a resource."""

from collections.abc import Mapping
from typing import Any

from kernel.i18n import N_
from kernel.work import Work
from master_data.products.model import Product, ProductState
from master_data.products.rules import ProductRules
from vertical import Action, Resource


async def discontinue(work: Work, product: Product) -> Product:
    """Take the product off sale; documents that name it stay as they are."""
    product.state = ProductState.DISCONTINUED
    await work.session.flush()
    return product


async def resume(work: Work, product: Product) -> Product:
    """Put the product back on sale."""
    product.state = ProductState.ACTIVE
    await work.session.flush()
    return product


def on_sale(product: Mapping[str, Any]) -> bool:
    return bool(product["state"] == ProductState.ACTIVE)


def off_sale(product: Mapping[str, Any]) -> bool:
    return not on_sale(product)


PRODUCTS = Resource(
    model=Product,
    label=N_("Products"),
    singular=N_("Product"),
    permission="master.product",
    sort="sku",
    columns=("sku", "name", "kind", "unit", "list_price", "price_includes_tax", "tax_code", "state"),
    form=(
        "sku",
        "name",
        "kind",
        "unit",
        "specification",
        "list_price",
        "price_includes_tax",
        "tax_code",
        "cost_price",
        "barcode",
        "description",
    ),
    search=("search_text",),
    filters=("kind", "state", "tax_code"),
    actions=(
        Action(name="discontinue", label=N_("Discontinue"), run=discontinue, offered=on_sale),
        Action(name="resume", label=N_("Put back on sale"), run=resume, offered=off_sale),
    ),
    rules=ProductRules(),
    keys=("sku", "barcode"),
)
