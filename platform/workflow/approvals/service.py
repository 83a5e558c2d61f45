"""Asking for approval, deciding, handing on, withdrawing: each in one transaction with what follows from it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from kernel import clock
from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Actor, Work
from master_data.api import note_event
from vertical import ApprovalKind, ApprovalOutcome
from vertical.locks import add_lock
from workflow.approvals.errors import (
    ApprovalDecided,
    ApprovalNotFound,
    ApprovalNotYours,
    ApprovalPending,
    ApprovalReasonMissing,
    UnderApproval,
)
from workflow.approvals.events import ApprovalGranted, ApprovalRefused, ApprovalRequested, ApprovalWithdrawn
from workflow.approvals.flows import FlowStep, approval_kinds, read_steps, steps_for
from workflow.approvals.model import ActKind, Approval, ApprovalAct, ApprovalSeat, ApprovalState, SeatState
from workflow.approvals.seats import seats_for
from workflow.notifications.service import notify
from workflow.people import member
from workflow.records import kind_of, may_see
from workflow.words import APPROVAL_ASKED, APPROVAL_DECIDED

MANAGE = "workflow.approval.manage"
COMMENT_MAX = 2000


async def request_approval(
    work: Work, *, kind: str, record: tuple[str, UUID], facts: Mapping[str, Any] | None = None, note: str = ""
) -> Approval | None:
    """Ask for approval where the company wants it; None: nothing needs approval, the caller goes on.

    ``facts`` are what the kind declares, amounts as ``Decimal``.  The caller has made sure that the actor may do what they
    ask for.

    Raises:
        LookupError: no package declares the kind.
        ApprovalPending: the record waits for a decision of this kind already.
    """
    declared = approval_kinds(work).get(kind)
    if declared is None:
        raise LookupError(f"no package declares the approval kind {kind!r}")
    flow, steps = await steps_for(work, declared, facts or {})
    if not steps:
        return None
    about = kind_of(work, record[0])
    row = await work.session.get(about.model, record[1])
    approval = Approval(
        id=new_id(),
        kind=kind,
        record_kind=record[0],
        record_id=record[1],
        title=(about.title(row) if row is not None else "")[:200],
        facts=_stored(facts or {}),
        note=note.strip()[:COMMENT_MAX],
        flow=flow,
        steps=msgspec.to_builtins(steps),
        submitter_id=work.actor.id,
        submitter_name=work.actor.name[:80],
    )
    try:
        async with work.session.begin_nested():
            work.session.add(approval)
    except IntegrityError as error:
        raise ApprovalPending(_("“%(name)s” waits for approval already.", name=approval.title)) from error
    _note(work, approval, ActKind.SUBMITTED, comment=approval.note)
    await note_event(work, *record, _("Asked for approval: %(what)s", what=_(declared.label)), path=f"/approvals/{approval.id}")
    await work.publish(ApprovalRequested(**_told(approval)))
    await _begin_step(work, declared, approval)
    return approval


async def get_approval(work: Work, approval_id: UUID, *, lock: bool = False) -> Approval:
    """The request, for who asked, who decides or decided, who may see the record, and who manages approvals.

    Raises:
        ApprovalNotFound: there is none that the actor may see.
    """
    query = select(Approval).where(Approval.id == approval_id).execution_options(populate_existing=lock)
    approval = await work.session.scalar(query.with_for_update() if lock else query)
    if approval is None or not await _may_read(work, approval):
        raise ApprovalNotFound(_("This request does not exist, or was deleted."))
    return approval


async def approve(work: Work, approval_id: UUID, *, comment: str = "") -> Approval:
    """Agree.  With the last step what was asked for is done, or nothing is.

    Raises:
        ApprovalNotFound, ApprovalNotYours
        ApprovalDecided: somebody was faster, or it was withdrawn.
        DomainError: what was asked for cannot be done.
    """
    approval, seat = await _turn(work, approval_id)
    seat.state, seat.decided_at = SeatState.APPROVED, clock.now()
    await work.session.flush()
    _note(work, approval, ActKind.APPROVED, comment=comment)
    step = read_steps(approval.steps)[approval.step]
    if step.mode == "all" and await _waiting(work, approval):
        return approval
    await _spare(work, approval)
    await _go_on(work, _declared(work, approval), approval)
    return approval


async def reject(work: Work, approval_id: UUID, *, reason: str) -> Approval:
    """Refuse, which ends the request.

    Raises:
        ApprovalNotFound, ApprovalNotYours, ApprovalDecided
        ApprovalReasonMissing: who asked must know why.
    """
    if not reason.strip():
        raise ApprovalReasonMissing(_("Say why, so that it can be changed and asked for again."), field="reason")
    approval, seat = await _turn(work, approval_id)
    seat.state, seat.decided_at = SeatState.REJECTED, clock.now()
    await work.session.flush()
    _note(work, approval, ActKind.REJECTED, comment=reason)
    await _spare(work, approval)
    await _end(work, approval, ApprovalState.REJECTED, reason=reason.strip()[:COMMENT_MAX])
    await work.publish(ApprovalRefused(reason=approval.reason, **_told(approval)))
    return approval


async def delegate(work: Work, approval_id: UUID, to: UUID, *, comment: str = "", instead_of: UUID | None = None) -> Approval:
    """Let another member decide in one's place; who manages approvals hands on for others.

    Raises:
        ApprovalNotFound, ApprovalNotYours, ApprovalDecided
        Invalid: not a member, who asked, or somebody who decides in this step anyway.
    """
    approval = await get_approval(work, approval_id, lock=True)
    _still_pending(approval)
    whose = instead_of if instead_of is not None and work.actor.may(MANAGE) else work.actor.id
    seat = await _seat(work, approval, whose)
    if seat is None or seat.state is not SeatState.WAITING:
        raise ApprovalNotYours(_("It is not your turn to decide about this."))
    target = await member(work, to)
    if target is None or to == approval.submitter_id or await _seat(work, approval, to) is not None:
        raise Invalid(_("Choose a member who neither asked for this nor decides in this step anyway."), field="to")
    seat.state, seat.decided_at = SeatState.DELEGATED, clock.now()
    work.session.add(_new_seat(approval, to, target.name))
    await work.session.flush()
    _note(work, approval, ActKind.DELEGATED, comment=comment, to=target.name)
    await _ask(work, _declared(work, approval), approval, [to])
    return approval


async def withdraw(work: Work, approval_id: UUID) -> Approval:
    """Take one's request back, while nobody has decided about it.

    Raises:
        ApprovalNotFound, ApprovalDecided
        ApprovalNotYours: somebody else asked.
    """
    approval = await get_approval(work, approval_id, lock=True)
    if work.actor.id != approval.submitter_id and not work.actor.may(MANAGE):
        raise ApprovalNotYours(_("Only %(name)s can withdraw this.", name=approval.submitter_name))
    _still_pending(approval)
    _note(work, approval, ActKind.WITHDRAWN)
    await _spare(work, approval)
    await _end(work, approval, ApprovalState.WITHDRAWN)
    await work.publish(ApprovalWithdrawn(**_told(approval)))
    return approval


async def pending_for(work: Work, stem: str, record_id: UUID) -> Approval | None:
    """The request that a record waits for."""
    query = select(Approval).where(Approval.record_kind == stem, Approval.record_id == record_id, Approval.state == ApprovalState.PENDING)
    found: Approval | None = await work.session.scalar(query.limit(1))
    return found


async def keep_still(work: Work, stem: str, ids: Collection[UUID]) -> None:
    """Refuse to change a record that waits for a decision; asks the database only where the company knows such requests.

    Raises:
        UnderApproval
    """
    if not ids or all(kind.stem != stem for kind in approval_kinds(work).values()):
        return
    waits = select(Approval).where(Approval.record_kind == stem, Approval.record_id.in_(ids), Approval.state == ApprovalState.PENDING)
    found = await work.session.scalar(waits.limit(1))
    if found is not None:
        message = _("“%(name)s” waits for approval and cannot be changed. Withdraw the request first.", name=found.title)
        raise UnderApproval(message, path=f"/approvals/{found.id}")


add_lock(keep_still)


def facts_of(approval: Approval) -> dict[str, Any]:
    """The facts as they were given: amounts are ``Decimal`` again."""
    return {name: Decimal(value["decimal"]) if isinstance(value, dict) else value for name, value in approval.facts.items()}


async def _turn(work: Work, approval_id: UUID) -> tuple[Approval, ApprovalSeat]:
    """A request that waits, locked, with the actor's seat in the step at hand.  Who holds the step's role by now gets one."""
    approval = await get_approval(work, approval_id, lock=True)
    _still_pending(approval)
    seat = await _seat(work, approval, work.actor.id)
    if seat is None:
        step = read_steps(approval.steps)[approval.step]
        what, _colon, who = step.by.partition(":")
        if what == "role" and who in work.actor.roles and work.actor.id is not None and work.actor.id != approval.submitter_id:
            seat = _new_seat(approval, work.actor.id, work.actor.name)
            work.session.add(seat)
    if seat is None or seat.state is not SeatState.WAITING:
        raise ApprovalNotYours(_("It is not your turn to decide about this."))
    return approval, seat


async def _begin_step(work: Work, declared: ApprovalKind, approval: Approval) -> None:
    """Seat those who decide now and ask them.  Who agreed in an earlier step agrees here too."""
    step: FlowStep = read_steps(approval.steps)[approval.step]
    seats = await seats_for(work, approval, step)
    agreed = set(
        await work.session.scalars(
            select(ApprovalSeat.person_id).where(ApprovalSeat.approval_id == approval.id, ApprovalSeat.state == SeatState.APPROVED)
        )
    )
    names = {}
    for person_id in seats.persons:
        who = await member(work, person_id)
        names[person_id] = who.name if who else ""
        seat = _new_seat(approval, person_id, names[person_id])
        if person_id in agreed:
            seat.state, seat.decided_at = SeatState.APPROVED, clock.now()
        work.session.add(seat)
    await work.session.flush()
    waiting = [person for person in seats.persons if person not in agreed]
    act = ActKind.ESCALATED if seats.escalated else ActKind.ASKED
    _note(work, approval, act, to="、".join(names.values()), platform=True)
    passed = bool(seats.persons) and (not waiting if step.mode == "all" else len(waiting) < len(seats.persons))
    if passed:
        _note(work, approval, ActKind.PASSED, to="、".join(names[person] for person in seats.persons if person in agreed), platform=True)
        await _spare(work, approval)
        await _go_on(work, declared, approval)
        return
    await _ask(work, declared, approval, waiting)


async def _go_on(work: Work, declared: ApprovalKind, approval: Approval) -> None:
    """The next step, or after the last one what was asked for."""
    if approval.step + 1 < len(approval.steps):
        approval.step += 1
        await work.session.flush()
        await _begin_step(work, declared, approval)
        return
    await _end(work, approval, ApprovalState.APPROVED)
    await work.publish(ApprovalGranted(**_told(approval)))


async def _end(work: Work, approval: Approval, state: ApprovalState, *, reason: str = "") -> None:
    declared = _declared(work, approval)
    approval.state, approval.decided_at, approval.decided_by = state, clock.now(), work.actor.name[:80]
    approval.reason = reason
    await work.session.flush()
    outcome = ApprovalOutcome(
        approval_id=approval.id,
        kind=approval.kind,
        record_id=approval.record_id,
        approved=state is ApprovalState.APPROVED,
        facts=facts_of(approval),
        by=work.actor.name,
        reason=reason,
    )
    # What was decided is done with the platform's rights, under the name of who decided.
    platform = replace(work, actor=Actor(id=work.actor.id, name=work.actor.name, kind="system"))
    if state is ApprovalState.APPROVED:
        await declared.approved(platform, outcome)
        _note(work, approval, ActKind.DONE, platform=True)
    elif declared.refused is not None:
        await declared.refused(platform, outcome)
    words = {
        ApprovalState.APPROVED: N_("%(kind)s: “%(name)s” was approved."),
        ApprovalState.REJECTED: N_("%(kind)s: “%(name)s” was rejected by %(who)s: %(reason)s"),
        ApprovalState.WITHDRAWN: N_("%(kind)s: “%(name)s” was withdrawn by %(who)s."),
    }
    values = {"kind": {"msgid": declared.label}, "name": approval.title, "who": work.actor.name, "reason": reason}
    path = f"/approvals/{approval.id}"
    if approval.submitter_id is not None:
        await notify(work, [approval.submitter_id], kind=APPROVAL_DECIDED, text=words[state], values=values, path=path)
    body = _(words[state], **{**values, "kind": _(declared.label)})
    await note_event(work, approval.record_kind, approval.record_id, body, path=path)


async def _ask(work: Work, declared: ApprovalKind, approval: Approval, persons: Collection[UUID]) -> None:
    text = N_("%(who)s asks for your approval: %(kind)s, “%(name)s”")
    values = {"who": approval.submitter_name, "kind": {"msgid": declared.label}, "name": approval.title}
    key = f"approval:{approval.id}:{approval.step}"
    await notify(work, persons, kind=APPROVAL_ASKED, text=text, values=values, path=f"/approvals/{approval.id}", key=key, even_self=True)


async def _waiting(work: Work, approval: Approval) -> bool:
    query = select(ApprovalSeat.id).where(
        ApprovalSeat.approval_id == approval.id, ApprovalSeat.step == approval.step, ApprovalSeat.state == SeatState.WAITING
    )
    return await work.session.scalar(query.limit(1)) is not None


async def _spare(work: Work, approval: Approval) -> None:
    """The others of the step need not decide any more."""
    spared = update(ApprovalSeat).where(ApprovalSeat.approval_id == approval.id, ApprovalSeat.state == SeatState.WAITING)
    await work.session.execute(spared.values(state=SeatState.SPARED))


async def _seat(work: Work, approval: Approval, person_id: UUID | None) -> ApprovalSeat | None:
    query = select(ApprovalSeat).where(
        ApprovalSeat.approval_id == approval.id, ApprovalSeat.step == approval.step, ApprovalSeat.person_id == person_id
    )
    found: ApprovalSeat | None = await work.session.scalar(query)
    return found


async def _may_read(work: Work, approval: Approval) -> bool:
    if work.actor.may(MANAGE) or (work.actor.id is not None and work.actor.id == approval.submitter_id):
        return True
    sits = select(ApprovalSeat.id).where(ApprovalSeat.approval_id == approval.id, ApprovalSeat.person_id == work.actor.id)
    if await work.session.scalar(sits.limit(1)) is not None:
        return True
    step = read_steps(approval.steps)[approval.step]
    if approval.state is ApprovalState.PENDING and step.by.startswith("role:") and step.by[5:] in work.actor.roles:
        return True
    return await may_see(work, approval.record_kind, approval.record_id)


def _still_pending(approval: Approval) -> None:
    if approval.state is ApprovalState.PENDING:
        return
    if approval.state is ApprovalState.WITHDRAWN:
        raise ApprovalDecided(_("This request was withdrawn by %(who)s.", who=approval.decided_by))
    if approval.state is ApprovalState.APPROVED:
        raise ApprovalDecided(_("%(who)s has approved this already.", who=approval.decided_by))
    raise ApprovalDecided(_("%(who)s has rejected this already.", who=approval.decided_by))


def _declared(work: Work, approval: Approval) -> ApprovalKind:
    declared = approval_kinds(work).get(approval.kind)
    if declared is None:
        raise ApprovalNotFound(_("The app that asked for this is switched off. Switch it on again to decide."))
    return declared


def _new_seat(approval: Approval, person_id: UUID, name: str) -> ApprovalSeat:
    return ApprovalSeat(
        id=new_id(), approval_id=approval.id, step=approval.step, person_id=person_id, person_name=name[:80], state=SeatState.WAITING
    )


def _note(work: Work, approval: Approval, kind: ActKind, *, comment: str = "", to: str = "", platform: bool = False) -> None:
    work.session.add(
        ApprovalAct(
            id=new_id(),
            approval_id=approval.id,
            at=clock.now(),
            step=approval.step or 0,
            kind=kind,
            by_id=None if platform else work.actor.id,
            by_name="" if platform else work.actor.name[:80],
            to_name=to[:300],
            comment=comment.strip()[:COMMENT_MAX],
        )
    )


def _stored(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"decimal": str(value)} if isinstance(value, Decimal) else msgspec.to_builtins(value) for name, value in facts.items()}


def _told(approval: Approval) -> dict[str, Any]:
    return {"approval_id": approval.id, "kind": approval.kind, "record_kind": approval.record_kind, "record_id": approval.record_id}
