"""REST API of those who take part in a party, of its timeline, and of what it was seen to do."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from kernel.work import Work
from master_data.parties.access import STEM, party_row
from master_data.parties.team import timeline_archive
from master_data.scopes.collaborators import CollaboratorView, collaborators_of, remove_collaborator, set_collaborator
from master_data.timeline.api import ActivityFileRead
from master_data.timeline.exporting import archive_of
from master_data.timeline.files import FileView, files_of
from master_data.timeline.fragment import place, place_of
from master_data.timeline.model import Activity, ActivityKind
from master_data.timeline.service import BODY_MAX, PAGE_ROWS, PLACE_MAX, Where, add_activity, remove_activity, timeline_of


class CollaboratorInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    may_edit: bool = False


class CollaboratorRead(msgspec.Struct, kw_only=True):
    employee_id: UUID
    name: str
    may_edit: bool

    @classmethod
    def of(cls, view: CollaboratorView) -> "CollaboratorRead":
        return cls(employee_id=view.employee_id, name=view.name, may_edit=view.may_edit)


class ActivityInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What was done; ``at`` is now where it is left out, ``private`` shows it to its author only."""

    kind: ActivityKind
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=BODY_MAX)]
    at: datetime | None = None
    next_contact_on: date | None = None
    private: bool = False
    place: Annotated[str, msgspec.Meta(max_length=PLACE_MAX)] = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None

    def given(self) -> dict[str, Any]:
        """What the service takes."""
        values = msgspec.structs.asdict(self)
        return values | {"where": Where(place=values.pop("place"), latitude=values.pop("latitude"), longitude=values.pop("longitude"))}


class ActivityRead(msgspec.Struct, kw_only=True):
    id: UUID
    kind: ActivityKind
    body: str
    at: datetime
    author: str
    next_contact_on: date | None
    private: bool
    path: str | None
    place: str | None
    latitude: Decimal | None
    longitude: Decimal | None
    files: list[ActivityFileRead]

    @classmethod
    def of(cls, a: Activity, files: Sequence[FileView] = ()) -> "ActivityRead":
        return cls(
            id=a.id,
            kind=a.kind,
            body=a.body,
            at=a.at,
            author=a.author_name,
            next_contact_on=a.next_contact_on,
            private=a.private,
            path=a.path,
            place=a.place,
            latitude=a.latitude,
            longitude=a.longitude,
            files=[ActivityFileRead.of(file) for file in files],
        )


class Timeline(msgspec.Struct, kw_only=True):
    """A page of the timeline, the latest first; ``next`` goes into ``before`` for the following one."""

    items: list[ActivityRead]
    next: str | None


class PartyTeamController(Controller):
    path = "/parties/{party_id:uuid}"
    tags = ("Customers and suppliers",)

    @get("/collaborators", opt={"permission": "master.party.read"}, operation_id="ListPartyCollaborators")
    async def collaborators(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> list[CollaboratorRead]:
        """Employees who take part in the party."""
        await party_row(work, party_id)
        return [CollaboratorRead.of(view) for view in await collaborators_of(work, STEM, party_id)]

    @put("/collaborators/{employee_id:uuid}", opt={"permission": "master.party.update"}, operation_id="SetPartyCollaborator")
    async def set_collaborator(
        self, work: NamedDependency[Work], party_id: FromPath[UUID], employee_id: FromPath[UUID], data: JSONBody[CollaboratorInput]
    ) -> list[CollaboratorRead]:
        """Let an employee take part, or change whether they may edit."""
        await set_collaborator(work, await party_row(work, party_id, "edit"), STEM, employee_id, may_edit=data.may_edit)
        return [CollaboratorRead.of(view) for view in await collaborators_of(work, STEM, party_id)]

    @delete("/collaborators/{employee_id:uuid}", opt={"permission": "master.party.update"}, operation_id="RemovePartyCollaborator")
    async def remove_collaborator(self, work: NamedDependency[Work], party_id: FromPath[UUID], employee_id: FromPath[UUID]) -> None:
        """End an employee's part."""
        await remove_collaborator(work, await party_row(work, party_id, "edit"), STEM, employee_id)

    @get("/timeline", opt={"permission": "master.party.read"}, operation_id="ListPartyTimeline")
    async def timeline(self, work: NamedDependency[Work], party_id: FromPath[UUID], before: FromQuery[str] = "") -> Timeline:
        """What was done with the party, the latest first."""
        found = await timeline_of(work, await party_row(work, party_id), STEM, before=place_of(before))
        shown = found[:PAGE_ROWS]
        files = await files_of(work, [a.id for a in shown])
        items = [ActivityRead.of(a, files.get(a.id, ())) for a in shown]
        return Timeline(items=items, next=place(shown[-1]) if len(found) > PAGE_ROWS else None)

    @post("/timeline", opt={"permission": "master.party.read"}, operation_id="AddPartyActivity")
    async def add_activity(self, work: NamedDependency[Work], party_id: FromPath[UUID], data: JSONBody[ActivityInput]) -> ActivityRead:
        """Add what was done; whoever sees the party may."""
        return ActivityRead.of(await add_activity(work, await party_row(work, party_id), STEM, **data.given()))

    @get("/timeline.zip", opt={"permission": "master.party.export"}, operation_id="ExportPartyTimeline")
    async def export_timeline(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> Response[bytes]:
        """The whole timeline as an archive: ``timeline.csv``, and the files of its entries."""
        return timeline_archive(await archive_of(work, await party_row(work, party_id), STEM))

    @delete("/timeline/{activity_id:uuid}", opt={"permission": "master.party.read"}, operation_id="RemovePartyActivity")
    async def remove_activity(self, work: NamedDependency[Work], party_id: FromPath[UUID], activity_id: FromPath[UUID]) -> None:
        """Take an entry of one's own back."""
        await remove_activity(work, await party_row(work, party_id), STEM, activity_id)
