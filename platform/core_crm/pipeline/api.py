"""REST API of opportunities, pipelines and lost reasons."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from core_crm.paging import PAGE_ROWS, check_limit
from core_crm.pipeline import schemas as s
from core_crm.pipeline.history import stays
from core_crm.pipeline.model import StageKind
from core_crm.pipeline.query import OpportunityQuery, board, forecast, list_opportunities, totals
from core_crm.pipeline.service import STEM, create_opportunity, delete_opportunity, follow_opportunity, get_opportunity, update_opportunity
from core_crm.pipeline.setup import PipelineInput, get_pipeline, lost_reasons, pipelines, save_lost_reason, save_pipeline
from core_crm.pipeline.stages import lose_opportunity, move_opportunity, reopen_opportunity, tick_criterion, win_opportunity
from core_crm.timelines import ActivityInput, ActivityRead, entries_read
from kernel.work import Work
from master_data.api import IdempotencyKey, once, own_fields, own_filters, timeline_of

READ = {"permission": "crm.opportunity.read"}
UPDATE = {"permission": "crm.opportunity.update"}
SETUP = {"permission": "crm.pipeline.manage"}


class OpportunityController(Controller):
    path = "/opportunities"
    tags = ("Opportunities",)

    @get("/", operation_id="listOpportunities", opt=READ)
    async def list_opportunities(
        self,
        request: Request[Any, Any, Any],
        work: NamedDependency[Work],
        search: FromQuery[str] = "",
        filter_state: Annotated[StageKind | None, QueryParameter(name="state")] = None,
        pipeline_id: FromQuery[UUID | None] = None,
        stage_id: FromQuery[UUID | None] = None,
        owner_id: FromQuery[UUID | None] = None,
        party_id: FromQuery[UUID | None] = None,
        mine: FromQuery[bool] = False,  # noqa: FBT002
        stale: FromQuery[bool] = False,  # noqa: FBT002
        since: FromQuery[date | None] = None,
        until: FromQuery[date | None] = None,
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> s.OpportunityList:
        """Opportunities, newest first; expected from ``since`` to before ``until``.  By own fields: ``custom.size.from=3``."""
        check_limit(limit)
        own = own_filters(await own_fields(work, STEM), request.query_params, strict=True)
        query = OpportunityQuery(
            search=search, state=filter_state, pipeline_id=pipeline_id, stage_id=stage_id, owner_id=owner_id, party_id=party_id,
            mine=mine, stale=stale, since=since, until=until, own=own, limit=limit, after=after,
        )  # fmt: skip
        rows, following = await list_opportunities(work, query)
        return s.OpportunityList(items=[s.OpportunitySummary.of(row) for row in rows], next=following)

    @post("/", operation_id="createOpportunity", opt={"permission": "crm.opportunity.create"})
    async def create(
        self,
        request: Request[Any, Any, Any],
        work: NamedDependency[Work],
        data: JSONBody[s.OpportunityCreate],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[s.OpportunityRead]:
        """A new opportunity."""

        async def make() -> Response[s.OpportunityRead]:
            made = await create_opportunity(work, data, pipeline_id=data.pipeline_id, stage_id=data.stage_id)
            return Response(s.OpportunityRead.of(made), status_code=201, headers={"Location": f"{request.url.path.rstrip('/')}/{made.id}"})

        return await once(request, work, idempotency_key, make)

    @get("/board", operation_id="readOpportunityBoard", opt=READ)
    async def board(
        self,
        work: NamedDependency[Work],
        pipeline_id: FromQuery[UUID],
        owner_id: FromQuery[UUID | None] = None,
        mine: FromQuery[bool] = False,  # noqa: FBT002
        search: FromQuery[str] = "",
    ) -> list[s.ColumnRead]:
        """The columns of a pipeline's board, with totals by currency."""
        pipeline = await get_pipeline(work, pipeline_id)
        return [
            s.ColumnRead.of(each) for each in await board(work, pipeline, OpportunityQuery(owner_id=owner_id, mine=mine, search=search))
        ]

    @get("/totals", operation_id="readOpportunityTotals", opt=READ)
    async def totals(
        self,
        work: NamedDependency[Work],
        filter_state: Annotated[StageKind | None, QueryParameter(name="state")] = None,
        pipeline_id: FromQuery[UUID | None] = None,
        owner_id: FromQuery[UUID | None] = None,
    ) -> list[s.SumRead]:
        """What the opportunities that one may see come to, by currency."""
        query = OpportunityQuery(state=filter_state, pipeline_id=pipeline_id, owner_id=owner_id)
        return [s.SumRead.of(each) for each in await totals(work, query)]

    @get("/forecast", operation_id="readOpportunityForecast", opt=READ)
    async def forecast(
        self, work: NamedDependency[Work], pipeline_id: FromQuery[UUID | None] = None, owner_id: FromQuery[UUID | None] = None
    ) -> list[s.ForecastRead]:
        """Open opportunities by expected month, weighted, beside what each month won."""
        return [s.ForecastRead.of(m) for m in await forecast(work, OpportunityQuery(pipeline_id=pipeline_id, owner_id=owner_id))]

    @get("/{opportunity_id:uuid}", operation_id="readOpportunity", opt=READ)
    async def read(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> s.OpportunityRead:
        """One opportunity with its lines and competitors."""
        return s.OpportunityRead.of(await get_opportunity(work, opportunity_id))

    @put("/{opportunity_id:uuid}", operation_id="updateOpportunity", opt=UPDATE)
    async def update(
        self, work: NamedDependency[Work], opportunity_id: FromPath[UUID], data: JSONBody[s.OpportunityUpdate]
    ) -> s.OpportunityRead:
        """Write an open opportunity anew, lines and all."""
        return s.OpportunityRead.of(await update_opportunity(work, opportunity_id, data, version=data.version))

    @delete("/{opportunity_id:uuid}", operation_id="deleteOpportunity", opt={"permission": "crm.opportunity.delete"})
    async def delete(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> None:
        """Throw an open opportunity away.  409 ``opportunity_closed`` when it was won or lost."""
        await delete_opportunity(work, opportunity_id)

    @post("/{opportunity_id:uuid}/move", operation_id="moveOpportunity", opt=UPDATE, status_code=200)
    async def move(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID], data: JSONBody[s.MoveInput]) -> s.OpportunityRead:
        """Put it into another stage, or to another place of its own.  409 names what a stage on the way still asks for."""
        moved = await move_opportunity(work, opportunity_id, data.stage_id, before=data.before, version=data.version)
        return s.OpportunityRead.of(moved)

    @post("/{opportunity_id:uuid}/win", operation_id="winOpportunity", opt=UPDATE, status_code=200)
    async def win(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID], data: JSONBody[s.WinInput]) -> s.OpportunityRead:
        """The customer buys: won, with a draft order of its lines."""
        return s.OpportunityRead.of(await win_opportunity(work, opportunity_id, with_order=data.with_order, version=data.version))

    @post("/{opportunity_id:uuid}/lose", operation_id="loseOpportunity", opt=UPDATE, status_code=200)
    async def lose(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID], data: JSONBody[s.LoseInput]) -> s.OpportunityRead:
        """It came to nothing, for a reason of the list."""
        lost = await lose_opportunity(work, opportunity_id, data.lost_reason_id, remark=data.remark, version=data.version)
        return s.OpportunityRead.of(lost)

    @post("/{opportunity_id:uuid}/reopen", operation_id="reopenOpportunity", opt=UPDATE, status_code=200)
    async def reopen(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID], data: JSONBody[s.ReopenInput]) -> s.OpportunityRead:
        """Take up again what was won or lost; the history stays."""
        return s.OpportunityRead.of(await reopen_opportunity(work, opportunity_id, data.stage_id, reason=data.reason))

    @post("/{opportunity_id:uuid}/criteria", operation_id="tickOpportunityCriterion", opt=UPDATE, status_code=200)
    async def tick(
        self, work: NamedDependency[Work], opportunity_id: FromPath[UUID], data: JSONBody[s.CriterionInput]
    ) -> s.OpportunityRead:
        """Tick an exit criterion of its stage, or take the tick away."""
        return s.OpportunityRead.of(await tick_criterion(work, opportunity_id, data.criterion, met=data.met))

    @get("/{opportunity_id:uuid}/stages", operation_id="listOpportunityStages", opt=READ)
    async def history(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> list[s.StayRead]:
        """The stages it came into, the first first, and how long it stayed in each."""
        await get_opportunity(work, opportunity_id)
        return [s.StayRead.of(stay) for stay in await stays(work, opportunity_id)]

    @get("/{opportunity_id:uuid}/timeline", operation_id="listOpportunityTimeline", opt=READ)
    async def timeline(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> list[ActivityRead]:
        """Contacts about it, the latest first."""
        found = await timeline_of(work, await get_opportunity(work, opportunity_id), STEM, limit=100)
        return await entries_read(work, found[:100])

    @post("/{opportunity_id:uuid}/timeline", operation_id="addToOpportunityTimeline", opt=READ)
    async def follow(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID], data: JSONBody[ActivityInput]) -> ActivityRead:
        """Note a contact."""
        return ActivityRead.of(await follow_opportunity(work, opportunity_id, data))


class PipelineController(Controller):
    path = "/"
    tags = ("Pipelines",)

    @get("/pipelines", operation_id="listPipelines", opt=READ)
    async def list_pipelines(self, work: NamedDependency[Work]) -> list[s.PipelineRead]:
        """All pipelines with their stages."""
        return [s.PipelineRead.of(each) for each in await pipelines(work, all_=True)]

    @post("/pipelines", operation_id="createPipeline", opt=SETUP)
    async def create(self, work: NamedDependency[Work], data: JSONBody[PipelineInput]) -> s.PipelineRead:
        """A new pipeline."""
        return s.PipelineRead.of(await save_pipeline(work, data))

    @put("/pipelines/{pipeline_id:uuid}", operation_id="updatePipeline", opt=SETUP)
    async def update(self, work: NamedDependency[Work], pipeline_id: FromPath[UUID], data: JSONBody[s.PipelineUpdate]) -> s.PipelineRead:
        """Write a pipeline anew, stages and all.  409 ``stage_in_use`` when a stage left out still holds opportunities."""
        return s.PipelineRead.of(await save_pipeline(work, data, pipeline_id, version=data.version))

    @get("/lost-reasons", operation_id="listLostReasons", opt=READ)
    async def reasons(self, work: NamedDependency[Work]) -> list[s.LostReasonRead]:
        """Why opportunities are lost."""
        await pipelines(work)
        return [s.LostReasonRead.of(each) for each in await lost_reasons(work, all_=True)]

    @post("/lost-reasons", operation_id="createLostReason", opt=SETUP)
    async def add_reason(self, work: NamedDependency[Work], data: JSONBody[s.LostReasonInput]) -> s.LostReasonRead:
        """One more reason."""
        return s.LostReasonRead.of(await save_lost_reason(work, data.name, active=data.active))

    @put("/lost-reasons/{reason_id:uuid}", operation_id="updateLostReason", opt=SETUP)
    async def change_reason(
        self, work: NamedDependency[Work], reason_id: FromPath[UUID], data: JSONBody[s.LostReasonInput]
    ) -> s.LostReasonRead:
        """Another name, or out of use."""
        return s.LostReasonRead.of(await save_lost_reason(work, data.name, reason_id=reason_id, active=data.active))
