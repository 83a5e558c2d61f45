"""The commands that stay: ``up``, ``serve`` and ``worker``."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec

from kernel.database import Database
from kernel.settings import Settings
from messaging.mailbox import MailboxServer, mailbox_of
from tenancy.catalog import Catalog
from webapp.app import connect, create_app, load_catalog
from webapp.background import background
from webapp.cli_serving import Server, listen, port_asked
from webapp.cli_shared import check_database, run, say, settings_with_database
from webapp.starting import bring_up


def up(*, with_demo: bool) -> None:
    """Run everything on this machine until stopped."""
    sockets = listen(port_asked(), os.environ.get("HOST"))
    with settings_with_database() as settings:
        run(lambda stop: _up(settings, sockets, stop, with_demo=with_demo))


def serve(*, worker: bool) -> None:
    """Serve the web application until stopped."""
    sockets = listen(port_asked(), os.environ.get("HOST"))
    with settings_with_database() as settings:
        run(lambda stop: _serve(settings, sockets, stop, worker=worker))


def work() -> None:
    """Run background jobs until stopped."""
    with settings_with_database() as settings:
        run(lambda stop: _work(settings, stop))


async def _up(settings: Settings, sockets: list[socket.socket], stop: asyncio.Event, *, with_demo: bool) -> None:
    async with AsyncExitStack() as stack:
        if not os.environ.get("SMTP_URL"):
            mailbox = await stack.enter_async_context(MailboxServer(mailbox_of(settings)))
            settings = replace(settings, smtp_url=mailbox.url)
        database, catalog = await stack.enter_async_context(connected(settings))
        await bring_up(database, catalog, settings, say)
        lines = await _demo(database, catalog, settings) if with_demo else []
        app = create_app(settings, database, catalog)
        await stack.enter_async_context(background(database, catalog, settings))
        server = Server(app, trust_proxy=settings.trust_proxy, started=lambda: print(_greeting(settings, lines), flush=True))
        await server.serve_until(stop, sockets)
        say("Stopping ...")


async def _serve(settings: Settings, sockets: list[socket.socket], stop: asyncio.Event, *, worker: bool) -> None:
    async with AsyncExitStack() as stack:
        database, catalog = await stack.enter_async_context(connected(settings))
        if worker:
            app = create_app(settings, database, catalog)
        await stack.enter_async_context(background(database, catalog, settings))
        await Server(app, trust_proxy=settings.trust_proxy, started=lambda: say(f"Serving {settings.base_url}")).serve_until(stop, sockets)


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    async with connected(settings) as (database, catalog), background(database, catalog, settings):
        say("Working; stop with Ctrl-C.")
        await stop.wait()


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[tuple[Database, Catalog]]:
    """The database and the catalog.

    Raises:
        Refused: the database does not let us in.
    """
    await check_database(settings.database_url)
    catalog = load_catalog()
    database = connect(settings, catalog)
    try:
        yield database, catalog
    finally:
        await database.close()


async def _demo(database: Database, catalog: Catalog, settings: Settings) -> Sequence[str]:
    """Load the demo company on the first start; how to sign in there."""
    if find_spec("webapp.demo") is None:
        return []
    lines: Sequence[str] = await import_module("webapp.demo").load(database, catalog, settings, say)
    return lines


def _greeting(settings: Settings, demo_lines: Sequence[str]) -> str:
    lines = [f"Jingwei is at {settings.base_url}", *demo_lines]
    if not os.environ.get("SMTP_URL"):
        lines.append(f"Mail is at {settings.base_url}/mailbox")
    if sys.stdout.isatty():
        lines.append("Stop with Ctrl-C.")
    return "\n".join(lines)
