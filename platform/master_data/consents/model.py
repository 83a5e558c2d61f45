"""Consents, each a row that stays: what was agreed to or taken back, when, how, and which words were read."""

import enum
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.i18n import N_
from kernel.orm import TenantBase, choice, choice_check
from messaging.channels import Channel


class ConsentSource(enum.StrEnum):
    """How somebody agreed, or took it back."""

    STAFF = "staff"
    FORM = "form"
    LINK = "link"
    REPLY = "reply"
    API = "api"


SOURCES = {
    ConsentSource.STAFF: N_("Noted by a colleague"),
    ConsentSource.FORM: N_("By a form"),
    ConsentSource.LINK: N_("By the link in a message"),
    ConsentSource.REPLY: N_("By an answer to a message"),
    ConsentSource.API: N_("By another program"),
}


class ConsentText(TenantBase):
    """The words to which people agree.  A text that was agreed to never changes; a change is a new number."""

    __tablename__ = "master_consent_text"
    __table_args__ = (choice_check("channel", Channel), UniqueConstraint("channel", "number"))

    channel: Mapped[Channel] = mapped_column(choice(Channel))
    number: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(80))


class Consent(TenantBase):
    """A party agreed to advertising by a channel (``granted``), or took that back.

    ``latest`` marks the newest of a party and channel.  Where two parties became one there may be two of them: then it counts
    as agreed only if both did.
    """

    __tablename__ = "master_consent"
    __table_args__ = (
        choice_check("channel", Channel),
        choice_check("source", ConsentSource),
        Index("ix_master_consent_party_id", "party_id", "channel"),
        Index("ix_master_consent_latest", "channel", "party_id", "granted", postgresql_where=text("latest")),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id", ondelete="CASCADE"))
    channel: Mapped[Channel] = mapped_column(choice(Channel))
    granted: Mapped[bool]
    latest: Mapped[bool] = mapped_column(default=True)
    at: Mapped[datetime] = mapped_column(default=clock.now, doc="When it was agreed to; may lie before it was entered.")
    address: Mapped[str] = mapped_column(String(254), default="", doc="The address it was about.")
    source: Mapped[ConsentSource] = mapped_column(choice(ConsentSource))
    note: Mapped[str] = mapped_column(String(300), default="", doc="How: signed at the fair, asked for by phone.")
    text_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_consent_text.id"), index=True)
    by_id: Mapped[UUID | None] = mapped_column(doc="The person who entered it; none: whom it is about.")
    by_name: Mapped[str] = mapped_column(String(80), default="")
    ip: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(300), default="")
