"""Where a company says who decides about what."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from kernel.errors import DomainError, NotFound
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work
from workflow.approvals.flows import (
    FlowInput,
    FlowStep,
    approval_kinds,
    delete_flow,
    flows_of,
    get_flow,
    read_steps,
    save_flow,
)
from workflow.approvals.query import role_labels, who
from workflow.approvals.service import MANAGE
from workflow.conditions import OPERATORS, Condition
from workflow.people import member_choices

FLOWS, FLOW = "workflow/approvals/flows.html", "workflow/approvals/flow.html"
SET_UP = {"permission": MANAGE, "interactive": True}
SPARE_ROWS, ROWS_MAX = 2, 10

AnyRequest = Request[Any, Any, Any]


class ApprovalSetupPages(Controller):
    path = "/settings/approvals"
    include_in_schema = False

    @get("/", opt=SET_UP)
    async def listed(self, work: NamedDependency[Work]) -> Template:
        groups = []
        flows = await flows_of(work)
        for kind in approval_kinds(work).values():
            own = [
                (flow.id, flow.name, flow.active, [await who(work, s) for s in read_steps(flow.steps)])
                for flow in flows
                if flow.kind == kind.key
            ]
            usual = [await who(work, FlowStep(by=step.by)) for step in kind.usual]
            groups.append((kind.key, _(kind.label), own, usual))
        return page(FLOWS, groups=groups)

    @get("/new", opt=SET_UP)
    async def new(self, work: NamedDependency[Work], kind: FromQuery[str] = "") -> Template:
        values = {"name": "", "active": True, "position": 0, "conditions": [], "steps": [], "kind": kind}
        return page(FLOW, errors={}, values=_spare(values), **await _choices(work, kind))

    @post("/new", opt=SET_UP, status_code=200)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        return await _save(request, work, None)

    @get("/{flow_id:uuid}", opt=SET_UP)
    async def edit(self, work: NamedDependency[Work], flow_id: FromPath[UUID]) -> Template:
        flow = await get_flow(work, flow_id)
        values = {name: getattr(flow, name) for name in ("name", "active", "position", "conditions", "steps", "kind", "version")}
        return page(FLOW, errors={}, values=_spare(values), flow_id=flow_id, **await _choices(work, flow.kind))

    @post("/{flow_id:uuid}", opt=SET_UP, status_code=200)
    async def save(self, request: AnyRequest, work: NamedDependency[Work], flow_id: FromPath[UUID]) -> Redirect:
        await get_flow(work, flow_id)
        return await _save(request, work, flow_id)

    @post("/{flow_id:uuid}/delete", opt=SET_UP)
    async def delete(self, work: NamedDependency[Work], flow_id: FromPath[UUID]) -> Redirect:
        await delete_flow(work, flow_id)
        return Redirect("/settings/approvals", status_code=303)


async def _save(request: AnyRequest, work: Work, flow_id: UUID | None) -> Redirect:
    values = _read(dict(await request.form()))
    version = int(values["version"]) if str(values["version"]).isdecimal() else None
    choices = await _choices(work, values["kind"])
    try:
        data = FlowInput(
            kind=values["kind"],
            name=values["name"][:80],
            active=values["active"],
            position=int(values["position"]) if values["position"].isdecimal() else 0,
            conditions=[Condition(**condition) for condition in values["conditions"]],
            steps=[
                FlowStep(by=step["by"], name=step["name"], mode=step["mode"], conditions=[Condition(**c) for c in step["conditions"]])
                for step in values["steps"]
            ],
        )
        await save_flow(work, data, flow_id, version=version)
    except NotFound:
        raise
    except DomainError as error:
        raise FormRefused.because(error, FLOW, values=_spare(values), flow_id=flow_id, **choices) from error
    return Redirect("/settings/approvals", status_code=303)


def _read(form: Mapping[str, Any]) -> dict[str, Any]:
    """The flow that a form describes; rows without anything chosen are left out."""

    def text(name: str) -> str:
        return str(form.get(name, "")).strip()[:400]

    conditions = [_condition(text, f"c{n}") for n in range(ROWS_MAX) if text(f"c{n}.field")]
    steps = []
    for n in range(ROWS_MAX):
        if by := text(f"s{n}.by"):
            own = [_condition(text, f"s{n}.c")] if text(f"s{n}.c.field") else []
            mode = "all" if text(f"s{n}.mode") == "all" else "any"
            steps.append({"by": by[:120], "name": text(f"s{n}.name")[:80], "mode": mode, "conditions": own})
    names = {name: text(name) for name in ("kind", "name", "position", "version")}
    return {**names, "active": text("active") == "1", "conditions": conditions, "steps": steps}


def _condition(text: Any, place: str) -> dict[str, str]:
    operator = text(f"{place}.operator")
    return {
        "field": text(f"{place}.field")[:80],
        "operator": operator if operator in OPERATORS else "eq",
        "value": text(f"{place}.value"),
    }


def _spare(values: dict[str, Any]) -> dict[str, Any]:
    """With empty rows at the end, to be filled in."""
    blank: dict[str, Any] = {"by": "", "name": "", "mode": "any", "conditions": []}
    return {
        **values,
        "conditions": [*values["conditions"], *({} for _n in range(SPARE_ROWS))][:ROWS_MAX],
        "steps": [*values["steps"], *(dict(blank) for _n in range(SPARE_ROWS))][:ROWS_MAX],
    }


async def _choices(work: Work, key: str) -> dict[str, Any]:
    """What the form offers.

    Raises:
        NotFound: the company's packages know no such kind.
    """
    kind = approval_kinds(work).get(key)
    if kind is None:
        raise NotFound(_("There is nothing of this kind to approve."))
    deciders = [("manager", _("Superior of who asks"))]
    deciders += [(f"role:{code}", _("Role: %(name)s", name=label)) for code, label in (await role_labels(work)).items()]
    deciders += [(f"member:{person_id}", name) for person_id, name in await member_choices(work)]
    return {
        "label": _(kind.label),
        "deciders": deciders,
        "facts": [(fact.name, _(fact.label)) for fact in kind.facts],
        "operators": [(key, _(words)) for key, words in OPERATORS.items()],
    }
