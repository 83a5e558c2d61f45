"""W3: over HTTP, list 50, read one and create one of 100,000 customers.

Ours is the whole application as it runs in production: a company's own host, a signed-in person's session, permission,
the company's role and schema, every check of a new customer.  The limit is an ASGI application of a few lines on the same
server program with a pooled asyncpg connection of the superuser: one statement finds the session, one message begins the
transaction in the company's role and schema, one statement does the work; nothing else is checked.  Both run in a process
of their own with one worker; both answer the same fields.
"""

import asyncio
import os
import random
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from sqlalchemy import select

from benchmarks.runner import Act, Bench, Row
from identity.cookies import CookieNames
from identity.csrf import HEADER
from identity.members.model import Member
from identity.opaque import digest, signature
from identity.people.model import Person
from identity.sessions.model import SessionRow
from identity.sessions.service import Visitor, start
from kernel.ids import new_id
from kernel.work import Tenant
from webapp.resource.query import Cursor

CUSTOMERS = 100_000
CLIENTS = 8
PLACES = 500  # different pages and records that are asked for

SEED = """
INSERT INTO master_party (
    id, name, kind, is_customer, is_supplier, same_name_allowed, stage, owner, phone, payment_days, name_key, search_text,
    created_at, updated_at, version)
SELECT gen_random_uuid(), 'Customer ' || lpad(n::text, 6, '0'), 'organisation', true, false, false, 'customer', 'Wang Li', '0571-' || n, 30,
       'customer' || lpad(n::text, 6, '0'), 'customer ' || lpad(n::text, 6, '0'), now(), now(), 1
FROM generate_series(1, $1::int) AS n
"""


@dataclass
class Caller:
    """A connection that is kept open and asks one thing after the other, with as little work of its own as possible."""

    port: int
    headers: bytes
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        length = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n".encode() if body else b""
        self.writer.write(f"{method} {path} HTTP/1.1\r\n".encode() + self.headers + length + b"\r\n" + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        size = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        answer = await self.reader.readexactly(size)
        if status not in (200, 201):
            raise RuntimeError(f"{method} {path}: {status} {answer[:300]!r}")
        return answer


async def measure(bench: Bench) -> list[Row]:
    tenant = await bench.new_tenant()
    seeded = await bench.bare(tenant.schema)
    await seeded.execute(f"SET search_path = {tenant.schema}, ext")
    await seeded.execute(SEED, CUSTOMERS, timeout=300)
    await seeded.execute("VACUUM ANALYZE master_party")
    places = [tuple(row) for row in await seeded.fetch("SELECT name, id FROM master_party ORDER BY random() LIMIT $1", PLACES)]
    await seeded.close()
    headers = await _signed_in(bench, tenant)
    with _server(bench, tenant, "ours") as ours, _server(bench, tenant, "limit") as limit:
        await asyncio.gather(_ready(ours), _ready(limit))
        acts = {}
        for name, port in (("ours", ours), ("limit", limit)):
            callers = [Caller(port, headers) for _ in range(CLIENTS)]
            acts[f"list {name}"] = ([_list(c, places, name) for c in callers], 1)
            acts[f"read {name}"] = ([_read(c, places, name) for c in callers], 1)
            acts[f"create {name}"] = ([_create(c, name) for c in callers], 1)
        rates = await bench.rates(acts)
    return [
        Row(f"W3 {what}, {CLIENTS} clients", rates[f"{key} ours"], rates[f"{key} limit"], target)
        for key, what, target in (("list", "list 50 of 100,000", 0.7), ("read", "read one", 0.6), ("create", "create one", 0.5))
    ]


def _list(caller: Caller, places: Sequence[tuple[str, UUID]], name: str) -> Act:
    chosen = random.Random(1)

    async def act() -> None:
        value, record_id = chosen.choice(places)
        if name == "ours":
            await caller.ask("GET", f"/api/v1/parties?limit=50&sort=name&after={Cursor(value, UUID(int=record_id.int)).encode()}")
        else:
            await caller.ask("GET", f"/list?{quote(value)}&{record_id}")

    return act


def _read(caller: Caller, places: Sequence[tuple[str, UUID]], name: str) -> Act:
    chosen = random.Random(2)
    path = "/api/v1/parties" if name == "ours" else "/read"

    async def act() -> None:
        await caller.ask("GET", f"{path}/{chosen.choice(places)[1]}")

    return act


def _create(caller: Caller, name: str) -> Act:
    path = "/api/v1/parties" if name == "ours" else "/create"

    async def act() -> None:
        await caller.ask("POST", path, msgspec.json.encode({"name": f"New {new_id().hex}", "phone": "0571-8888"}))

    return act


async def _signed_in(bench: Bench, tenant: Tenant) -> bytes:
    """Headers of a person who owns the company."""
    async with bench.database.registry_session() as session:
        person = Person(name="Lin Xiao", email="bench@example.com", email_key="bench@example.com")
        session.add(person)
        await session.flush()
        session.add(Member(tenant_id=tenant.id, person_id=person.id, roles=["owner"]))
        secret = await start(session, person.id, tenant.id, Visitor())
        session_id = await session.scalar(select(SessionRow.id).where(SessionRow.digest == digest(secret)))
    csrf = signature(bench.settings.derive("csrf"), f"session|{session_id}")
    cookie = CookieNames.of(bench.settings).session
    host = bench.settings.tenant_url(tenant.slug, "").split("://")[1].rstrip("/")
    return f"host: {host}\r\ncookie: {cookie}={secret}\r\n{HEADER}: {csrf}\r\naccept: application/json\r\n".encode()


@contextmanager
def _server(bench: Bench, tenant: Tenant, which: str) -> Any:
    """A process that serves ``which`` on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "DATABASE_URL": bench.settings.database_url.replace("+asyncpg", ""),
        "JINGWEI_DATA": str(bench.settings.data_dir),
        "SECRET_KEY": bench.settings.secret_key,
        "BASE_URL": bench.settings.base_url,
        "JINGWEI_ENV": "production",
        "BENCH_SCHEMA": tenant.schema,
        "BENCH_ROLE": tenant.role,
    }
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.servers", which, str(port)], env=env)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


async def _ready(port: int) -> None:
    for _attempt in range(600):
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise TimeoutError(f"nothing listens on port {port}")
