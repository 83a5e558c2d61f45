"""Tables of prices: lists, what stands in them, and what nobody may go below."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.i18n import N_
from kernel.money import CURRENCIES
from kernel.orm import TenantBase, Versioned

WHOM, WHEN = {"section": N_("For whom")}, {"section": N_("Validity")}


def currency_options() -> list[tuple[str, str]]:
    """Currencies to choose from."""
    return [(code, code) for code in CURRENCIES]


class PriceList(Versioned, TenantBase):
    """Prices for one customer, for customers of a level, or for all; from a day to a day, both included."""

    __tablename__ = "crm_price_list"
    __table_args__ = (
        CheckConstraint("party_id IS NULL OR level IS NULL", name="for_customer_or_level"),
        CheckConstraint("valid_until >= valid_from", name="ends_after_it_begins"),
    )

    name: Mapped[str] = mapped_column(String(80), unique=True, info={"label": N_("Name")})
    currency: Mapped[str] = mapped_column(String(3), default="CNY", info={"label": N_("Currency"), "options": currency_options})
    prices_include_tax: Mapped[bool] = mapped_column(default=True, info={"label": N_("Prices include tax")})
    party_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("master_party.id"), index=True, info={"label": N_("Customer"), "help": N_("Only for this customer"), **WHOM}
    )
    level: Mapped[str | None] = mapped_column(
        String(40),
        info={"label": N_("Customer level"), "help": N_("A tag of customers, such as VIP; empty and without a customer: for all"), **WHOM},
    )
    valid_from: Mapped[date | None] = mapped_column(Date, info={"label": N_("Valid from"), **WHEN})
    valid_until: Mapped[date | None] = mapped_column(Date, info={"label": N_("Valid until"), "help": N_("This day included"), **WHEN})
    active: Mapped[bool] = mapped_column(default=True, info={"label": N_("In use"), **WHEN})


class Price(Versioned, TenantBase):
    """The price of a product in a list, from a quantity on.  ``name`` says which, for lists and searches."""

    __tablename__ = "crm_price"
    __table_args__ = (
        UniqueConstraint("price_list_id", "product_id", "min_quantity"),
        CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
        CheckConstraint("min_quantity >= 0", name="min_quantity_not_negative"),
        Index("ix_crm_price_product", "product_id", "price_list_id"),
    )

    name: Mapped[str] = mapped_column(String(400), default="", info={"label": N_("Name")})
    price_list_id: Mapped[UUID] = mapped_column(ForeignKey("crm_price_list.id"), info={"label": N_("Price list")})
    product_id: Mapped[UUID] = mapped_column(ForeignKey("master_product.id"), info={"label": N_("Product")})
    min_quantity: Mapped[Decimal] = mapped_column(Numeric(18, 6), default=Decimal(0), info={"label": N_("From quantity")})
    unit_price: Mapped[Decimal] = mapped_column(Numeric(20, 6), info={"label": N_("Unit price"), "kind": "money"})


class PriceFloor(Versioned, TenantBase):
    """The price of a product below which somebody has to agree."""

    __tablename__ = "crm_price_floor"
    __table_args__ = (
        UniqueConstraint("product_id", "currency"),
        CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
    )

    name: Mapped[str] = mapped_column(String(400), default="", info={"label": N_("Name")})
    product_id: Mapped[UUID] = mapped_column(ForeignKey("master_product.id"), info={"label": N_("Product")})
    currency: Mapped[str] = mapped_column(String(3), default="CNY", info={"label": N_("Currency"), "options": currency_options})
    unit_price: Mapped[Decimal] = mapped_column(Numeric(20, 6), info={"label": N_("Floor price"), "kind": "money"})
    price_includes_tax: Mapped[bool] = mapped_column(default=True, info={"label": N_("Price includes tax")})
