"""Products as a resource."""

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
        Action(name="discontinue", label=N_("Discontinue"), run=discontinue),
        Action(name="resume", label=N_("Put back on sale"), run=resume),
    ),
    rules=ProductRules(),
    keys=("sku", "barcode"),
)
