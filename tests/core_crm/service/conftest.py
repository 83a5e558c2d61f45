"""A desk with a queue, a category and two agents."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from kernel.database import Database
from master_data.api import EMPLOYEES
from vertical.records import create_record


@dataclass
class Desk:
    client: httpx.AsyncClient
    staff: dict[str, str]
    queue: str
    category: str

    async def ticket(self, **fields: Any) -> dict:
        body = {"subject": "打印机不出纸", "text": "按了开始没有反应。", "requester_name": "赵敏", **fields}
        answer = await self.client.post("/api/v1/tickets", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def do(self, ticket: dict, command: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/api/v1/tickets/{ticket['id']}/{command}", json=body)

    async def read(self, ticket: dict) -> dict:
        return (await self.client.get(f"/api/v1/tickets/{ticket['id']}")).json()

    async def messages(self, ticket: dict, kind: str = "") -> list[dict]:
        found = (await self.client.get(f"/api/v1/tickets/{ticket['id']}/messages")).json()
        return [message for message in found if not kind or message["kind"] == kind]

    async def listed(self, **query: Any) -> list[str]:
        return [row["id"] for row in (await self.client.get("/api/v1/tickets", params=query)).json()["items"]]


@pytest.fixture
async def desk(client: httpx.AsyncClient, database: Database, tenant) -> Desk:
    async with database.work(tenant) as work:
        staff = {
            name: str(await create_record(work, EMPLOYEES, {"code": f"K{n}", "name": name}))
            for n, name in enumerate(("王芳", "李雷", "组长"), 1)
        }
    queue = {"name": "售后", "employees": [staff["王芳"], staff["李雷"]], "lead_id": staff["组长"]}
    made = await client.post("/api/v1/service/queues", json=queue)
    assert made.status_code == 201, made.text
    category = await client.post("/api/v1/service/categories", json={"name": "维修", "queue_id": made.json()["id"], "priority": "high"})
    assert category.status_code == 201, category.text
    return Desk(client, staff, made.json()["id"], category.json()["id"])
