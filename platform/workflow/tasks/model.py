"""Tasks."""

import enum
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, Integer, String, Text, Time, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned, choice, choice_check


class Priority(enum.StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Repeat(enum.StrEnum):
    """In which steps a task comes again; ``every`` counts them."""

    NONE = "none"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Task(Versioned, TenantBase):
    """Something to do for one member, or for whoever takes it.  ``done_at`` closes it.

    A task that repeats is followed by the next one when it is done; ``series_id`` is the first of them and ``series_on`` the
    day it was due, from which the others are counted.
    """

    __tablename__ = "workflow_task"
    __table_args__ = (
        choice_check("priority", Priority),
        choice_check("repeat", Repeat),
        CheckConstraint("repeat = 'none' OR due_on IS NOT NULL", name="repeat_has_due"),
        CheckConstraint("every BETWEEN 1 AND 100", name="every_sound"),
        CheckConstraint("due_time IS NULL OR due_on IS NOT NULL", name="time_has_day"),
        Index("ix_workflow_task_open", "assignee_id", "due_on", postgresql_where=text("done_at IS NULL")),
        Index("ix_workflow_task_author", "author_id", "due_on"),
        Index("ix_workflow_task_record", "record_kind", "record_id", postgresql_where=text("record_id IS NOT NULL")),
        Index("ix_workflow_task_remind", "remind_at", postgresql_where=text("done_at IS NULL AND reminded_at IS NULL")),
        Index("uq_workflow_task_series", "series_id", "due_on", unique=True, postgresql_where=text("done_at IS NULL AND repeat <> 'none'")),
    )

    title: Mapped[str] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    record_kind: Mapped[str | None] = mapped_column(String(80))
    record_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None] = mapped_column(doc="The person who is to do it; none: whoever takes it.")
    assignee_name: Mapped[str] = mapped_column(String(80), default="")
    author_id: Mapped[UUID | None]
    author_name: Mapped[str] = mapped_column(String(80), default="")
    due_on: Mapped[date | None] = mapped_column(Date)
    due_time: Mapped[time | None] = mapped_column(Time)
    remind_minutes: Mapped[int | None] = mapped_column(Integer, doc="How long before it is due; none: no reminder.")
    remind_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    priority: Mapped[Priority] = mapped_column(choice(Priority), default=Priority.NORMAL)
    repeat: Mapped[Repeat] = mapped_column(choice(Repeat), default=Repeat.NONE)
    every: Mapped[int] = mapped_column(Integer, default=1)
    repeat_until: Mapped[date | None] = mapped_column(Date)
    series_id: Mapped[UUID | None]
    series_on: Mapped[date | None] = mapped_column(Date)
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(String(80), default="")
