"""Products: goods and services, with their price and how they are taxed."""

import enum
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check
from master_data.taxes import DEFAULT_CODE, tax_options


class ProductKind(enum.StrEnum):
    GOODS = "goods"
    SERVICE = "service"


class ProductState(enum.StrEnum):
    ACTIVE = "active"
    DISCONTINUED = "discontinued"


class Product(Versioned, TenantBase):
    """Something sold or bought under a stock keeping unit."""

    __tablename__ = "master_product"
    __table_args__ = (
        choice_check("kind", ProductKind),
        choice_check("state", ProductState),
        CheckConstraint("list_price >= 0", name="list_price_not_negative"),
        Index("ix_master_product_search", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "ext.gin_trgm_ops"}),
    )

    sku: Mapped[str] = mapped_column(String(40), unique=True, doc="Stock keeping unit, unique in the company.", info={"label": N_("SKU")})
    name: Mapped[str] = mapped_column(String(200), info={"label": N_("Name")})
    kind: Mapped[ProductKind] = mapped_column(
        choice(ProductKind),
        default=ProductKind.GOODS,
        info={"label": N_("Kind"), "choices": {"goods": N_("Goods"), "service": N_("Service")}},
    )
    unit: Mapped[str] = mapped_column(String(20), default="件", doc="Unit of sale.", info={"label": N_("Unit")})
    cost_price: Mapped[Decimal | None] = mapped_column(
        Numeric(20, 6), doc="What one unit costs, before tax; empty: not known.", info={"label": N_("Cost price"), "kind": "money"}
    )
    list_price: Mapped[Decimal] = mapped_column(
        Numeric(20, 6), default=Decimal(0), doc="Price of one unit.", info={"label": N_("List price"), "kind": "money"}
    )
    price_includes_tax: Mapped[bool] = mapped_column(
        default=True, doc="Whether ``list_price`` contains VAT.", info={"label": N_("Price includes tax")}
    )
    tax_code: Mapped[str] = mapped_column(
        String(20), default=DEFAULT_CODE, doc="Code of the VAT treatment.", info={"label": N_("Tax code"), "options": tax_options}
    )
    barcode: Mapped[str | None] = mapped_column(String(40), index=True, info={"label": N_("Barcode")})
    specification: Mapped[str | None] = mapped_column(String(120), info={"label": N_("Specification")})
    state: Mapped[ProductState] = mapped_column(
        choice(ProductState),
        default=ProductState.ACTIVE,
        info={
            "label": N_("State"),
            "choices": {"active": N_("On sale"), "discontinued": N_("Discontinued")},
            "tones": {"active": "ok", "discontinued": "mute"},
        },
    )
    description: Mapped[str | None] = mapped_column(Text, info={"label": N_("Description"), "kind": "textarea"})
    search_text: Mapped[str] = mapped_column(Text, doc="What a search looks in: SKU, name, barcode, pinyin initials.")
