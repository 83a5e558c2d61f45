"""Opportunities at once: board, list, calendar, forecast, and a card that is dropped."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from core_crm.asking import staff
from core_crm.paging import address
from core_crm.pipeline.model import Opportunity, Pipeline, StageKind
from core_crm.pipeline.query import Column, OpportunityQuery, board, due_between, forecast, list_opportunities, totals
from core_crm.pipeline.service import (
    STEM,
    get_opportunity,
)
from core_crm.pipeline.setup import get_pipeline, pipelines
from core_crm.pipeline.stages import (
    LostReasonNeeded,
    move_opportunity,
)
from identity.addresses import go_to
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import id_in, page, toast
from kernel.work import Work
from master_data.api import (
    OwnFilter,
    own_fields,
    own_filter_controls,
    own_filters,
    rights_of,
)

ROOM = "core_crm/pipeline"
BOARD, LIST, CALENDAR, FORECAST, MOVED = (f"{ROOM}/{name}.html" for name in ("board", "list", "calendar", "forecast", "moved"))
READ = {"permission": "crm.opportunity.read"}

AnyRequest = Request[Any, Any, Any]


class MoveRefused(DomainError):
    """The card cannot go there; the board puts it back."""

    code = "move_refused"


class OpportunityListPages(Controller):
    path = "/opportunities"
    include_in_schema = False

    @get("/", opt=READ)
    async def board_page(
        self, work: NamedDependency[Work], q: FromQuery[str] = "", pipeline: FromQuery[str] = "", owner: FromQuery[str] = ""
    ) -> Template:
        chosen = await _chosen(work, pipeline)
        query = _query(q, chosen, owner)
        columns = await board(work, chosen, query)
        return page(BOARD, **await _frame(work, "board", query, chosen), columns=columns, **_strip(columns, work.tenant.currency))

    @get("/list", opt=READ)
    async def list_page(
        self,
        request: AnyRequest,
        work: NamedDependency[Work],
        q: FromQuery[str] = "",
        pipeline: FromQuery[str] = "",
        owner: FromQuery[str] = "",
        show: FromQuery[str] = "open",
        party_id: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
    ) -> Template:
        chosen = await _chosen(work, pipeline)
        fields = await own_fields(work, STEM)
        own = own_filters(fields, request.query_params)
        query = _query(q, chosen if not party_id else None, owner, show=show, party_id=id_in(party_id), after=after, own=own)
        rows, following = await list_opportunities(work, query)
        frame = await _frame(work, "list", query, chosen)
        keep = {"pipeline": pipeline, "owner": owner, "q": q, "party_id": party_id, **dict(pair for each in own for pair in each.pairs())}
        names = (("open", _("Still open")), ("stale", _("Stale")), ("won", _("Deal won")), ("lost", _("Deal lost")), ("all", _("All")))
        views = [(label, address("/opportunities/list", **keep, show=name), show == name, None) for name, label in names]
        next_ = address("/opportunities/list", **keep, show=show, after=following) if following else ""
        context: dict[str, Any] = {
            "rows": rows,
            "sums": await totals(work, query),
            "views": views,
            "show": show,
            "next": next_,
            "party_id": party_id,
        }
        return page(LIST, **frame, **context, own_filters=own_filter_controls(fields, own))

    @get("/calendar", opt=READ)
    async def calendar_page(
        self,
        work: NamedDependency[Work],
        month: FromQuery[str] = "",
        pipeline: FromQuery[str] = "",
        owner: FromQuery[str] = "",
        q: FromQuery[str] = "",
    ) -> Template:
        chosen = await _chosen(work, pipeline)
        query = _query(q, chosen, owner)
        first = _month(month, work.today())
        after = (first + timedelta(days=31)).replace(day=1)
        start = first - timedelta(days=first.weekday())
        end = after + timedelta(days=-after.weekday() % 7)
        due: dict[date, list[Any]] = {}
        for row in await due_between(work, start, end, query):
            due.setdefault(row.expected_on or start, []).append(row)
        days = [start + timedelta(days=n) for n in range((end - start).days)]
        turn: dict[str, Any] = {
            name: address("/opportunities/calendar", pipeline=pipeline, owner=owner, q=q, month=f"{day:%Y-%m}")
            for name, day in (("earlier", first - timedelta(days=1)), ("later", after))
        }
        weeks = [days[n : n + 7] for n in range(0, len(days), 7)]
        return page(CALENDAR, **await _frame(work, "calendar", query, chosen), weeks=weeks, due=due, first=first, **turn)

    @get("/forecast", opt=READ)
    async def forecast_page(
        self, work: NamedDependency[Work], pipeline: FromQuery[str] = "", owner: FromQuery[str] = "", q: FromQuery[str] = ""
    ) -> Template:
        chosen = await _chosen(work, pipeline)
        query = _query(q, chosen, owner)
        months = await forecast(work, query)
        return page(FORECAST, **await _frame(work, "forecast", query, chosen), months=months, chart=_chart(months, work.tenant.currency))

    @post("/{opportunity_id:uuid}/move", opt={"permission": "crm.opportunity.update"}, status_code=200)
    async def move(
        self,
        request: AnyRequest,
        work: NamedDependency[Work],
        opportunity_id: FromPath[UUID],
        back: FromQuery[str] = "",
    ) -> Template | Response[Any]:
        """A card was dropped.  Answers the totals of the columns; ``back`` is the stage an undo returns it to."""
        form = await request.form()
        origin = (await get_opportunity(work, opportunity_id)).stage_id
        stage_id = id_in(back or str(form.get("stage", "")))
        try:
            moved = await move_opportunity(work, opportunity_id, stage_id or origin, before=id_in(str(form.get("before", ""))))
        except LostReasonNeeded:
            return go_to(request, f"/opportunities/{opportunity_id}/lose")
        except Invalid as error:  # a drop is no form that could come back with its errors
            raise MoveRefused(error.message) from error
        pipeline = await get_pipeline(work, moved.pipeline_id)
        columns = await board(work, pipeline, OpportunityQuery())
        headers = _said(moved, origin, pipeline) if moved.stage_id != origin and not back else {}
        whole = (await rights_of(work, STEM)).whole
        return page(MOVED, headers=headers, columns=columns, redraw=bool(back), sees_all=whole, **_strip(columns, work.tenant.currency))


async def _chosen(work: Work, pipeline: str) -> Pipeline:
    """The pipeline of the address, or the first."""
    found = await pipelines(work)
    wanted = id_in(pipeline)
    return next((each for each in found if each.id == wanted), found[0])


def _query(
    q: str,
    pipeline: Pipeline | None,
    owner: str,
    *,
    show: str = "",
    party_id: UUID | None = None,
    after: str | None = None,
    own: Sequence[OwnFilter] = (),
) -> OpportunityQuery:
    return OpportunityQuery(
        search=q,
        pipeline_id=pipeline.id if pipeline else None,
        mine=owner == "me",
        owner_id=id_in(owner),
        party_id=party_id,
        own=own,
        stale=show == "stale",
        state=StageKind.OPEN if show == "stale" else StageKind(show) if show in set(StageKind) else None,
        after=after,
    )


async def _frame(work: Work, here: str, query: OpportunityQuery, pipeline: Pipeline) -> dict[str, Any]:
    """What board, list, calendar and forecast have in common: which of them it is, and the filters."""
    owner = "me" if query.mine else str(query.owner_id or "")
    chosen = {"pipeline": str(pipeline.id), "owner": owner, "q": query.search}
    names = (
        ("board", _("Board"), ""),
        ("list", _("List"), "/list"),
        ("calendar", _("Calendar"), "/calendar"),
        ("forecast", _("Forecast"), "/forecast"),
    )
    ways = [(label, address(f"/opportunities{path}", **chosen), name == here) for name, label, path in names]
    every = await pipelines(work)
    filters = [{"name": "owner", "label": _("Person in charge"), "options": [("me", _("Me")), *await staff(work)], "value": owner}]
    if len(every) > 1:
        options = [(str(each.id), each.name) for each in every]
        filters.insert(0, {"name": "pipeline", "label": _("Pipeline"), "options": options, "value": str(pipeline.id)})
    return {
        "ways": ways,
        "filters": filters,
        "query": query,
        "pipeline": pipeline,
        "action": f"/opportunities{'' if here == 'board' else '/' + here}",
        "sees_all": (await rights_of(work, STEM)).whole,
    }


def _strip(columns: list[Column], currency: str) -> dict[str, Any]:
    """The numbers above the board, in the company's currency."""
    open_ = [each for column in columns if column.stage.kind is StageKind.OPEN for each in column.sums if each.currency == currency]
    won = [each for column in columns if column.stage.kind is StageKind.WON for each in column.sums if each.currency == currency]
    return {
        "open_amount": sum(each.amount for each in open_),
        "open_count": sum(each.count for each in open_),
        "weighted": sum(each.weighted for each in open_),
        "won_amount": sum(each.amount for each in won),
        "currency": currency,
    }


def _said(moved: Opportunity, origin: UUID, pipeline: Pipeline) -> dict[str, str]:
    stage = next(stage.name for stage in pipeline.stages if stage.id == moved.stage_id)
    if moved.state is StageKind.WON:
        return toast(_("“%(name)s” is won. Its order is a draft now.", name=moved.name))
    undo = f"/opportunities/{moved.id}/move?back={origin}"
    return toast(_("“%(name)s” is in “%(stage)s” now.", name=moved.name, stage=stage), undo=undo)


def _chart(months: Any, currency: str) -> dict[str, Any] | None:
    own = [m for m in months if m.currency == currency and m.month is not None]
    if not own:
        return None
    names = (("weighted", _("Weighted"), "azure"), ("amount", _("Expected"), "mist"), ("won", _("Deal won"), "malachite"))
    series = [{"name": label, "type": "bar", "tone": tone, "data": [float(getattr(m, key)) for m in own]} for key, label, tone in names]
    return {"label": _("Forecast by month"), "unit": currency, "x": [f"{m.month:%Y-%m}" for m in own], "series": series}


def _month(text: str, today: date) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
