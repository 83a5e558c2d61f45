"""Columns that every priced document has, and those of its lines."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core_crm.pricing.amounts import Amounts, Discount


class PricedHead:
    """What a document comes to.  ``discount_amount`` is what its discount takes off, in the way the prices are meant."""

    currency: Mapped[str] = mapped_column(String(3), doc="ISO 4217 code.")
    prices_include_tax: Mapped[bool] = mapped_column(default=True)
    discount_percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 4), doc="Of the whole document, where it was given as a share.")
    discount_amount: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0), server_default=text("0"))
    net: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0))
    tax: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0))
    gross: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0))

    @property
    def discount(self) -> Discount:
        """The discount on the whole, as it was given."""
        if self.discount_percent is not None:
            return Discount(percent=self.discount_percent)
        return Discount(amount=self.discount_amount)


class PricedLine:
    """A line of a document: what is sold, at which price, and what it comes to.

    Words and rates are those of the day it was written: a printed document does not change when the product does.
    """

    position: Mapped[int]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_product.id"), index=True)
    product_code: Mapped[str | None] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(String(200))
    is_service: Mapped[bool] = mapped_column(default=False)
    unit: Mapped[str] = mapped_column(String(20))
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    unit_price: Mapped[Decimal] = mapped_column(Numeric(20, 6))
    price_source: Mapped[str | None] = mapped_column(String(80), doc="The price list that gave the price.")
    discount_percent: Mapped[Decimal] = mapped_column(Numeric(7, 4), default=Decimal(0))
    discount_share: Mapped[Decimal] = mapped_column(
        Numeric(20, 2), default=Decimal(0), server_default=text("0"), doc="Its part of the document's discount."
    )
    tax_code: Mapped[str] = mapped_column(String(20))
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(7, 6), doc="The rate on the day of the document, a fraction.")
    net: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    tax: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    gross: Mapped[Decimal] = mapped_column(Numeric(20, 2))

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.net, self.tax, self.gross)


def head_checks() -> tuple[CheckConstraint, ...]:
    """Constraints of a priced document, for its ``__table_args__``."""
    return (CheckConstraint("gross = net + tax", name="gross_is_net_and_tax"),)


def line_checks() -> tuple[CheckConstraint, ...]:
    """Constraints of a priced line, for its ``__table_args__``."""
    return (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("discount_percent >= 0 AND discount_percent <= 100", name="discount_within_bounds"),
        CheckConstraint("gross = net + tax", name="gross_is_net_and_tax"),
    )
