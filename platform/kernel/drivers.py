"""A few connections of the driver alone, for single statements that are each a transaction of their own.

A connection stays in the scope it was given last, a tenant's role and schema for example.  The next statement of the same
scope is therefore one message; begun and committed for itself it would be three.  Nothing of one scope outlives the change
to another, and a connection on which anything failed is thrown away.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg

CLEAN = "RESET ROLE; RESET ALL; CLOSE ALL; UNLISTEN *; SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; "
"""What a hostile or careless statement may have left on a connection goes before anything else runs."""
SCOPES_PER_CONNECTION = 100  # A backend keeps 0.28 MiB of catalog for each tenant it has visited, for ever.
RECYCLE_S = 1800
WAIT_S = 30


@dataclass(eq=False)
class Kept:
    """A connection, the scope it stands in, and those it has seen.  ``generation`` tells those of a pool that was closed."""

    driver: Any
    generation: int
    until: float
    scope: str = ""
    visited: set[str] = field(default_factory=set)

    @property
    def is_spent(self) -> bool:
        return self.driver.is_closed() or time.monotonic() > self.until or len(self.visited) > SCOPES_PER_CONNECTION


class Drivers:
    """At most ``size`` connections.  ``connect`` opens one; a scope of no words is the one it opens in."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], size: int) -> None:
        self._connect = connect
        self._size = size
        self._open = 0
        self._generation = 0
        self._idle: list[Kept] = []
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def fetch(self, scope: str, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        """All rows of one statement within ``scope``."""
        kept = await self._take(scope)
        try:
            if kept.scope != scope:
                # One message, so one transaction: either all of the scope holds or the connection is gone.
                await kept.driver.execute(CLEAN + scope)
                kept.scope = scope
                kept.visited.add(scope)
            rows: Sequence[Any] = await kept.driver.fetch(statement, *values)
        except asyncpg.IntegrityConstraintViolationError:
            self._give_back(kept)
            raise
        except BaseException:
            self._throw_away(kept)
            raise
        self._give_back(kept)
        return rows

    async def close(self) -> None:
        """Close what is idle now, and the rest as it comes back."""
        self._generation += 1
        idle, self._idle, self._open = self._idle, [], 0
        for kept in idle:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await kept.driver.close(timeout=2)

    async def _take(self, scope: str) -> Kept:
        while True:
            if (kept := self._choose(scope)) is not None:
                return kept
            if self._open < self._size:
                return await self._opened()
            await self._turn()

    def _choose(self, scope: str) -> Kept | None:
        """An idle connection: the last used of the scope, else, where no more may be opened, the one that rests longest."""
        for place in range(len(self._idle) - 1, -1, -1):
            kept = self._idle[place]
            if kept.is_spent:
                del self._idle[place]
                self._throw_away(kept)
            elif kept.scope == scope:
                del self._idle[place]
                return kept
        return self._idle.pop(0) if self._idle and self._open >= self._size else None

    async def _opened(self) -> Kept:
        self._open += 1
        generation = self._generation
        try:
            return Kept(await self._connect(), generation, time.monotonic() + RECYCLE_S)
        except BaseException:
            self._closed(generation)
            raise

    async def _turn(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(WAIT_S):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._call_next()
            raise

    def _give_back(self, kept: Kept) -> None:
        if kept.generation != self._generation or kept.is_spent:
            self._throw_away(kept)
            return
        self._idle.append(kept)
        self._call_next()

    def _throw_away(self, kept: Kept) -> None:
        kept.driver.terminate()
        self._closed(kept.generation)

    def _closed(self, generation: int) -> None:
        if generation == self._generation:
            self._open -= 1
        self._call_next()

    def _call_next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
