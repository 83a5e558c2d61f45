"""Customers go on: each step's effect and the new place in the journey are one transaction, so that a step happens once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import func, select

from core_crm.marketing.journeys.entering import enter_due, share_of
from core_crm.marketing.journeys.model import Journey, JourneyRun, JourneyState, JourneyVersion, RunState
from core_crm.marketing.journeys.service import TICK
from core_crm.marketing.journeys.steps import Goal, Step
from core_crm.marketing.segments.service import get_segment, matching
from core_crm.marketing.wording import names_of, values_of
from kernel import clock
from kernel.jobs import enqueue
from kernel.work import Work
from master_data.api import Employee, Party, address_of, update_party
from messaging.channels import Channel
from messaging.outgoing.queueing import Draft, queue, wake
from messaging.wording.service import filled, get_template, version_of
from workflow.api import TaskInput, create_task, persons_of

log = structlog.get_logger(__name__)

BATCH = 200
FAILURES_MAX = 5
AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Way:
    """A run with what it needs: its journey, its steps, and the customer."""

    journey: Journey
    run: JourneyRun
    steps: Sequence[Step]
    party: Party


async def tick(work: Work) -> None:
    """Let enter whom it is time for, and bring everybody on who is due."""
    query = select(Journey).where(Journey.state == JourneyState.ACTIVE).order_by(Journey.id).with_for_update(skip_locked=True)
    for journey in (await work.session.scalars(query)).all():
        await enter_due(work, journey)
    await advance(work)


async def advance(work: Work, *, limit: int = BATCH) -> int:
    """Bring on who is due; how many.  What is left is for the next job."""
    r = JourneyRun
    due = (
        select(r, Journey)
        .join(Journey, Journey.id == r.journey_id)
        .where(r.state == RunState.ACTIVE, r.due_at <= clock.now(), Journey.state == JourneyState.ACTIVE)
        .order_by(r.due_at, r.id)
        .limit(limit)
        .with_for_update(of=r, skip_locked=True)
    )
    rows = [(row[0], row[1]) for row in await work.session.execute(due)]
    if not rows:
        await _wake_later(work)
        return 0
    found = await work.session.scalars(select(Party).where(Party.id.in_({run.party_id for run, _journey in rows})))
    parties = {party.id: party for party in found}
    versions = await _versions(work, rows)
    for run, journey in rows:
        party = parties.get(run.party_id)
        if party is None or party.merged_into_id is not None:
            finish(run, RunState.EXITED, "gone" if party is None else "merged")
            continue
        await _attempt(work, Way(journey=journey, run=run, steps=versions[journey.id, run.number], party=party))
    await work.session.flush()
    await wake(work)
    if len(rows) == limit:
        await enqueue(work, TICK)
    else:
        await _wake_later(work)
    return len(rows)


def finish(run: JourneyRun, state: RunState, reason: str = "") -> None:
    """The run ends here."""
    run.state, run.exit_reason, run.ended_at = state, reason, clock.now()
    if state is RunState.GOAL:
        run.goal_at = run.goal_at or clock.now()


async def _attempt(work: Work, way: Way) -> None:
    """Take the run as far as it goes now.  One that fails does not hold up the others, and is tried again."""
    run, named = way.run, {"journey": str(way.journey.id), "run": str(way.run.id)}
    try:
        async with work.session.begin_nested():
            await _go(work, way)
            await work.session.flush()
    except Exception as error:
        log.warning("a journey failed for a customer", **named, exc_info=error)
        for each in (run, way.journey, way.party):
            await work.session.refresh(each)
        run.failures, run.error = run.failures + 1, f"{type(error).__name__}: {error}"[:300]
        run.due_at = clock.now() + AGAIN_AFTER * run.failures
        if run.failures >= FAILURES_MAX:
            finish(run, RunState.FAILED)


async def _go(work: Work, way: Way) -> None:
    run = way.run
    if await _goal_reached(work, way):
        finish(run, RunState.GOAL)
        return
    while run.position < len(way.steps):
        step = way.steps[run.position]
        run.position += 1
        if step.kind == "wait":
            run.due_at = clock.now() + timedelta(days=step.days, hours=step.hours)
            return
        if step.kind == "exit":
            break
        if step.kind == "condition":
            if await _is_in(work, way, step.segment_id) is step.negate:
                if step.otherwise == "exit":
                    finish(run, RunState.EXITED, "condition")
                    return
                run.position += 1
        else:
            await _do(work, way, step)
    finish(run, RunState.DONE)


async def _do(work: Work, way: Way, step: Step) -> None:
    if step.kind in ("email", "sms"):
        await _send(work, way, step)
    elif step.kind == "tag":
        tags = [tag for tag in way.party.tags or () if tag != step.tag]
        tags = tags if step.remove else [*tags, step.tag]
        if tags != list(way.party.tags or ()):
            await update_party(work, way.party.id, {"tags": tags or None})
            await work.session.refresh(way.party)
    elif step.kind == "task":
        owner = await work.session.get(Employee, way.party.owner_id) if way.party.owner_id else None
        people = await persons_of(work, [owner.id if owner else None])
        due_on = work.today() + timedelta(days=step.days)
        data = TaskInput(title=step.title, assignee_id=people.get(owner.id) if owner else None, due_on=due_on)
        await create_task(work, data, about=("master.party", way.party.id))


async def _send(work: Work, way: Way, step: Step) -> None:
    """Queue the message; the key makes it one message, however often the step is tried."""
    channel = Channel(step.kind)
    variant = ""
    template_id = step.template_id
    if step.template_b is not None:
        variant = "B" if share_of(way.journey.id, way.party.id, step.id) < step.share_b else "A"
        template_id = step.template_b if variant == "B" else step.template_id
    assert template_id is not None  # noqa: S101 - checked when the journey was saved
    template = await get_template(work, template_id)
    values: Mapping[str, Any] = (await values_of(work, [way.party.id]))[way.party.id]
    words = filled(channel, await version_of(work, template), await names_of(work), values, work.tenant.locale)
    draft = Draft(
        key=f"journey:{way.run.id}:{step.id}",
        channel=channel,
        purpose=template.purpose,
        party_id=way.party.id,
        party_name=way.party.name,
        address=await address_of(work, way.party.id, channel),
        subject=words.subject,
        text=words.text,
        html=words.html,
        sms=words.sms,
        locale=words.locale,
        source="journey",
        source_id=way.journey.id,
        step=step.id,
        variant=variant,
    )
    await queue(work, draft)


async def _goal_reached(work: Work, way: Way) -> bool:
    goal = msgspec.convert(way.journey.goal, Goal, strict=False)
    return goal.kind == "segment" and await _is_in(work, way, goal.segment_id)


async def _is_in(work: Work, way: Way, segment_id: UUID | None) -> bool:
    if segment_id is None:
        return False
    wanted = await matching(work, await get_segment(work, segment_id))
    return await work.session.scalar(select(Party.id).where(Party.id == way.party.id, wanted)) is not None


async def _versions(work: Work, rows: Sequence[tuple[JourneyRun, Journey]]) -> dict[tuple[UUID, int], list[Step]]:
    query = select(JourneyVersion).where(JourneyVersion.journey_id.in_({journey.id for _run, journey in rows}))
    return {(v.journey_id, v.number): msgspec.convert(v.steps, list[Step]) for v in await work.session.scalars(query)}


async def _wake_later(work: Work) -> None:
    """The next who waits, where that is sooner than the job comes by itself."""
    r = JourneyRun
    query = select(func.min(r.due_at)).join(Journey, Journey.id == r.journey_id)
    due = await work.session.scalar(query.where(r.state == RunState.ACTIVE, Journey.state == JourneyState.ACTIVE))
    if due is not None and clock.now() < due < clock.now() + timedelta(minutes=5):
        await enqueue(work, TICK, after=due - clock.now(), dedupe_key=f"journeys:{due:%Y%m%d%H%M}")
