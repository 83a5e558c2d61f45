"""Sales orders.  A confirmed order changes only by commands that keep what was before and put the books right."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Date, ForeignKey, Index, Integer, Numeric, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core_crm.pricing.model import PricedHead, PricedLine, head_checks, line_checks
from kernel.orm import TenantBase, Versioned, choice, choice_check

NONE = Decimal("0.000000")
"""No pieces, as the database writes it."""

PAR = Decimal("1.00000000")
"""The rate of the company's own currency, as the database writes it."""


class OrderState(enum.StrEnum):
    DRAFT = "draft"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class DeliveryMode(enum.StrEnum):
    """How a confirmed order is delivered: all of it with the confirmation, or step by step."""

    AT_ONCE = "at_once"
    SEPARATE = "separate"


class Progress(enum.StrEnum):
    """How far a confirmed order has come; read from its lines, never stored."""

    OPEN = "open"
    PARTIAL = "partial"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CLOSED = "closed"


class Order(PricedHead, Versioned, TenantBase):
    """A customer's order.  ``number`` is drawn on confirmation and stays empty before, so numbers have no gaps.

    Name and numbers of the customer are the party's at the time of the last edit: a printed order does not change when
    the customer moves.
    """

    __tablename__ = "crm_order"
    __table_args__ = (
        choice_check("state", OrderState),
        choice_check("delivery", DeliveryMode),
        *head_checks(),
        CheckConstraint("confirmed_at IS NULL OR number IS NOT NULL", name="confirmed_is_numbered"),
        CheckConstraint("rate > 0", name="rate_positive"),
        Index("ix_crm_order_list", "ordered_on", "id"),
        # What customers bought of late, answered from the index alone: segments ask it of all customers at once.
        Index(
            "ix_crm_order_confirmed",
            "ordered_on",
            "party_id",
            postgresql_include=["gross", "rate"],
            postgresql_where=text("state = 'confirmed'"),
        ),
    )

    number: Mapped[str | None] = mapped_column(String(30), unique=True)
    state: Mapped[OrderState] = mapped_column(choice(OrderState), default=OrderState.DRAFT)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id"), index=True)
    party_name: Mapped[str] = mapped_column(String(200))
    ordered_on: Mapped[date] = mapped_column(Date)
    delivery_on: Mapped[date | None] = mapped_column(Date)
    customer_reference: Mapped[str | None] = mapped_column(String(60), doc="The customer's own order number.")
    remark: Mapped[str | None] = mapped_column(Text)
    delivery: Mapped[DeliveryMode] = mapped_column(
        choice(DeliveryMode), default=DeliveryMode.AT_ONCE, server_default=text("'at_once'"), doc="As the company had it on confirmation."
    )
    revision: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"), doc="How often it changed after confirmation.")
    rate: Mapped[Decimal] = mapped_column(
        Numeric(18, 8),
        default=PAR,
        server_default=text("1"),
        doc="Units of the company's currency for one of the order's, as it was on confirmation; it never changes afterwards.",
    )
    made_by: Mapped[str] = mapped_column(String(80))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(String(80))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(String(80))
    cancel_reason: Mapped[str | None] = mapped_column(String(200))
    closed_at: Mapped[datetime | None] = mapped_column(doc="The rest is not delivered any more.")
    closed_by: Mapped[str | None] = mapped_column(String(80))
    close_reason: Mapped[str | None] = mapped_column(String(200))
    lines: Mapped[list["OrderLine"]] = relationship(
        lazy="raise", order_by="OrderLine.position", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def progress(self) -> Progress | None:
        """How far it has come; None before it is confirmed, and when it was cancelled."""
        if self.state is not OrderState.CONFIRMED:
            return None
        if self.closed_at is not None:
            return Progress.CLOSED
        return progress_of(
            delivered=any(line.delivered for line in self.lines),
            open_=any(line.open for line in self.lines),
            kept=any(line.kept for line in self.lines),
        )


def worth(amount: Any) -> ColumnElement[Decimal]:
    """The sum of ``amount``, a column of orders or of their lines, in the company's currency."""
    return func.round(func.sum(amount * Order.rate), 2)


def progress_of(*, delivered: bool, open_: bool, kept: bool) -> Progress:
    """How far an order has come, of which something was ``delivered``, is ``open``, and is still with the customer (``kept``)."""
    if not delivered:
        return Progress.OPEN
    if open_:
        return Progress.PARTIAL
    return Progress.DELIVERED if kept else Progress.RETURNED


class OrderLine(PricedLine, TenantBase):
    """A line with what became of it.

    ``exchanged`` is the part of what was returned that is delivered again.  ``posted_net`` and ``posted_tax`` are what
    the books hold of it, in the order's currency: its share for what was delivered and kept.  ``posted_rate`` is what that
    was converted with, the average where deliveries of several days had different rates.
    """

    __tablename__ = "crm_order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        *line_checks(),
        CheckConstraint("delivered >= returned AND returned >= exchanged AND exchanged >= 0", name="returned_of_delivered"),
        CheckConstraint("delivered <= quantity + exchanged", name="delivered_of_ordered"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("crm_order.id", ondelete="CASCADE"))
    delivered: Mapped[Decimal] = mapped_column(Numeric(18, 6), default=NONE, server_default=text("0"))
    returned: Mapped[Decimal] = mapped_column(Numeric(18, 6), default=NONE, server_default=text("0"))
    exchanged: Mapped[Decimal] = mapped_column(Numeric(18, 6), default=NONE, server_default=text("0"))
    posted_net: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0), server_default=text("0"))
    posted_tax: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0), server_default=text("0"))
    posted_rate: Mapped[Decimal] = mapped_column(Numeric(18, 8), default=PAR, server_default=text("1"))

    @property
    def open(self) -> Decimal:
        """What is still to be delivered."""
        return self.quantity - self.delivered + self.exchanged

    @property
    def kept(self) -> Decimal:
        """What was delivered and not returned."""
        return self.delivered - self.returned


