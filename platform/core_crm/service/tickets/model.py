"""Tables of tickets: the tickets, their conversation and files, and what decides who answers by when."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Text, text, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from identity.opaque import new_secret
from kernel import clock
from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check
from master_data.api import Owned


class TicketState(enum.StrEnum):
    """Where a ticket stands.  ``waiting`` is for the customer: the clock of the resolution stands still."""

    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


class Priority(enum.StrEnum):
    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class TicketChannel(enum.StrEnum):
    """How it reached us."""

    MAIL = "mail"
    FORM = "form"
    PHONE = "phone"
    WECHAT = "wechat"
    VISIT = "visit"
    API = "api"


class MessageKind(enum.StrEnum):
    """Who says it to whom: the customer, we to the customer, we among ourselves, or the platform."""

    CUSTOMER = "customer"
    REPLY = "reply"
    NOTE = "note"
    EVENT = "event"


ACTIVE = (TicketState.NEW, TicketState.OPEN, TicketState.WAITING)
DONE = (TicketState.SOLVED, TicketState.CLOSED)


class TicketQueue(Versioned, TenantBase):
    """Who answers tickets of one kind: its people take turns, or whoever has fewest; its lead is told when one is late."""

    __tablename__ = "crm_ticket_queue"
    __table_args__ = (CheckConstraint("load_max > 0", name="load_positive"),)

    name: Mapped[str] = mapped_column(String(80), unique=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    employees: Mapped[list[str]] = mapped_column(
        JSONB, default=list, doc="Ids of those who take turns; none: nobody is assigned by itself."
    )
    by_load: Mapped[bool] = mapped_column(default=False, doc="To whom has fewest active tickets; else in turn.")
    load_max: Mapped[int | None] = mapped_column(Integer, doc="Nobody gets more active tickets than this by itself.")
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_employee.id"), index=True, doc="Who is told of late tickets.")
    last_employee_id: Mapped[UUID | None] = mapped_column(doc="Who had the last turn.")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", sort_order=102)


class TicketCategory(Versioned, TenantBase):
    """What tickets are about.  It may name the queue and the priority that a new one gets."""

    __tablename__ = "crm_ticket_category"
    __table_args__ = (choice_check("priority", Priority),)

    name: Mapped[str] = mapped_column(String(80), unique=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    queue_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_ticket_queue.id", ondelete="SET NULL"), index=True)
    priority: Mapped[Priority | None] = mapped_column(choice(Priority))
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", sort_order=102)


class SlaPolicy(Versioned, TenantBase):
    """By when a ticket is answered and solved, in working time.  Policies are tried in order; the first that fits counts."""

    __tablename__ = "crm_sla_policy"
    __table_args__ = (
        choice_check("priority", Priority),
        CheckConstraint("first_minutes > 0 AND resolve_minutes > 0", name="times_positive"),
        CheckConstraint("warn_percent BETWEEN 1 AND 100", name="warn_is_a_percentage"),
    )

    name: Mapped[str] = mapped_column(String(80), unique=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    priority: Mapped[Priority | None] = mapped_column(choice(Priority), doc="Empty: any.")
    category_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("crm_ticket_category.id", ondelete="CASCADE"), index=True, doc="Empty: any."
    )
    first_minutes: Mapped[int] = mapped_column(Integer, doc="Until the first answer.")
    resolve_minutes: Mapped[int] = mapped_column(Integer, doc="Until the solution, without the time the customer is waited for.")
    warn_percent: Mapped[int] = mapped_column(Integer, default=80, doc="After this share of either time whoever is in charge is warned.")
    around_clock: Mapped[bool] = mapped_column(default=False, doc="Nights, weekends and holidays count.")
    reassign: Mapped[bool] = mapped_column(default=False, doc="A late ticket goes to the lead of its queue.")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", sort_order=102)


class Ticket(Owned, Versioned, TenantBase):
    """A request of a customer.  Times of the clock are counted in working time, from ``created_at``."""

    rights_stem = "crm.ticket"
    rights_label = N_("Tickets")

    __tablename__ = "crm_ticket"
    __table_args__ = (
        choice_check("state", TicketState),
        choice_check("priority", Priority),
        choice_check("channel", TicketChannel),
        CheckConstraint("(state = 'waiting') = (waiting_since IS NOT NULL)", name="waiting_has_moment"),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        Index("ix_crm_ticket_list", "created_at", "id"),
        Index("ix_crm_ticket_due", "state", "resolve_due_at"),
        Index("ix_crm_ticket_mail", "requester_email"),
        Index("ix_crm_ticket_search", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "ext.gin_trgm_ops"}),
    )

    number: Mapped[str] = mapped_column(String(30), unique=True)
    subject: Mapped[str] = mapped_column(String(200))
    state: Mapped[TicketState] = mapped_column(choice(TicketState), default=TicketState.NEW)
    priority: Mapped[Priority] = mapped_column(choice(Priority), default=Priority.NORMAL)
    channel: Mapped[TicketChannel] = mapped_column(choice(TicketChannel))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_ticket_category.id"), index=True)
    queue_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_ticket_queue.id"), index=True)
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_party.id"), index=True)
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_contact.id", ondelete="SET NULL"), index=True)
    requester_name: Mapped[str] = mapped_column(String(80), default="")
    requester_email: Mapped[str] = mapped_column(String(254), default="", doc="In small letters; where replies go.")
    requester_phone: Mapped[str] = mapped_column(String(40), default="")
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_order.id", ondelete="SET NULL"), index=True)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_product.id"), index=True)
    serial: Mapped[str] = mapped_column(String(80), default="", doc="The device or lot it is about.")
    policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_sla_policy.id", ondelete="SET NULL"), index=True)
    first_due_at: Mapped[datetime | None]
    resolve_due_at: Mapped[datetime | None]
    first_responded_at: Mapped[datetime | None]
    first_seconds: Mapped[int | None] = mapped_column(Integer, doc="Working time until the first answer.")
    waiting_since: Mapped[datetime | None]
    paused_seconds: Mapped[int] = mapped_column(Integer, default=0, doc="Working time for which the clock of the resolution stood still.")
    solved_at: Mapped[datetime | None]
    resolve_seconds: Mapped[int | None] = mapped_column(Integer, doc="Working time until the solution, pauses taken off.")
    closed_at: Mapped[datetime | None]
    first_breached_at: Mapped[datetime | None]
    resolve_breached_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    reopened: Mapped[int] = mapped_column(Integer, default=0)
    last_activity_at: Mapped[datetime] = mapped_column(default=clock.now)
    follows_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("crm_ticket.id", ondelete="SET NULL"), index=True, doc="A closed one it goes on from."
    )
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_ticket.id"), index=True)
    mailbox_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_service_mailbox.id", ondelete="SET NULL"), index=True)
    public_key: Mapped[str | None] = mapped_column(String(64), unique=True, default=new_secret, doc="What only the customer's letters say.")
    made_by: Mapped[str] = mapped_column(String(80), default="")
    search_text: Mapped[str] = mapped_column(Text)


class TicketMessage(TenantBase):
    """One thing that was said about a ticket, or happened to it.  ``facts`` tell what an event is about, in no language."""

    __tablename__ = "crm_ticket_message"
    __table_args__ = (
        choice_check("kind", MessageKind),
        Index("ix_crm_ticket_message_thread", "ticket_id", "at", "id"),
        Index("uq_crm_ticket_message_mail", "message_id", unique=True, postgresql_where=text("message_id IS NOT NULL")),
    )

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("crm_ticket.id", ondelete="CASCADE"))
    origin_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("crm_ticket.id", ondelete="SET NULL"), index=True, doc="The ticket it belonged to before that one was merged."
    )
    kind: Mapped[MessageKind] = mapped_column(choice(MessageKind))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    author_id: Mapped[UUID | None] = mapped_column(doc="The person who signed in; none: a customer or the platform.")
    author_name: Mapped[str] = mapped_column(String(80), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str | None] = mapped_column(Text, doc="As the mail had it, without anything that runs or loads.")
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    message_id: Mapped[str | None] = mapped_column(String(300), doc="Message-ID of the mail it came or went by.")


class TicketFile(TenantBase):
    """A file of a message, in the company's own schema, so that a backup of the company holds it."""

    __tablename__ = "crm_ticket_file"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("crm_ticket_message.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class ServiceSettings(Versioned, TenantBase):
    """What a company decides about its service desk, in one row."""

    __tablename__ = "crm_service_settings"
    __table_args__ = (CheckConstraint("close_days > 0", name="close_days_positive"),)

    key: Mapped[str] = mapped_column(String(20), unique=True, default="company")
    close_days: Mapped[int] = mapped_column(Integer, default=7, doc="Days after which a solved ticket is closed for good.")
    signature: Mapped[str] = mapped_column(Text, default="", doc="Below every reply.")
    ask_rating: Mapped[bool] = mapped_column(default=True, server_default=true(), doc="Customers are asked what they think of a solution.")
