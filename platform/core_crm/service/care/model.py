"""Tables of ready answers, merges and ratings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core_crm.service.tickets.model import MessageKind, Priority, TicketState
from kernel import clock
from kernel.orm import TenantBase, Versioned, choice, choice_check


class TicketMacro(Versioned, TenantBase):
    """A ready answer or note, with what it changes of the ticket."""

    __tablename__ = "crm_ticket_macro"
    __table_args__ = (
        choice_check("kind", MessageKind),
        choice_check("state_after", TicketState),
        choice_check("priority", Priority),
        CheckConstraint("kind IN ('reply', 'note')", name="kind_of_ours"),
    )

    name: Mapped[str] = mapped_column(String(80), unique=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[MessageKind] = mapped_column(choice(MessageKind), default=MessageKind.REPLY)
    text: Mapped[str] = mapped_column(Text, doc="May hold {customer}, {number}, {subject}, {agent} and {company}.")
    state_after: Mapped[TicketState | None] = mapped_column(choice(TicketState), doc="Where the ticket stands afterwards; empty: as it is.")
    priority: Mapped[Priority | None] = mapped_column(choice(Priority))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_ticket_category.id", ondelete="SET NULL"), index=True)
    queue_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_ticket_queue.id", ondelete="SET NULL"), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", sort_order=102)


class TicketMerge(TenantBase):
    """One ticket went into another; ``messages`` are the ids of what moved, so that an undo brings back exactly these."""

    __tablename__ = "crm_ticket_merge"
    __table_args__ = (choice_check("state", TicketState), CheckConstraint("source_id <> target_id", name="two_tickets"))

    source_id: Mapped[UUID] = mapped_column(ForeignKey("crm_ticket.id", ondelete="CASCADE"), index=True)
    target_id: Mapped[UUID] = mapped_column(ForeignKey("crm_ticket.id", ondelete="CASCADE"), index=True)
    state: Mapped[TicketState] = mapped_column(choice(TicketState), doc="Where the first one stood before.")
    messages: Mapped[list[str]] = mapped_column(JSONB, default=list)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by: Mapped[str] = mapped_column(String(80))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(80))


class TicketRating(TenantBase):
    """What a customer thought of how a ticket was handled, said once.  ``owner_id`` was in charge then."""

    __tablename__ = "crm_ticket_rating"
    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="score_in_range"), Index("ix_crm_ticket_rating_at", "at"))

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("crm_ticket.id", ondelete="CASCADE"), unique=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_employee.id"), index=True)
    score: Mapped[int] = mapped_column(Integer)
    comment: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
