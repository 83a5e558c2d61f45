"""REST API of approvals."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from kernel.i18n import gettext as _
from kernel.web import SIGNED_IN
from kernel.work import Work
from workflow.approvals import query
from workflow.approvals.asking import ask_by_hand
from workflow.approvals.flows import FlowInput, FlowStep, approval_kinds, delete_flow, flows_of, get_flow, read_steps, save_flow
from workflow.approvals.model import ActKind, Approval, ApprovalFlow, ApprovalState, SeatState
from workflow.approvals.service import MANAGE, approve, delegate, facts_of, get_approval, reject, withdraw
from workflow.conditions import Condition
from workflow.places import place, place_of
from workflow.records import kinds

OWN = {"permission": SIGNED_IN}
SET_UP = {"permission": MANAGE}

Comment = Annotated[str, msgspec.Meta(max_length=2000)]


class SeatRead(msgspec.Struct, kw_only=True):
    person_id: UUID
    name: str
    state: SeatState
    decided_at: datetime | None


class StepRead(msgspec.Struct, kw_only=True):
    """``who`` says in words who decides; ``seats`` are empty before the step's turn."""

    name: str
    by: str
    who: str
    mode: Literal["any", "all"]
    now: bool
    seats: list[SeatRead]


class ActRead(msgspec.Struct, kw_only=True):
    at: datetime
    step: int
    kind: ActKind
    by: str
    to: str
    comment: str


class ApprovalRead(msgspec.Struct, kw_only=True):
    """A request.  ``path`` is the page of what it is about."""

    id: UUID
    kind: str
    label: str
    record_kind: str
    record_id: UUID
    title: str
    path: str
    facts: dict[str, Any]
    note: str
    state: ApprovalState
    step: int
    submitter_id: UUID | None
    submitter_name: str
    submitted_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str

    @classmethod
    def values(cls, work: Work, row: Approval) -> dict[str, Any]:
        known = kinds(work).get(row.record_kind)
        plain = {name: getattr(row, name) for name in ApprovalRead.__struct_fields__ if name not in ("label", "path", "facts")}
        return {
            **plain,
            "label": query.label_of(work, row.kind),
            "path": known.page(row.record_id) if known else "",
            "facts": {name: str(value) if not isinstance(value, bool | int) else value for name, value in facts_of(row).items()},
        }


class ApprovalDetail(ApprovalRead, kw_only=True):
    steps: list[StepRead]
    history: list[ActRead]
    may_decide: bool
    may_withdraw: bool


class ApprovalList(msgspec.Struct, kw_only=True):
    """``next`` goes into ``before`` for the following page; null on the last."""

    items: list[ApprovalRead]
    next: str | None


