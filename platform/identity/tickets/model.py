"""What was handed out and whether it was used."""

import enum
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from identity.people.model import Person
from kernel import clock
from kernel.ids import new_id
from kernel.orm import PlatformBase, choice, choice_check
from tenancy.registry import TenantRow


class Purpose(enum.StrEnum):
    VERIFY = "verify"  # prove that an address is yours
    RESET = "reset"  # choose a new password
    ENTER = "enter"  # take a session to another host


class Ticket(PlatformBase):
    """``bound_to`` is what else must be shown: the address it was sent to, or the challenge of the browser that asked."""

    __tablename__ = "identity_ticket"
    __table_args__ = (choice_check("purpose", Purpose),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), index=True)
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), index=True)
    bound_to: Mapped[str] = mapped_column(Text, default="")
    session_id: Mapped[UUID | None] = mapped_column(doc="The session that vouches for the person, at a hand-off.")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
