"""What lists keep: saved views, and files on their way in."""

from uuid import UUID

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase


class SavedView(TenantBase):
    """A list's query string under a name: one person's when ``person_id`` is set, else everyone's."""

    __tablename__ = "master_saved_view"
    __table_args__ = (Index("ix_master_saved_view_list", "list_name", "person_id"),)

    list_name: Mapped[str] = mapped_column(String(80), doc="Permission stem of the resource, e.g. ``master.party``.")
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(1000), doc="The query string that reproduces the list.")
    person_id: Mapped[UUID | None] = mapped_column(doc="Whose it is; empty for a view of the company.")
    made_by: Mapped[str] = mapped_column(String(80))


class ImportFile(TenantBase):
    """A file on its way in: kept between the steps of an import, and deleted when it is applied or a day old.

    ``content`` is sealed, as the file may hold numbers of identity papers that are kept in plain nowhere.
    """

    __tablename__ = "master_import_file"

    list_name: Mapped[str] = mapped_column(String(80), index=True, doc="Permission stem of the resource.")
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    mapping: Mapped[dict[str, str]] = mapped_column(JSONB, doc="Number of a column in the file to field.")
    key: Mapped[str] = mapped_column(
        String(80), default="", server_default="", doc="The field by which rows mean records that are there; empty: none."
    )
    made_by: Mapped[UUID | None]
