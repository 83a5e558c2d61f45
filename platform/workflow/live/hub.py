"""Between PostgreSQL's NOTIFY and the open streams of this process: one connection listens for all companies.

A message names the company's schema and goes to streams of that company only.  Nothing is kept: a stream that was away asks
anew when it comes back.
"""

import asyncio
import json
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import asyncpg
import structlog

from kernel.database import Database, without_set_config

log = structlog.get_logger(__name__)

CHANNEL = "jingwei_live"
RECONNECT_S = 2.0
PRESENT_S = 50.0
"""How long somebody counts as present after they were last heard of; streams say so again every 20 seconds."""
STREAMS_PER_PERSON = 12
WAITING_MAX = 100

Message = tuple[str, Any]


@dataclass(eq=False)
class Stream:
    """One open page of one member.  ``record`` is the stem and id of the record it shows."""

    schema: str
    person_id: UUID
    name: str
    record: str = ""
    late: bool = False
    messages: "asyncio.Queue[Message]" = field(default_factory=lambda: asyncio.Queue(WAITING_MAX))

    def tell(self, kind: str, value: Any) -> None:
        """Have the page hear of something; one that does not keep up misses it and asks anew."""
        with suppress(asyncio.QueueFull):
            self.messages.put_nowait((kind, value))


class Hub:
    """The open streams of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._streams: dict[tuple[str, UUID], set[Stream]] = {}
        self._watching: dict[tuple[str, str], set[Stream]] = {}
        self._present: dict[tuple[str, str], dict[str, tuple[str, float]]] = {}
        self._connection: Any = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._lost = False
        self.closing = False

    async def join(self, stream: Stream) -> bool:
        """Take a stream in; False when the member has too many open, or the process is about to stop."""
        own = self._streams.setdefault((stream.schema, stream.person_id), set())
        if self.closing or len(own) >= STREAMS_PER_PERSON:
            return False
        own.add(stream)
        if stream.record:
            self._watching.setdefault((stream.schema, stream.record), set()).add(stream)
        self._listen_from_now_on()
        try:
            await asyncio.wait_for(self._ready.wait(), RECONNECT_S)
        except TimeoutError:
            stream.late = True
        return True

    def leave(self, stream: Stream) -> None:
        """The page is gone."""
        own = self._streams.get((stream.schema, stream.person_id), set())
        own.discard(stream)
        if not own:
            self._streams.pop((stream.schema, stream.person_id), None)
        if stream.record:
            place = (stream.schema, stream.record)
            self._watching.get(place, set()).discard(stream)
            if not self._watching.get(place):
                self._watching.pop(place, None)

    async def announce(self, stream: Stream, *, here: bool, ask: bool = False) -> None:
        """Tell all processes that a member looks at a record, or no longer does; ``ask`` has the others say so too."""
        if not stream.record or (not here and self._still_there(stream)):
            return
        said = {"t": "here" if here else "gone", "s": stream.schema, "r": stream.record, "p": str(stream.person_id), "n": stream.name}
        await self._say(said | ({"ask": 1} if ask else {}))

    def others(self, stream: Stream) -> list[str]:
        """The names of who else looks at the stream's record."""
        now = time.monotonic()
        present = self._present.get((stream.schema, stream.record), {})
        found = {person: name for person, (name, at) in present.items() if now - at < PRESENT_S and person != str(stream.person_id)}
        return sorted(found.values())

    def close(self) -> None:
        """End all streams: the server stops."""
        self.closing = True
        for stream in self._all():
            stream.tell("end", None)
        if self._task is not None:
            self._task.cancel()

    def _still_there(self, stream: Stream) -> bool:
        same = self._watching.get((stream.schema, stream.record), set())
        return any(other.person_id == stream.person_id and other is not stream for other in same)

    def _all(self) -> Iterable[Stream]:
        return [stream for streams in self._streams.values() for stream in streams]

    def _listen_from_now_on(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while not self.closing and self._streams:
            try:
                await self._listen_once()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("the listener for live updates lost its connection", error=str(error))
            self._ready.clear()
            self._connection = None
            await asyncio.sleep(RECONNECT_S)

    async def _listen_once(self) -> None:
        url = self._database.app_url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(url)
        without_set_config(connection)
        closed = asyncio.Event()
        try:
            connection.add_termination_listener(lambda *_: closed.set())
            await connection.add_listener(CHANNEL, lambda _c, _p, _channel, payload: self._hear(str(payload)))
            self._connection = connection
            self._ready.set()
            for stream in self._all():  # what was said while nobody listened is asked for
                if self._lost or stream.late:
                    stream.late = False
                    stream.tell("again", None)
            self._lost = True
            await closed.wait()
        finally:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=2)

    async def _say(self, said: dict[str, Any]) -> None:
        if self._connection is None:
            return
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self._connection.execute("SELECT pg_notify($1, $2)", CHANNEL, json.dumps(said, ensure_ascii=False))

    def _hear(self, payload: str) -> None:
        try:
            said = json.loads(payload)
            if said["t"] == "told":
                for stream in self._streams.get((said["s"], UUID(said["p"])), ()):
                    stream.tell("told", None)
            else:
                self._hear_presence(said)
        except (ValueError, KeyError, TypeError):
            log.warning("a live message could not be read", payload=payload[:200])

    def _hear_presence(self, said: dict[str, Any]) -> None:
        place = (said["s"], said["r"])
        watching = self._watching.get(place, set())
        if not watching:
            self._present.pop(place, None)
            return
        present = self._present.setdefault(place, {})
        known = said["p"] in present
        if said["t"] == "here":
            present[said["p"]] = (str(said["n"])[:80], time.monotonic())
        else:
            present.pop(said["p"], None)
        for stream in watching:
            if said.get("ask") and str(stream.person_id) != said["p"]:
                stream.tell("asked", None)
            if known != (said["t"] == "here") and str(stream.person_id) != said["p"]:
                stream.tell("presence", None)


def hub_of(database: Database) -> Hub:
    """The one hub of ``database`` in this process."""
    return _hubs.setdefault(database, Hub(database))


def close_all() -> None:
    """End the streams of this process."""
    for hub in list(_hubs.values()):
        hub.close()


_hubs: "WeakKeyDictionary[Database, Hub]" = WeakKeyDictionary()
