"""Personal API tokens."""

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


class ApiToken(PlatformBase):
    """A token of one member in one company.  ``display`` is its beginning, to tell tokens apart; the rest is only a digest."""

    __tablename__ = "identity_api_token"
    __table_args__ = (Index("ix_identity_api_token_tenant_id_person_id", "tenant_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[int] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    display: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(doc="Last request, to the minute.")
