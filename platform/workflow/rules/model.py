"""Rules, what they did, and letters that they wrote."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import TenantBase, Versioned, choice, choice_check


class Trigger(enum.StrEnum):
    """When a rule looks at a record."""

    CREATED = "created"
    CHANGED = "changed"
    BECAME = "became"
    DATE = "date"


class Match(enum.StrEnum):
    ALL = "all"
    ANY = "any"


class Outcome(enum.StrEnum):
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Rule(Versioned, TenantBase):
    """When (``trigger``, ``field``, ``value``, ``days``), if (``conditions``), then (``actions``).

    ``days`` is for a date: how many after it, before it where negative.  ``turn`` counts whose turn an assignment is.
    """

    __tablename__ = "workflow_rule"
    __table_args__ = (
        choice_check("trigger", Trigger),
        choice_check("match", Match),
        CheckConstraint("trigger NOT IN ('became', 'date') OR field IS NOT NULL", name="field_named"),
        Index("ix_workflow_rule_kind", "record_kind", "position", postgresql_where=text("active")),
    )

    name: Mapped[str] = mapped_column(String(80))
    record_kind: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(default=True)
    trigger: Mapped[Trigger] = mapped_column(choice(Trigger))
    field: Mapped[str | None] = mapped_column(String(80))
    value: Mapped[str] = mapped_column(String(400), default="")
    days: Mapped[int] = mapped_column(Integer, default=0)
    match: Mapped[Match] = mapped_column(choice(Match), default=Match.ALL)
    conditions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    turn: Mapped[int] = mapped_column(Integer, default=0)
    made_by: Mapped[str] = mapped_column(String(80), default="")


class RuleRun(TenantBase):
    """What a rule did with one record, or why it did not.  ``key`` keeps it from doing so twice for one date."""

    __tablename__ = "workflow_rule_run"
    __table_args__ = (
        choice_check("outcome", Outcome),
        UniqueConstraint("rule_id", "record_id", "key"),
        Index("ix_workflow_rule_run_rule", "rule_id", "at", "id"),
        Index("ix_workflow_rule_run_at", "at"),
    )

    rule_id: Mapped[UUID] = mapped_column(doc="No foreign key: what was done stays known when the rule is gone.")
    rule_name: Mapped[str] = mapped_column(String(80))
    record_kind: Mapped[str] = mapped_column(String(80))
    record_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(String(200), default="")
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome))
    reason: Mapped[str] = mapped_column(Text, default="")
    done: Mapped[list[str]] = mapped_column(JSONB, default=list, doc="In words, one for each action.")
    key: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class Letter(TenantBase):
    """A letter that a rule wrote; handed to the mail service after the commit, under its own id."""

    __tablename__ = "workflow_letter"
    __table_args__ = (Index("ix_workflow_letter_waiting", "id", postgresql_where=text("sent_at IS NULL")),)

    to: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    rule_id: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
