"""Pages of the period end: the months, and the cockpit of one."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from core_finance.books.frame import setup_redirect
from core_finance.chart.ledgers import find_current, mark_of, the_ledger
from core_finance.chart.model import Ledger
from core_finance.closing.closing import close, filed_statements, read_checks, reopen
from core_finance.closing.service import do_step, end_of, next_step, read_steps, skip_step
from core_finance.closing.view import State, StepView
from core_finance.periods.model import PeriodState
from core_finance.periods.service import code_of, periods, text_of
from kernel.errors import DomainError
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page, toast
from kernel.work import Work

MONTHS, COCKPIT = "core_finance/closing/months.html", "core_finance/closing/cockpit.html"
ROWS_MAX = 200

STATES = {
    State.WAITING: (N_("To do"), "info"), State.BLOCKED: (N_("Needs you"), "bad"), State.CHANGED: (N_("Changed since"), "warn"),
    State.DONE: (N_("Done"), "ok"), State.SKIPPED: (N_("Skipped"), ""), State.NOTHING: (N_("Nothing to post"), ""),
    State.ABSENT: (N_("By hand"), ""),
}  # fmt: skip

AnyRequest = Request[Any, Any, Any]


class ClosePages(Controller):
    path = "/finance"
    include_in_schema = False

    @get("/periods", opt={"permission": "finance.ledger.read"})
    async def old_address(self) -> Redirect:
        """Where the months used to stand."""
        return Redirect("/finance/close", status_code=303)

    @get("/close", opt={"permission": "finance.ledger.read"})
    async def months(self, work: NamedDependency[Work]) -> Template | Redirect:
        """The months with their state."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        known = await periods(work, ledger)
        opened = next((p.code for p in known if p.state is PeriodState.OPEN), None)
        latest = max(code_of(work.today()) + 1, opened or 0)
        shown = [p for p in known if p.code <= latest or p.state is PeriodState.CLOSED]
        return page(MONTHS, ledger=ledger, periods=shown, opened=opened, text_of=text_of)

    @get("/close/{code:int}", opt={"permission": "finance.report.read"})
    async def cockpit(self, work: NamedDependency[Work], code: FromPath[int]) -> Template | Redirect:
        """Steps, checks and the close of one month."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        return page(COCKPIT, **await _cockpit(work, ledger, code))

    @post("/close/{code:int}/steps/{key:str}/do", opt={"permission": "finance.period.close"}, status_code=200)
    async def do(self, request: AnyRequest, work: NamedDependency[Work], code: FromPath[int], key: FromPath[str]) -> Template:
        ledger = await the_ledger(work, await request.form())
        before = await _cockpit(work, ledger, code)
        try:
            view = await do_step(work, ledger, code, key)
        except DomainError as error:
            raise FormRefused.because(error, COCKPIT, values={}, **before) from error
        done = toast(_("%(step)s is done.", step=view.title))
        return page(COCKPIT, headers=done, **await _cockpit(work, ledger, code))

    @post("/close/{code:int}/steps/{key:str}/skip", opt={"permission": "finance.period.close"}, status_code=200)
    async def skip(self, request: AnyRequest, work: NamedDependency[Work], code: FromPath[int], key: FromPath[str]) -> Template:
        ledger = await the_ledger(work, await request.form())
        before = await _cockpit(work, ledger, code)
        reason = str((await request.form()).get("reason", ""))
        try:
            view = await skip_step(work, ledger, code, key, reason)
        except DomainError as error:
            raise FormRefused.because(error, COCKPIT, values={"reason": reason, "step": key}, **before) from error
        done = toast(_("%(step)s is skipped.", step=view.title))
        return page(COCKPIT, headers=done, **await _cockpit(work, ledger, code))

    @post("/close/{code:int}/next", opt={"permission": "finance.period.close"}, status_code=200)
    async def do_next(self, request: AnyRequest, work: NamedDependency[Work], code: FromPath[int]) -> Template:
        """Do the first step that waits.  Each is a request of its own, and so stands whatever happens to those after it;

        the answer asks for the next one until a person is needed.
        """
        ledger = await the_ledger(work, await request.form())
        before = await _cockpit(work, ledger, code)
        upcoming = await next_step(work, ledger, code)
        try:
            if upcoming is not None and upcoming.state is not State.BLOCKED:
                await do_step(work, ledger, code, upcoming.key)
        except DomainError as error:
            raise FormRefused.because(error, COCKPIT, values={}, **before) from error
        after = await _cockpit(work, ledger, code)
        following = next((view for view in after["steps"] if view.state.is_open), None)
        going = following is not None and following.state is not State.BLOCKED
        headers = {} if going else toast(_("All steps are done.") if following is None else _("A step needs you."))
        return page(COCKPIT, headers=headers, **after | {"going": following.title if going and following else ""})

    @post("/close/{code:int}/close", opt={"permission": "finance.period.close"}, status_code=200)
    async def close(self, request: AnyRequest, work: NamedDependency[Work], code: FromPath[int]) -> Template:
        ledger = await the_ledger(work, await request.form())
        before = await _cockpit(work, ledger, code)
        try:
            await close(work, ledger, code)
        except DomainError as error:
            raise FormRefused(COCKPIT, errors={"": error.message}, values={}, **before) from error
        done = toast(_("%(period)s is closed.", period=text_of(code)))
        return page(COCKPIT, headers=done, **await _cockpit(work, ledger, code))

    @post("/close/{code:int}/reopen", opt={"permission": "finance.period.reopen"}, status_code=200)
    async def reopen(self, request: AnyRequest, work: NamedDependency[Work], code: FromPath[int]) -> Template:
        ledger = await the_ledger(work, await request.form())
        before = await _cockpit(work, ledger, code)
        data = await request.form()
        values = {"reopen_reason": str(data.get("reopen_reason", "")), "although_filed": bool(data.get("although_filed"))}
        try:
            await reopen(work, ledger, code, str(values["reopen_reason"]), although_filed=bool(values["although_filed"]))
        except DomainError as error:
            errors = {"reopen_reason" if e.field == "reason" else e.field: e.message for e in error.errors} or {"": error.message}
            raise FormRefused(COCKPIT, errors=errors, values=values, **before) from error
        done = toast(_("%(period)s is open again.", period=text_of(code)))
        return page(COCKPIT, headers=done, **await _cockpit(work, ledger, code))


async def _cockpit(work: Work, ledger: Ledger, code: int) -> dict[str, Any]:
    """What the cockpit shows, in plain values: a refused form is drawn after the transaction was undone."""
    end_of(ledger, code)
    months = {p.code: p for p in await periods(work, ledger)}
    steps = await read_steps(work, ledger, code)
    is_open = months[code].state is PeriodState.OPEN
    checks = await read_checks(work, ledger, code) if is_open else []
    opened = [c for c, p in months.items() if p.state is PeriodState.OPEN]
    closed = [c for c, p in months.items() if p.state is PeriodState.CLOSED]
    return {
        "code": code, "text": text_of(code), "ledger": mark_of(ledger), "is_open": is_open, "closed_by": months[code].closed_by,
        "closed_at": months[code].closed_at, "steps": steps, "checks": checks,
        "states": {key: (_(label), tone) for key, (label, tone) in STATES.items()},
        "blocked": sum(len(check.findings) for check in checks if check.blocking), "is_next": bool(opened) and code == min(opened),
        "is_latest": bool(closed) and code == max(closed), "filed": await filed_statements(work, ledger, code) if not is_open else [],
        "upcoming": next((view for view in steps if view.state.is_open), None), "rows_max": ROWS_MAX, "going": "",
        "settled": _settled(steps), "previous": _neighbour(months, code, -1), "following": _neighbour(months, code, 1),
    }  # fmt: skip


def _settled(steps: list[StepView]) -> int:
    return sum(not view.state.is_open for view in steps)


def _neighbour(months: dict[int, Any], code: int, way: int) -> str:
    codes = sorted(months)
    place = codes.index(code) + way
    return f"/finance/close/{codes[place]}" if 0 <= place < len(codes) else ""
