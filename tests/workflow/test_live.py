"""Streams of open pages: what they hear, what they do not, and that they end."""

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
import uvicorn
from tests.workflow.conftest import told

from workflow.api import notify
from workflow.live import pages
from workflow.live.hub import Hub, Stream, hub_of

STREAM = {"accept": "text/event-stream"}


@pytest.fixture
async def served(app):
    """The application on a port of its own: streams need a real connection."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=3))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running


class Heard:
    """The events of one stream, as they come."""

    def __init__(self, answer):
        self.answer, self.lines = answer, answer.aiter_lines()

    async def next(self, name, within=5.0):
        """What the next event of that name holds."""
        async with asyncio.timeout(within):
            found = None
            async for line in self.lines:
                if line.startswith("event: "):
                    found = line.removeprefix("event: ")
                elif line.startswith("data: ") and found == name:
                    return json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream ended")

    async def until(self, name, value, within=8.0):
        async with asyncio.timeout(within):
            while await self.next(name) != value:
                pass


@asynccontextmanager
async def listening(port, seat, record=""):
    client = getattr(seat, "client", seat)
    headers = {**client.headers, **STREAM, "host": client.base_url.netloc.decode()}
    headers["cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
    address = f"http://127.0.0.1:{port}/events"
    async with (
        httpx.AsyncClient(timeout=20) as browser,
        browser.stream("GET", address, params={"record": record}, headers=headers) as answer,
    ):
        assert answer.status_code == 200, answer.status_code
        yield Heard(answer)


@pytest.fixture
async def lead(client):
    return (await client.post("/api/v1/leads", json={"name": "方静"})).json()


async def test_a_page_hears_of_what_its_member_is_told_and_of_nobody_elses(served, tenant, other_tenant, seat_for, database):
    wang, li = await seat_for(tenant, "viewer", name="王丽"), await seat_for(tenant, "viewer", name="李强")
    stranger = await seat_for(other_tenant, "viewer", name="外人")
    async with listening(served, wang) as mine, listening(served, li) as other, listening(served, stranger) as foreign:
        assert [await heard.next("count") for heard in (mine, other, foreign)] == [0, 0, 0]
        async with database.work(tenant) as work:
            await notify(work, [wang.person_id], kind="workflow.mention", text="x")
        await mine.until("count", 1)
        for heard in (other, foreign):
            with pytest.raises(TimeoutError):
                await heard.next("count", within=0.5)


async def test_nothing_is_heard_of_what_is_rolled_back(served, tenant, seat_for, database):
    wang = await seat_for(tenant, "viewer")
    async with listening(served, wang) as heard:
        assert await heard.next("count") == 0

        async def fail():
            async with database.work(tenant) as work:
                await notify(work, [wang.person_id], kind="workflow.mention", text="x")
                raise ValueError

        with pytest.raises(ValueError):
            await fail()
        with pytest.raises(TimeoutError):
            await heard.next("count", within=0.5)


async def test_who_looks_at_the_same_record_is_seen_until_they_leave(served, tenant, seat_for, lead):
    wang, li = await seat_for(tenant, "owner", name="王丽"), await seat_for(tenant, "owner", name="李强")
    record = f"crm.lead:{lead['id']}"
    async with listening(served, wang, record) as mine:
        assert await mine.next("count") == 0
        async with listening(served, li, record) as other:
            await other.until("presence", ["王丽"])
            await mine.until("presence", ["李强"])
        await mine.until("presence", [])


async def test_who_may_not_see_a_record_is_neither_seen_nor_told_of_others(served, tenant, other_tenant, seat_for, lead):
    boss, sales = await seat_for(tenant, "owner", name="老板"), await seat_for(tenant, "sales", name="销售")
    stranger = await seat_for(other_tenant, "owner", name="外人")
    record = f"crm.lead:{lead['id']}"
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(listening(served, seat, record)) for seat in (boss, sales, stranger)]
        for heard in streams:
            await heard.next("count")
        for heard in streams:
            with pytest.raises(TimeoutError):
                await heard.next("presence", within=0.7)


async def test_streams_end_when_the_server_stops(served, tenant, seat_for, database):
    wang = await seat_for(tenant, "viewer")
    async with listening(served, wang) as heard:
        await heard.next("count")
        hub_of(database).close()
        with pytest.raises(AssertionError, match="the stream ended"):
            await heard.next("count")
    hub_of(database).closing = False


async def test_a_stream_ends_after_a_while_and_says_when_to_come_back(served, tenant, seat_for, monkeypatch):
    monkeypatch.setattr(pages, "LIFE_S", 0.3)
    wang = await seat_for(tenant, "viewer")
    async with listening(served, wang) as heard:
        assert (await anext(heard.lines)).startswith("retry: ")
        with pytest.raises(AssertionError, match="the stream ended"):
            await heard.next("presence")


async def test_too_many_streams_of_one_member_are_refused(database, tenant, seat_for):
    wang = await seat_for(tenant, "viewer")
    hub = Hub(database)
    streams = [Stream(tenant.schema, wang.person_id, "王丽") for _n in range(13)]
    joined = [await hub.join(stream) for stream in streams]
    assert joined == [True] * 12 + [False]
    hub.close()
    assert not await hub.join(Stream(tenant.schema, wang.person_id, "王丽"))


async def test_the_address_answers_members_and_streams_only(client, app, settings, tenant):
    assert (await client.get("/events")).status_code == 406
    base = settings.tenant_url(tenant.slug, "").rstrip("/")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as anybody:
        assert (await anybody.get("/events", headers=STREAM)).status_code == 401
    assert await told(client) == []


async def test_a_records_page_carries_its_mark(client, lead):
    page = (await client.get(f"/leads/{lead['id']}", headers={"accept": "text/html"})).text
    assert f'data-presence="crm.lead:{lead["id"]}"' in page
    assert "data-live" in page
