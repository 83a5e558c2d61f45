"""Pages of one opportunity: the editor, and the opportunity itself with what is done to it."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_crm import attempting
from core_crm.asking import contact_choices, staff
from core_crm.orders.form import BLANK_ROWS, LINE_FIELDS
from core_crm.orders.model import Order
from core_crm.orders.preview import PreviewAnswer, preview
from core_crm.pipeline.form import OpportunityForm
from core_crm.pipeline.history import stays
from core_crm.pipeline.model import LostReason, Opportunity, StageKind
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
    lose_opportunity,
    move_opportunity,
    open_criteria,
    reopen_opportunity,
    tick_criterion,
    win_opportunity,
)
from core_crm.pipeline.timeline_pages import opportunity_timeline
from kernel.errors import DomainError, FieldError
from kernel.templates import render
from kernel.web import FormRefused, id_in, page
from kernel.work import Work
from master_data.api import (
    TIMELINE,
    Contact,
    Employee,
    employee_of,
    get_parties,
    own_controls,
    own_facts,
    own_fields,
    own_typed,
    tax_options,
)
from vertical.slots import slot

ROOM = "core_crm/pipeline"
FORM, DETAIL, LOSE = (f"{ROOM}/{name}.html" for name in ("form", "detail", "lose"))
READ = {"permission": "crm.opportunity.read"}
UPDATE = {"permission": "crm.opportunity.update"}

AnyRequest = Request[Any, Any, Any]


class OpportunityPages(Controller):
    path = "/opportunities"
    include_in_schema = False

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
    async def shown() -> dict[str, Any]:
        return await _shown(work, await get_opportunity(work, opportunity_id))

    await attempting.attempt(work, command, DETAIL, shown)
