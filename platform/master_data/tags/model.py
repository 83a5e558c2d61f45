"""Tags that a company knows."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase


class Tag(TenantBase):
    """A word for records.  Records hold the words themselves; this table is what filters and forms offer."""

    __tablename__ = "master_tag"

    name: Mapped[str] = mapped_column(String(40), unique=True)
