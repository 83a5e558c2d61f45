"""Writing journeys, starting and stopping them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import func, select, update

from core_crm.marketing.journeys.entering import skip_present
from core_crm.marketing.journeys.model import Journey, JourneyRun, JourneyState, JourneyVersion, RunState
from core_crm.marketing.journeys.steps import Goal, Step, Trigger, check
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.jobs import enqueue
from kernel.work import Work
from messaging.outgoing.model import Message
from messaging.outgoing.queueing import call_off

TICK = "core_crm.journeys"
JOURNEYS_MAX = 500


class JourneyNotFound(NotFound):
    code = "journey_not_found"


class JourneyChanged(Conflict):
    code = "version_conflict"


class JourneyEnded(Conflict):
    """It ended, and is not taken up again."""

    code = "journey_ended"


class JourneyInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A journey.  ``holdout_percent`` of the customers are kept out to compare; ``again_days`` null lets each enter once."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    trigger: Trigger
    steps: Annotated[list[Step], msgspec.Meta(max_length=100)]
    goal: Goal = msgspec.field(default_factory=Goal)
    exit_on_reply: bool = True
    holdout_percent: Annotated[int, msgspec.Meta(ge=0, le=50)] = 0
    again_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = None
    version: int | None = None


async def journeys(work: Work) -> Sequence[Journey]:
    """The company's journeys, those that run first."""
    query = select(Journey).order_by(Journey.state, Journey.name, Journey.id)
    return (await work.session.scalars(query.limit(JOURNEYS_MAX))).all()


async def get_journey(work: Work, journey_id: UUID, *, lock: bool = False) -> Journey:
    """A journey.

    Raises:
        JourneyNotFound
    """
    query = select(Journey).where(Journey.id == journey_id)
    found: Journey | None = await work.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise JourneyNotFound(_("This journey does not exist, or was deleted."))
    return found


async def steps_of(work: Work, journey: Journey, number: int | None = None) -> list[Step]:
    """The steps of a journey, those of now or of an earlier version."""
    query = select(JourneyVersion.steps).where(
        JourneyVersion.journey_id == journey.id, JourneyVersion.number == (journey.number if number is None else number)
    )
    return msgspec.convert(await work.session.scalar(query) or [], list[Step])


async def save_journey(work: Work, data: JourneyInput, journey_id: UUID | None = None) -> Journey:
    """Write a journey; customers who are on their way keep to the steps with which they began.

    Raises:
        JourneyNotFound, JourneyChanged, JourneyEnded
        JourneyWrong: something is missing or does not fit.
    """
    await check(work, data.trigger, data.steps, data.goal)
    new = Journey(id=new_id(), number=0, made_by=work.actor.name[:80], state=JourneyState.DRAFT)
    journey = await get_journey(work, journey_id, lock=True) if journey_id else new
    if journey_id and data.version is not None and data.version != journey.version:
        raise JourneyChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    if journey.state is JourneyState.ENDED:
        raise JourneyEnded(_("This journey ended. Write a new one."))
    journey.name, journey.exit_on_reply, journey.holdout_percent = data.name.strip(), data.exit_on_reply, data.holdout_percent
    journey.trigger, journey.goal = msgspec.to_builtins(data.trigger), msgspec.to_builtins(data.goal)
    journey.again_days = data.again_days
    steps = _named(data.steps)
    built = msgspec.to_builtins(steps)
    present = msgspec.to_builtins(await steps_of(work, journey)) if journey_id else None
    work.session.add(journey)
    if present != built:
        journey.number += 1
        await work.session.flush()
        channels = sorted({step.kind for step in steps if step.kind in ("email", "sms")})
        work.session.add(
            JourneyVersion(journey_id=journey.id, number=journey.number, steps=built, channels=channels, made_by=work.actor.name[:80])
        )
    await work.session.flush()
    facts = {"name": journey.name, "number": journey.number, "trigger": journey.trigger["kind"], "steps": len(steps)}
    await record(work, "journey.saved", f"journey:{journey.id}", name=journey.name, after=facts)
    return journey


async def start_journey(work: Work, journey_id: UUID) -> Journey:
    """Let customers enter, and those who are on their way go on.

    Raises:
        JourneyNotFound, JourneyEnded
    """
    journey = await get_journey(work, journey_id, lock=True)
    if journey.state is JourneyState.ENDED:
        raise JourneyEnded(_("This journey ended. Write a new one."))
    if journey.state is not JourneyState.ACTIVE:
        first = journey.started_at is None
        journey.state, journey.started_at = JourneyState.ACTIVE, journey.started_at or clock.now()
        journey.entered_through, journey.looked_at = work.today() - timedelta(days=1), None
        await work.session.flush()
        if first:
            await skip_present(work, journey)
        await record(work, "journey.started", f"journey:{journey.id}", name=journey.name)
        await enqueue(work, TICK)
    return journey


async def pause_journey(work: Work, journey_id: UUID) -> Journey:
    """Let nobody enter, and everybody stay where they are.

    Raises:
        JourneyNotFound, JourneyEnded
    """
    journey = await get_journey(work, journey_id, lock=True)
    if journey.state is JourneyState.ENDED:
        raise JourneyEnded(_("This journey ended. Write a new one."))
    if journey.state is JourneyState.ACTIVE:
        journey.state = JourneyState.PAUSED
        await work.session.flush()
        await record(work, "journey.paused", f"journey:{journey.id}", name=journey.name)
    return journey


async def end_journey(work: Work, journey_id: UUID) -> Journey:
    """End it for good: everybody leaves, and messages that wait are not sent.

    Raises:
        JourneyNotFound
    """
    journey = await get_journey(work, journey_id, lock=True)
    if journey.state is not JourneyState.ENDED:
        journey.state = JourneyState.ENDED
        left = update(JourneyRun).where(JourneyRun.journey_id == journey.id, JourneyRun.state == RunState.ACTIVE)
        values = {"state": RunState.EXITED, "exit_reason": "ended", "ended_at": clock.now()}
        await work.session.execute(left.values(values).execution_options(synchronize_session=False))
        await call_off(work, Message.source == "journey", Message.source_id == journey.id)
        await work.session.flush()
        await record(work, "journey.ended", f"journey:{journey.id}", name=journey.name)
    return journey


async def counts_of(work: Work, journey_ids: Sequence[UUID]) -> dict[UUID, dict[RunState, int]]:
    """How many customers stand where, for each journey."""
    r = JourneyRun
    query = select(r.journey_id, r.state, func.count()).where(r.journey_id.in_(journey_ids)).group_by(r.journey_id, r.state)
    found: dict[UUID, dict[RunState, int]] = {}
    for journey_id, state, number in await work.session.execute(query.where(r.exit_reason != "present")):
        found.setdefault(journey_id, {})[state] = number
    return found


def _named(steps: Sequence[Step]) -> list[Step]:
    """Steps with ids of their own, which stay when others are put between them."""
    used: set[str] = set()
    named = []
    for step in steps:
        name, number = step.id, len(used) + 1
        while not name or name in used:
            name, number = f"s{number}", number + 1
        used.add(name)
        named.append(msgspec.structs.replace(step, id=name))
    return named
