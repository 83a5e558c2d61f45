"""The description of the API: for programs and people, and only of what the reader's company has."""

from typing import Any

import httpx


async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/schema/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_a_company_reads_of_the_apps_it_has(client_for: Any, new_tenant: Any) -> None:
    without, having = await client_for(await new_tenant()), await client_for(await new_tenant("education"))
    of_cores, of_both = (await document(without))["paths"], (await document(having))["paths"]
    assert "/api/v1/orders" in of_cores
    assert {path for path in of_both if path.startswith("/api/v1/education/")}
    assert not {path for path in of_cores if path.startswith("/api/v1/education/")}
    assert of_both.keys() > of_cores.keys()


async def test_amounts_are_strings_and_every_operation_has_its_own_name(client: httpx.AsyncClient) -> None:
    found = await document(client)
    names = [operation["operationId"] for item in found["paths"].values() for method, operation in item.items() if method != "parameters"]
    assert len(names) == len(set(names))
    assert '"format":"float"' not in httpx.Response(200, json=found).text


async def test_people_read_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/schema", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert "/api/v1/orders/{order_id}/confirm" in answer.text
