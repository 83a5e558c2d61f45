"""REST API of the log of visits; a visit is written as an entry of the customer's timeline."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core_crm.paging import PAGE_ROWS, check_limit
from core_crm.visits.query import Visit, VisitQuery, list_visits
from kernel.work import Work
from master_data.api import ActivityFileRead


class VisitRead(msgspec.Struct, kw_only=True):
    """A visit to a customer; its files are read at ``/api/v1/activity-files``."""

    id: UUID
    party_id: UUID
    party_name: str
    body: str
    at: datetime
    author_name: str
    next_contact_on: date | None
    private: bool
    place: str | None
    latitude: Decimal | None
    longitude: Decimal | None
    files: list[ActivityFileRead]

    @classmethod
    def of(cls, visit: Visit) -> "VisitRead":
        plain = {name: getattr(visit, name) for name in cls.__struct_fields__ if name != "files"}
        return cls(**plain, files=[ActivityFileRead.of(file) for file in visit.files])


class VisitList(msgspec.Struct, kw_only=True):
    """A page of visits, the latest first.  ``next`` is the cursor of the following page, null on the last."""

    items: list[VisitRead]
    next: str | None


class VisitController(Controller):
    path = "/visits"
    tags = ("Visits",)

    @get("/", operation_id="listVisits", opt={"permission": "master.party.read"})
    async def list_visits(
        self,
        work: NamedDependency[Work],
        mine: FromQuery[bool] = False,  # noqa: FBT002
        party_id: FromQuery[UUID | None] = None,
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> VisitList:
        """Visits to customers that one may see."""
        check_limit(limit)
        visits, following = await list_visits(work, VisitQuery(mine=mine, party_id=party_id, limit=limit, after=after))
        return VisitList(items=[VisitRead.of(visit) for visit in visits], next=following)
