"""Nobody overwrites what they did not read: asked over the route table, so that a new address cannot escape."""

import httpx
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from kernel.ids import new_id
from kernel.work import Tenant
from webapp.versions import SAID, asks_version

# PUT without a version, each with its reason.
PLAIN: dict[str, str] = {
    "/api/v1/members/{person_id:uuid}/roles": "a set that is put as a whole, with the password shown",
    "/api/v1/roles/{code:str}": "a set of rights that is put as a whole, with the password shown",
    "/api/v1/parties/{party_id:uuid}/collaborators/{employee_id:uuid}": "puts one entry of a set",
    "/api/v1/parties/{party_id:uuid}/paper": "the number is never answered, so there is nothing that was read",
    "/api/v1/scopes": "puts the entries that are named",
    "/api/v1/scopes/fields": "puts the entries that are named",
    "/api/v1/employees/{employee_id:uuid}/person": "puts one link",
    "/api/v1/notifications/choices": "a member's own choices",
    "/api/v1/finance/cash-flow/rules": "the service asks, as a rule may be new",
    "/api/v1/apps/{name:str}/settings": "fields that the vertical declares; the log keeps the values before",
    "/api/v1/lost-reasons/{reason_id:uuid}": "a row of a list of words",
    "/api/v1/assignment-rules/{rule_id:uuid}": "a row of a short list without versions",
    "/api/v1/service/mailboxes/{mailbox_id:uuid}": "a row of a short list without versions",
    "/api/v1/pool/rules/{rule_id:uuid}": "a row of a short list without versions",
    "/api/v1/pool/settings/{kind:str}": "a row of a short list without versions",
}


def puts(app: Litestar) -> list[tuple[HTTPRoute, HTTPRouteHandler]]:
    routes = [route for route in app.routes if isinstance(route, HTTPRoute) and route.path.startswith("/api/")]
    return [(route, handler) for route in routes for handler in route.route_handlers if "PUT" in handler.http_methods]


def test_every_put_asks_for_a_version_or_has_a_reason(app: Litestar) -> None:
    without = {route.path for route, handler in puts(app) if not asks_version(handler)}
    assert without == set(PLAIN)


async def test_a_put_without_a_version_is_refused_and_says_the_way_out(app: Litestar, client: httpx.AsyncClient) -> None:
    asked = [route for route, handler in puts(app) if asks_version(handler)]
    assert len(asked) > 15
    for route in asked:
        address = "/".join("zz" if ":str" in part else str(new_id()) if part.startswith("{") else part for part in route.path.split("/"))
        for body in ({}, {"name": "x", "version": None}):
            refused = await client.put(address, json=body)
            told = refused.json()
            assert (refused.status_code, told.get("code")) == (428, "version_required"), (address, told)
            assert told["errors"][0]["field"] == "version"
            assert "version" in told["title"]
    said = await client.put(f"/api/v1/orders/{new_id()}", json={}, headers={"accept-language": "zh-CN"})
    assert "请先读取" in said.json()["title"]


async def test_what_is_no_object_is_told_by_the_decoder(client: httpx.AsyncClient) -> None:
    for content in (b"[]", b"{", b"\xff\xfe", b"[" * 100_000):
        refused = await client.put(f"/api/v1/orders/{new_id()}", content=content, headers={"content-type": "application/json"})
        assert refused.status_code in (400, 422), content[:5]


async def test_rights_are_asked_before_versions(client_for, tenant: Tenant) -> None:
    clerk = await client_for(tenant, permissions=["crm.lead.read"], role="clerk")
    assert (await clerk.put(f"/api/v1/rules/{new_id()}", json={})).status_code == 403


async def test_a_patch_may_go_without_but_an_old_version_is_refused(client: httpx.AsyncClient) -> None:
    party = (await client.post("/api/v1/parties", json={"name": "青禾"})).json()
    path = f"/api/v1/parties/{party['id']}"
    assert (await client.patch(path, json={"name": "青禾二"})).status_code == 200
    late = await client.patch(path, json={"name": "青禾三", "version": party["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")


def test_the_description_of_the_api_says_so_where_it_holds(app: Litestar) -> None:
    paths = app.openapi_schema.paths or {}
    put, change = paths["/api/v1/orders/{order_id}"].put, paths["/api/v1/orders/{order_id}/change"].post
    assert put is not None
    assert SAID in (put.description or "")
    assert change is not None
    assert SAID in (change.description or "")
    reasons = paths["/api/v1/lost-reasons/{reason_id}"].put
    assert reasons is not None
    assert SAID not in (reasons.description or "")
