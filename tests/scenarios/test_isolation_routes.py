"""No route of the application lets one company reach into another: generated over the route table, so a new route cannot escape.

Company A is a filled one.  For every route with an id in its address, ids of A that open it for A are asked for by the owner
of B, who may do everything at home: B gets 404 and nothing of A changes.  Every other readable address is read as B and must
not hold anything of A.
"""

import base64
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from polyfactory.factories.msgspec_factory import MsgspecFactory

from core_finance.api import ensure_ledger
from core_finance.dimensions.keeping import add_item
from core_finance.invariants.service import check_all
from kernel.database import Database
from kernel.ids import new_id
from kernel.work import Tenant
from tenancy.catalog import Catalog
from webapp.demo import fill_company

FEW = 16  # a table with no more rows is tried whole
OPENINGS = 2  # so many records are enough for each route
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

# Values of path parameters that are no ids.
PLAIN_VALUES: dict[str, str] = {"kind": "project"}
OF_THE_DESK = {"kind": "queues"}
OF_THE_POOL = {"kind": "lead"}

# Routes that no record of the filled company opens, each with its reason.
NOT_OPENED: dict[str, str] = {
    "/support/tickets/{key:str}/files/{file_id:uuid}": "needs the secret of a customer's link; test_intake asks for it as another company",
    "/tickets/{ticket_id:uuid}/files/{file_id:uuid}": "names two records; test_tickets asks for it as another company",
    "/api/v1/tickets/{ticket_id:uuid}/files/{file_id:uuid}": "names two records; test_tickets asks for it as another company",
    "/contracts/{contract_id:uuid}/files/{file_id:uuid}": "names two records; test_contracts asks for it as another company",
    "/api/v1/contracts/{contract_id:uuid}/files/{file_id:uuid}": "names two records; test_contracts asks for it as another company",
    "/vouchers/{voucher_id:uuid}/files/{file_id:uuid}": "names two records; test_attachments asks for it as another company",
    "/api/v1/vouchers/{voucher_id:uuid}/files/{file_id:uuid}": "names two records; test_attachments asks for it as another company",
}


@dataclass(frozen=True)
class Entrance:
    """One method of one route that belongs to companies' hosts."""

    method: str
    path: str
    handler: HTTPRouteHandler

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{([^}]+)}", self.path)

    @property
    def takes_ids(self) -> bool:
        return any(parameter.endswith(":uuid") for parameter in self.parameters)

    def address(self, record: UUID | str) -> str:
        def value(match: re.Match[str]) -> str:
            name, _, kind = match[1].partition(":")
            place = OF_THE_POOL if "/pool" in self.path else OF_THE_DESK if "/service/desk" in self.path else {}
            plain = {**PLAIN_VALUES, **place}
            return str(record) if kind == "uuid" else plain.get(name, "1")

        return re.sub(r"{([^}]+)}", value, self.path)

    def body(self) -> dict[str, Any]:
        """A body that the handler can read, as keywords of the client."""
        data = self.handler.parsed_fn_signature.parameters.get("data")
        if data is None:
            return {}
        kinds = [data.annotation, *(inner.annotation for inner in data.inner_types)]
        struct = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, msgspec.Struct)), None)
        if struct is None:
            return {"data": {}}
        made = MsgspecFactory.create_factory(struct).build()
        if getattr(made, "version", 1) is None:
            msgspec.structs.force_setattr(made, "version", 1)
        return {"content": msgspec.json.encode(made), "headers": {"content-type": "application/json"}}


def entrances(app: Litestar) -> Iterator[Entrance]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if handler.opt.get("host", "tenant") == "apex" or route.path.startswith(("/static", "/schema")):
                continue
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                yield Entrance(str(method), route.path, handler)


@pytest.fixture(scope="module")
def all_entrances(app: Litestar) -> list[Entrance]:
    return list(entrances(app))


