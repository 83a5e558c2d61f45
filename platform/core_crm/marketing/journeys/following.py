"""What happens elsewhere and concerns journeys: new customers, orders, answers, and wishes to end it."""

from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select

from core_crm.marketing.journeys.advancing import finish
from core_crm.marketing.journeys.entering import of_new_parties
from core_crm.marketing.journeys.model import Journey, JourneyRun, JourneyVersion, RunState
from core_crm.marketing.journeys.service import TICK
from core_crm.marketing.journeys.steps import Goal
from core_crm.orders.events import OrderConfirmed
from kernel import clock
from kernel.jobs import enqueue
from kernel.work import Work
from master_data.api import ConsentTakenBack, PartiesImported, PartiesMerged, PartyCreated
from messaging.outgoing.events import ReplyReceived
from messaging.outgoing.model import Message
from messaging.outgoing.queueing import call_off
from vertical import Subscriber


async def on_created(work: Work, event: PartyCreated) -> None:
    if await of_new_parties(work, [event.party_id], imported=False):
        await enqueue(work, TICK)


async def on_imported(work: Work, event: PartiesImported) -> None:
    if await of_new_parties(work, event.party_ids, imported=True):
        await enqueue(work, TICK)


async def on_order(work: Work, event: OrderConfirmed) -> None:
    """An order is what many journeys are for.  It counts for those who are kept out to compare, too."""
    r = JourneyRun
    query = select(r, Journey).join(Journey, Journey.id == r.journey_id).where(r.party_id == event.party_id, r.exit_reason != "present")
    for run, journey in (await work.session.execute(query.with_for_update(of=r))).all():
        goal = msgspec.convert(journey.goal, Goal, strict=False)
        late = (run.ended_at or run.entered_at) + timedelta(days=goal.within_days) < clock.now()
        counts = goal.kind == "order" and event.gross >= goal.amount
        if not counts or (late and run.state is not RunState.ACTIVE):
            continue
        run.goal_at = run.goal_at or clock.now()
        run.goal_amount += event.gross
        if run.state is RunState.ACTIVE:
            await _leave(work, run, RunState.GOAL)
    await work.session.flush()


async def on_reply(work: Work, event: ReplyReceived) -> None:
    """Whoever answers talks to a person now."""
    for run, journey, _channels in await _under_way(work, event.party_id):
        if journey.exit_on_reply:
            await _leave(work, run, RunState.EXITED, "reply")
    await work.session.flush()


async def on_taken_back(work: Work, event: ConsentTakenBack) -> None:
    """Whoever wants no more of a channel leaves the journeys that use it."""
    for run, _journey, channels in await _under_way(work, event.party_id):
        if event.channel in channels:
            await _leave(work, run, RunState.EXITED, "unsubscribed")
    await work.session.flush()


async def on_merged(work: Work, event: PartiesMerged) -> None:
    for run, _journey, _channels in await _under_way(work, event.merged_id):
        await _leave(work, run, RunState.EXITED, "merged")
    await work.session.flush()


async def _under_way(work: Work, party_id: UUID | None) -> list[tuple[JourneyRun, Journey, list[str]]]:
    if party_id is None:
        return []
    r, v = JourneyRun, JourneyVersion
    query = (
        select(r, Journey, v.channels)
        .join(Journey, Journey.id == r.journey_id)
        .join(v, (v.journey_id == r.journey_id) & (v.number == r.number))
        .where(r.party_id == party_id, r.state == RunState.ACTIVE)
        .with_for_update(of=r)
    )
    return [(row[0], row[1], row[2]) for row in await work.session.execute(query)]


async def _leave(work: Work, run: JourneyRun, state: RunState, reason: str = "") -> None:
    """The run ends, and what it had queued is not sent any more."""
    finish(run, state, reason)
    await call_off(work, Message.key.startswith(f"journey:{run.id}:"))


SUBSCRIBERS = (
    Subscriber(event=PartyCreated, handle=on_created, when="in_transaction"),
    Subscriber(event=PartiesImported, handle=on_imported, when="in_transaction"),
    Subscriber(event=OrderConfirmed, handle=on_order, when="in_transaction"),
    Subscriber(event=ReplyReceived, handle=on_reply, when="in_transaction"),
    Subscriber(event=ConsentTakenBack, handle=on_taken_back, when="in_transaction"),
    Subscriber(event=PartiesMerged, handle=on_merged, when="in_transaction"),
)
