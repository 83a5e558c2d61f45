"""Tables of contracts: milestones, the plan of payments (收款计划), what was received, and the papers."""

import enum
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, LargeBinary, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check
from master_data.api import Owned


class ContractState(enum.StrEnum):
    """``ended``: before its last day, by somebody; that its last day has passed is read from the day."""

    DRAFT = "draft"
    ACTIVE = "active"
    ENDED = "ended"


class Contract(Owned, Versioned, TenantBase):
    """An agreement with a customer.  ``number`` is drawn when it comes into force."""

    rights_stem = "crm.contract"
    rights_label = N_("Contracts")

    __tablename__ = "crm_contract"
    __table_args__ = (
        choice_check("state", ContractState),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_it_starts"),
        CheckConstraint("remind_days >= 0", name="remind_days_not_negative"),
        CheckConstraint("state = 'draft' OR number IS NOT NULL", name="in_force_is_numbered"),
        Index("ix_crm_contract_list", "created_at", "id"),
        Index("ix_crm_contract_ends", "state", "ends_on"),
    )

    number: Mapped[str | None] = mapped_column(String(30), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    state: Mapped[ContractState] = mapped_column(choice(ContractState), default=ContractState.DRAFT)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id"), index=True)
    party_name: Mapped[str] = mapped_column(String(200))
    further_parties: Mapped[str | None] = mapped_column(String(400), doc="Who else signs: a guarantor, the parent company.")
    customer_reference: Mapped[str | None] = mapped_column(String(60), doc="The customer's own number of the contract.")
    signed_on: Mapped[date | None] = mapped_column(Date)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date, doc="The last day.")
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2), doc="What the customer pays in all, tax included.")
    currency: Mapped[str] = mapped_column(String(3), doc="ISO 4217 code.")
    remind_days: Mapped[int] = mapped_column(Integer, default=30, doc="So many days before the end somebody is reminded.")
    reminded_for: Mapped[date | None] = mapped_column(Date, doc="The last day of which somebody was reminded.")
    end_task_id: Mapped[UUID | None] = mapped_column(doc="The task to renew it or let it end; it may be gone.")
    remark: Mapped[str | None] = mapped_column(Text)
    quote_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_quote.id", ondelete="SET NULL"), index=True)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_order.id", ondelete="SET NULL"), index=True)
    renews_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_contract.id", ondelete="SET NULL"), index=True)
    made_by: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    end_reason: Mapped[str | None] = mapped_column(String(200))
    milestones: Mapped[list["Milestone"]] = relationship(
        lazy="raise", order_by="Milestone.position", cascade="all, delete-orphan", passive_deletes=True
    )
    instalments: Mapped[list["Instalment"]] = relationship(
        lazy="raise", order_by="(Instalment.due_on, Instalment.position)", cascade="all, delete-orphan", passive_deletes=True
    )
    receipts: Mapped[list["Receipt"]] = relationship(
        lazy="raise", order_by="(Receipt.on_day, Receipt.id)", cascade="all, delete-orphan", passive_deletes=True
    )


class Milestone(TenantBase):
    """Something that has to be done by a day."""

    __tablename__ = "crm_contract_milestone"

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("crm_contract.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(120))
    due_on: Mapped[date | None] = mapped_column(Date)
    done_on: Mapped[date | None] = mapped_column(Date)
    done_by: Mapped[str | None] = mapped_column(String(80))


class Instalment(TenantBase):
    """A payment that is due on a day.  What has come in is read from the receipts, the oldest due first."""

    __tablename__ = "crm_contract_instalment"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_crm_contract_instalment_due", "due_on", "contract_id"),
    )

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("crm_contract.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(120))
    due_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    reminded: Mapped[bool] = mapped_column(default=False, doc="Somebody was told that it is overdue.")


class Receipt(TenantBase):
    """Money that came in.  A wrong one is withdrawn, and stays on record."""

    __tablename__ = "crm_contract_receipt"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("crm_contract.id", ondelete="CASCADE"), index=True)
    on_day: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    reference: Mapped[str | None] = mapped_column(String(80), doc="Number of the bank's slip, say.")
    made_by: Mapped[str] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))


class ContractFile(TenantBase):
    """A paper of the contract, in the company's own schema, so that a backup of the company holds it."""

    __tablename__ = "crm_contract_file"
    __table_args__ = (UniqueConstraint("contract_id", "sha256"),)

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("crm_contract.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    added_by: Mapped[str] = mapped_column(String(80))