async def ids_of(database: Database, tenant: Tenant) -> dict[UUID, str]:
    """All ids of the company, in its own schema and in the platform's tables, with the table of each."""
    found: dict[UUID, str] = {}
    async with database.owner_engine.connect() as connection:
        own = await connection.execute(
            sa.text(
                "SELECT table_name FROM information_schema.columns WHERE table_schema = :s AND column_name = 'id' AND data_type = 'uuid'"
            ),
            {"s": tenant.schema},
        )
        for table in own.scalars().all():
            rows = await connection.execute(sa.text(f'SELECT id FROM {tenant.schema}."{table}" ORDER BY id'))
            found |= dict.fromkeys(rows.scalars().all(), table)
        shared = await connection.execute(
            sa.text(
                "SELECT a.table_name, a.column_name FROM information_schema.columns a"
                " JOIN information_schema.columns t USING (table_schema, table_name)"
                " WHERE table_schema = 'public' AND t.column_name = 'tenant_id'"
                " AND a.data_type = 'uuid' AND a.column_name IN ('id', 'person_id')"
            )
        )
        for table, column in shared.all():
            rows = await connection.execute(sa.text(f"SELECT {column} FROM public.{table} WHERE tenant_id = :t"), {"t": tenant.id})
            found |= {value: table for value in rows.scalars().all() if value is not None}
    return found


def samples(ids: dict[UUID, str], path: str) -> list[UUID]:
    """Some records of every table, those of tables that sound like the path first."""
    by_table: dict[str, list[UUID]] = {}
    for record, table in ids.items():
        by_table.setdefault(table, []).append(record)

    def likeness(table: str) -> int:
        words = {word.rstrip("s").replace("ie", "y") for word in re.split(r"[/_{}:.-]+", path)}
        return -len(words & {word.rstrip("s") for word in table.split("_")})

    picked = []
    for table in sorted(by_table, key=likeness):
        records = by_table[table]
        picked += records if len(records) <= FEW else [records[-1], records[0], records[len(records) // 2]]
    return picked


@pytest.fixture(scope="module")
async def house(new_tenant: Any, database: Database, catalog: Catalog) -> dict[str, Any]:
    """Company A with a year of trade and every vertical, company B with every vertical and empty books."""
    first, second = await new_tenant(*catalog.verticals), await new_tenant(*catalog.verticals, name="别家科技有限公司")
    async with database.work(first) as work:
        await fill_company(work, catalog, catalog.verticals)
        await add_item(work, "project", code="P1", name="新厂房")
        await check_all(work)
    async with database.work(second) as work:
        await ensure_ledger(work)
    return {"a": first, "b": second}


@pytest.fixture
async def clients(house: dict[str, Any], client_for: Any) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    return await client_for(house["a"]), await client_for(house["b"])


async def test_no_id_of_one_company_opens_anything_for_another(
    all_entrances: list[Entrance],
    house: dict[str, Any],
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
    database: Database,
    state_of: Any,
) -> None:
    mine, theirs = clients
    await upload_something_everywhere(all_entrances, mine)
    await add_what_a_demo_does_not_hold(mine)
    ids = await ids_of(database, house["a"])
    opening: dict[str, list[UUID]] = {}
    for entrance in all_entrances:
        if entrance.method == "GET" and entrance.takes_ids:
            opening[entrance.path] = []
            for record in samples(ids, entrance.path):
                if (await mine.get(entrance.address(record))).status_code == 200:
                    opening[entrance.path].append(record)
                if len(opening[entrance.path]) == OPENINGS:
                    break
    unopened = {path for path, records in opening.items() if not records} - NOT_OPENED.keys()
    assert not unopened, f"no record of the filled company opens {sorted(unopened)}: fill it, or give the reason in NOT_OPENED"

    before = await state_of(house["a"])
    own = {"ledger": (await theirs.get("/api/v1/finance/ledgers")).json()[0]["id"]}
    wrong = []
    for entrance in all_entrances:
        if not entrance.takes_ids:
            continue
        for record in records_for(entrance.path, opening) or samples(ids, entrance.path)[:OPENINGS]:
            body = entrance.body() if entrance.method != "GET" else {}
            # The forms of the books say for which ledger they were drawn.
            form = {"data": own} if entrance.method == "POST" and entrance.path.startswith(("/finance/", "/vouchers/")) else {}
            answer = await theirs.request(entrance.method, entrance.address(record), **body, **form)
            # A body is read before the record is looked for, so one that the rules of the handler refuse may be refused first.
            accepted = {404} if not body else {404, 400, 415, 422}
            if answer.status_code not in accepted:
                wrong.append(f"{entrance.method} {entrance.address(record)}: {answer.status_code}")
    assert "\n".join(wrong) == ""
    assert await state_of(house["a"]) == before


async def test_no_list_of_one_company_holds_anything_of_another(
    all_entrances: list[Entrance], house: dict[str, Any], clients: tuple[httpx.AsyncClient, httpx.AsyncClient], database: Database
) -> None:
    mine, theirs = clients
    ids = await ids_of(database, house["a"])
    known = {str(record) for record in ids}
    seen_by_owner: set[str] = set()
    leaks, broken = [], []
    for entrance in all_entrances:
        if entrance.method != "GET" or entrance.takes_ids:
            continue
        address = entrance.address("")
        seen_by_owner |= set(UUIDS.findall(readable(await mine.get(address)))) & known
        answer = await theirs.get(address)
        if answer.status_code >= 500:
            broken.append(f"{address}: {answer.status_code}")
        if found := set(UUIDS.findall(readable(answer))) & known:
            leaks.append(f"{address} holds {len(found)} ids of {sorted(ids[UUID(f)] for f in found)[:3]}")
    assert (leaks, broken) == ([], [])
    assert len(seen_by_owner) > 20, "the lists show nothing to their own company, so this test would prove nothing"


async def test_a_stranger_reads_nothing(app: Litestar, all_entrances: list[Entrance], house: dict[str, Any], settings: Any) -> None:
    """Without a session every address of a company refuses, but for those that say they are public."""
    base = settings.tenant_url(house["a"].slug, "").rstrip("/")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=base) as stranger:
        open_ = []
        for entrance in all_entrances:
            if entrance.handler.opt.get("permission") == "public":
                continue
            answer = await stranger.request(entrance.method, entrance.address(new_id()))
            if answer.status_code not in (401, 404):
                open_.append(f"{entrance.method} {entrance.path}: {answer.status_code}")
    assert open_ == []


async def test_a_cookie_of_one_company_is_worth_nothing_at_another(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], house: dict[str, Any], settings: Any
) -> None:
    mine, _ = clients
    answer = await mine.get(settings.tenant_url(house["b"].slug, "/api/v1/me"), headers={"accept": "application/json"})
    assert answer.status_code == 401


