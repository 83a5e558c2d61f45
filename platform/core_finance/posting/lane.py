"""A lane of its own for requests that do nothing but post a voucher.

Postings to one month wait for each other until the one before has reached the disk.  What arrives meanwhile from other
requests of the company is therefore posted together, in one transaction: the more press at once, the less each costs.
Each voucher is judged by itself and keeps its own poster; one that is refused does not hold the others up.

A service that posts beside other work (an order that is confirmed, say) uses ``posting.engine`` in its own transaction.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import asyncpg

from core_finance.chart.ledgers import get_ledger
from core_finance.chart.model import Standard
from core_finance.chart.settings import is_posted
from core_finance.posting import errors
from core_finance.posting.engine import Posted, answer, check, post
from core_finance.posting.naming import with_names
from core_finance.posting.sending import Item, collision, send
from core_finance.posting.voucher import NewVoucher
from kernel.database import Database
from kernel.errors import Unavailable
from kernel.i18n import gettext as _
from kernel.work import Actor, Tenant

TOGETHER_MAX = 100

_GONE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


@dataclass(frozen=True)
class Facts:
    """What posting must know of a ledger.  None of it changes once something was posted, so it is asked for once then."""

    id: UUID
    currency: str
    standard: Standard


@dataclass
class Waiting:
    voucher: NewVoucher
    poster: Actor
    row: asyncio.Future[Any]


@dataclass
class Lane:
    """The vouchers of one ledger that wait, and whether somebody posts."""

    database: Database
    tenant: Tenant
    facts: Facts
    queue: deque[Waiting] = field(default_factory=deque)
    is_busy: bool = False

    async def send(self, voucher: NewVoucher, poster: Actor) -> Any:
        """What the posting statement answers to the voucher, after it is on the disk."""
        if self.is_busy:
            waiting = Waiting(voucher, poster, asyncio.get_running_loop().create_future())
            self.queue.append(waiting)
            return await waiting.row
        self.is_busy = True
        try:
            return (await self._commit([Item(0, voucher, poster)]))[0]
        finally:
            if self.queue:
                _keep(asyncio.create_task(self._drain()))
            else:
                self.is_busy = False

    async def _drain(self) -> None:
        try:
            while self.queue:
                await self._post_together(self._next())
        finally:
            self.is_busy = False

    def _next(self) -> list[Waiting]:
        """The next ones, in their order; the same idempotency key comes in different transactions."""
        chosen: list[Waiting] = []
        keys: set[str] = set()
        while self.queue and len(chosen) < TOGETHER_MAX:
            key = self.queue[0].voucher.idempotency_key
            if key is not None and key in keys:
                break
            if key is not None:
                keys.add(key)
            chosen.append(self.queue.popleft())
        return chosen

    async def _post_together(self, several: Sequence[Waiting]) -> None:
        try:
            rows = await self._commit([Item(i, each.voucher, each.poster) for i, each in enumerate(several)])
        except _GONE as error:
            if len(several) > 1:  # one of them may be at fault: each by itself
                for each in several:
                    await self._post_together([each])
            elif not several[0].row.done():
                several[0].row.set_exception(error)
            return
        for i, each in enumerate(several):
            if not each.row.done():
                each.row.set_result(rows[i])

    async def _commit(self, items: Sequence[Item]) -> dict[int, Any]:
        """The posting statement by itself is the whole transaction."""
        return await send(partial(self.database.tenant_statement, self.tenant), self.facts, items)


async def post_alone(database: Database, tenant: Tenant, poster: Actor, voucher: NewVoucher, *, ledger_id: UUID | None = None) -> Posted:
    """Post a voucher in a transaction of its own, or together with those that other requests bring at this moment.

    The caller must hold no open transaction: this one would wait for a connection.

    Raises:
        PostingRefused: with what is wrong, and at which line.
        Unavailable: the database went away; it is not known whether the voucher was posted.  Send it again with its key.
    """
    facts = await _facts(database, tenant, ledger_id)
    if problem := check(voucher, facts):
        raise problem
    lane = _registry(database).lanes.setdefault((tenant.id, facts), Lane(database, tenant, facts))
    try:
        row = await lane.send(voucher, poster)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise collision(error) from error
    except _GONE as error:
        raise Unavailable(_("The database went away. Send the voucher again with its idempotency key.")) from error
    result = answer(row, voucher)
    if isinstance(result, errors.PeriodMissing):
        # A new year perhaps: the engine makes its months.
        async with database.work(tenant, poster) as work:
            return await post(work, await get_ledger(work, facts.id), voucher)
    if isinstance(result, errors.PostingRefused):
        async with database.work(tenant, poster) as work:
            raise await with_names(work, facts.id, voucher, result)
    return result


async def _facts(database: Database, tenant: Tenant, ledger_id: UUID | None) -> Facts:
    known = _registry(database).facts
    found = known.get((tenant.id, ledger_id))
    if found is None:
        async with database.work(tenant) as work:
            ledger = await get_ledger(work, ledger_id)
            found = Facts(ledger.id, ledger.currency, ledger.standard)
            is_fixed = await is_posted(work, ledger)
        if is_fixed:
            known[tenant.id, ledger_id] = found
    return found


@dataclass
class Registry:
    """The lanes of one database, and what is known of its ledgers."""

    lanes: dict[tuple[int, Facts], Lane] = field(default_factory=dict)
    facts: dict[tuple[int, UUID | None], Facts] = field(default_factory=dict)


_registries: WeakKeyDictionary[Database, Registry] = WeakKeyDictionary()
_tasks: set[asyncio.Task[None]] = set()


def _registry(database: Database) -> Registry:
    return _registries.setdefault(database, Registry())


def _keep(task: asyncio.Task[None]) -> None:
    """A task that nobody holds may vanish."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
