"""The log of visits: what the actor may see, the latest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, tuple_

from core_crm.paging import PAGE_ROWS, cursor, read_cursor
from kernel.work import Work
from master_data.api import Activity, ActivityKind, FileView, Party, files_of, open_to, visible

STEM = "master.party"


@dataclass(frozen=True, kw_only=True)
class VisitQuery:
    """``mine``: the actor's own; ``after`` is the cursor of the page before."""

    mine: bool = False
    party_id: UUID | None = None
    limit: int = PAGE_ROWS
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A visit with its customer and its files."""

    id: UUID
    party_id: UUID
    party_name: str
    body: str
    at: datetime
    author_id: UUID | None
    author_name: str
    next_contact_on: date | None
    private: bool
    place: str | None
    latitude: Decimal | None
    longitude: Decimal | None
    files: Sequence[FileView] = ()


async def list_visits(work: Work, query: VisitQuery) -> tuple[list[Visit], str | None]:
    """A page of visits to customers within reach, and the cursor of the next page."""
    a = Activity
    statement = (
        select(
            a.id, Party.id.label("party_id"), Party.name.label("party_name"), a.body, a.at, a.author_id, a.author_name,
            a.next_contact_on, a.private, a.place, a.latitude, a.longitude,
        )
        .join(Party, Party.id == a.record_id)
        .where(a.record_kind == STEM, a.kind == ActivityKind.VISIT, open_to(work), await visible(work, Party, STEM))
    )  # fmt: skip
    if query.mine:
        statement = statement.where(a.author_id == work.actor.id)
    if query.party_id:
        statement = statement.where(a.record_id == query.party_id)
    if query.after:
        statement = statement.where(tuple_(a.at, a.id) < read_cursor(query.after, tuple[datetime, UUID]))
    found = (await work.session.execute(statement.order_by(a.at.desc(), a.id.desc()).limit(query.limit + 1))).mappings().all()
    files = await files_of(work, [row["id"] for row in found[: query.limit]])
    visits = [Visit(**row, files=files.get(row["id"], ())) for row in found[: query.limit]]
    return visits, cursor(visits[-1].at, visits[-1].id) if len(found) > query.limit else None