async def upload_something_everywhere(all_entrances: list[Entrance], client: httpx.AsyncClient) -> None:
    """Leave a file in every import wizard: the template that it offers itself."""
    for entrance in all_entrances:
        if entrance.method == "GET" and entrance.path.endswith("/import/template.csv"):
            template = await client.get(entrance.address(""))
            upload = {"file": ("rows.csv", template.content + b"x\n", "text/csv")}
            answer = await client.post(entrance.path.removesuffix("/template.csv"), files=upload)
            assert answer.status_code in (200, 303), (entrance.path, answer.status_code, answer.text[:300])


async def add_what_a_demo_does_not_hold(client: httpx.AsyncClient) -> None:
    """A person with an identity paper and a photo on the timeline, and a target."""
    person = (await client.post("/api/v1/parties", json={"name": "王小芳", "kind": "person"})).json()["id"]
    paper = await client.put(f"/api/v1/parties/{person}/paper", json={"number": "11010519491231002X"})
    assert paper.status_code == 200, paper.text
    note = await client.post(f"/api/v1/parties/{person}/timeline", json={"kind": "visit", "body": "看了样品"})
    photo = {"file": ("样品.png", PIXEL, "image/png")}
    sent = await client.post(f"/api/v1/activities/{note.json()['id']}/files", files=photo)
    assert sent.status_code == 201, sent.text
    target = await client.post("/api/v1/targets", json={"month": "2026-01-01", "measure": "contract", "amount": "100"})
    assert target.status_code == 201, target.text


def records_for(path: str, opening: dict[str, list[UUID]]) -> list[UUID]:
    """Records that open the readable address that ``path`` shares most of its beginning with."""
    stem = path.partition("{")[0]
    exact = opening.get(path, [])
    return exact or [record for other, records in opening.items() if other.partition("{")[0] == stem for record in records]


def readable(answer: httpx.Response) -> str:
    """The text of an answer, of a spreadsheet too."""
    if answer.content[:2] != b"PK":
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
