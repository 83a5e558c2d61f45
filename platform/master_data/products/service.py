"""Products for others: create, look up, search."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from kernel.work import Work
from master_data.products.model import Product, ProductKind, ProductState
from master_data.products.resource import PRODUCTS
from vertical.records import create_record, update_record


@dataclass(frozen=True, kw_only=True)
class ProductCard:
    """What documents need of a product."""

    id: UUID
    sku: str
    name: str
    kind: ProductKind
    unit: str
    list_price: Decimal
    price_includes_tax: bool
    tax_code: str
    on_sale: bool


async def create_product(work: Work, **values: Any) -> UUID:
    """A new product; ``values`` are fields of the form, ``sku`` and ``name`` at least.

    Raises:
        Invalid: a value is wrong by itself.
        RecordRefused: the SKU is taken.
    """
    return await create_record(work, PRODUCTS, values)


async def update_product(work: Work, product_id: UUID, changes: Mapping[str, Any], *, version: int | None = None) -> None:
    """Change fields of a product; see ``vertical.records.update_record``."""
    await update_record(work, PRODUCTS, product_id, changes, version=version)


async def get_products(work: Work, product_ids: Collection[UUID]) -> dict[UUID, ProductCard]:
    """Those of the products that exist, by id."""
    rows = await work.session.execute(_cards().where(Product.id.in_(product_ids)))
    return {row.id: _card(row) for row in rows}


async def find_products(work: Work, text: str, limit: int = 20) -> Sequence[ProductCard]:
    """Products on sale by SKU, name, barcode or pinyin initials."""
    pattern = "%" + text.casefold().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    query = _cards().where(Product.search_text.like(pattern, escape="\\"), Product.state == ProductState.ACTIVE)
    return [_card(row) for row in await work.session.execute(query.order_by(Product.sku).limit(limit))]


def _cards() -> Select[*tuple[Any, ...]]:
    p = Product
    return select(p.id, p.sku, p.name, p.kind, p.unit, p.list_price, p.price_includes_tax, p.tax_code, p.state)


def _card(row: Any) -> ProductCard:
    return ProductCard(
        id=row.id,
        sku=row.sku,
        name=row.name,
        kind=row.kind,
        unit=row.unit,
        list_price=row.list_price,
        price_includes_tax=row.price_includes_tax,
        tax_code=row.tax_code,
        on_sale=row.state is ProductState.ACTIVE,
    )
