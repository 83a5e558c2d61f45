"""Sales orders.  A confirmed order never changes; it is cancelled, and the cancellation reverses what it caused."""

import enum
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core_crm.pricing.model import PricedHead, PricedLine, head_checks, line_checks
from kernel.orm import TenantBase, Versioned, choice, choice_check


class OrderState(enum.StrEnum):
    DRAFT = "draft"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Order(PricedHead, Versioned, TenantBase):
    """A customer's order.  ``number`` is drawn on confirmation and stays empty before, so numbers have no gaps.

    Name and numbers of the customer are the party's at the time of the last edit: a printed order does not change when
    the customer moves.
    """

    __tablename__ = "crm_order"
    __table_args__ = (
        choice_check("state", OrderState),
        *head_checks(),
        CheckConstraint("confirmed_at IS NULL OR number IS NOT NULL", name="confirmed_is_numbered"),
        Index("ix_crm_order_list", "ordered_on", "id"),
    )

    number: Mapped[str | None] = mapped_column(String(30), unique=True)
    state: Mapped[OrderState] = mapped_column(choice(OrderState), default=OrderState.DRAFT)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id"), index=True)
    party_name: Mapped[str] = mapped_column(String(200))
    ordered_on: Mapped[date] = mapped_column(Date)
    delivery_on: Mapped[date | None] = mapped_column(Date)
    customer_reference: Mapped[str | None] = mapped_column(String(60), doc="The customer's own order number.")
    remark: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(80))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(String(80))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(String(80))
    cancel_reason: Mapped[str | None] = mapped_column(String(200))
    lines: Mapped[list["OrderLine"]] = relationship(
        lazy="raise", order_by="OrderLine.position", cascade="all, delete-orphan", passive_deletes=True
    )


class OrderLine(PricedLine, TenantBase):
    __tablename__ = "crm_order_line"
    __table_args__ = (UniqueConstraint("order_id", "position"), *line_checks())

    order_id: Mapped[UUID] = mapped_column(ForeignKey("crm_order.id", ondelete="CASCADE"))
