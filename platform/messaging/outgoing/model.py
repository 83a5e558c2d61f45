"""How a company sends, and each message with what became of it."""

import enum
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, SmallInteger, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check
from messaging.channels import Channel


class Provider(enum.StrEnum):
    """Who carries the messages of a channel."""

    PLATFORM = "platform"
    SMTP = "smtp"
    ALIYUN = "aliyun"
    TENCENT = "tencent"
    GATEWAY = "gateway"
    NONE = "none"


PROVIDERS = {
    Channel.EMAIL: {Provider.PLATFORM: N_("The mail server of the platform"), Provider.SMTP: N_("Our own mail server")},
    Channel.SMS: {
        Provider.NONE: N_("None yet"),
        Provider.ALIYUN: N_("Alibaba Cloud"),
        Provider.TENCENT: N_("Tencent Cloud"),
        Provider.GATEWAY: N_("Another gateway, by HTTP"),
    },
}


class Purpose(enum.StrEnum):
    """Advertising needs consent and keeps to caps and quiet hours; what concerns an order or a contract does not."""

    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"


class MessageState(enum.StrEnum):
    """``UNSURE``: it was being handed over when we stopped, so it may have arrived; it is not sent again."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"
    UNSURE = "unsure"


STATES = {
    MessageState.QUEUED: N_("Waiting"),
    MessageState.SENDING: N_("Being sent"),
    MessageState.SENT: N_("Sent"),
    MessageState.DELIVERED: N_("Arrived"),
    MessageState.FAILED: N_("Failed"),
    MessageState.BOUNCED: N_("Came back"),
    MessageState.SUPPRESSED: N_("Not sent"),
    MessageState.UNSURE: N_("Unsure"),
}
TONES = {"sent": "info", "delivered": "ok", "failed": "bad", "bounced": "bad", "suppressed": "mute", "unsure": "warn"}

WENT_OUT = (MessageState.SENDING, MessageState.SENT, MessageState.DELIVERED, MessageState.BOUNCED, MessageState.UNSURE)
"""States of messages that a recipient may have got: they count for the cap."""


class Reason(enum.StrEnum):
    """Why a message was not sent, or came to nothing."""

    NONE = ""
    NO_ADDRESS = "no_address"
    NO_CONSENT = "no_consent"
    LISTED = "listed"
    CAPPED = "capped"
    NO_PROVIDER = "no_provider"
    COUNTRY = "country"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    GAVE_UP = "gave_up"
    INTERRUPTED = "interrupted"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


REASON_WORDS = {
    Reason.NONE: "",
    Reason.NO_ADDRESS: N_("There is no address of this kind"),
    Reason.NO_CONSENT: N_("No consent to advertising"),
    Reason.LISTED: N_("The address is on the list of who is sent nothing"),
    Reason.CAPPED: N_("Enough was sent to this recipient lately"),
    Reason.NO_PROVIDER: N_("The channel is not set up"),
    Reason.COUNTRY: N_("Numbers of this country are not sent to"),
    Reason.CANCELLED: N_("Called off before it was sent"),
    Reason.REFUSED: N_("The other side refused it"),
    Reason.GAVE_UP: N_("Tried several times in vain"),
    Reason.INTERRUPTED: N_("We stopped while handing it over; it is not repeated, so that nobody gets it twice"),
    Reason.BOUNCED: N_("The address does not exist"),
    Reason.COMPLAINED: N_("Reported as spam"),
}


class ChannelSetup(Versioned, TenantBase):
    """How the company sends by one channel.  ``sealed`` holds passwords and keys; see ``kernel.sealing``."""

    __tablename__ = "messaging_channel"
    __table_args__ = (
        choice_check("channel", Channel),
        choice_check("provider", Provider),
        CheckConstraint("cap_count > 0 AND cap_days > 0", name="cap_positive"),
        CheckConstraint("quiet_from BETWEEN 0 AND 1439 AND quiet_to BETWEEN 0 AND 1439", name="quiet_within_a_day"),
    )

    channel: Mapped[Channel] = mapped_column(choice(Channel), unique=True)
    provider: Mapped[Provider] = mapped_column(choice(Provider))
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    sealed: Mapped[str | None] = mapped_column(Text)
    sender_name: Mapped[str] = mapped_column(String(80), default="")
    reply_to: Mapped[str] = mapped_column(String(254), default="")
    cap_count: Mapped[int] = mapped_column(SmallInteger, default=3, doc="So much advertising within ``cap_days`` for one recipient.")
    cap_days: Mapped[int] = mapped_column(SmallInteger, default=7)
    quiet_from: Mapped[int] = mapped_column(SmallInteger, default=21 * 60, doc="Minute of the day, in the company's time zone.")
    quiet_to: Mapped[int] = mapped_column(SmallInteger, default=8 * 60)


class Message(TenantBase):
    """One message to one recipient.  ``key`` says what it is for: whoever asks for the same thing twice gets one message.

    ``party_id`` names a party without a foreign key, as parties live in a package above this one.
    """

    begun: ClassVar[bool] = False  # not stored: set on the copy that a sender holds, once its content begins to leave

    __tablename__ = "messaging_message"
    __table_args__ = (
        choice_check("channel", Channel),
        choice_check("purpose", Purpose),
        choice_check("state", MessageState),
        Index("ix_messaging_message_due", "due_at", postgresql_where=text("state = 'queued'")),
        Index("ix_messaging_message_sending", "lease_until", postgresql_where=text("state = 'sending'")),
        Index("ix_messaging_message_address", "address", "channel", "sent_at"),
        Index("ix_messaging_message_party_id", "party_id", "id"),
        Index("ix_messaging_message_source_id", "source_id", "state"),
        Index("ix_messaging_message_provider_id", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
    )

    key: Mapped[str] = mapped_column(String(200), unique=True)
    channel: Mapped[Channel] = mapped_column(choice(Channel))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    party_id: Mapped[UUID | None]
    party_name: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str | None] = mapped_column(Text)
    sms: Mapped[dict[str, Any] | None] = mapped_column(JSONB, doc="The provider's template, and what goes into it in its order.")
    locale: Mapped[str] = mapped_column(String(10), default="zh_CN")
    source: Mapped[str] = mapped_column(String(40), default="", doc="What asked for it: journey, test, api.")
    source_id: Mapped[UUID | None]
    step: Mapped[str] = mapped_column(String(40), default="")
    variant: Mapped[str] = mapped_column(String(1), default="")
    state: Mapped[MessageState] = mapped_column(choice(MessageState), default=MessageState.QUEUED)
    reason: Mapped[Reason] = mapped_column(choice(Reason), default=Reason.NONE)
    answer: Mapped[str] = mapped_column(String(500), default="", doc="What the other side said last.")
    provider_id: Mapped[str | None] = mapped_column(String(120))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    opted_out_at: Mapped[datetime | None]
