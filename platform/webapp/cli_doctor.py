"""The command ``doctor``: what is wrong with this machine and installation, and what to do."""

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import text

from kernel.database import Database
from kernel.embedded import FREE_BYTES_MIN
from kernel.settings import Settings
from messaging.mail import MailServer
from tenancy.catalog import Catalog
from tenancy.fleet import Fleet
from webapp.app import lifecycle_of
from webapp.cli_serving import listen, port_asked
from webapp.cli_shared import Refused, run, settings_with_database
from webapp.cli_up import connected

LOCKS_MIN = 256
FONT = "fonts-pdf/NotoSansSC-Regular.ttf"

Finding = tuple[bool, str]


def doctor() -> None:
    """Print one line for each check; exit code 1 when one failed."""
    findings = list(_machine())

    async def main(_stop: asyncio.Event) -> None:
        async with connected(settings) as (database, catalog):
            findings.extend([finding async for finding in _installation(database, catalog, settings)])

    try:
        with settings_with_database() as settings:
            findings.extend(_mail(settings))
            run(main)
    except Refused as error:
        findings.append((False, str(error)))
    for good, sentence in findings:
        print(f"{'ok ' if good else 'BAD'}  {sentence}")
    sys.exit(0 if all(good for good, _ in findings) else 1)


def _machine() -> Iterator[Finding]:
    yield True, f"Jingwei {version('jingwei')}, Python {sys.version.split()[0]}"
    data = Path(os.environ.get("JINGWEI_DATA", ".data")).absolute()
    folder = next(path for path in (data, *data.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    yield free >= FREE_BYTES_MIN, f"{free // 2**20} MB free for {data}"
    yield os.access(folder, os.W_OK), f"{data} can be written"
    try:
        for bound in listen(port_asked(), os.environ.get("HOST")):
            bound.close()
        yield True, f"port {port_asked()} is free"
    except Refused as error:
        yield False, str(error)
    if not _resolves("acme.localhost"):
        yield True, "browsers find acme.localhost by themselves; other programs here need it in /etc/hosts"
    vendor = Path(__file__).parent / "static" / "vendor"
    yield (vendor / "manifest.json").exists(), "browser libraries are built; otherwise: make assets"
    yield (vendor / FONT).exists(), "the font of Chinese documents is there; otherwise: make assets"


def _mail(settings: Settings) -> Iterator[Finding]:
    if not os.environ.get("SMTP_URL"):
        yield True, "mail stays on this machine, as SMTP_URL is not set"
        return
    try:
        server = MailServer.of(settings.smtp_url)
        with socket.create_connection((server.host, server.port), timeout=5):
            yield True, f"the mail server {server.host}:{server.port} answers"
    except ValueError as error:
        yield False, str(error)
    except OSError as error:
        yield False, f"the mail server of SMTP_URL does not answer: {error}"


async def _installation(database: Database, catalog: Catalog, settings: Settings) -> AsyncIterator[Finding]:
    async with database.owner_engine.connect() as connection:
        row = (
            await connection.execute(
                text(
                    "SELECT current_setting('server_version') AS version, current_setting('max_locks_per_transaction')::int AS locks,"
                    " to_regclass('public.tenant') IS NOT NULL AS migrated"
                )
            )
        ).one()
    yield True, f"PostgreSQL {row.version}"
    yield row.locks >= LOCKS_MIN, f"max_locks_per_transaction is {row.locks} (at least {LOCKS_MIN}: making a company locks all its tables)"
    for name, manifest in catalog.manifests.items():
        if name in catalog.verticals:
            yield True, f"vertical {name} {manifest.version}"
    for name, reason in catalog.refused.items():
        yield False, f"vertical {name} is not loaded: {reason}"
    if not row.migrated:
        yield False, "the database is empty; run: jingwei migrate"
        return
    due = await Fleet(database, catalog, lifecycle_of(database, catalog)).due()
    yield not due, f"{len(due)} companies wait for migration" + ("; run: jingwei migrate" if due else "")
    yield settings.environment == "development" or settings.secure, "browsers come by https"


def _resolves(host: str) -> bool:
    with suppress(OSError):
        return socket.gethostbyname(host).startswith("127.")
    return False
