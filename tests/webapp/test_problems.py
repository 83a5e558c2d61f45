"""What the database refuses becomes a clear answer."""

import httpx
import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/orders?search=%00",
        "/api/v1/parties?search=%00",
        "/api/v1/vouchers?first=99999999999999999",
        "/api/v1/finance/accounts/%00/ledger",
    ],
)
async def test_a_value_that_no_column_holds_is_the_callers_mistake(client: httpx.AsyncClient, path: str) -> None:
    made = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert made.status_code == 201, made.text
    answer = await client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 422, answer.text
    assert "sql" not in answer.text.lower()


async def test_a_null_character_is_refused_before_it_is_written(client: httpx.AsyncClient) -> None:
    party = (await client.post("/api/v1/parties", json={"name": "联华"})).json()
    lines = [{"description": "a\x00b", "quantity": "1", "unit_price": "1"}]
    answer = await client.post("/api/v1/orders", json={"party_id": party["id"], "lines": lines})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await client.get("/api/v1/orders")).json()["items"] == []


@pytest.mark.parametrize("body", [b'{"name":' + b"[" * 50_000 + b"]" * 50_000 + b"}", b'{"name":"\xff"}', b'{"name":', b"<name/>"])
async def test_json_that_cannot_be_read_is_the_callers_mistake(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/v1/parties", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
