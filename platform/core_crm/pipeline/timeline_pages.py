"""The timeline on an opportunity's page: read on, add to it, take back."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from core_crm.pipeline.model import Opportunity
from core_crm.pipeline.service import STEM, get_opportunity
from kernel.errors import Invalid
from kernel.files import BODY_BYTES_MAX
from kernel.web import FormRefused, page
from kernel.work import Work
from master_data.api import TIMELINE, TooManyFiles, add_from_form, remove_activity, timeline_context, told, typed

READ = {"permission": "crm.opportunity.read"}

AnyRequest = Request[Any, Any, Any]


class OpportunityTimelinePages(Controller):
    path = "/opportunities"
    include_in_schema = False

    @get("/{opportunity_id:uuid}/timeline", opt=READ)
    async def timeline(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID], before: FromQuery[str] = "") -> Template:
        return page(TIMELINE, **await opportunity_timeline(work, await get_opportunity(work, opportunity_id), before))

    @post("/{opportunity_id:uuid}/timeline", opt=READ, status_code=200, request_max_body_size=BODY_BYTES_MAX)
    async def follow(self, request: AnyRequest, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Template:
        form = await request.form()
        opportunity = await get_opportunity(work, opportunity_id, lock=True)
        try:
            opportunity.last_activity_at = (await add_from_form(work, opportunity, STEM, form)).at
        except (Invalid, TooManyFiles) as error:
            context = await opportunity_timeline(work, opportunity) | {"values": typed(form)}
            work.session.expunge_all()  # the card is drawn after the rollback, which would empty what it shows
            raise FormRefused.because(told(error, form), TIMELINE, **context) from error
        return page(TIMELINE, **await opportunity_timeline(work, opportunity))

    @post("/{opportunity_id:uuid}/timeline/{entry_id:uuid}/delete", opt=READ, status_code=200)
    async def unfollow(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID], entry_id: FromPath[UUID]) -> Template:
        opportunity = await get_opportunity(work, opportunity_id)
        await remove_activity(work, opportunity, STEM, entry_id)
        return page(TIMELINE, **await opportunity_timeline(work, opportunity))


async def opportunity_timeline(work: Work, opportunity: Opportunity, before: str = "") -> dict[str, Any]:
    return await timeline_context(work, opportunity, STEM, f"/opportunities/{opportunity.id}", before=before)
