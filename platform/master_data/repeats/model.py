"""Answers that are kept for a while, to be given again."""

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase


class KeptAnswer(TenantBase):
    """The first answer to a request with an ``Idempotency-Key``, of one caller at one address."""

    __tablename__ = "master_kept_answer"
    __table_args__ = (
        Index("uq_master_kept_answer_key", "caller", "operation", "idempotency_key", unique=True),
        Index("ix_master_kept_answer_created_at", "created_at"),
    )

    caller: Mapped[str] = mapped_column(String(60))
    operation: Mapped[str] = mapped_column(String(200), doc="Method and address.")
    idempotency_key: Mapped[str] = mapped_column(String(200))
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    location: Mapped[str | None] = mapped_column(String(300))
    body: Mapped[bytes] = mapped_column(LargeBinary)
