"""The files of vouchers, kept in the company's own schema, so that a backup of the company holds them."""

from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase


class Attachment(TenantBase):
    """One file.  ``voucher_id`` is that of the draft, which the posted voucher keeps."""

    __tablename__ = "finance_attachment"
    __table_args__ = (Index(None, "voucher_id"),)

    ledger_id: Mapped[UUID]
    voucher_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    added_by: Mapped[str] = mapped_column(String(100))
