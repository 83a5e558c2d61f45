"""Journeys, what they said in each version, and the run of each customer."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, Integer, Numeric, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check


class JourneyState(enum.StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


STATE_WORDS = {
    JourneyState.DRAFT: N_("Draft"),
    JourneyState.ACTIVE: N_("Running"),
    JourneyState.PAUSED: N_("Paused"),
    JourneyState.ENDED: N_("Ended"),
}


class RunState(enum.StrEnum):
    """``HELD``: kept out on purpose, to see what would have happened without the journey."""

    ACTIVE = "active"
    DONE = "done"
    GOAL = "goal"
    EXITED = "exited"
    HELD = "held"
    FAILED = "failed"


RUN_WORDS = {
    RunState.ACTIVE: N_("Under way"),
    RunState.DONE: N_("Came to the end"),
    RunState.GOAL: N_("Reached the goal"),
    RunState.EXITED: N_("Left"),
    RunState.HELD: N_("Control group"),
    RunState.FAILED: N_("Failed"),
}

EXIT_WORDS = {
    "": "",
    "unsubscribed": N_("unsubscribed"),
    "reply": N_("answered"),
    "condition": N_("a condition did not hold"),
    "merged": N_("became one with another customer"),
    "gone": N_("the customer was deleted"),
    "ended": N_("the journey ended"),
    "by_hand": N_("taken out by a colleague"),
    "present": N_("was in the segment before the journey began"),
}


class Journey(Versioned, TenantBase):
    """What happens to customers from an occasion on.  ``number`` is that of its newest version."""

    __tablename__ = "crm_journey"
    __table_args__ = (choice_check("state", JourneyState), Index("ix_crm_journey_active", "state"))

    name: Mapped[str] = mapped_column(String(80))
    state: Mapped[JourneyState] = mapped_column(choice(JourneyState), default=JourneyState.DRAFT)
    number: Mapped[int] = mapped_column(Integer, default=0)
    trigger: Mapped[dict[str, Any]] = mapped_column(JSONB)
    goal: Mapped[dict[str, Any]] = mapped_column(JSONB)
    exit_on_reply: Mapped[bool] = mapped_column(default=True)
    holdout_percent: Mapped[int] = mapped_column(SmallInteger, default=0)
    again_days: Mapped[int | None] = mapped_column(Integer, doc="After so many days a customer may enter again; none: once for all.")
    entered_through: Mapped[date | None] = mapped_column(Date, doc="The last day whose occasions were looked after.")
    looked_at: Mapped[datetime | None] = mapped_column(doc="When the segment was last looked through.")
    started_at: Mapped[datetime | None]
    made_by: Mapped[str] = mapped_column(String(80))


class JourneyVersion(TenantBase):
    """The steps from one moment on.  Runs keep to the version with which they began."""

    __tablename__ = "crm_journey_version"
    __table_args__ = (UniqueConstraint("journey_id", "number"),)

    journey_id: Mapped[UUID] = mapped_column(ForeignKey("crm_journey.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    channels: Mapped[list[str]] = mapped_column(JSONB)
    made_by: Mapped[str] = mapped_column(String(80))


class JourneyRun(TenantBase):
    """One customer's way through a journey.  ``occasion`` tells two of them apart: the year of a birthday, the day of a promotion.

    ``party_id`` has no foreign key: two parties that become one may both be on their way.
    """

    __tablename__ = "crm_journey_run"
    __table_args__ = (
        choice_check("state", RunState),
        UniqueConstraint("journey_id", "party_id", "occasion"),
        Index("uq_crm_journey_run_active", "journey_id", "party_id", unique=True, postgresql_where=text("state = 'active'")),
        Index("ix_crm_journey_run_due", "due_at", postgresql_where=text("state = 'active'")),
        Index("ix_crm_journey_run_party", "party_id", "state"),
    )

    journey_id: Mapped[UUID] = mapped_column(ForeignKey("crm_journey.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    party_id: Mapped[UUID]
    occasion: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[RunState] = mapped_column(choice(RunState), default=RunState.ACTIVE)
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    exit_reason: Mapped[str] = mapped_column(String(20), default="")
    goal_at: Mapped[datetime | None]
    goal_amount: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0))
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    error: Mapped[str] = mapped_column(String(300), default="")
