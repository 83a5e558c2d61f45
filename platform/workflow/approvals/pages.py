"""The inbox of who decides, one request, and the card on a record's page."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from kernel.errors import DomainError, Invalid, NotFound
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.orm import detached
from kernel.templates import render
from kernel.web import SIGNED_IN, FormRefused, page
from kernel.work import Work
from vertical import Panel
from workflow.approvals import query
from workflow.approvals.asking import ask_by_hand, by_hand
from workflow.approvals.flows import approval_kinds
from workflow.approvals.model import ActKind, Approval, ApprovalState
from workflow.approvals.service import MANAGE, approve, delegate, facts_of, get_approval, reject, withdraw
from workflow.people import member_choices
from workflow.places import place, place_of
from workflow.records import kind_of, kinds

LIST, DETAIL, PANEL = (f"workflow/approvals/{name}.html" for name in ("list", "detail", "panel"))
OWN = {"permission": SIGNED_IN, "interactive": True}
STATES = {
    ApprovalState.PENDING: (N_("Awaiting decision"), "warn"),
    ApprovalState.APPROVED: (N_("Approved"), "ok"),
    ApprovalState.REJECTED: (N_("Rejected"), "bad"),
    ApprovalState.WITHDRAWN: (N_("Taken back"), "mute"),
}
ACTS = {
    ActKind.SUBMITTED: N_("asked for approval"),
    ActKind.ASKED: N_("Asked: %(who)s"),
    ActKind.ESCALATED: N_("Nobody else was there, so owners were asked: %(who)s"),
    ActKind.PASSED: N_("Agreed in an earlier step: %(who)s"),
    ActKind.APPROVED: N_("approved"),
    ActKind.REJECTED: N_("rejected"),
    ActKind.DELEGATED: N_("handed on to %(who)s"),
    ActKind.WITHDRAWN: N_("withdrew it"),
    ActKind.DONE: N_("What was asked for has been done."),
}

AnyRequest = Request[Any, Any, Any]


class ApprovalPages(Controller):
    path = "/approvals"
    include_in_schema = False

    @get("/", opt=OWN)
    async def listed(self, work: NamedDependency[Work], which: FromQuery[str] = "waiting", before: FromQuery[str] = "") -> Template:
        which = which if which in query.TABS else "waiting"
        found = await query.approvals(work, which, before=place_of(before))
        shown = detached(work.session, found[: query.PAGE_ROWS])
        return page(
            LIST,
            which=which,
            rows=[_line(work, row) for row in shown],
            more=place(shown[-1].submitted_at, shown[-1].id) if len(found) > query.PAGE_ROWS else "",
            waiting=await query.count_waiting(work),
            may_manage=work.actor.may(MANAGE),
        )

    @get("/{approval_id:uuid}", opt=OWN)
    async def detail(self, work: NamedDependency[Work], approval_id: FromPath[UUID]) -> Template:
        return page(DETAIL, errors={}, values={}, **await _detail(work, approval_id))

    @post("/{approval_id:uuid}/approve", opt=OWN)
    async def agree(self, request: AnyRequest, work: NamedDependency[Work], approval_id: FromPath[UUID]) -> Redirect:
        form = dict(await request.form())
        await _attempt(work, approval_id, form, approve(work, approval_id, comment=str(form.get("comment", ""))))
        return _next(await query.count_waiting(work), approval_id)

    @post("/{approval_id:uuid}/reject", opt=OWN)
    async def refuse(self, request: AnyRequest, work: NamedDependency[Work], approval_id: FromPath[UUID]) -> Redirect:
        form = dict(await request.form())
        await _attempt(work, approval_id, form, reject(work, approval_id, reason=str(form.get("reason", ""))))
        return _next(await query.count_waiting(work), approval_id)

    @post("/{approval_id:uuid}/delegate", opt=OWN)
    async def hand_on(self, request: AnyRequest, work: NamedDependency[Work], approval_id: FromPath[UUID]) -> Redirect:
        form = dict(await request.form())
        command = _delegate(work, approval_id, form)
        await _attempt(work, approval_id, form, command)
        return Redirect(f"/approvals/{approval_id}" if work.actor.may(MANAGE) else "/approvals", status_code=303)

    @post("/{approval_id:uuid}/withdraw", opt=OWN)
    async def take_back(self, work: NamedDependency[Work], approval_id: FromPath[UUID]) -> Redirect:
        await _attempt(work, approval_id, {}, withdraw(work, approval_id))
        return Redirect(f"/approvals/{approval_id}", status_code=303)

    @post("/ask/{kind:str}/{record_id:uuid}", opt=OWN)
    async def ask(self, request: AnyRequest, work: NamedDependency[Work], kind: FromPath[str], record_id: FromPath[UUID]) -> Redirect:
        """Ask for approval on a record's page."""
        note = str((await request.form()).get("note", ""))[:2000]
        made = await ask_by_hand(work, kind, record_id, note=note)
        if made is not None:
            return Redirect(f"/approvals/{made.id}", status_code=303)
        return Redirect(kind_of(work, approval_kinds(work)[kind].stem).page(record_id), status_code=303)


