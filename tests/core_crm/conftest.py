"""A customer and two products to sell."""

from dataclasses import dataclass

import httpx
import pytest
from tests.master_data.conftest import department, seat_for  # noqa: F401 - fixtures


@dataclass
class Shop:
    client: httpx.AsyncClient
    party: str
    mug: str
    service: str

    async def draft(self, *lines: dict, **fields) -> dict:
        """A draft order; by default two mugs."""
        body = {"party_id": self.party, "lines": list(lines) or [{"product_id": self.mug, "quantity": "2"}], **fields}
        answer = await self.client.post("/api/v1/orders", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def post(self, order: dict, command: str, body: dict | None = None) -> httpx.Response:
        return await self.client.post(f"/api/v1/orders/{order['id']}/{command}", **({"json": body} if body is not None else {}))

    async def read(self, order: dict) -> dict:
        return (await self.client.get(f"/api/v1/orders/{order['id']}")).json()


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> Shop:
    party = await client.post("/api/v1/parties", json={"name": "联华生鲜超市有限公司", "credit_code": "91110000600037341L"})
    goods = {"sku": "M-1", "name": "骨瓷马克杯", "unit": "只", "list_price": "113", "tax_code": "VAT13"}
    work = {"sku": "S-1", "name": "安装", "kind": "service", "unit": "次", "list_price": "100", "tax_code": "VAT6"}
    mug, service = [await client.post("/api/v1/products", json=product) for product in (goods, work)]
    return Shop(client, party.json()["id"], mug.json()["id"], service.json()["id"])
