"""Sessions of browsers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from identity.people.model import Person
from kernel import clock
from kernel.ids import new_id
from kernel.orm import PlatformBase
from tenancy.registry import TenantRow


class SessionRow(PlatformBase):
    """``digest`` is of the cookie's value, which is stored nowhere.  Without a tenant it is a session of the platform's host."""

    __tablename__ = "identity_session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), index=True)
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), index=True)
    family: Mapped[UUID] = mapped_column(index=True, doc="The session it came from by hand-off, or itself: signing out ends them all.")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now, doc="Last request, to the minute.")
    expires_at: Mapped[datetime] = mapped_column(doc="The end, however busy it is.")
    proved_at: Mapped[datetime] = mapped_column(default=clock.now, doc="When the password was last asked.")
    ip: Mapped[str] = mapped_column(Text, default="")
    agent: Mapped[str] = mapped_column(Text, default="")
