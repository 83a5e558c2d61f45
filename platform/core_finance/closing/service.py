"""The steps of a period end: what each would post, doing them, skipping them."""

import hashlib
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import msgspec
import structlog
from sqlalchemy import func, select

from core_finance.chart.model import Ledger
from core_finance.chart.service import shown_name
from core_finance.closing.lines import Chart, new_line, read_chart, sized, source_id
from core_finance.closing.model import CloseStep, StepState
from core_finance.closing.steps import exchange, transfer
from core_finance.closing.view import PostedVoucher, State, StepView, names_of, stored
from core_finance.periods.model import Period, PeriodState
from core_finance.periods.service import PeriodNotFound, lock_period, text_of
from core_finance.posting.engine import post_all
from core_finance.posting.errors import PeriodClosed
from core_finance.posting.model import Voucher
from core_finance.posting.voucher import NewLine, NewVoucher
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, DomainError, Invalid, NotFound
from kernel.i18n import N_, locale, using
from kernel.i18n import gettext as _
from kernel.reading import reading_only
from kernel.work import Contribution, Work
from vertical import Calculation, PeriodEnd, PeriodEndStep, SourceDocument

log = structlog.get_logger(__name__)

REASON_MAX = 300
SOURCE = "period_end"

PLACES = (
    (100, 109, N_("Depreciation"), N_("No asset register yet: depreciation is entered by hand.")),
    (700, 799, N_("VAT of the month"), N_("No app transfers VAT yet: enter its voucher by hand.")),
    (800, 899, N_("Surcharges and stamp duty"), N_("No app accrues them yet: enter their voucher by hand.")),
    (900, 999, N_("Income tax"), N_("No app accrues it yet: enter its voucher by hand.")),
)
"""Places that are shown when no step stands there: first and last order, title, what to do."""


_KINDS = {transfer.KEY: "closing", exchange.KEY: "exchange"}


class StepNotFound(NotFound):
    code = "step_not_found"


class StepTooEarly(Conflict):
    code = "step_too_early"


class StepHasPosted(Conflict):
    code = "step_has_posted"


class StepFailed(DomainError):
    """Its package is at fault, not the books."""

    status_code, code = 500, "step_failed"


@dataclass(frozen=True)
class Desk:
    """All that the steps of one month need."""

    work: Work
    ledger: Ledger
    end: PeriodEnd
    chart: Chart
    records: Mapping[str, CloseStep]
    is_open: bool


def end_of(ledger: Ledger, code: int) -> PeriodEnd:
    """Raises:
    PeriodNotFound: ``code`` is no month that the ledger keeps.
    """
    year, month = divmod(code, 100)
    if not 1990 <= year <= 2200 or not 1 <= month <= 12 or code < ledger.start_period:
        raise PeriodNotFound(_("The ledger has no period %(period)s.", period=text_of(code)))
    return PeriodEnd(
        ledger_id=ledger.id, period=code, first_on=date(year, month, 1), last_on=date(year, month, monthrange(year, month)[1]),
        currency=ledger.currency, standard=ledger.standard.value, taxpayer=ledger.taxpayer.value,
    )  # fmt: skip


def steps_of(work: Work, end: PeriodEnd) -> list[Contribution]:
    """The steps of the cores and of the tenant's apps that have a place in this month, in order."""
    given = [c for c in work.contributions("period_end_steps") if c.item.applies is None or c.item.applies(end)]
    return sorted(given, key=lambda c: (c.item.order, c.item.key))


async def read_steps(work: Work, ledger: Ledger, code: int) -> list[StepView]:
    """Each step of the month in order, with its calculation; places where no step stands are told too."""
    desk = await _desk(work, ledger, code)
    given = steps_of(work, desk.end)
    views = [await _look(desk, each) for each in given]
    orders = [each.item.order for each in given]
    views += [
        StepView(key=f"place.{first}", title=_(title), summary=_(text), order=first, vertical="core_finance", state=State.ABSENT)
        for first, last, title, text in PLACES
        if desk.is_open and not any(first <= order <= last for order in orders)
    ]
    return sorted(views, key=lambda view: (view.order, view.key))