async def draw_approvals(work: Work, *, stem: str, record_id: UUID | None, **_context: Any) -> str:
    """What was asked about a record and what may be asked, where its kind knows approvals at all."""
    if record_id is None or all(kind.stem != stem for kind in approval_kinds(work).values()):
        return ""
    found = detached(work.session, await query.approvals_of(work, stem, record_id))
    waits = {row.kind for row in found if row.state is ApprovalState.PENDING}
    offered = [(kind.key, _(kind.label)) for kind in by_hand(work, stem) if kind.key not in waits]
    if not found and not offered:
        return ""
    return render(PANEL, rows=[_line(work, row) for row in found], offered=offered, record_id=record_id)


APPROVAL_PANELS = (Panel(slot="*.side", render=draw_approvals, order=12),)


def _line(work: Work, row: Approval) -> dict[str, Any]:
    kind = approval_kinds(work).get(row.kind)
    words, tone = STATES[row.state]
    values = facts_of(row)
    facts = [(_(fact.label), fact.kind, values.get(fact.name)) for fact in kind.facts if values.get(fact.name) is not None] if kind else []
    return {"row": row, "label": query.label_of(work, row.kind), "state": _(words), "tone": tone, "facts": facts}


async def _detail(work: Work, approval_id: UUID) -> dict[str, Any]:
    approval = await get_approval(work, approval_id)
    seen, summary = await query.shown(work, approval), await query.summary_of(work, approval)
    known = kinds(work).get(approval.record_kind)
    taken = {seat.person_id for step in seen.steps if step.now for seat in step.seats} | {approval.submitter_id}
    context = {
        **_line(work, approval),
        "a": approval,
        "seen": seen,
        "summary": summary,
        "path": known.page(approval.record_id) if known else "",
        "acts": [_told(act) for act in seen.acts],
        "members": await member_choices(work, without=[person for person in taken if person]),
        "me": work.actor.id,
        "may_manage": work.actor.may(MANAGE),
    }
    work.session.expunge_all()  # the page may be drawn after a rollback, which would empty it
    return context


def _told(act: Any) -> dict[str, Any]:
    text = _(ACTS[act.kind], who=act.to_name) if "%(who)s" in ACTS[act.kind] else _(ACTS[act.kind])
    signs = {ActKind.APPROVED: "check", ActKind.REJECTED: "x", ActKind.DELEGATED: "arrow-forward-up", ActKind.DONE: "circle-check"}
    return {"who": act.by_name, "text": text, "comment": act.comment, "at": act.at, "icon": signs.get(act.kind, "clock")}


async def _delegate(work: Work, approval_id: UUID, form: dict[str, Any]) -> Approval:
    try:
        to = UUID(str(form.get("to", "")))
        instead_of = UUID(str(form["instead_of"])) if form.get("instead_of") else None
    except ValueError:
        raise Invalid(_("Choose a member of the company."), field="to") from None
    return await delegate(work, approval_id, to, comment=str(form.get("comment", "")), instead_of=instead_of)


async def _attempt(work: Work, approval_id: UUID, form: dict[str, Any], command: Awaitable[Approval]) -> None:
    """Run ``command``; when it is refused, show the request as it stands with the reason."""
    try:
        async with work.session.begin_nested():
            await command
    except NotFound:
        raise
    except DomainError as error:
        work.session.expunge_all()
        context = await _detail(work, approval_id)
        raise FormRefused.because(error, DETAIL, values=form, **context) from error


def _next(waiting: int | None, approval_id: UUID) -> Redirect:
    """Back to the inbox while more waits there, else to what was decided."""
    return Redirect("/approvals" if waiting else f"/approvals/{approval_id}", status_code=303)
