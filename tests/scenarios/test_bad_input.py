"""Bad input gets a clear error in the reader's language, with a stable code for programs, and nothing is written."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from kernel.work import Tenant

CHINESE = re.compile("[一-鿿]")
StateOf = Callable[[Tenant], Awaitable[dict[str, str]]]


@pytest.fixture(params=["zh-CN", "en-GB"])
async def reader(request: pytest.FixtureRequest, client: httpx.AsyncClient, tenant: Tenant) -> httpx.AsyncClient:
    """An owner with open books, who reads one of the two languages."""
    client.headers["accept-language"] = request.param
    made = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert made.status_code == 201, made.text
    return client


def voucher(*lines: tuple[str, str, str], on: str = "2026-03-05") -> dict[str, Any]:
    return {"on": on, "post": True, "lines": [{"account": account, "debit": debit, "credit": credit} for account, debit, credit in lines]}


def in_language(client: httpx.AsyncClient, text: str) -> bool:
    return bool(CHINESE.search(text)) is client.headers["accept-language"].startswith("zh")


async def test_vouchers_that_may_not_be(reader: httpx.AsyncClient, tenant: Tenant, state_of: StateOf) -> None:
    closed = await reader.post("/api/v1/finance/periods/202601/close")
    assert closed.status_code == 200, closed.text
    before = await state_of(tenant)
    for code, body in {
        "unbalanced": voucher(("1002", "100", "0"), ("3001", "0", "99.99")),
        "period_closed": voucher(("1002", "100", "0"), ("3001", "0", "100"), on="2026-01-05"),
        "unknown_account": voucher(("1002", "100", "0"), ("9999", "0", "100")),
        "account_not_leaf": voucher(("1002", "100", "0"), ("2221", "0", "100")),
        "too_many_decimals": voucher(("1002", "1.001", "0"), ("3001", "0", "1.001")),
    }.items():
        answer = await reader.post("/api/v1/vouchers", json=body)
        problem = answer.json()
        assert (problem.get("code"), answer.headers["content-type"]) == (code, "application/problem+json"), problem
        assert 400 <= answer.status_code < 500
        assert in_language(reader, problem["title"]), problem["title"]
    assert await state_of(tenant) == before


async def test_an_order_is_confirmed_once(reader: httpx.AsyncClient, tenant: Tenant, state_of: StateOf) -> None:
    party = (await reader.post("/api/v1/parties", json={"name": "联华", "is_customer": True})).json()
    lines = [{"description": "Cup", "quantity": "2", "unit_price": "56.50", "tax_code": None}]
    order = await reader.post("/api/v1/orders", json={"party_id": party["id"], "lines": lines})
    assert order.status_code == 201, order.text
    address = f"/api/v1/orders/{order.json()['id']}/confirm"
    assert (await reader.post(address)).status_code == 200
    before = await state_of(tenant)
    again = await reader.post(address)
    assert (again.status_code, again.json()["code"]) == (409, "order_not_draft")
    assert in_language(reader, again.json()["title"])
    assert await state_of(tenant) == before


async def test_files_that_cannot_be_read(reader: httpx.AsyncClient, tenant: Tenant, state_of: StateOf) -> None:
    before = await state_of(tenant)
    big = await reader.post(
        "/parties/import", files={"file": ("big.csv", b"name\n" + b"x" * 12_000_000, "text/csv")}, headers={"accept": "text/html"}
    )
    assert big.status_code in (413, 422)
    assert await state_of(tenant) == before

    rows = "name,kind,credit_code\n好,organisation,\n坏,nothing,123\n,organisation,\n"
    upload = await reader.post("/parties/import", files={"file": ("rows.csv", rows.encode(), "text/csv")}, headers={"accept": "text/html"})
    assert upload.status_code in (200, 303), upload.text[:500]
    wizard = upload.headers.get("location") or str(upload.url.path)
    shown = await reader.get(wizard, headers={"accept": "text/html"})
    assert shown.status_code == 200
    errors = await reader.get(f"{wizard.rstrip('/')}/errors.xlsx")
    assert (errors.status_code, errors.content[:2]) == (200, b"PK")
    assert (await reader.get("/api/v1/parties")).json()["items"] == []


async def test_a_host_that_is_nobodys(reader: httpx.AsyncClient) -> None:
    for host in ("nobody.localhost:8000", "localhost:8000.evil.example", "evil.example"):
        answer = await reader.get("/", headers={"host": host, "accept": "text/html"})
        assert answer.status_code == 404
        assert in_language(reader, re.sub(r"<[^>]*>", "", answer.text.partition("<h1>")[2].partition("</p>")[0]))


async def test_an_invitation_that_is_none(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/invitation/" + "a" * 43, headers={"accept": "text/html"})
    assert answer.status_code in (404, 410)
    assert in_language(reader, re.sub(r"<[^>]*>", "", answer.text.partition("<h1>")[2].partition("</p>")[0]))
