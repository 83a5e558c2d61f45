"""Which steps a request takes: the company's flows, or what is usual for the kind."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from identity.audit import record
from kernel.errors import Conflict, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from vertical import ApprovalKind
from workflow.approvals.errors import ApprovalFlowNotFound
from workflow.approvals.model import ApprovalFlow
from workflow.conditions import Condition, holds, problems
from workflow.people import member

MANAGER = "manager"
FLOWS_MAX, STEPS_MAX = 50, 10


class FlowChanged(Conflict):
    code = "version_conflict"


class FlowStep(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A step.  ``by`` is ``manager``, ``role:<code>`` or ``member:<person id>``; with conditions it is left out where they fail."""

    by: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    name: Annotated[str, msgspec.Meta(max_length=80)] = ""
    mode: Literal["any", "all"] = "any"
    conditions: Annotated[list[Condition], msgspec.Meta(max_length=5)] = []


class FlowInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A flow.  Without conditions it fits every request of its kind."""

    kind: Annotated[str, msgspec.Meta(max_length=80)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    steps: Annotated[list[FlowStep], msgspec.Meta(max_length=STEPS_MAX)]
    conditions: Annotated[list[Condition], msgspec.Meta(max_length=5)] = []
    position: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    active: bool = True


def approval_kinds(work: Work) -> Mapping[str, ApprovalKind]:
    """What the company's packages let it decide about, by key."""
    known: dict[str, ApprovalKind] | None = work.session.info.get("approval_kinds")
    if known is None:
        known = work.session.info["approval_kinds"] = {c.item.key: c.item for c in work.contributions("approval_kinds")}
    return known


async def steps_for(work: Work, kind: ApprovalKind, facts: Mapping[str, Any]) -> tuple[str, list[FlowStep]]:
    """The flow's name and the steps that a request with these facts takes; no steps: nothing needs approval."""
    flows = await flows_of(work, kind.key)
    if not any(flow.active for flow in flows):
        return "", [FlowStep(by=step.by, mode=step.mode, name=step.name) for step in kind.usual]
    for flow in flows:
        if flow.active and holds(_conditions(flow.conditions), facts):
            return flow.name, [step for step in read_steps(flow.steps) if holds(step.conditions, facts)]
    return "", []


async def flows_of(work: Work, kind: str | None = None) -> Sequence[ApprovalFlow]:
    """The flows in the order in which they are tried."""
    query = select(ApprovalFlow).order_by(ApprovalFlow.kind, ApprovalFlow.position, ApprovalFlow.created_at, ApprovalFlow.id)
    if kind is not None:
        query = query.where(ApprovalFlow.kind == kind)
    return (await work.session.scalars(query.limit(FLOWS_MAX * 10))).all()


async def get_flow(work: Work, flow_id: UUID) -> ApprovalFlow:
    """
    Raises:
        ApprovalFlowNotFound
    """
    flow = await work.session.get(ApprovalFlow, flow_id)
    if flow is None:
        raise ApprovalFlowNotFound(_("This flow does not exist, or was deleted."))
    return flow


async def save_flow(work: Work, data: FlowInput, flow_id: UUID | None = None, *, version: int | None = None) -> ApprovalFlow:
    """Write a flow; requests that wait go on by the steps they began with.

    Raises:
        ApprovalFlowNotFound, FlowChanged
        Invalid: it looks at what the kind does not know, or names nobody.
    """
    flow = await get_flow(work, flow_id) if flow_id else ApprovalFlow(id=new_id())
    if flow_id and version is not None and flow.version != version:
        raise FlowChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    errors = await _problems(work, data)
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    before = _values(flow) if flow_id else None
    flow.kind, flow.name, flow.position, flow.active = data.kind, data.name.strip(), data.position, data.active
    flow.conditions = msgspec.to_builtins(data.conditions)
    flow.steps = msgspec.to_builtins(data.steps)
    work.session.add(flow)
    await work.session.flush()
    await record(work, "approval_flow.saved", f"approval_flow:{flow.id}", name=flow.name, before=before, after=_values(flow))
    return flow


async def delete_flow(work: Work, flow_id: UUID) -> None:
    """Take a flow away; requests that wait go on.

    Raises:
        ApprovalFlowNotFound
    """
    flow = await get_flow(work, flow_id)
    await record(work, "approval_flow.deleted", f"approval_flow:{flow.id}", name=flow.name, before=_values(flow))
    await work.session.delete(flow)
    await work.session.flush()


def read_steps(stored: Sequence[Mapping[str, Any]]) -> list[FlowStep]:
    return msgspec.convert(list(stored), list[FlowStep])


async def _problems(work: Work, data: FlowInput) -> list[FieldError]:
    kind = approval_kinds(work).get(data.kind)
    if kind is None:
        return [FieldError("kind", _("Choose one of the list."))]
    if not data.name.strip():
        return [FieldError("name", _("Please fill in %(label)s.", label=_("Name")))]
    known = {fact.name: fact.kind for fact in kind.facts}
    errors = problems(data.conditions, known, "conditions")
    if not data.steps:
        errors.append(FieldError("steps.0.by", _("Say who decides.")))
    for number, step in enumerate(data.steps):
        what, _colon, who = step.by.partition(":")
        named = step.by == MANAGER or (what == "role" and bool(who)) or (what == "member" and await _is_member(work, who))
        if not named:
            errors.append(FieldError(f"steps.{number}.by", _("Say who decides.")))
        errors += problems(step.conditions, known, f"steps.{number}.conditions")
    return errors


async def _is_member(work: Work, text: str) -> bool:
    try:
        return await member(work, UUID(text)) is not None
    except ValueError:
        return False


def _conditions(stored: Sequence[Mapping[str, Any]]) -> list[Condition]:
    return msgspec.convert(list(stored), list[Condition])


def _values(flow: ApprovalFlow) -> dict[str, Any]:
    return {name: getattr(flow, name) for name in ("kind", "name", "position", "active", "conditions", "steps")}
