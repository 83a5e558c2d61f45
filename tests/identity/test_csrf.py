"""State is changed from our own pages only."""

import re

import pytest

from .conftest import BASE, PASSWORD, at


async def token_of(browser, address):
    page = await browser.open(address)
    return re.search(r'name="csrf_token" value="([^"]*)"', page.text)[1]


async def post(browser, tenant, *, token="", header=None, fetch_site=None):
    headers = {"accept": "text/html"}
    if header is not None:
        headers["x-csrftoken"] = header
    if fetch_site is not None:
        headers["sec-fetch-site"] = fetch_site
    data = {"name": "Changed", "locale": "en", "csrf_token": token}
    return await browser.client.post(at(tenant, "/account/profile"), data=data, headers=headers, follow_redirects=False)


@pytest.mark.parametrize(
    ("token", "fetch_site", "status"),
    [
        ("own in the field", None, 303),
        ("own in the header", None, 303),
        ("own in the field", "same-origin", 303),
        ("own in the field", "none", 303),
        ("own in the field", "cross-site", 403),
        ("own in the field", "same-site", 403),
        ("none", None, 403),
        ("none", "same-origin", 403),
        ("made up", None, 403),
        ("somebody else's", None, 403),
        ("a stranger's", None, 403),
    ],
)
async def test_matrix(house, office, tenant, token, fetch_site, status):
    own = await token_of(office, at(tenant, "/account"))
    colleague = house.browser()
    await colleague.sign_in(await house.member(tenant, "viewer"), at(tenant))
    tokens = {
        "own in the field": {"token": own},
        "own in the header": {"header": own},
        "none": {},
        "made up": {"token": "f" * 64},
        "somebody else's": {"token": await token_of(colleague, at(tenant, "/account"))},
        "a stranger's": {"token": await token_of(house.browser(), at(tenant, "/signin"))},
    }
    assert (await post(office, tenant, **tokens[token], fetch_site=fetch_site)).status_code == status


async def test_a_json_request_with_a_cookie_needs_the_header(office, tenant):
    body = {"name": "x", "scopes": ["admin.audit.read"]}
    plain = await office.client.post(at(tenant, "/api/v1/tokens"), json=body, headers={"accept": "application/json"})
    assert (plain.status_code, plain.json()["code"]) == (403, "csrf")
    smuggled = await office.client.post(at(tenant, "/api/v1/tokens"), content=b'{"name":"x"}', headers={"content-type": "text/plain"})
    assert smuggled.status_code == 403
    assert (await office.json("POST", at(tenant, "/api/v1/tokens"), body)).status_code == 201


async def test_signing_in_needs_a_token_too(house, tenant, owner):
    bare = house.browser()
    answer = await bare.client.post(at(tenant, "/signin"), data={"email": owner.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert await house.count("identity_session", person_id=owner.id) == 0


async def test_a_token_of_the_platforms_host_is_none_of_a_companys(house, tenant, owner):
    browser = house.browser()
    await browser.open(f"{BASE}/signin")
    answer = await browser.client.post(
        at(tenant, "/signin"), data={"email": owner.email, "password": PASSWORD, "csrf_token": browser.token}
    )
    assert answer.status_code == 403
