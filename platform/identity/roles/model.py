"""Roles of a company."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import PlatformBase
from tenancy.registry import TenantRow


class RoleRow(PlatformBase):
    """A named set of permissions.

    ``permissions`` holds codes and, in roles we ship, patterns (``identity.roles.patterns``).  ``source`` is who
    brought it: ``platform``, the name of a vertical, or empty for the company's own.
    """

    __tablename__ = "identity_role"

    tenant_id: Mapped[int] = mapped_column(ForeignKey(TenantRow.id, ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text, doc="English for a role we ship; the company's own words otherwise.")
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    source: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
