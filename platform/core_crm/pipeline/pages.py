"""Pages of opportunities: board, list, calendar, forecast, the editor, the opportunity itself."""

from collections.abc import Awaitable, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_crm.asking import contact_choices, id_in, staff
from core_crm.orders.form import BLANK_ROWS, LINE_FIELDS
from core_crm.orders.model import Order
from core_crm.orders.preview import PreviewAnswer, preview
from core_crm.pipeline.form import OpportunityForm
from core_crm.pipeline.history import stays
from core_crm.pipeline.model import LostReason, Opportunity, Pipeline, StageKind
from core_crm.pipeline.query import Column, OpportunityQuery, board, due_between, forecast, list_opportunities, totals
from core_crm.pipeline.service import (
    STEM,
    OpportunityChanged,
    create_opportunity,
    delete_opportunity,
    get_opportunity,
    update_opportunity,
)
from core_crm.pipeline.setup import get_pipeline, get_stage, lost_reasons, pipelines
from core_crm.pipeline.stages import (
    LostReasonNeeded,
    lose_opportunity,
    move_opportunity,
    open_criteria,
    reopen_opportunity,
    tick_criterion,
    win_opportunity,
)
from core_crm.pipeline.timeline_pages import opportunity_timeline
from identity.addresses import go_to
from kernel.errors import DomainError, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.templates import render
from kernel.web import FormRefused, page, toast
from kernel.work import Work
from master_data.api import (
    TIMELINE,
    Contact,
    Employee,
    OwnFilter,
    employee_of,
    get_parties,
    own_controls,
    own_facts,
    own_fields,
    own_filter_controls,
    own_filters,
    own_typed,
    rights_of,
    tax_options,
)
from vertical.slots import slot

ROOM = "core_crm/pipeline"
BOARD, LIST, CALENDAR, FORECAST = (f"{ROOM}/{name}.html" for name in ("board", "list", "calendar", "forecast"))
FORM, DETAIL, MOVED, LOSE = (f"{ROOM}/{name}.html" for name in ("form", "detail", "moved", "lose"))
READ = {"permission": "crm.opportunity.read"}
UPDATE = {"permission": "crm.opportunity.update"}

AnyRequest = Request[Any, Any, Any]


class MoveRefused(DomainError):
    """The card cannot go there; the board puts it back."""

    code = "move_refused"