async def do_step(work: Work, ledger: Ledger, code: int, key: str) -> StepView:
    """Post what a step still misses, all or nothing, and note that it was done.

    Nobody posts to the month meanwhile.  Done again it posts the difference that came up since.

    Raises:
        PeriodClosed: the month is closed.
        StepNotFound: there is no such step in this month.
        StepTooEarly: an earlier step waits.
        PostingRefused: the ledger refuses a voucher.
        DomainError: what a person must do before, in the words of the step.
    """
    await lock_open(work, ledger, code)
    desk = await _desk(work, ledger, code)
    given = steps_of(work, desk.end)
    chosen = _find(given, key, code)
    for earlier in given[: given.index(chosen)]:
        if (view := await _look(desk, earlier)).state.is_open:
            raise StepTooEarly(_("%(earlier)s comes before; do it or skip it first.", earlier=view.title), step=view.key)
    view, calculation = await _calculated(desk, chosen)
    await post_all(work, ledger, await _vouchers(desk, chosen.item, view))
    before = _facts(desk.records.get(key))
    kept = await _keep(desk, key, StepState.DONE, calculation=stored(calculation, ledger.currency))
    await record(
        work, "period_step.done", f"period:{ledger.id}:{code}", name=f"{text_of(code)} {view.title}", before=before,
        after=_facts(kept) | {"vouchers": len(view.missing)},
    )  # fmt: skip
    return await _look(await _desk(work, ledger, code), chosen)


async def skip_step(work: Work, ledger: Ledger, code: int, key: str, reason: str) -> StepView:
    """Leave a step out this month.

    Raises:
        Invalid: no reason is given.
        StepHasPosted: its vouchers stand; they would have to be reversed first.
        PeriodClosed, StepNotFound: as ``do_step``.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(_("Say why the step is left out, in at most %(max)s characters.", max=REASON_MAX), field="reason")
    await lock_open(work, ledger, code)
    desk = await _desk(work, ledger, code)
    chosen = _find(steps_of(work, desk.end), key, code)
    title = _(chosen.item.title)
    if any(each.total for each in await _posted(desk, key)):
        raise StepHasPosted(_("Vouchers of %(step)s stand in the books; reverse them before you skip it.", step=title))
    before = _facts(desk.records.get(key))
    kept = await _keep(desk, key, StepState.SKIPPED, reason=reason)
    await record(
        work, "period_step.skipped", f"period:{ledger.id}:{code}", name=f"{text_of(code)} {title}", before=before, after=_facts(kept)
    )
    return await _look(await _desk(work, ledger, code), chosen)


async def next_step(work: Work, ledger: Ledger, code: int) -> StepView | None:
    """The first step that is not settled; None when all are."""
    desk = await _desk(work, ledger, code)
    for each in steps_of(work, desk.end):
        if (view := await _look(desk, each)).state.is_open:
            return view
    return None


async def lock_open(work: Work, ledger: Ledger, code: int) -> None:
    """Keep everybody else from posting to the month until this transaction ends.

    Raises:
        PeriodNotFound: the ledger does not keep the month.
        PeriodClosed: it is closed.
    """
    period = await lock_period(work, ledger, code)
    if period.state is PeriodState.CLOSED:
        raise PeriodClosed(_("Period %(period)s is closed; reopen it first.", period=text_of(code)), period=text_of(code))


async def _desk(work: Work, ledger: Ledger, code: int) -> Desk:
    end = end_of(ledger, code)
    state = await work.session.scalar(select(Period.state).where(Period.ledger_id == ledger.id, Period.code == code))
    if state is None:
        raise PeriodNotFound(_("The ledger has no period %(period)s.", period=text_of(code)))
    query = select(CloseStep).where(CloseStep.ledger_id == ledger.id, CloseStep.period == code)
    found = (await work.session.scalars(query, execution_options={"populate_existing": True})).all()
    return Desk(work, ledger, end, await read_chart(work, ledger), {each.step: each for each in found}, state is PeriodState.OPEN)


def _find(given: Sequence[Contribution], key: str, code: int) -> Contribution:
    for each in given:
        if each.item.key == key:
            return each
    raise StepNotFound(_("The end of %(period)s has no step %(key)s.", period=text_of(code), key=key))


async def _look(desk: Desk, given: Contribution) -> StepView:
    """The step as it stands.  A closed month is not calculated again: nothing could be posted to it."""
    kept = desk.records.get(given.item.key)
    if desk.is_open and not (kept and kept.state is StepState.SKIPPED):
        try:
            return (await _calculated(desk, given))[0]
        except DomainError as error:
            path = str(error.details.get("path", ""))
            return replace(await _bare(desk, given), state=State.BLOCKED, problem=error.message, path=path)
    return await _bare(desk, given)


async def _bare(desk: Desk, given: Contribution) -> StepView:
    """The step without asking it anything."""
    step: PeriodEndStep = given.item
    kept = desk.records.get(step.key)
    view = StepView(
        key=step.key, title=_(step.title), summary=_(step.summary) if step.summary else "", order=step.order, vertical=given.vertical,
        state=State(kept.state.value) if kept else State.NOTHING, posted=await _posted(desk, step.key),
    )  # fmt: skip
    if kept is None:
        return view
    return replace(view, calculation=kept.calculation, reason=kept.reason, done_by=kept.done_by, done_at=kept.done_at)


async def _calculated(desk: Desk, given: Contribution) -> tuple[StepView, Calculation]:
    """The step with what it calculates now, and the calculation in the company's language.

    Raises:
        StepFailed: it raised something unexpected, or its lines do not balance.
        DomainError: what must be done before.
    """
    step: PeriodEndStep = given.item
    try:
        async with reading_only(desk.work):
            shown = calculation = await step.calculate(desk.work, desk.end)
            if locale() != desk.work.tenant.locale:
                # Vouchers speak the company's language, the table that of who reads it.
                with using(desk.work.tenant.locale):
                    calculation = await step.calculate(desk.work, desk.end)
        groups = [group for lines in calculation.vouchers for group in sized(lines)]
        missing = [[new_line(line, desk.chart, calculation.summary, desk.end.currency) for line in group] for group in groups]
    except DomainError:
        raise
    except Exception as error:
        log.exception("a step of the period end failed", vertical=given.vertical, step=step.key)
        message = _("%(step)s cannot be calculated; tell whoever runs the platform, or skip it with a reason.", step=_(step.title))
        raise StepFailed(message, step=step.key) from error
    view = await _bare(desk, given)
    state = view.state
    if missing:
        state = State.CHANGED if desk.records.get(step.key) else State.WAITING
    told = stored(shown, desk.end.currency) if shown.table is not None or not view.calculation else view.calculation
    return replace(view, state=state, calculation=told, missing=missing, names=names_of(missing, desk.chart, shown_name)), calculation


async def _posted(desk: Desk, key: str) -> list[PostedVoucher]:
    """The step's vouchers that stand; what was cancelled in red, and the red itself, is left out."""
    source = source_id(desk.ledger.id, desk.end.period, key)
    mine = select(Voucher.id, Voucher.word, Voucher.number, Voucher.total, Voucher.reverses_id).where(
        Voucher.ledger_id == desk.ledger.id, Voucher.source_id == source
    )
    rows = (await desk.work.session.execute(mine.order_by(Voucher.period, Voucher.word, Voucher.number))).all()
    cancelled = {row.reverses_id for row in rows}
    return [
        PostedVoucher(id=row.id, name=f"{row.word}-{row.number}", total=row.total)
        for row in rows
        if row.reverses_id is None and row.id not in cancelled
    ]  # fmt: skip


