"""Lists of requests, and one with its steps and its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, exists, false, func, or_, select, tuple_

from identity.members.directory import company_roles
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.work import Actor, Work
from vertical import ApprovalSummary
from workflow.approvals.flows import MANAGER, FlowStep, approval_kinds, read_steps
from workflow.approvals.model import Approval, ApprovalAct, ApprovalSeat, ApprovalState, SeatState
from workflow.approvals.service import MANAGE
from workflow.people import member

PAGE_ROWS = 30
TABS = ("waiting", "mine", "decided", "all")


@dataclass(frozen=True)
class StepShown:
    """A step with those who sit in it; before its turn nobody does."""

    step: FlowStep
    who: str
    seats: Sequence[ApprovalSeat]
    now: bool


@dataclass(frozen=True)
class ApprovalShown:
    """A request as its reader sees it."""

    approval: Approval
    label: str
    steps: Sequence[StepShown]
    acts: Sequence[ApprovalAct]
    may_decide: bool
    may_withdraw: bool


def tab(work: Work, name: str) -> ColumnElement[bool]:
    """The condition for a tab of the list; "all" is only for who manages approvals."""
    me = work.actor.id
    if me is None:
        return false()
    if name == "mine":
        return Approval.submitter_id == me
    if name == "decided":
        done = (ApprovalSeat.person_id == me, ApprovalSeat.decided_at.is_not(None))
        return exists().where(ApprovalSeat.approval_id == Approval.id, *done)
    if name == "all" and work.actor.may(MANAGE):
        return Approval.id.is_not(None)
    return waiting_for(work)


def waiting_for(work: Work) -> ColumnElement[bool]:
    """Requests whose step at hand waits for the actor: by a seat, or by a role that they hold now."""
    here = (ApprovalSeat.approval_id == Approval.id, ApprovalSeat.step == Approval.step, ApprovalSeat.person_id == work.actor.id)
    seated = exists().where(*here, ApprovalSeat.state == SeatState.WAITING)
    by = func.jsonb_extract_path_text(Approval.steps, cast(Approval.step, String), "by")
    role = and_(
        by.in_([f"role:{role}" for role in work.actor.roles]),
        ~exists().where(*here),
        or_(Approval.submitter_id.is_(None), Approval.submitter_id != work.actor.id),
    )
    return and_(Approval.state == ApprovalState.PENDING, or_(seated, role))


async def approvals(work: Work, name: str, *, before: tuple[datetime, UUID] | None = None, limit: int = PAGE_ROWS) -> Sequence[Approval]:
    """A page of requests, the latest first; those that wait the oldest first.  One more than ``limit`` tells that there are others."""
    query = select(Approval).where(tab(work, name))
    if before is not None:
        query = query.where(tuple_(Approval.submitted_at, Approval.id) < before)
    return (await work.session.scalars(query.order_by(Approval.submitted_at.desc(), Approval.id.desc()).limit(limit + 1))).all()


async def approvals_of(work: Work, stem: str, record_id: UUID, *, limit: int = 5) -> Sequence[Approval]:
    """What was asked about a record, the latest first; the caller has made sure that the record may be seen."""
    query = select(Approval).where(Approval.record_kind == stem, Approval.record_id == record_id)
    return (await work.session.scalars(query.order_by(Approval.submitted_at.desc(), Approval.id.desc()).limit(limit))).all()


async def count_waiting(work: Work) -> int | None:
    """How many requests wait for the actor: for the menu."""
    if work.actor.id is None:
        return None
    return await work.session.scalar(select(func.count()).select_from(Approval).where(waiting_for(work)))


async def shown(work: Work, approval: Approval) -> ApprovalShown:
    """The request with its steps, seats and history."""
    seats = (
        await work.session.scalars(
            select(ApprovalSeat).where(ApprovalSeat.approval_id == approval.id).order_by(ApprovalSeat.created_at, ApprovalSeat.person_name)
        )
    ).all()
    acts = (
        await work.session.scalars(
            select(ApprovalAct).where(ApprovalAct.approval_id == approval.id).order_by(ApprovalAct.at, ApprovalAct.id).limit(200)
        )
    ).all()
    pending = approval.state is ApprovalState.PENDING
    steps = [
        StepShown(step, await who(work, step), [seat for seat in seats if seat.step == n], pending and n == approval.step)
        for n, step in enumerate(read_steps(approval.steps))
    ]
    turn = pending and await work.session.scalar(select(Approval.id).where(Approval.id == approval.id, waiting_for(work))) is not None
    own = work.actor.id is not None and work.actor.id == approval.submitter_id
    return ApprovalShown(approval, label_of(work, approval.kind), steps, acts, turn, pending and (own or work.actor.may(MANAGE)))


async def summary_of(work: Work, approval: Approval) -> ApprovalSummary | None:
    """What the kind tells whoever decides; None where its app is switched off or the record is gone."""
    kind = approval_kinds(work).get(approval.kind)
    if kind is None:
        return None
    platform = replace(work, actor=Actor(id=work.actor.id, name=work.actor.name, kind="system"))
    try:
        return await kind.summary(platform, approval.record_id)
    except NotFound:
        return None


async def who(work: Work, step: FlowStep) -> str:
    """Who decides in a step, in words."""
    what, _colon, name = step.by.partition(":")
    if step.by == MANAGER:
        return _("Superior of who asks")
    if what == "member":
        try:
            found = await member(work, UUID(name))
        except ValueError:
            found = None
        return found.name if found else _("somebody who left")
    return (await role_labels(work)).get(name, name)


async def role_labels(work: Work) -> Mapping[str, str]:
    """The company's roles by code, in the reader's language."""
    labels = {}
    for code, label in (await company_roles(work)).items():
        labels[code] = _(label) if label else code
    return labels


def label_of(work: Work, kind: str) -> str:
    declared = approval_kinds(work).get(kind)
    return _(declared.label) if declared else kind