class OpportunityPages(Controller):
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
        views = [(label, _address("/opportunities/list", **keep, show=name), show == name, None) for name, label in names]
        next_ = _address("/opportunities/list", **keep, show=show, after=following) if following else ""
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
            name: _address("/opportunities/calendar", pipeline=pipeline, owner=owner, q=q, month=f"{day:%Y-%m}")
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

    @get("/new", opt={"permission": "crm.opportunity.create"})
    async def new_page(
        self, work: NamedDependency[Work], party_id: FromQuery[str] = "", pipeline: FromQuery[str] = "", stage: FromQuery[str] = ""
    ) -> Template:
        head = dict.fromkeys(OpportunityForm.HEAD, "") | {"version": "", "currency": work.tenant.currency}
        if (chosen := id_in(party_id)) and (party := (await get_parties(work, [chosen])).get(chosen)):
            head |= {"party_id": str(party.id), "party_name": party.name}
        head |= {"owner_id": str(me.id) if (me := await employee_of(work)) else "", "pipeline_id": pipeline, "stage_id": stage}
        return page(FORM, **await _editor(work, OpportunityForm(head, []), None))

    @post("/new", opt={"permission": "crm.opportunity.create"})
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await _typed(request, work)
        try:
            async with work.session.begin_nested():
                made = await create_opportunity(
                    work, form.opportunity(), pipeline_id=id_in(form.head["pipeline_id"]), stage_id=id_in(form.head["stage_id"])
                )
        except DomainError as error:
            raise await _refused(work, form, error, None) from error
        return Redirect(f"/opportunities/{made.id}", status_code=303)

    @post("/preview", opt=READ, status_code=200)
    async def preview(self, request: AnyRequest, work: NamedDependency[Work]) -> PreviewAnswer:
        """What the lines of the form come to, before anything is saved."""
        return await preview(work, OpportunityForm.of(await request.form()))

    @get("/{opportunity_id:uuid}", opt=READ)
    async def detail(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Template:
        return page(DETAIL, **await _shown(work, await get_opportunity(work, opportunity_id)))

    @get("/{opportunity_id:uuid}/edit", opt=UPDATE)
    async def edit_page(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Template | Redirect:
        opportunity = await get_opportunity(work, opportunity_id, act="edit")
        if opportunity.state is not StageKind.OPEN:
            return Redirect(f"/opportunities/{opportunity_id}", status_code=303)
        party = (await get_parties(work, [opportunity.party_id]))[opportunity.party_id]
        return page(FORM, **await _editor(work, OpportunityForm.from_opportunity(opportunity, party.name), opportunity_id))

    @post("/{opportunity_id:uuid}/edit", opt=UPDATE)
    async def update(self, request: AnyRequest, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Redirect:
        form = await _typed(request, work)
        await get_opportunity(work, opportunity_id, act="edit")
        try:
            async with work.session.begin_nested():
                await update_opportunity(work, opportunity_id, form.opportunity(), version=form.version())
        except DomainError as error:
            raise await _refused(work, form, error, opportunity_id) from error
        return Redirect(f"/opportunities/{opportunity_id}", status_code=303)

    @post("/{opportunity_id:uuid}/move", opt=UPDATE, status_code=200)
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

    @post("/{opportunity_id:uuid}/stage", opt=UPDATE)
    async def into_stage(self, request: AnyRequest, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Response[Any]:
        """As a move, from the opportunity's own page."""
        stage_id = id_in(str((await request.form()).get("stage", "")))
        opportunity = await get_opportunity(work, opportunity_id)
        await _attempt(work, opportunity_id, move_opportunity(work, opportunity_id, stage_id or opportunity.stage_id))
        return Redirect(f"/opportunities/{opportunity_id}", status_code=303)

    @post("/{opportunity_id:uuid}/win", opt=UPDATE)
    async def win(self, request: AnyRequest, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Redirect:
        with_order = (await request.form()).get("with_order", "1") == "1"
        await _attempt(work, opportunity_id, win_opportunity(work, opportunity_id, with_order=with_order))
        won = await get_opportunity(work, opportunity_id)
        address = f"/orders/{won.order_id}" if won.order_id and work.actor.may("crm.order.read") else f"/opportunities/{opportunity_id}"
        return Redirect(address, status_code=303)

    @get("/{opportunity_id:uuid}/lose", opt=UPDATE)
    async def lose_page(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Template:
        opportunity = await get_opportunity(work, opportunity_id, act="edit")
        return page(LOSE, opportunity=opportunity, reasons=await _reasons(work), errors={}, values={})

    @post("/{opportunity_id:uuid}/lose", opt=UPDATE)
    async def lose(self, request: AnyRequest, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Redirect:
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in ("lost_reason_id", "remark")}
        opportunity = await get_opportunity(work, opportunity_id, act="edit")
        reasons = await _reasons(work)
        try:
            await lose_opportunity(work, opportunity_id, id_in(values["lost_reason_id"]), remark=values["remark"])
        except DomainError as error:
            work.session.expunge(opportunity)  # the page is drawn after the rollback, which would empty it
            raise FormRefused.because(error, LOSE, values=values, opportunity=opportunity, reasons=reasons) from error
        return Redirect(f"/opportunities/{opportunity_id}", status_code=303)

    @post("/{opportunity_id:uuid}/reopen", opt=UPDATE)
    async def reopen(self, request: AnyRequest, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Redirect:
        reason = str((await request.form()).get("reason", ""))
        await _attempt(work, opportunity_id, reopen_opportunity(work, opportunity_id, reason=reason))
        return Redirect(f"/opportunities/{opportunity_id}", status_code=303)

    @post("/{opportunity_id:uuid}/criteria", opt=UPDATE)
    async def tick(self, request: AnyRequest, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Redirect:
        form = await request.form()
        command = tick_criterion(work, opportunity_id, str(form.get("criterion", "")), met="met" in form)
        await _attempt(work, opportunity_id, command)
        return Redirect(f"/opportunities/{opportunity_id}", status_code=303)

    @post("/{opportunity_id:uuid}/delete", opt={"permission": "crm.opportunity.delete"})
    async def delete(self, work: NamedDependency[Work], opportunity_id: FromPath[UUID]) -> Redirect:
        await _attempt(work, opportunity_id, delete_opportunity(work, opportunity_id))
        return Redirect("/opportunities", status_code=303)


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
    ways = [(label, _address(f"/opportunities{path}", **chosen), name == here) for name, label, path in names]
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


async def _typed(request: AnyRequest, work: Work) -> OpportunityForm:
    """The form as it was sent, with the company's own fields."""
    data = await request.form()
    form = OpportunityForm.of(data)
    form.own = own_typed(data, await own_fields(work, STEM))
    return form


async def _editor(work: Work, form: OpportunityForm, opportunity_id: UUID | None) -> dict[str, Any]:
    blank = dict.fromkeys(LINE_FIELDS, "")
    rows = [form.rows[n] for n in range(max(form.filled, default=-1) + 1)]
    rows += [blank] * max(1, BLANK_ROWS - len(rows))
    every = await pipelines(work)
    return {
        "values": form.head,
        "own": own_controls(await own_fields(work, STEM), form.own or {}),
        "rows": rows,
        "blank": blank,
        "opportunity_id": opportunity_id,
        "taxes": tax_options(),
        "staff": await staff(work),
        "contacts": await contact_choices(work, id_in(form.head["party_id"])),
        "pipelines": [(str(each.id), each.name) for each in every] if len(every) > 1 else [],
    }


async def _refused(work: Work, form: OpportunityForm, error: DomainError, opportunity_id: UUID | None) -> FormRefused:
    """The form again.  After a conflict it carries the present version: whoever has read what changed may save over it."""
    if isinstance(error, OpportunityChanged):
        form.head["version"] = str(error.details.get("version", ""))
    errors = form.messages(error.errors or [FieldError("", error.message)])
    context = {name: value for name, value in (await _editor(work, form, opportunity_id)).items() if name != "values"}
    return FormRefused(FORM, errors=errors, values=form.head, **context)


async def _reasons(work: Work) -> list[tuple[str, str]]:
    return [(str(each.id), each.name) for each in await lost_reasons(work)]


async def _shown(work: Work, opportunity: Opportunity) -> dict[str, Any]:
    """What the opportunity's page needs."""
    o = opportunity
    pipeline = await get_pipeline(work, o.pipeline_id)
    here = next((stage for stage in pipeline.stages if stage.id == o.stage_id), None)
    owner = await work.session.get(Employee, o.owner_id) if o.owner_id else None
    contact = await work.session.get(Contact, o.contact_id) if o.contact_id else None
    reason = await work.session.get(LostReason, o.lost_reason_id) if o.lost_reason_id else None
    order = await work.session.get(Order, o.order_id) if o.order_id else None
    return {
        "opportunity": o,
        "own": own_facts(await own_fields(work, STEM), o.custom),
        "party": (await get_parties(work, [o.party_id]))[o.party_id],
        "owner": owner.name if owner else "",
        "contact": contact,
        "lost_reason": reason.name if reason else "",
        "order": order,
        "pipeline": pipeline.name,
        "stages": [stage for stage in pipeline.stages if stage.kind is StageKind.OPEN],
        "stage": here or await get_stage(work, o.stage_id),
        "criteria_left": open_criteria(o, [here] if here else []),
        "stays": await stays(work, o.id),
        "timeline": render(TIMELINE, **await opportunity_timeline(work, o)),
        "side": await slot(work, "crm.opportunity.side", opportunity=o),
    }


async def _attempt(work: Work, opportunity_id: UUID, command: Awaitable[object]) -> None:
    """Run ``command``; when it is refused, show the opportunity as it stands, with the reason above it."""
    try:
        async with work.session.begin_nested():
            await command
    except NotFound:
        raise
    except DomainError as error:
        work.session.expunge_all()
        context = await _shown(work, await get_opportunity(work, opportunity_id))
        work.session.expunge_all()  # the page is drawn after the rollback, which would empty it
        raise FormRefused(DETAIL, errors={"": error.message}, values={}, refusal=error.message, **context) from error


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


def _address(path: str, **values: Any) -> str:
    text = urlencode({name: value for name, value in values.items() if value})
    return f"{path}?{text}" if text else path
