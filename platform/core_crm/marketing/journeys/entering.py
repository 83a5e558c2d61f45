"""Who enters a journey, and when: one statement for everybody whom an occasion concerns."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Date, and_, case, cast, exists, func, null, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from core_crm.marketing.journeys.model import Journey, JourneyRun, JourneyState, RunState
from core_crm.marketing.journeys.steps import Trigger, met_on, occasion_on
from core_crm.marketing.segments.service import get_segment, give_room, matching
from kernel import clock
from kernel.ids import new_id
from kernel.work import Work
from master_data.api import Party

MISSED_DAYS_MAX = 7
"""So many days are made up for when no job ran."""

SEGMENT_EVERY = timedelta(minutes=30)


def trigger_of(journey: Journey) -> Trigger:
    return msgspec.convert(journey.trigger, Trigger)


async def enter(work: Work, journey: Journey, wanted: ColumnElement[bool], *, occasion: str = "", as_present: bool = False) -> int:
    """Let customers who meet ``wanted`` enter, each once for the occasion; how many did.

    Some are held back to compare, by a number that is always the same for the same customer and journey.
    """
    r = JourneyRun
    trigger = trigger_of(journey)
    if not occasion and journey.again_days is not None:
        occasion = work.today().isoformat()
    conditions = [Party.present(), wanted, ~exists().where(r.journey_id == journey.id, r.party_id == Party.id, _bars(journey, occasion))]
    if trigger.segment_id is not None:
        conditions.append(await matching(work, await get_segment(work, trigger.segment_id)))
    await give_room(work)
    ids = (await work.session.scalars(select(Party.id).where(*conditions).order_by(Party.id))).all()
    added = 0
    for start in range(0, len(ids), 1000):
        rows = [_row(journey, party_id, occasion, as_present=as_present) for party_id in ids[start : start + 1000]]
        statement = insert(r).values(rows).on_conflict_do_nothing().returning(r.id)
        added += len((await work.session.scalars(statement)).all())
    return added


async def enter_some(work: Work, journey: Journey, party_ids: Collection[UUID]) -> int:
    """Let these customers enter, as far as the journey is for them; how many did."""
    return await enter(work, journey, Party.id.in_(party_ids))


async def enter_due(work: Work, journey: Journey) -> int:
    """Let enter whom the occasions since the last look concern; how many did."""
    trigger, added = trigger_of(journey), 0
    if trigger.kind == "segment":
        if journey.looked_at is None or journey.looked_at <= clock.now() - SEGMENT_EVERY:
            journey.looked_at = clock.now()
            added = await enter(work, journey, true())
    elif trigger.kind in ("date", "calendar", "periodic"):
        for day in _days(work, journey, trigger):
            wanted, occasion = _on_day(work, trigger, day)
            if wanted is not None:
                added += await enter(work, journey, wanted, occasion=occasion)
            journey.entered_through = day
    await work.session.flush()
    return added


async def skip_present(work: Work, journey: Journey) -> None:
    """Whoever is in the segment when the journey begins did not come into it: they are noted, and do not enter."""
    trigger = trigger_of(journey)
    if trigger.kind == "segment" and not trigger.include_present:
        await enter(work, journey, true(), as_present=True)


async def of_new_parties(work: Work, party_ids: Sequence[UUID], *, imported: bool) -> int:
    """New customers enter the journeys that begin with them; how many did."""
    query = select(Journey).where(Journey.state == JourneyState.ACTIVE, Journey.trigger["kind"].astext == "created")
    added = 0
    for journey in await work.session.scalars(query):
        if not imported or trigger_of(journey).include_imports:
            added += await enter_some(work, journey, party_ids)
    return added


def _bars(journey: Journey, occasion: str) -> ColumnElement[bool]:
    """Runs that keep a customer from entering: one under way, one for the same occasion, and earlier ones that are not long ago."""
    r = JourneyRun
    bars = [r.state == RunState.ACTIVE, r.occasion == occasion]
    if trigger_of(journey).kind in ("created", "segment", "manual"):
        recent = true() if journey.again_days is None else r.entered_at > clock.now() - timedelta(days=journey.again_days)
        bars.append(recent)
    return or_(*bars)


def _row(journey: Journey, party_id: UUID, occasion: str, *, as_present: bool) -> dict[str, Any]:
    held = is_held(journey, party_id)
    state = RunState.EXITED if as_present else RunState.HELD if held else RunState.ACTIVE
    now = clock.now()
    return {
        "id": new_id(),
        "journey_id": journey.id,
        "number": journey.number,
        "party_id": party_id,
        "occasion": occasion,
        "state": state,
        "due_at": now,
        "entered_at": now,
        "ended_at": now if as_present else None,
        "exit_reason": "present" if as_present else "",
    }


def is_held(journey: Journey, party_id: UUID) -> bool:
    """Whether the customer is kept out to compare."""
    return share_of(journey.id, party_id, "holdout") < journey.holdout_percent


def share_of(journey_id: UUID, party_id: UUID, salt: str) -> int:
    """A number from 0 to 99 that is always the same for the same three."""
    return int.from_bytes(sha256(f"{journey_id}:{party_id}:{salt}".encode()).digest()[:4], "big") % 100


def _days(work: Work, journey: Journey, trigger: Trigger) -> list[date]:
    """Days whose hour has come and that were not looked after yet."""
    local = clock.now().astimezone(ZoneInfo(work.tenant.zone))
    last = local.date() if local.hour >= trigger.hour else local.date() - timedelta(days=1)
    first = max((journey.entered_through or last) + timedelta(days=1), last - timedelta(days=MISSED_DAYS_MAX - 1))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _on_day(work: Work, trigger: Trigger, day: date) -> tuple[ColumnElement[bool] | None, str]:
    if trigger.kind != "date":
        occasion = occasion_on(trigger, day)
        return (true() if occasion else None), occasion or ""
    if trigger.field == "created_at":
        held: Any = cast(func.timezone(work.tenant.zone, Party.created_at), Date)
    else:
        text_: Any = Party.custom[trigger.field.removeprefix("custom.")].astext
        held = case((text_.op("~")(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), func.to_date(text_, "YYYY-MM-DD")), else_=null())
    if trigger.yearly:
        met, occasion = met_on(trigger, day)
        before = held < day - timedelta(days=trigger.offset_days) if trigger.field == "created_at" else true()
        return and_(func.coalesce(func.to_char(held, "MM-DD").in_(met), False), before), occasion
    meant = day - timedelta(days=trigger.offset_days)
    return func.coalesce(held == meant, False), meant.isoformat()
