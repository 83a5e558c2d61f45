"""Letters that wait, were sent, or could not be."""

import enum
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.ids import new_id
from kernel.orm import PlatformBase, choice, choice_check


class MailState(enum.StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Mail(PlatformBase):
    """A letter and its delivery.  ``text`` and ``html`` are erased once it is settled: they hold secret links."""

    __tablename__ = "messaging_mail"
    __table_args__ = (
        choice_check("state", MailState),
        Index("ix_messaging_mail_waiting", "next_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_messaging_mail_tenant_id_created_at", "tenant_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[int | None] = mapped_column(doc="The company in whose name it goes; none for the platform's own letters.")
    template: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    html: Mapped[str | None] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default=sa.text("'{}'::jsonb"))
    state: Mapped[MailState] = mapped_column(choice(MailState), default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=clock.now)
    answer: Mapped[str] = mapped_column(Text, default="", doc="What the mail server said last.")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]


class MailFile(PlatformBase):
    """A file that goes with a letter; erased with its text."""

    __tablename__ = "messaging_mail_file"

    mail_id: Mapped[UUID] = mapped_column(ForeignKey(Mail.id, ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