class MovementKind(enum.StrEnum):
    DELIVERY = "delivery"
    RETURN = "return"


class Movement(TenantBase):
    """Goods that went to the customer, or came back; what they are worth by the order."""

    __tablename__ = "crm_order_movement"
    __table_args__ = (
        choice_check("kind", MovementKind),
        CheckConstraint("gross = net + tax", name="gross_is_net_and_tax"),
        Index("ix_crm_order_movement_order", "order_id", "on_day", "id"),
        {"info": {"privileges": "insert_only"}},
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("crm_order.id"))
    number: Mapped[str] = mapped_column(String(30), unique=True)
    kind: Mapped[MovementKind] = mapped_column(choice(MovementKind))
    on_day: Mapped[date] = mapped_column(Date)
    reference: Mapped[str | None] = mapped_column(String(60), doc="Number of the parcel, say.")
    reason: Mapped[str | None] = mapped_column(String(200), doc="Why it came back.")
    exchange: Mapped[bool] = mapped_column(default=False, doc="What came back is delivered again.")
    net: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    tax: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    gross: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    made_by: Mapped[str] = mapped_column(String(80))
    lines: Mapped[list["MovementLine"]] = relationship(lazy="raise", order_by="MovementLine.id")


class MovementLine(TenantBase):
    __tablename__ = "crm_order_movement_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        UniqueConstraint("movement_id", "line_id"),
        {"info": {"privileges": "insert_only"}},
    )

    movement_id: Mapped[UUID] = mapped_column(ForeignKey("crm_order_movement.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("crm_order_line.id"), index=True)
    description: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(20))
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    net: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    tax: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    gross: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    rate: Mapped[Decimal] = mapped_column(
        Numeric(18, 8), default=PAR, server_default=text("1"), doc="What it was converted with into the company's currency."
    )


class OrderChange(TenantBase):
    """A change after confirmation: why, by whom, and the order before and after."""

    __tablename__ = "crm_order_change"
    __table_args__ = (UniqueConstraint("order_id", "no"), {"info": {"privileges": "insert_only"}})

    order_id: Mapped[UUID] = mapped_column(ForeignKey("crm_order.id"))
    no: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[str] = mapped_column(String(80))
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)
