"""Looks whether the books hold, on demand and each night, and keeps what was found."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from time import monotonic
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import event, select, text, tuple_

from core_finance.chart.ledgers import find_current, ledgers
from core_finance.chart.model import Ledger
from core_finance.invariants.looking import FINDINGS_MAX
from core_finance.invariants.model import InvariantRun
from kernel import breaker as breakers
from kernel import clock
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.work import Contribution, Work
from vertical import Finding, Invariant

LIMIT_S = 60
"""How long one invariant may look."""

RUNS_MAX = 20

log = logging.getLogger(__name__)

State = Literal["holds", "broken", "unchecked"]


class RunNotFound(NotFound):
    code = "invariant_run_not_found"


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that breaks an invariant, with the page of the document."""

    message: str
    path: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one invariant.  ``unchecked``: it failed itself or took too long; ``problem`` says which."""

    key: str
    state: State
    took_ms: int = 0
    breaches: list[Breach] = msgspec.field(default_factory=list)
    problem: str = ""


class _TooLong(Exception):
    """An invariant used up its time."""


def declared(work: Work) -> Sequence[Contribution]:
    """The invariants of finance and of the company's verticals, those of one package together, finance first."""
    found = list(work.contributions("invariants"))
    places = {name: place for place, name in enumerate(dict.fromkeys(c.vertical for c in found))}
    return sorted(found, key=lambda c: (c.vertical != "core_finance", places[c.vertical], c.item.order, c.item.key))


async def check_ledger(
    work: Work, ledger: Ledger, *, limit_s: float = LIMIT_S, breaker: breakers.Breaker = breakers.shared
) -> InvariantRun:
    """Look at every invariant of the ledger and keep what was found.

    One that raises or hangs is noted as unchecked and does not stop the others; one that keeps failing rests a while.
    """
    started = monotonic()
    results = []
    for contribution in declared(work):
        key: str = contribution.item.key
        circuit = (work.tenant.role, contribution.vertical, key)
        if breaker.open_until(circuit):
            results.append(Result(key=key, state="unchecked", problem=_("It failed several times and rests for a while.")))
            continue
        result = await _look(work, contribution.item, ledger.id, limit_s)
        (breaker.failed if result.state == "unchecked" else breaker.succeeded)(circuit)
        results.append(result)
    run = InvariantRun(
        ledger_id=ledger.id,
        ran_at=clock.now(),
        ran_by=work.actor.name,
        took_ms=_since(started),
        broken=sum(result.state == "broken" for result in results),
        results=msgspec.to_builtins(results),
    )
    work.session.add(run)
    await work.session.flush()
    return run


async def check_all(work: Work) -> None:
    """The nightly look at every ledger of the company."""
    for ledger in await ledgers(work):
        run = await check_ledger(work, ledger)
        if run.broken:
            log.warning("%d invariants of a ledger of %s do not hold", run.broken, work.tenant.schema)


async def last_run(work: Work, ledger: Ledger) -> InvariantRun | None:
    """The latest look at the ledger; None where nobody looked yet."""
    found = await runs(work, ledger, limit=1)
    return found[0] if found else None


async def runs(work: Work, ledger: Ledger, *, before: tuple[datetime, UUID] | None = None, limit: int = RUNS_MAX) -> Sequence[InvariantRun]:
    """Looks at the ledger, the latest first."""
    query = select(InvariantRun).where(InvariantRun.ledger_id == ledger.id)
    if before is not None:
        query = query.where(tuple_(InvariantRun.ran_at, InvariantRun.id) < before)
    return (await work.session.scalars(query.order_by(InvariantRun.ran_at.desc(), InvariantRun.id.desc()).limit(limit))).all()


async def get_run(work: Work, run_id: UUID) -> InvariantRun:
    """Raises:
    RunNotFound: there is no such look.
    """
    run = await work.session.get(InvariantRun, run_id)
    if run is None:
        raise RunNotFound(_("There is no such check; choose one from the list."))
    return run


def results_of(run: InvariantRun) -> Sequence[Result]:
    """What a look found of each invariant, in its order."""
    return msgspec.convert(run.results, list[Result])


async def broken_count(work: Work) -> int | None:
    """How many invariants of the ledger at hand do not hold: the number beside the menu entry."""
    ledger = await find_current(work)
    if ledger is None:
        return None
    query = select(InvariantRun.broken).where(InvariantRun.ledger_id == ledger.id).order_by(InvariantRun.ran_at.desc()).limit(1)
    return await work.session.scalar(query) or None


async def _look(work: Work, invariant: Invariant, ledger_id: UUID, limit_s: float) -> Result:
    started = monotonic()
    try:
        async with _limited(work, limit_s):
            found = await invariant.find(work, ledger_id)
            breaches = [_breach(finding) for finding in list(found)[:FINDINGS_MAX]]
    except Exception as error:
        log.warning("invariant %s could not be checked", invariant.key, exc_info=error)
        problem = _("It failed: %(kind)s.", kind=type(error).__name__)
        if isinstance(error, TimeoutError | _TooLong) or "statement timeout" in str(error):
            problem = _("It took longer than %(limit)s seconds.", limit=f"{limit_s:g}")
        return Result(key=invariant.key, state="unchecked", took_ms=_since(started), problem=problem)
    return Result(key=invariant.key, state="broken" if breaches else "holds", took_ms=_since(started), breaches=breaches)


def _breach(finding: Finding) -> Breach:
    return Breach(message=str(finding.message), path=str(finding.path))


@asynccontextmanager
async def _limited(work: Work, limit_s: float) -> AsyncIterator[None]:
    """Within the block nothing takes longer than ``limit_s``, and nothing that it writes stays.

    A statement that hangs is ended by the database, and after the time is up no further one begins: to cancel one from
    here would cost the connection, and with it the whole look.  What hangs outside the database is cancelled a while later.
    """
    savepoint = await work.session.begin_nested()
    try:
        await work.session.execute(text(f"SET LOCAL statement_timeout = {max(1, int(limit_s * 1000))}"))
        connection = await work.session.connection()
        with _no_statement_after(connection.sync_connection, monotonic() + limit_s):
            async with asyncio.timeout(2 * limit_s + 1):
                yield
    finally:
        await savepoint.rollback()


@contextmanager
def _no_statement_after(connection: Any, until: float) -> Iterator[None]:
    def refuse(*_arguments: Any) -> None:
        if monotonic() > until:
            raise _TooLong

    event.listen(connection, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", refuse)


def _since(started: float) -> int:
    return int((monotonic() - started) * 1000)
