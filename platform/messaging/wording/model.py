"""Templates and their versions."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned, choice, choice_check
from messaging.channels import Channel
from messaging.outgoing.model import Purpose


class MessageTemplate(Versioned, TenantBase):
    """A message that is written once and sent to many.  ``number`` is that of its newest version."""

    __tablename__ = "messaging_template"
    __table_args__ = (choice_check("channel", Channel), choice_check("purpose", Purpose))

    name: Mapped[str] = mapped_column(String(80))
    channel: Mapped[Channel] = mapped_column(choice(Channel))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose), default=Purpose.MARKETING)
    number: Mapped[int] = mapped_column(Integer, default=1)
    active: Mapped[bool] = mapped_column(default=True)


class TemplateVersion(TenantBase):
    """What a template said from one moment on; it never changes.  ``texts`` hold subject and body by language.

    ``sms`` names the provider's approved template, and what goes into it in its order.
    """

    __tablename__ = "messaging_template_version"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    template_id: Mapped[UUID] = mapped_column(ForeignKey("messaging_template.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB)
    sms: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    made_by: Mapped[str] = mapped_column(String(80))