async def _vouchers(desk: Desk, step: PeriodEndStep, view: StepView) -> list[NewVoucher]:
    """What is missing as marked vouchers.  Their keys name what was posted before, so that the same difference may come twice."""
    end = desk.end
    with using(desk.work.tenant.locale):
        title = _(step.title)
    source = SourceDocument(
        kind=SOURCE, id=source_id(desk.ledger.id, end.period, step.key), number=title[:60],
        path=f"/finance/close/{end.period}#{view.anchor}",
    )  # fmt: skip
    before = await desk.work.session.scalar(
        select(func.count()).select_from(Voucher).where(Voucher.ledger_id == desk.ledger.id, Voucher.source_id == source.id)
    )
    made = []
    for place, lines in enumerate(view.missing):
        key = f"period_end:{end.period}:{step.key}:{before}:{place}:{_digest(lines)}"
        made.append(NewVoucher(
            on=end.last_on, word=_word(desk, lines), kind=_KINDS.get(step.key, "automatic"), by_hand=False,
            source=source, idempotency_key=key, lines=lines,
        ))  # fmt: skip
    return made


def _word(desk: Desk, lines: Sequence[NewLine]) -> str:
    """记, or 转 in a ledger that keeps receipts, payments and transfers apart."""
    touches_cash = any(desk.chart.by_code[line.account].is_cash for line in lines)
    return "记" if "记" in desk.ledger.words or touches_cash else "转"


def _digest(lines: Sequence[NewLine]) -> str:
    body = [[line.account, str(line.debit), str(line.credit), line.currency, sorted((k, str(v)) for k, v in line.dimensions.items())]
            for line in lines]  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()[:16]


async def _keep(desk: Desk, key: str, state: StepState, *, reason: str = "", calculation: Mapping[str, object] | None = None) -> CloseStep:
    kept = desk.records.get(key)
    if kept is None:
        kept = CloseStep(ledger_id=desk.ledger.id, period=desk.end.period, step=key)
        desk.work.session.add(kept)
    kept.state, kept.reason, kept.calculation = state, reason, dict(calculation or {})
    kept.done_by, kept.done_at = desk.work.actor.name, clock.now()
    await desk.work.session.flush()
    return kept


def _facts(kept: CloseStep | None) -> dict[str, object]:
    return {"state": kept.state.value, "reason": kept.reason} if kept else {}