class ApprovalAsk(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``kind`` must be one that may be asked for by hand."""

    kind: str
    record_id: UUID
    note: Comment = ""


class ApprovalAsked(msgspec.Struct, kw_only=True):
    """``approval`` null: nothing needs approval."""

    approval: ApprovalDetail | None


class Agreement(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    comment: Comment = ""


class Rejection(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    reason: Comment


class Delegation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``instead_of`` is for who manages approvals: whose turn is handed on."""

    to: UUID
    comment: Comment = ""
    instead_of: UUID | None = None


class FactRead(msgspec.Struct, kw_only=True):
    name: str
    label: str
    kind: str


class ApprovalKindRead(msgspec.Struct, kw_only=True):
    """``by_hand``: members may ask for it themselves."""

    key: str
    label: str
    record_kind: str
    facts: list[FactRead]
    by_hand: bool


class FlowRead(msgspec.Struct, kw_only=True):
    id: UUID
    kind: str
    name: str
    position: int
    active: bool
    conditions: list[Condition]
    steps: list[FlowStep]
    version: int

    @classmethod
    def of(cls, flow: ApprovalFlow) -> "FlowRead":
        return cls(
            id=flow.id, kind=flow.kind, name=flow.name, position=flow.position, active=flow.active, version=flow.version,
            conditions=msgspec.convert(flow.conditions, list[Condition]), steps=read_steps(flow.steps),
        )  # fmt: skip


class FlowUpdate(FlowInput, kw_only=True, forbid_unknown_fields=True):
    version: int | None = None


class ApprovalController(Controller):
    path = "/approvals"
    tags = ("Approvals",)

    @get("/", operation_id="listApprovals", opt=OWN)
    async def listed(
        self,
        work: NamedDependency[Work],
        which: FromQuery[Literal["waiting", "mine", "decided", "all"]] = "waiting",
        before: FromQuery[str] = "",
    ) -> ApprovalList:
        """Requests that wait for the caller, that they made, or that they decided.  ``all`` needs workflow.approval.manage."""
        found = await query.approvals(work, which, before=place_of(before))
        page = found[: query.PAGE_ROWS]
        more = place(page[-1].submitted_at, page[-1].id) if len(found) > query.PAGE_ROWS else None
        return ApprovalList(items=[ApprovalRead(**ApprovalRead.values(work, row)) for row in page], next=more)

    @post("/", operation_id="askForApproval", opt=OWN, status_code=200)
    async def ask(self, work: NamedDependency[Work], data: JSONBody[ApprovalAsk]) -> ApprovalAsked:
        """Ask for approval of a record by hand."""
        made = await ask_by_hand(work, data.kind, data.record_id, note=data.note)
        return ApprovalAsked(approval=await _detail(work, made) if made else None)

    @get("/{approval_id:uuid}", operation_id="readApproval", opt=OWN)
    async def read(self, work: NamedDependency[Work], approval_id: FromPath[UUID]) -> ApprovalDetail:
        """One request with its steps and its history."""
        return await _detail(work, await get_approval(work, approval_id))

    @post("/{approval_id:uuid}/approve", operation_id="approve", opt=OWN, status_code=200)
    async def approve(self, work: NamedDependency[Work], approval_id: FromPath[UUID], data: JSONBody[Agreement]) -> ApprovalDetail:
        """Agree.  409 ``approval_decided``: somebody was faster.  403 ``approval_not_yours``: others decide."""
        return await _detail(work, await approve(work, approval_id, comment=data.comment))

    @post("/{approval_id:uuid}/reject", operation_id="reject", opt=OWN, status_code=200)
    async def reject(self, work: NamedDependency[Work], approval_id: FromPath[UUID], data: JSONBody[Rejection]) -> ApprovalDetail:
        """Refuse, with a reason."""
        return await _detail(work, await reject(work, approval_id, reason=data.reason))

    @post("/{approval_id:uuid}/delegate", operation_id="delegateApproval", opt=OWN, status_code=200)
    async def delegate(self, work: NamedDependency[Work], approval_id: FromPath[UUID], data: JSONBody[Delegation]) -> ApprovalDetail:
        """Let another member decide."""
        return await _detail(work, await delegate(work, approval_id, data.to, comment=data.comment, instead_of=data.instead_of))

    @post("/{approval_id:uuid}/withdraw", operation_id="withdrawApproval", opt=OWN, status_code=200)
    async def withdraw(self, work: NamedDependency[Work], approval_id: FromPath[UUID]) -> ApprovalDetail:
        """Take one's request back."""
        return await _detail(work, await withdraw(work, approval_id))


class ApprovalFlowController(Controller):
    path = "/"
    tags = ("Approvals",)

    @get("/approval-kinds", operation_id="listApprovalKinds", opt=SET_UP)
    async def kinds(self, work: NamedDependency[Work]) -> list[ApprovalKindRead]:
        """What the company can have decided."""
        return [
            ApprovalKindRead(
                key=kind.key,
                label=_(kind.label),
                record_kind=kind.stem,
                facts=[FactRead(name=fact.name, label=_(fact.label), kind=fact.kind) for fact in kind.facts],
                by_hand=kind.gather is not None,
            )
            for kind in approval_kinds(work).values()
        ]

    @get("/approval-flows", operation_id="listApprovalFlows", opt=SET_UP)
    async def flows(self, work: NamedDependency[Work]) -> list[FlowRead]:
        """Flows by kind, in the order in which they are tried."""
        return [FlowRead.of(flow) for flow in await flows_of(work)]

    @post("/approval-flows", operation_id="createApprovalFlow", opt=SET_UP)
    async def create(self, work: NamedDependency[Work], data: JSONBody[FlowInput]) -> FlowRead:
        """One more flow."""
        return FlowRead.of(await save_flow(work, data))

    @get("/approval-flows/{flow_id:uuid}", operation_id="readApprovalFlow", opt=SET_UP)
    async def read(self, work: NamedDependency[Work], flow_id: FromPath[UUID]) -> FlowRead:
        """One flow."""
        return FlowRead.of(await get_flow(work, flow_id))

    @put("/approval-flows/{flow_id:uuid}", operation_id="updateApprovalFlow", opt=SET_UP)
    async def update(self, work: NamedDependency[Work], flow_id: FromPath[UUID], data: JSONBody[FlowUpdate]) -> FlowRead:
        """Write a flow anew; requests that wait go on as they began."""
        plain = FlowInput(**{name: getattr(data, name) for name in FlowInput.__struct_fields__})
        return FlowRead.of(await save_flow(work, plain, flow_id, version=data.version))

    @delete("/approval-flows/{flow_id:uuid}", operation_id="deleteApprovalFlow", opt=SET_UP)
    async def remove(self, work: NamedDependency[Work], flow_id: FromPath[UUID]) -> None:
        """Take a flow away."""
        await delete_flow(work, flow_id)


async def _detail(work: Work, approval: Approval) -> ApprovalDetail:
    seen = await query.shown(work, approval)
    steps = [
        StepRead(
            name=each.step.name,
            by=each.step.by,
            who=each.who,
            mode=each.step.mode,
            now=each.now,
            seats=[SeatRead(person_id=s.person_id, name=s.person_name, state=s.state, decided_at=s.decided_at) for s in each.seats],
        )
        for each in seen.steps
    ]
    history = [ActRead(at=act.at, step=act.step, kind=act.kind, by=act.by_name, to=act.to_name, comment=act.comment) for act in seen.acts]
    return ApprovalDetail(
        **ApprovalRead.values(work, approval), steps=steps, history=history, may_decide=seen.may_decide, may_withdraw=seen.may_withdraw
    )
