"""The two servers that W3 compares:  python -m benchmarks.servers ours|limit PORT"""

import os
import sys
from hashlib import sha256
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import asyncpg
import msgspec
import uvicorn
from sqlalchemy import make_url

from kernel.ids import new_id
from kernel.settings import Settings
from master_data.api import PARTIES
from webapp.app import connect, create_app, load_catalog
from webapp.resource.schemas import read_fields

FIELDS = ", ".join(read_fields(PARTIES))
LIST = f"SELECT {FIELDS} FROM master_party WHERE (name, id) > ($1, $2) ORDER BY name, id LIMIT 50"
READ = f"SELECT {FIELDS} FROM master_party WHERE id = $1"
CREATE = f"""
INSERT INTO master_party (
    id, name, kind, is_customer, is_supplier, same_name_allowed, stage, phone, payment_days, name_key, search_text,
    created_at, updated_at, version)
VALUES ($1, $2::varchar, 'organisation', true, false, false, 'potential', $3, 0, $2::varchar, $2::text, now(), now(), 1) RETURNING {FIELDS}
"""


SESSION = """
SELECT s.person_id, m.roles FROM identity_session s JOIN identity_member m ON m.tenant_id = s.tenant_id AND m.person_id = s.person_id
WHERE s.digest = $1 AND s.expires_at > now()
"""


class Limit:
    """Signs in by one statement and answers with the rows of another, in the company's role and schema.  Checks nothing else."""

    pool: asyncpg.Pool

    def __init__(self) -> None:
        schema, role = os.environ["BENCH_SCHEMA"], os.environ["BENCH_ROLE"]
        self.begin = f"BEGIN; SET LOCAL search_path = {schema}, ext; SET LOCAL ROLE {role}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await self._connect()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        cookie = next(value for name, value in scope["headers"] if name == b"cookie")
        async with self.pool.acquire() as connection:
            if await connection.fetchrow(SESSION, sha256(cookie.partition(b"=")[2]).digest()) is None:
                raise PermissionError
            await connection.execute(self.begin)
            rows = await self._rows(connection, scope, receive)
            await connection.execute("COMMIT")
        body = msgspec.json.encode([dict(row) for row in rows])
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _rows(self, connection: asyncpg.Connection, scope: Any, receive: Any) -> list[asyncpg.Record]:
        path = scope["path"]
        if path == "/list":
            name, _amp, record_id = scope["query_string"].decode().partition("&")
            return await connection.fetch(LIST, unquote(name), UUID(record_id))
        if path.startswith("/read/"):
            return await connection.fetch(READ, UUID(path[6:]))
        given = msgspec.json.decode((await receive())["body"])
        return await connection.fetch(CREATE, new_id(), given["name"], given["phone"])

    async def _connect(self) -> None:
        url = make_url(os.environ["DATABASE_URL"])
        self.pool = await asyncpg.create_pool(
            host=str(url.query.get("host") or url.host),
            port=url.port or 5432,
            user=url.username,
            password=url.password,
            database=url.database,
            min_size=10,
            max_size=10,
            reset=_leave_as_it_is,
            server_settings={"search_path": "public"},
        )


async def _leave_as_it_is(_connection: Any) -> None:
    """A connection goes back to the pool without a word to the server."""


def ours() -> Any:
    settings = Settings.from_env()
    catalog = load_catalog()
    return create_app(settings, connect(settings, catalog), catalog)


def main() -> None:
    which, port = sys.argv[1:]
    app = ours() if which == "ours" else Limit()
    uvicorn.run(app, port=int(port), access_log=False, log_level="warning", server_header=False, lifespan="on")


main()
