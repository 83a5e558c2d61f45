"""Flows of the company, requests that were made, and who decided what."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import TenantBase, Versioned, choice, choice_check


class ApprovalState(enum.StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class SeatState(enum.StrEnum):
    """What somebody who is to decide has done; ``spared``: others decided before it came to that."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    DELEGATED = "delegated"
    SPARED = "spared"


class ActKind(enum.StrEnum):
    SUBMITTED = "submitted"
    ASKED = "asked"
    PASSED = "passed"
    ESCALATED = "escalated"
    APPROVED = "approved"
    REJECTED = "rejected"
    DELEGATED = "delegated"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class ApprovalFlow(Versioned, TenantBase):
    """Who decides about requests of one kind whose facts fit.  Of several the first that fits counts."""

    __tablename__ = "workflow_approval_flow"
    __table_args__ = (Index("ix_workflow_approval_flow_kind", "kind", "position"),)

    kind: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(default=True)
    conditions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)


class Approval(TenantBase):
    """A request.  ``steps`` are those of the flow as it was then; ``step`` is the one at hand, counted from 0."""

    __tablename__ = "workflow_approval"
    __table_args__ = (
        choice_check("state", ApprovalState),
        Index("uq_workflow_approval_pending", "kind", "record_kind", "record_id", unique=True, postgresql_where=text("state = 'pending'")),
        Index("ix_workflow_approval_record", "record_kind", "record_id"),
        Index("ix_workflow_approval_submitter", "submitter_id", "submitted_at", "id"),
        Index("ix_workflow_approval_list", "submitted_at", "id"),
    )

    kind: Mapped[str] = mapped_column(String(80))
    record_kind: Mapped[str] = mapped_column(String(80))
    record_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(String(200))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    note: Mapped[str] = mapped_column(Text, default="")
    flow: Mapped[str] = mapped_column(String(80), default="")
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    step: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[ApprovalState] = mapped_column(choice(ApprovalState), default=ApprovalState.PENDING)
    submitter_id: Mapped[UUID | None]
    submitter_name: Mapped[str] = mapped_column(String(80), default="")
    submitted_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    reason: Mapped[str] = mapped_column(Text, default="")


class ApprovalSeat(TenantBase):
    """One who is to decide in one step."""

    __tablename__ = "workflow_approval_seat"
    __table_args__ = (
        choice_check("state", SeatState),
        Index("uq_workflow_approval_seat", "approval_id", "step", "person_id", unique=True),
        Index("ix_workflow_approval_seat_waiting", "person_id", postgresql_where=text("state = 'waiting'")),
        Index("ix_workflow_approval_seat_decided", "person_id", "decided_at"),
    )

    approval_id: Mapped[UUID] = mapped_column(ForeignKey("workflow_approval.id", ondelete="CASCADE"))
    step: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[UUID]
    person_name: Mapped[str] = mapped_column(String(80))
    state: Mapped[SeatState] = mapped_column(choice(SeatState), default=SeatState.WAITING)
    decided_at: Mapped[datetime | None]


class ApprovalAct(TenantBase):
    """One line of a request's history; never changed."""

    __tablename__ = "workflow_approval_act"
    __table_args__ = (
        choice_check("kind", ActKind),
        Index("ix_workflow_approval_act_approval_id", "approval_id", "at", "id"),
        {"info": {"privileges": "insert_only"}},
    )

    approval_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    step: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[ActKind] = mapped_column(choice(ActKind))
    by_id: Mapped[UUID | None]
    by_name: Mapped[str] = mapped_column(String(80), default="")
    to_name: Mapped[str] = mapped_column(String(300), default="")
    comment: Mapped[str] = mapped_column(Text, default="")
