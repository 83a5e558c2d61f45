"""Tables of the intake: mailboxes, forms, and letters that wait to be handed to the mail service."""

import enum
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned, choice, choice_check


class ServiceMailbox(TenantBase):
    """An address that customers write to.  Mail to it is forwarded to the platform; who hands it in shows ``key``."""

    __tablename__ = "crm_service_mailbox"

    name: Mapped[str] = mapped_column(String(80), doc="Whom customers see as the sender.")
    address: Mapped[str] = mapped_column(String(254), unique=True, doc="In small letters; replies go back to it.")
    queue_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_ticket_queue.id", ondelete="SET NULL"), index=True)
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_ticket_category.id", ondelete="SET NULL"), index=True)
    acknowledge: Mapped[bool] = mapped_column(default=True, doc="New tickets are answered at once with their number.")
    key_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    active: Mapped[bool] = mapped_column(default=True)


class ServiceForm(Versioned, TenantBase):
    """A form on the company's web site that opens tickets.  ``key`` is its address; whoever has it may open one, no more."""

    __tablename__ = "crm_service_form"

    name: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    intro: Mapped[str | None] = mapped_column(Text)
    fields: Mapped[list[str]] = mapped_column(JSONB, default=list, doc="What it asks for beyond name, address, subject and text.")
    consent_text: Mapped[str] = mapped_column(Text, default="", doc="Empty: nothing is to be agreed to.")
    thanks: Mapped[str] = mapped_column(String(300))
    queue_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_ticket_queue.id", ondelete="SET NULL"), index=True)
    mailbox_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_service_mailbox.id", ondelete="SET NULL"), index=True)
    acknowledge: Mapped[bool] = mapped_column(default=True)
    sites: Mapped[list[str]] = mapped_column(JSONB, default=list, doc="Origins that may show the form in a frame.")
    active: Mapped[bool] = mapped_column(default=True)


class LetterKind(enum.StrEnum):
    """Why a customer gets a letter."""

    REPLY = "reply"
    RECEIVED = "received"
    RATING = "rating"


class TicketLetter(TenantBase):
    """A letter to a customer.  Its id is that of the mail, so that a repeated run hands nothing in twice."""

    __tablename__ = "crm_ticket_letter"
    __table_args__ = (
        choice_check("kind", LetterKind),
        Index("ix_crm_ticket_letter_waiting", "id", postgresql_where=text("handed_at IS NULL")),
    )

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("crm_ticket.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_ticket_message.id", ondelete="CASCADE"), index=True)
    kind: Mapped[LetterKind] = mapped_column(choice(LetterKind))
    recipient: Mapped[str] = mapped_column(String(254))
    handed_at: Mapped[datetime | None]
