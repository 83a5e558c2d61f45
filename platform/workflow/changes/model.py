"""Changes that wait for what follows from them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import TenantBase


class Change(TenantBase):
    """A record that one transaction wrote.  ``before`` are the old values of changed fields, as JSON has them.

    ``depth`` counts how many rules stand behind it, ``rules`` names them: what a rule changes does not go round for ever.
    """

    __tablename__ = "workflow_change"

    record_kind: Mapped[str] = mapped_column(String(80))
    record_id: Mapped[UUID]
    created: Mapped[bool] = mapped_column(default=False)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(80), default="")
    depth: Mapped[int] = mapped_column(Integer, default=0)
    rules: Mapped[list[str]] = mapped_column(JSONB, default=list)
    at: Mapped[datetime] = mapped_column(default=clock.now)
