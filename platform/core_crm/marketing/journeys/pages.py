"""Pages of journeys: the list with recipes, the form without code, and what came of each."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import select

from core_crm.marketing.journeys.api import enter_by_hand
from core_crm.marketing.journeys.figures import RunRow, runs_of, sides_of, steps_figures
from core_crm.marketing.journeys.model import EXIT_WORDS, RUN_WORDS, STATE_WORDS, Journey, JourneyState, RunState
from core_crm.marketing.journeys.recipes import RECIPES, from_recipe
from core_crm.marketing.journeys.service import (
    JourneyInput,
    counts_of,
    end_journey,
    get_journey,
    journeys,
    pause_journey,
    save_journey,
    start_journey,
    steps_of,
)
from core_crm.marketing.journeys.steps import GOALS, STEPS, TRIGGERS, Goal, Step, StepKind, Trigger, TriggerKind
from core_crm.marketing.rights import LAUNCH, READ, WRITE
from core_crm.marketing.segments.fields import fields_of
from core_crm.marketing.segments.service import segments
from core_crm.marketing.wording import STEM
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.i18n import ngettext
from kernel.web import FormRefused, id_in, page, toast
from kernel.work import Work
from master_data.api import Party, visible
from messaging.channels import Channel
from messaging.wording.service import templates

LIST, FORM, STEPS_PART, DETAIL = (f"core_crm/marketing/{name}.html" for name in ("journeys", "journey_form", "journey_steps", "journey"))
_PLACE = re.compile(r"s(\d{1,2})\.kind")

AnyRequest = Request[Any, Any, Any]


class JourneyPages(Controller):
    path = "/marketing/journeys"
    include_in_schema = False

    @get("/", opt=READ)
    async def list_page(self, work: NamedDependency[Work]) -> Template:
        rows = await journeys(work)
        counts = await counts_of(work, [journey.id for journey in rows])
        shown = [_row(journey, counts.get(journey.id, {})) for journey in rows]
        recipes = [{"name": n, "title": _(r.title), "summary": _(r.summary), "icon": r.icon} for n, r in RECIPES.items()]
        return page(LIST, rows=shown, recipes=recipes)

    @post("/recipes/{name:str}", opt=WRITE)
    async def by_recipe(self, work: NamedDependency[Work], name: FromPath[str]) -> Redirect:
        journey = await from_recipe(work, name)
        words = _("A draft. Read it, change what you like, then start it.")
        return Redirect(f"/marketing/journeys/{journey.id}/edit", status_code=303, headers=toast(words))

    @get("/new", opt=WRITE)
    async def new(self, work: NamedDependency[Work]) -> Template:
        data = JourneyInput(name="-", trigger=Trigger(kind="created"), steps=[])
        return page(FORM, errors={}, journey_id=None, **await _context(work, data, name=""))

    @post("/new", opt=WRITE)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        return await _save(request, work, None)

    # Drawn anew when a step is added, moved or taken away, or the occasion changes: it keeps nothing.
    @post("/draw", opt=READ, status_code=200)
    async def draw(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        form = await request.form()
        return page(STEPS_PART, errors={}, **await _context(work, _input(form), name=str(form.get("name", ""))))

    @get("/{journey_id:uuid}", opt=READ)
    async def detail(self, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> Template:
        journey = await get_journey(work, journey_id)
        steps = await steps_of(work, journey)
        through, held = await sides_of(work, journey)
        figures = await steps_figures(work, journey)
        names = {t.id: t.name for t in await templates(work)} | {s.id: s.name for s in await segments(work)}
        drawn = [
            {"words": _step_words(step, names), "kind": step.kind, "figures": [f for f in figures if f.step == step.id]} for step in steps
        ]
        runs = [_run_row(run) for run in await runs_of(work, journey)]
        counts = (await counts_of(work, [journey.id])).get(journey.id, {})
        return page(DETAIL, journey=_row(journey, counts), steps=drawn, through=through, held=held, runs=runs)

    @get("/{journey_id:uuid}/edit", opt=WRITE)
    async def edit(self, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> Template:
        j = await get_journey(work, journey_id)
        data = JourneyInput(
            name=j.name, trigger=msgspec.convert(j.trigger, Trigger), steps=await steps_of(work, j),
            goal=msgspec.convert(j.goal, Goal, strict=False), exit_on_reply=j.exit_on_reply, holdout_percent=j.holdout_percent,
            again_days=j.again_days, version=j.version,
        )  # fmt: skip
        return page(FORM, errors={}, journey_id=journey_id, **await _context(work, data, name=j.name))

    @post("/{journey_id:uuid}/edit", opt=WRITE)
    async def update(self, request: AnyRequest, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> Redirect:
        await get_journey(work, journey_id)
        return await _save(request, work, journey_id)

    @post("/{journey_id:uuid}/start", opt=LAUNCH)
    async def start(self, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> Redirect:
        await start_journey(work, journey_id)
        return _back(journey_id, _("It runs."))

    @post("/{journey_id:uuid}/pause", opt=LAUNCH)
    async def pause(self, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> Redirect:
        await pause_journey(work, journey_id)
        return _back(journey_id, _("Everybody stays where they are."))

    @post("/{journey_id:uuid}/end", opt=LAUNCH)
    async def end(self, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> Redirect:
        await end_journey(work, journey_id)
        return _back(journey_id, _("It ended."))

    @post("/{journey_id:uuid}/enter", opt=LAUNCH)
    async def enter(self, request: AnyRequest, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> Redirect:
        journey = await get_journey(work, journey_id)
        name = str((await request.form()).get("name", "")).strip()
        found = await work.session.scalars(select(Party.id).where(Party.name == name, await visible(work, Party, STEM)).limit(5))
        entered = await enter_by_hand(work, journey, list(found))
        words = _("Entered.") if entered else _("Nobody entered: write the whole name of a customer who is not in it yet.")
        return _back(journey_id, words, "ok" if entered else "bad")


def _back(journey_id: UUID, words: str, tone: str = "ok") -> Redirect:
    return Redirect(f"/marketing/journeys/{journey_id}", status_code=303, headers=toast(words, tone))


def _row(journey: Journey, counts: Any) -> dict[str, Any]:
    occasion, goal = TRIGGERS[journey.trigger["kind"]], GOALS[journey.goal.get("kind", "none")]
    tones = {JourneyState.ACTIVE: "ok", JourneyState.PAUSED: "warn", JourneyState.DRAFT: "info"}
    return {
        "id": journey.id,
        "name": journey.name,
        "state": journey.state.value,
        "state_words": _(STATE_WORDS[journey.state]),
        "tone": tones.get(journey.state, ""),
        "trigger": _(occasion),
        "goal": _(goal),
        "holdout": journey.holdout_percent,
        "under_way": counts.get(RunState.ACTIVE, 0),
        "counts": [(_(RUN_WORDS[state]), counts[state]) for state in RunState if counts.get(state)],
        "total": sum(counts.values()),
    }


def _run_row(run: RunRow) -> dict[str, Any]:
    return {
        "party_id": run.party_id,
        "name": run.name,
        "state": _(RUN_WORDS[run.state]),
        "reason": _(EXIT_WORDS.get(run.exit_reason, run.exit_reason)) if run.exit_reason else "",
        "due_at": run.due_at if run.state is RunState.ACTIVE else None,
        "at": run.entered_at,
        "error": run.error,
    }


async def _save(request: AnyRequest, work: Work, journey_id: UUID | None) -> Redirect:
    form = await request.form()
    name = str(form.get("name", "")).strip()[:80]
    data = _input(form)
    context = await _context(work, data, name=name)
    try:
        if not name:
            raise Invalid(_("Please enter a name."), field="name")
        async with work.session.begin_nested():
            journey = await save_journey(work, msgspec.structs.replace(data, name=name), journey_id)
    except DomainError as error:
        work.session.expunge_all()
        raise FormRefused.because(error, FORM, journey_id=journey_id, **context) from error
    return _back(journey.id, _("Saved."))


async def _context(work: Work, data: JourneyInput, *, name: str) -> dict[str, Any]:
    chosen = await templates(work, active=True)
    dates = [(f.key, f.label) for f in (await fields_of(work)).values() if f.kind == "date"]
    return {
        "values": {"name": name},
        "data": data,
        "again": "" if data.again_days is None else data.again_days,
        "triggers": [(kind, _(TRIGGERS[kind])) for kind in get_args(TriggerKind)],
        "kinds": [(kind, _(STEPS[kind])) for kind in get_args(StepKind)],
        "goals": [(kind, _(words)) for kind, words in GOALS.items()],
        "segments": [(str(s.id), s.name) for s in await segments(work, active=True)],
        "letters": [(str(t.id), t.name) for t in chosen if t.channel is Channel.EMAIL],
        "texts": [(str(t.id), t.name) for t in chosen if t.channel is Channel.SMS],
        "dates": dates,
        "weekdays": list(enumerate([_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")], 1)),
    }


def _input(form: Any) -> JourneyInput:
    """The journey in a form; ``do`` says which button was pressed: add-email, drop-2, up-2."""
    places = sorted(int(found[1]) for name in form if (found := _PLACE.fullmatch(str(name))))
    steps = [_step(form, f"s{n}.") for n in places[:100]]
    doing, _dash, what = str(form.get("do", "")).partition("-")
    if doing == "add" and what in get_args(StepKind):
        steps.append(Step(kind=what, days=3 if what == "wait" else 0))  # type: ignore[arg-type]
    elif doing in ("drop", "up") and what.isdecimal() and int(what) < len(steps):
        taken = steps.pop(int(what))
        if doing == "up":
            steps.insert(max(int(what) - 1, 0), taken)
    kind = str(form.get("trigger.kind", "manual"))
    trigger = Trigger(
        kind=kind if kind in get_args(TriggerKind) else "manual",  # type: ignore[arg-type]
        segment_id=id_in(str(form.get("trigger.segment_id", ""))),
        field=str(form.get("trigger.field", ""))[:60],
        offset_days=_number(form, "trigger.offset_days", -365, 365, 0),
        yearly=str(form.get("trigger.yearly", "1")) == "1",
        days=[day[:10] for day in re.split(r"[\s,，;；]+", str(form.get("trigger.days", ""))) if day][:60],
        every="week" if form.get("trigger.every") == "week" else "month",
        on=_number(form, "trigger.on", 1, 28, 1),
        hour=_number(form, "trigger.hour", 0, 23, 9),
        include_present="trigger.include_present" in form,
        include_imports="trigger.include_imports" in form,
    )
    again = _number(form, "again_days", 0, 3650, 0)
    version = str(form.get("version", ""))
    return JourneyInput(
        name=str(form.get("name", "")).strip()[:80] or "-", trigger=trigger, steps=steps, goal=_goal(form),
        exit_on_reply="exit_on_reply" in form, holdout_percent=_number(form, "holdout_percent", 0, 50, 0), again_days=again or None,
        version=int(version) if version.isdecimal() else None,
    )  # fmt: skip


def _goal(form: Any) -> Goal:
    kind = str(form.get("goal.kind", "none"))
    try:
        amount = Decimal(str(form.get("goal.amount", "")).replace(",", "") or 0)
    except InvalidOperation:
        amount = Decimal("NaN")  # refused, with the word beside the field
    segment_id = id_in(str(form.get("goal.segment_id", "")))
    within = _number(form, "goal.within_days", 1, 365, 30)
    return Goal(kind=kind if kind in GOALS else "none", amount=amount, segment_id=segment_id, within_days=within)  # type: ignore[arg-type]


def _step(form: Any, at: str) -> Step:
    kind = str(form.get(f"{at}kind", ""))
    return Step(
        kind=kind if kind in get_args(StepKind) else "exit",  # type: ignore[arg-type]
        id=str(form.get(f"{at}id", ""))[:12],
        days=_number(form, f"{at}days", 0, 730, 0),
        hours=_number(form, f"{at}hours", 0, 23, 0),
        template_id=id_in(str(form.get(f"{at}template_id", ""))),
        template_b=id_in(str(form.get(f"{at}template_b", ""))),
        share_b=_number(form, f"{at}share_b", 0, 100, 50),
        segment_id=id_in(str(form.get(f"{at}segment_id", ""))),
        negate=form.get(f"{at}negate") == "1",
        otherwise="skip" if form.get(f"{at}otherwise") == "skip" else "exit",
        tag=str(form.get(f"{at}tag", "")).strip()[:40],
        remove=form.get(f"{at}remove") == "1",
        title=str(form.get(f"{at}title", "")).strip()[:200],
    )


def _number(form: Any, name: str, low: int, high: int, default: int) -> int:
    text = str(form.get(name, "")).strip()
    return min(max(int(text), low), high) if re.fullmatch(r"-?\d{1,6}", text) else default


def _step_words(step: Step, names: dict[UUID, str]) -> str:
    said = names.get(step.template_id or step.segment_id or UUID(int=0), "")
    if step.kind == "wait":
        return _wait_words(step.days, step.hours)
    if step.kind == "condition":
        return _("Go on only if not in %(segment)s", segment=said) if step.negate else _("Go on only if in %(segment)s", segment=said)
    if step.template_b is not None:
        said = _("%(one)s, or %(other)s for %(share)s %%", one=said, other=names.get(step.template_b, ""), share=step.share_b)
    words = _(STEPS[step.kind])
    return words if step.kind == "exit" else _("%(what)s: %(name)s", what=words, name=said or step.tag or step.title)


def _wait_words(days: int, hours: int) -> str:
    if days and hours:
        return _("Wait %(days)s days and %(hours)s hours", days=days, hours=hours)
    if hours:
        return ngettext("Wait one hour", "Wait %(num)s hours", hours)
    return ngettext("Wait one day", "Wait %(num)s days", days)
