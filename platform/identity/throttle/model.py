"""Failures per key.  Keys are digests: the table names nobody."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import PlatformBase


class Throttle(PlatformBase):
    __tablename__ = "identity_throttle"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    blocked_until: Mapped[datetime | None]
