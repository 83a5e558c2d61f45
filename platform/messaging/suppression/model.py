"""The suppression list of a company."""

import enum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.i18n import N_
from kernel.orm import TenantBase, choice, choice_check
from messaging.channels import Channel


class SuppressionReason(enum.StrEnum):
    """Why nothing is sent to an address.  ``UNSUBSCRIBED`` holds for advertising only, the others for everything."""

    UNSUBSCRIBED = "unsubscribed"
    MANUAL = "manual"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


REASONS = {
    SuppressionReason.UNSUBSCRIBED: N_("Unsubscribed"),
    SuppressionReason.MANUAL: N_("Entered by hand"),
    SuppressionReason.BOUNCED: N_("The address does not exist"),
    SuppressionReason.COMPLAINED: N_("Reported us as spam"),
}


class Suppression(TenantBase):
    """An address in the form of ``address_key``, and why nothing goes there."""

    __tablename__ = "messaging_suppression"
    __table_args__ = (
        choice_check("channel", Channel),
        choice_check("reason", SuppressionReason),
        UniqueConstraint("channel", "address"),
    )

    channel: Mapped[Channel] = mapped_column(choice(Channel))
    address: Mapped[str] = mapped_column(String(254))
    reason: Mapped[SuppressionReason] = mapped_column(choice(SuppressionReason))
    detail: Mapped[str] = mapped_column(String(500), default="", doc="What the mail server said, or who entered it.")
