"""REST API of journeys."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import select

from core_crm.marketing.journeys.entering import enter_some
from core_crm.marketing.journeys.figures import Side, runs_of, sides_of, steps_figures
from core_crm.marketing.journeys.model import Journey, JourneyState, RunState
from core_crm.marketing.journeys.recipes import from_recipe
from core_crm.marketing.journeys.service import (
    TICK,
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
from core_crm.marketing.rights import LAUNCH, READ, WRITE
from core_crm.marketing.wording import STEM
from kernel.errors import Conflict
from kernel.i18n import gettext as _
from kernel.jobs import enqueue
from kernel.work import Work
from master_data.api import Party, visible


class JourneyNotRunning(Conflict):
    code = "journey_not_running"


class JourneyRow(msgspec.Struct, kw_only=True):
    """``counts`` are customers by the state of their run."""

    id: UUID
    name: str
    state: JourneyState
    number: int
    counts: dict[str, int]
    version: int


class JourneyRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    state: JourneyState
    number: int
    trigger: dict[str, Any]
    steps: list[dict[str, Any]]
    goal: dict[str, Any]
    exit_on_reply: bool
    holdout_percent: int
    again_days: int | None
    started_at: datetime | None
    version: int


class SideRead(msgspec.Struct, kw_only=True):
    customers: int
    reached: int
    amount: Decimal

    @classmethod
    def of(cls, side: Side) -> "SideRead":
        return cls(customers=side.customers, reached=side.reached, amount=side.amount)


class StepFiguresRead(msgspec.Struct, kw_only=True):
    step: str
    variant: str
    sent: int
    arrived: int
    not_sent: int
    came_back: int
    replied: int
    opted_out: int


class JourneyFigures(msgspec.Struct, kw_only=True):
    """``through`` are customers who went through, ``held`` those who were kept out to compare."""

    through: SideRead
    held: SideRead
    steps: list[StepFiguresRead]


class RunRead(msgspec.Struct, kw_only=True):
    id: UUID
    party_id: UUID
    name: str
    state: RunState
    exit_reason: str
    position: int
    due_at: datetime
    entered_at: datetime


class EnterInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    party_ids: list[UUID]


class Entered(msgspec.Struct, kw_only=True):
    entered: int


class JourneyController(Controller):
    path = "/marketing/journeys"
    tags = ("Marketing",)

    @get("/", opt=READ, operation_id="listJourneys")
    async def list_rows(self, work: NamedDependency[Work]) -> list[JourneyRow]:
        """Journeys, with how many customers stand where."""
        rows = await journeys(work)
        counts = await counts_of(work, [journey.id for journey in rows])
        plain = ("id", "name", "state", "number", "version")
        return [JourneyRow(**{n: getattr(j, n) for n in plain}, counts={s.value: n for s, n in counts.get(j.id, {}).items()}) for j in rows]

    @post("/", opt=WRITE, operation_id="createJourney")
    async def create(self, work: NamedDependency[Work], data: JSONBody[JourneyInput]) -> JourneyRead:
        """A new journey, as a draft.  422 ``journey_wrong`` names what is missing."""
        return await _read(work, await save_journey(work, data))

    @post("/recipes/{name:str}", opt=WRITE, operation_id="createJourneyByRecipe")
    async def by_recipe(self, work: NamedDependency[Work], name: FromPath[str]) -> JourneyRead:
        """A draft by a recipe: welcome, win_back, birthday, holidays, promotion or renewal."""
        return await _read(work, await from_recipe(work, name))

    @get("/{journey_id:uuid}", opt=READ, operation_id="readJourney")
    async def read(self, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> JourneyRead:
        """One journey with its steps."""
        return await _read(work, await get_journey(work, journey_id))

    @put("/{journey_id:uuid}", opt=WRITE, operation_id="updateJourney")
    async def update(self, work: NamedDependency[Work], journey_id: FromPath[UUID], data: JSONBody[JourneyInput]) -> JourneyRead:
        """Write it anew; customers who are on their way keep to their steps."""
        return await _read(work, await save_journey(work, data, journey_id))

    @post("/{journey_id:uuid}/start", opt=LAUNCH, status_code=200, operation_id="startJourney")
    async def start(self, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> JourneyRead:
        """Let customers enter and go on."""
        return await _read(work, await start_journey(work, journey_id))

    @post("/{journey_id:uuid}/pause", opt=LAUNCH, status_code=200, operation_id="pauseJourney")
    async def pause(self, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> JourneyRead:
        """Everybody stays where they are."""
        return await _read(work, await pause_journey(work, journey_id))

    @post("/{journey_id:uuid}/end", opt=LAUNCH, status_code=200, operation_id="endJourney")
    async def end(self, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> JourneyRead:
        """End it for good."""
        return await _read(work, await end_journey(work, journey_id))

    @post("/{journey_id:uuid}/enter", opt=LAUNCH, status_code=200, operation_id="enterJourney")
    async def enter(self, work: NamedDependency[Work], journey_id: FromPath[UUID], data: JSONBody[EnterInput]) -> Entered:
        """Let customers enter now, as far as the journey is for them."""
        return Entered(entered=await enter_by_hand(work, await get_journey(work, journey_id), data.party_ids))

    @get("/{journey_id:uuid}/figures", opt=READ, operation_id="readJourneyFigures")
    async def figures(self, work: NamedDependency[Work], journey_id: FromPath[UUID]) -> JourneyFigures:
        """What came of it."""
        journey = await get_journey(work, journey_id)
        through, held = await sides_of(work, journey)
        steps = [
            StepFiguresRead(**{name: getattr(row, name) for name in StepFiguresRead.__struct_fields__})
            for row in await steps_figures(work, journey)
        ]
        return JourneyFigures(through=SideRead.of(through), held=SideRead.of(held), steps=steps)

    @get("/{journey_id:uuid}/runs", opt=READ, operation_id="listJourneyRuns")
    async def runs(
        self, work: NamedDependency[Work], journey_id: FromPath[UUID], run_state: FromQuery[RunState | None] = None
    ) -> list[RunRead]:
        """The latest customers in it whom the caller may see."""
        rows = await runs_of(work, await get_journey(work, journey_id), state=run_state)
        return [RunRead(**{name: getattr(row, name) for name in RunRead.__struct_fields__}) for row in rows]


async def enter_by_hand(work: Work, journey: Journey, party_ids: list[UUID]) -> int:
    """Let customers within the actor's reach enter.

    Raises:
        JourneyNotRunning
    """
    if journey.state is not JourneyState.ACTIVE:
        raise JourneyNotRunning(_("Start the journey first."))
    seen = await work.session.scalars(select(Party.id).where(Party.id.in_(party_ids[:1000]), await visible(work, Party, STEM)))
    entered = await enter_some(work, journey, seen.all())
    if entered:
        await enqueue(work, TICK)
    return entered


async def _read(work: Work, journey: Journey) -> JourneyRead:
    steps = msgspec.to_builtins(await steps_of(work, journey))
    plain = {name: getattr(journey, name) for name in JourneyRead.__struct_fields__ if name != "steps"}
    return JourneyRead(**plain, steps=steps)
