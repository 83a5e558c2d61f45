"""Sales orders.  A confirmed order never changes; it is cancelled, and the cancellation reverses what it caused."""

import enum
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core_crm.orders.amounts import Amounts
from kernel.orm import TenantBase, Versioned, choice, choice_check


class OrderState(enum.StrEnum):
    DRAFT = "draft"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Order(Versioned, TenantBase):
    """A customer's order.  ``number`` is drawn on confirmation and stays empty before, so numbers have no gaps.

    Name and numbers of the customer are the party's at the time of the last edit: a printed order does not change when
    the customer moves.
    """

    __tablename__ = "crm_order"
    __table_args__ = (
        choice_check("state", OrderState),
        CheckConstraint("gross = net + tax", name="gross_is_net_and_tax"),
        CheckConstraint("confirmed_at IS NULL OR number IS NOT NULL", name="confirmed_is_numbered"),
        Index("ix_crm_order_list", "ordered_on", "id"),
    )

    number: Mapped[str | None] = mapped_column(String(30), unique=True)
    state: Mapped[OrderState] = mapped_column(choice(OrderState), default=OrderState.DRAFT)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id"), index=True)
    party_name: Mapped[str] = mapped_column(String(200))
    ordered_on: Mapped[date] = mapped_column(Date)
    delivery_on: Mapped[date | None] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(String(3), doc="ISO 4217 code.")
    prices_include_tax: Mapped[bool] = mapped_column(default=True)
    customer_reference: Mapped[str | None] = mapped_column(String(60), doc="The customer's own order number.")
    remark: Mapped[str | None] = mapped_column(Text)
    net: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0))
    tax: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0))
    gross: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0))
    made_by: Mapped[str] = mapped_column(String(80))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(String(80))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(String(80))
    cancel_reason: Mapped[str | None] = mapped_column(String(200))
    lines: Mapped[list["OrderLine"]] = relationship(
        lazy="raise", order_by="OrderLine.position", cascade="all, delete-orphan", passive_deletes=True
    )


class OrderLine(TenantBase):
    __tablename__ = "crm_order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("discount_percent >= 0 AND discount_percent <= 100", name="discount_within_bounds"),
        CheckConstraint("gross = net + tax", name="gross_is_net_and_tax"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("crm_order.id", ondelete="CASCADE"))
    position: Mapped[int]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_product.id"), index=True)
    product_code: Mapped[str | None] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(String(200))
    is_service: Mapped[bool] = mapped_column(default=False)
    unit: Mapped[str] = mapped_column(String(20))
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    unit_price: Mapped[Decimal] = mapped_column(Numeric(20, 6))
    discount_percent: Mapped[Decimal] = mapped_column(Numeric(7, 4), default=Decimal(0))
    tax_code: Mapped[str] = mapped_column(String(20))
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(7, 6), doc="The rate on the day of the order, a fraction.")
    net: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    tax: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    gross: Mapped[Decimal] = mapped_column(Numeric(20, 2))

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.net, self.tax, self.gross)
