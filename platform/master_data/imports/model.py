"""Imports that were applied."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Index, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase


class Import(TenantBase):
    """A file that was written into a list, with what it takes to undo that.

    ``created`` are the new records.  ``before`` has an entry for each changed one: its id, the version it had then, and
    the fields that became others, with their earlier values as JSON.
    """

    __tablename__ = "master_import"
    __table_args__ = (Index("ix_master_import_list", "list_name", "created_at"),)

    list_name: Mapped[str] = mapped_column(String(80), doc="Permission stem of the resource.")
    file_name: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(80), default="", doc="The field by which rows meant records that were there; empty: none.")
    made_by: Mapped[UUID | None]
    made_by_name: Mapped[str] = mapped_column(String(80))
    created: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    before: Mapped[list[Any]] = mapped_column(JSONB)
    same_count: Mapped[int] = mapped_column(default=0, doc="Rows that changed nothing.")
    papers: Mapped[list[UUID]] = mapped_column(
        ARRAY(Uuid), default=list, server_default="{}", doc="Persons whose identity paper the file brought."
    )
    undone_at: Mapped[datetime | None]
    undone_by_name: Mapped[str | None] = mapped_column(String(80))
    kept_count: Mapped[int] = mapped_column(default=0, doc="Records that stayed as they were when it was undone.")
