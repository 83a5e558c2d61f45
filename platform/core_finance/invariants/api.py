"""REST API of the invariant centre."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from core_finance.chart.ledgers import get_ledger
from core_finance.invariants.model import InvariantRun
from core_finance.invariants.service import Result, check_ledger, declared, get_run, last_run, results_of, runs
from kernel.i18n import gettext as _
from kernel.work import Work

RUNS, RUNS_MAX = 20, 100


class InvariantRead(msgspec.Struct, kw_only=True):
    """An invariant, the app it comes from, and what the latest check found; ``result`` is null before the first."""

    key: str
    title: str
    app: str
    result: Result | None


class InvariantList(msgspec.Struct, kw_only=True):
    ledger: UUID
    checked_at: datetime | None
    broken: int | None
    invariants: list[InvariantRead]


class RunSummary(msgspec.Struct, kw_only=True):
    id: UUID
    ledger: UUID
    ran_at: datetime
    ran_by: str
    took_ms: int
    broken: int

    @classmethod
    def of(cls, run: InvariantRun) -> "RunSummary":
        return cls(id=run.id, ledger=run.ledger_id, ran_at=run.ran_at, ran_by=run.ran_by, took_ms=run.took_ms, broken=run.broken)


class RunRead(RunSummary, kw_only=True):
    """A check of a ledger, with what it found of each invariant."""

    results: list[Result]

    @classmethod
    def of(cls, run: InvariantRun) -> "RunRead":
        summary = RunSummary.of(run)
        return cls(**{name: getattr(summary, name) for name in RunSummary.__struct_fields__}, results=list(results_of(run)))


class RunList(msgspec.Struct, kw_only=True):
    """``next`` is what ``before`` takes for the page that follows."""

    items: list[RunSummary]
    next: UUID | None


class InvariantController(Controller):
    path = "/finance/invariants"
    tags = ("Finance",)

    @get("/", operation_id="listInvariants", opt={"permission": "finance.invariant.read"})
    async def list_invariants(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> InvariantList:
        """All that must hold in a ledger, with what the latest check found."""
        books = await get_ledger(work, ledger)
        run = await last_run(work, books)
        found = {result.key: result for result in results_of(run)} if run else {}
        return InvariantList(
            ledger=books.id,
            checked_at=run.ran_at if run else None,
            broken=run.broken if run else None,
            invariants=[
                InvariantRead(key=c.item.key, title=_(c.item.title), app=c.vertical, result=found.get(c.item.key)) for c in declared(work)
            ],
        )

    @post("/", operation_id="checkInvariants", opt={"permission": "finance.invariant.run"}, status_code=200)
    async def check(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> RunRead:
        """Check a ledger now.  What breaks an invariant is named with the page of its document."""
        return RunRead.of(await check_ledger(work, await get_ledger(work, ledger)))

    @get("/runs", operation_id="listInvariantRuns", opt={"permission": "finance.invariant.read"})
    async def list_runs(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        before: FromQuery[UUID | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=RUNS_MAX)] = RUNS,
    ) -> RunList:
        """Checks of a ledger, the latest first; ``before`` goes on behind one of them."""
        books = await get_ledger(work, ledger)
        start = await get_run(work, before) if before else None
        found = await runs(work, books, before=(start.ran_at, start.id) if start else None, limit=limit + 1)
        items = [RunSummary.of(run) for run in found[:limit]]
        return RunList(items=items, next=items[-1].id if len(found) > limit else None)

    @get("/runs/{run_id:uuid}", operation_id="readInvariantRun", opt={"permission": "finance.invariant.read"})
    async def read_run(self, work: NamedDependency[Work], run_id: FromPath[UUID]) -> RunRead:
        """One check with all it found."""
        return RunRead.of(await get_run(work, run_id))
