"""Notifications and what members choose about them."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import TenantBase, choice, choice_check


class Channel(enum.StrEnum):
    """How a kind of notification reaches somebody."""

    APP = "app"
    MAIL = "mail"
    BOTH = "both"
    NONE = "none"


class Notification(TenantBase):
    """What one member is told.  ``text`` is an English message, ``values`` fill it in: each reader has their own language.

    ``shown`` is false for one that goes by mail alone.  ``mail_id`` is that of the letter which holds it, ``mailed_at`` when
    that was handed on; both stay empty where no mail is wanted.
    """

    __tablename__ = "workflow_notification"
    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        Index("ix_workflow_notification_list", "person_id", "at", "id", postgresql_where=text("shown")),
        Index("ix_workflow_notification_unread", "person_id", postgresql_where=text("shown AND read_at IS NULL")),
        Index("ix_workflow_notification_mail", "id", postgresql_where=text("mail AND mailed_at IS NULL")),
        Index("ix_workflow_notification_record", "record_kind", "record_id"),
    )

    person_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    values: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    record_kind: Mapped[str | None] = mapped_column(String(80))
    record_id: Mapped[UUID | None]
    path: Mapped[str] = mapped_column(String(300), default="")
    key: Mapped[str | None] = mapped_column(String(200), doc="Told to a member once.")
    actor_name: Mapped[str] = mapped_column(String(80), default="", doc="Who did what is told; empty for the platform itself.")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    shown: Mapped[bool] = mapped_column(default=True)
    read_at: Mapped[datetime | None]
    mail: Mapped[bool] = mapped_column(default=False)
    mail_id: Mapped[UUID | None]
    mailed_at: Mapped[datetime | None]


class NotificationChoice(TenantBase):
    """How a member wants a kind of notification; without a row the kind's own way holds."""

    __tablename__ = "workflow_notification_choice"
    __table_args__ = (choice_check("channel", Channel), UniqueConstraint("person_id", "kind"))

    person_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(80))
    channel: Mapped[Channel] = mapped_column(choice(Channel))
