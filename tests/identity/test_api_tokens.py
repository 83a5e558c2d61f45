"""Programs that act for a person."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from identity.tokens.service import is_well_formed, mint
from kernel import clock

from .conftest import at


async def make(office, tenant, *scopes, **more):
    body = {"name": "Web shop", "scopes": list(scopes) or ["admin.audit.read"], **more}
    return await office.json("POST", at(tenant, "/api/v1/tokens"), body)


def bearer(secret):
    return {"authorization": f"Bearer {secret}"}


def test_a_token_is_recognised_by_its_shape_and_checksum():
    token = mint()
    assert len(token) == len("jw_pat_") + 49
    assert is_well_formed(token)
    swapped = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert not is_well_formed(swapped)
    assert not is_well_formed(token[:-1])
    assert not is_well_formed("jw_pat_" + "!" * 49)


async def test_a_token_does_what_its_scopes_say_and_no_more(house, office, tenant):
    made = (await make(office, tenant, "admin.member.manage")).json()
    program = house.browser()
    ask = bearer(made["secret"])
    assert (await program.json("GET", at(tenant, "/api/v1/members"), **ask)).status_code == 200
    created = await program.json("POST", at(tenant, "/api/v1/roles"), {"label": "X", "permissions": []}, **ask)
    assert (created.status_code, created.json()["code"]) == (403, "forbidden")
    me = (await program.json("GET", at(tenant, "/api/v1/me"), **ask)).json()
    assert (me["permissions"], me["by_token"]) == (["admin.member.manage"], True)


async def test_a_token_cannot_give_what_its_scopes_do_not_hold(house, office, tenant):
    """The owner may give any role; a token of the owner with one permission may not."""
    secret = (await make(office, tenant, "admin.member.manage")).json()["secret"]
    clerk = await house.member(tenant, "viewer")
    path = at(tenant, f"/api/v1/members/{clerk.id}/roles")
    answer = await house.browser().json("PUT", path, {"roles": ["admin"]}, **bearer(secret))
    assert (answer.status_code, answer.json()["code"]) == (403, "grant_refused")


async def test_scopes_are_a_part_of_ones_own_permissions(house, tenant):
    viewer = house.browser()
    await viewer.sign_in(await house.member(tenant, "viewer"), at(tenant))
    assert (await make(viewer, tenant, "admin.member.manage")).status_code == 422


async def test_a_token_loses_what_its_owner_loses(house, office, tenant):
    admin = await house.member(tenant, "admin")
    theirs = house.browser()
    await theirs.sign_in(admin, at(tenant))
    secret = (await make(theirs, tenant, "admin.member.manage")).json()["secret"]
    await office.json("PUT", at(tenant, f"/api/v1/members/{admin.id}/roles"), {"roles": ["viewer"]})
    assert (await house.browser().json("GET", at(tenant, "/api/v1/members"), **bearer(secret))).status_code == 403


async def test_a_token_is_stored_as_a_digest_and_shown_once(house, office, tenant):
    secret = (await make(office, tenant)).json()["secret"]
    async with house.database.registry_session() as session:
        row = (await session.execute(text("SELECT * FROM identity_api_token WHERE tenant_id = :t"), {"t": tenant.id})).mappings().one()
    assert secret not in str(dict(row))
    assert secret.startswith(row["display"])
    listed = await office.json("GET", at(tenant, "/api/v1/tokens"))
    assert secret not in listed.text
    assert listed.json()[0]["display"] == row["display"]


@pytest.mark.parametrize("header", ["jw_pat_nonsense", "", "session", "well formed"])
async def test_a_bad_token_is_refused_even_where_a_cookie_would_do(office, tenant, header):
    header = mint() if header == "well formed" else header
    answer = await office.client.get(at(tenant, "/api/v1/me"), headers={"authorization": f"Bearer {header}", "accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_a_token_ends_when_it_expires_or_is_revoked(house, office, tenant):
    made = (await make(office, tenant, days=7)).json()
    program = house.browser()
    with clock.frozen(clock.now() + timedelta(days=8)):
        assert (await program.json("GET", at(tenant, "/api/v1/me"), **bearer(made["secret"]))).status_code == 401
    assert (await program.json("GET", at(tenant, "/api/v1/me"), **bearer(made["secret"]))).status_code == 200
    assert (await office.json("DELETE", at(tenant, f"/api/v1/tokens/{made['token']['id']}"))).status_code == 204
    assert (await program.json("GET", at(tenant, "/api/v1/me"), **bearer(made["secret"]))).status_code == 401


@pytest.mark.parametrize("days", [0, -1, 400])
async def test_the_life_of_a_token_is_bounded(office, tenant, days):
    assert (await make(office, tenant, days=days)).status_code == 422


async def test_a_token_makes_no_tokens_and_opens_no_pages(house, office, tenant):
    secret = (await make(office, tenant, "admin.member.manage", "admin.role.manage")).json()["secret"]
    program = house.browser()
    body = {"name": "x", "scopes": ["admin.member.manage"]}
    assert (await program.json("POST", at(tenant, "/api/v1/tokens"), body, **bearer(secret))).status_code == 403
    assert (await program.client.get(at(tenant, "/account"), headers=bearer(secret))).status_code == 403


async def test_a_token_of_one_company_is_nothing_at_another(house, office, tenant, other, owner):
    secret = (await make(office, tenant)).json()["secret"]
    second = await house.company(owner)
    for company in (other, second):
        assert (await house.browser().json("GET", at(company, "/api/v1/me"), **bearer(secret))).status_code == 401


async def test_nobody_revokes_the_token_of_somebody_else(house, office, tenant):
    made = (await make(office, tenant)).json()
    admin = house.browser()
    await admin.sign_in(await house.member(tenant, "admin"), at(tenant))
    assert (await admin.json("DELETE", at(tenant, f"/api/v1/tokens/{made['token']['id']}"))).status_code == 404


async def test_the_last_use_is_noted(house, office, tenant):
    made = (await make(office, tenant)).json()
    assert made["token"]["used_at"] is None
    await house.browser().json("GET", at(tenant, "/api/v1/me"), **bearer(made["secret"]))
    assert (await office.json("GET", at(tenant, "/api/v1/tokens"))).json()[0]["used_at"] is not None


async def test_the_pages_of_tokens_work(office, tenant):
    page = await office.open(at(tenant, "/account/tokens/new"))
    assert page.status_code == 200
    refused = await office.send(at(tenant, "/account/tokens/new"), name="", days="90")
    assert refused.status_code == 422
    made = await office.send(at(tenant, "/account/tokens/new"), name="Shop", days="30", all="1")
    assert "jw_pat_" in made.text
    listed = await office.open(at(tenant, "/account"))
    assert "Shop" in listed.text
