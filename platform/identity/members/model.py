"""Members of companies and invitations to become one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from identity.people.model import Person
from kernel import clock
from kernel.ids import new_id
from kernel.orm import PlatformBase
from tenancy.registry import TenantRow


class Member(PlatformBase):
    """A person in a company, with the codes of the roles they hold there."""

    __tablename__ = "identity_member"

    tenant_id: Mapped[int] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True, index=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    joined_at: Mapped[datetime] = mapped_column(default=clock.now)


class Invitation(PlatformBase):
    """Bound to one address, one company and one set of roles.  The secret went by mail; its digest stays."""

    __tablename__ = "identity_invitation"
    __table_args__ = (Index("ix_identity_invitation_tenant_id_email_key", "tenant_id", "email_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[int] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
