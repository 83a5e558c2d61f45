"""Who looks after a party and who takes part, and its timeline: the cards of its page and their addresses."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template
from sqlalchemy import select

from kernel.errors import DomainError, Invalid, NotFound
from kernel.files import BODY_BYTES_MAX
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work
from master_data.organisation.model import Employee
from master_data.parties.access import STEM, may_edit, party_row
from master_data.scopes.collaborators import collaborators_of, remove_collaborator, set_collaborator
from master_data.timeline.exporting import archive_of
from master_data.timeline.fragment import TIMELINE, add_from_form, timeline_context, told, typed
from master_data.timeline.service import remove_activity

TEAM = "master_data/team.html"
EMPLOYEES_MAX = 500
UPDATE, READ = {"permission": "master.party.update"}, {"permission": "master.party.read"}

AnyRequest = Request[Any, Any, Any]


async def team_context(work: Work, party_id: UUID) -> dict[str, Any]:
    """What the team's card needs."""
    party = await party_row(work, party_id)
    owner = await work.session.get(Employee, party.owner_id) if party.owner_id else None
    working = select(Employee.id, Employee.name).where(Employee.left_on.is_(None)).order_by(Employee.name).limit(EMPLOYEES_MAX)
    editable = await may_edit(work, party)
    return {
        "party_id": party_id,
        "owner": owner.name if owner else "",
        "former": party.owner or "" if owner is None else "",
        "team": await collaborators_of(work, STEM, party_id),
        "may_edit": editable,
        "employees": [(row.id, row.name) for row in await work.session.execute(working)] if editable else [],
    }


async def party_timeline(work: Work, party_id: UUID, *, before: str = "") -> dict[str, Any]:
    """What the timeline's card needs."""
    context = await timeline_context(work, await party_row(work, party_id), STEM, f"/parties/{party_id}", before=before)
    return context | {"archive": work.actor.may(f"{STEM}.export")}


class TeamPages(Controller):
    path = "/parties/{party_id:uuid}"
    include_in_schema = False

    @post("/team", opt=UPDATE, status_code=200)
    async def add(self, request: AnyRequest, work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        form = await request.form()
        try:
            employee_id = UUID(str(form.get("employee_id", "")))
        except ValueError:
            error = Invalid(_("Choose an employee."), field="employee_id")
            raise FormRefused.because(error, TEAM, values={}, **await team_context(work, party_id)) from None
        party = await party_row(work, party_id, "edit")
        try:
            await set_collaborator(work, party, STEM, employee_id, may_edit=form.get("may_edit") == "1")
        except Invalid as error:
            raise FormRefused.because(error, TEAM, values={}, **await team_context(work, party_id)) from error
        return page(TEAM, **await team_context(work, party_id))

    @post("/team/{employee_id:uuid}/delete", opt=UPDATE, status_code=200)
    async def remove(self, work: NamedDependency[Work], party_id: FromPath[UUID], employee_id: FromPath[UUID]) -> Template:
        await remove_collaborator(work, await party_row(work, party_id, "edit"), STEM, employee_id)
        return page(TEAM, **await team_context(work, party_id))

    @get("/timeline", opt=READ)
    async def earlier(self, work: NamedDependency[Work], party_id: FromPath[UUID], before: FromQuery[str] = "") -> Template:
        return page(TIMELINE, **await party_timeline(work, party_id, before=before))

    @get("/timeline.zip", opt={"permission": "master.party.export"})
    async def export_timeline(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> Response[bytes]:
        return timeline_archive(await archive_of(work, await party_row(work, party_id), STEM))

    @post("/timeline", opt=READ, status_code=200, request_max_body_size=BODY_BYTES_MAX)
    async def note(self, request: AnyRequest, work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        form, party = await request.form(), await party_row(work, party_id)
        try:
            async with work.session.begin_nested():
                await add_from_form(work, party, STEM, form)
        except NotFound:
            raise
        except DomainError as error:
            context = {**await party_timeline(work, party_id), "values": typed(form)}
            raise FormRefused.because(told(error, form), TIMELINE, **context) from error
        return page(TIMELINE, **await party_timeline(work, party_id))

    @post("/timeline/{activity_id:uuid}/delete", opt=READ, status_code=200)
    async def take_back(self, work: NamedDependency[Work], party_id: FromPath[UUID], activity_id: FromPath[UUID]) -> Template:
        await remove_activity(work, await party_row(work, party_id), STEM, activity_id)
        return page(TIMELINE, **await party_timeline(work, party_id))


def timeline_archive(content: bytes) -> Response[bytes]:
    """The timeline as a file that the browser saves."""
    headers = {"Content-Disposition": 'attachment; filename="timeline.zip"', "Cache-Control": "private, no-store"}
    return Response(content, media_type="application/zip", headers=headers)
