"""The stream of one open page (server-sent events), and the mark by which a page says which record it shows."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get
from litestar.params import FromQuery
from litestar.response import Stream as StreamResponse

from kernel.database import Database
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.templates import render
from kernel.web import SIGNED_IN
from kernel.work import Actor, Tenant, Work
from vertical import Panel
from workflow.live.hub import Hub, Stream, hub_of
from workflow.notifications.service import unread_count
from workflow.records import find_record, kinds

BEAT_S = 20.0
LIFE_S = 15 * 60.0
"""A stream ends after this long and is opened anew, so that a session that ended, or a right that was taken, counts."""
RETRY_MS = 3000

AnyRequest = Request[Any, Any, Any]


class NotAStream(DomainError):
    """The address answers streams only."""

    status_code, code = 406, "not_a_stream"


class TooManyStreams(DomainError):
    """The member has too many pages open, or the server is about to stop."""

    status_code, code = 503, "too_many_streams"


class LivePages(Controller):
    path = "/events"
    include_in_schema = False

    @get("/", opt={"permission": SIGNED_IN, "interactive": True})
    async def stream(self, request: AnyRequest, record: FromQuery[str] = "") -> StreamResponse:
        """Counts of what is unread, and with ``record`` who else looks at it."""
        if "text/event-stream" not in request.headers.get("accept", ""):
            raise NotAStream(_("This address sends a stream of events; ask for text/event-stream."))
        state = request.scope["state"]
        tenant: Tenant = state["tenant"]
        actor: Actor = state["actor"]
        database: Database = request.app.state.database
        shown = await _visible(database, tenant, actor, record)
        if actor.id is None:
            raise NotAStream(_("This address sends a stream of events; ask for text/event-stream."))
        stream, hub = Stream(tenant.schema, actor.id, actor.name, shown), hub_of(database)
        if not await hub.join(stream):
            hub.leave(stream)
            raise TooManyStreams(_("Too many pages are open. Close some of them."))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamResponse(_events(hub, stream, database, tenant, actor), media_type="text/event-stream", headers=headers)


async def _events(hub: Hub, stream: Stream, database: Database, tenant: Tenant, actor: Actor) -> AsyncIterator[str]:
    """What the page hears, until it is closed, the server stops, or the stream has lived long enough."""
    ends = asyncio.get_running_loop().time() + LIFE_S
    try:
        yield f"retry: {RETRY_MS}\n\n"
        yield _event("count", await _count(database, tenant, actor))
        await hub.announce(stream, here=True, ask=True)
        if others := hub.others(stream):
            yield _event("presence", others)
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                kind, _value = await asyncio.wait_for(stream.messages.get(), min(BEAT_S, left))
            except TimeoutError:
                await hub.announce(stream, here=True)
                yield ": still here\n\n"
                if stream.record:
                    yield _event("presence", hub.others(stream))
                continue
            if kind == "end":
                return
            if kind in ("told", "again"):
                yield _event("count", await _count(database, tenant, actor))
            if kind in ("asked", "again"):
                await hub.announce(stream, here=True, ask=kind == "again")
            if kind == "presence":
                yield _event("presence", hub.others(stream))
    finally:
        hub.leave(stream)
        with suppress(asyncio.CancelledError):
            await asyncio.shield(hub.announce(stream, here=False))


async def draw_presence(work: Work, *, stem: str, record_id: UUID | None, **_context: Any) -> str:
    """The mark on a record's page, and the place where the others' names appear."""
    kind = kinds(work).get(stem)
    if kind is None or not kind.shared or record_id is None or work.actor.id is None:
        return ""
    return render("workflow/live/presence.html", record=f"{stem}:{record_id}")


LIVE_PANELS = (Panel(slot="*.side", render=draw_presence, order=1),)


async def _count(database: Database, tenant: Tenant, actor: Actor) -> int:
    async with database.work(tenant, actor) as work:
        return await unread_count(work)


async def _visible(database: Database, tenant: Tenant, actor: Actor, record: str) -> str:
    """The record where the member may see it; else none: that somebody else looks at it is then nobody's business."""
    stem, _colon, record_id = record.partition(":")
    try:
        async with database.work(tenant, actor) as work:
            await find_record(work, stem, UUID(record_id))
    except (DomainError, ValueError):
        return ""
    return f"{stem}:{UUID(record_id)}"


def _event(name: str, value: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n"
