"""What a session is worth, and how it gets from host to host."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from identity.sessions.device import device_of
from kernel import clock

from .conftest import BASE, at


def cookie(browser, tenant=None):
    host = f"{tenant.slug}.localhost" if tenant else "localhost.local"
    return next((c.value for c in browser.client.cookies.jar if c.name == "sid" and c.domain == host), None)


async def test_an_id_that_the_client_chose_is_never_taken_over(house, browser, tenant, owner):
    browser.client.cookies.set("sid", "chosen-by-an-attacker", domain=f"{tenant.slug}.localhost", path="/")
    await browser.sign_in(owner, at(tenant))
    values = [c.value for c in browser.client.cookies.jar if c.name == "sid"]
    assert "chosen-by-an-attacker" not in values
    other = house.browser(cookie="sid=chosen-by-an-attacker")
    assert (await other.client.get(at(tenant, "/api/v1/me"))).status_code == 401


async def test_signing_in_again_gives_a_new_id_and_ends_the_old_one(house, office, tenant, owner):
    before = cookie(office, tenant)
    await office.open(at(tenant, "/account"))
    await office.send(at(tenant, "/signin"), email=owner.email, password="correct horse battery staple")
    assert cookie(office, tenant) != before
    assert (await house.browser(cookie=f"sid={before}").client.get(at(tenant, "/api/v1/me"))).status_code == 401


async def test_only_a_digest_is_stored(house, office, tenant):
    async with house.database.registry_session() as session:
        stored = (await session.execute(text("SELECT digest FROM identity_session"))).scalars().all()
    assert cookie(office, tenant).encode() not in stored
    assert all(len(d) == 32 for d in stored)


@pytest.mark.parametrize(("hours", "steps", "status"), [(11, 1, 200), (13, 1, 401), (11, 66, 401)], ids=["busy", "idle", "too old"])
async def test_a_session_ends_when_idle_or_old(office, tenant, hours, steps, status):
    now = clock.now()
    for step in range(1, steps + 1):
        with clock.frozen(now + timedelta(hours=hours * step)):
            answer = await office.client.get(at(tenant, "/api/v1/me"), headers={"accept": "application/json"})
    assert answer.status_code == status


async def test_a_session_of_one_company_is_none_of_another_even_for_its_member(house, office, tenant, owner):
    second = await house.company(owner)
    stolen = house.browser(cookie=f"sid={cookie(office, tenant)}")
    assert (await stolen.client.get(at(second, "/api/v1/me"))).status_code == 401
    assert (await stolen.client.get(f"{BASE}/companies", follow_redirects=False)).headers["location"].startswith("/signin")


async def test_the_last_request_is_noted_once_a_minute(house, office, tenant):
    async def seen():
        async with house.database.registry_session() as session:
            return await session.scalar(text("SELECT max(seen_at) FROM identity_session WHERE tenant_id = :t"), {"t": tenant.id})

    before = await seen()
    with clock.frozen(before + timedelta(seconds=30)):
        await office.client.get(at(tenant, "/api/v1/me"))
    assert await seen() == before
    with clock.frozen(before + timedelta(seconds=90)):
        await office.client.get(at(tenant, "/api/v1/me"))
    assert await seen() == before + timedelta(seconds=90)


async def test_other_sessions_are_listed_and_ended(house, office, tenant, owner):
    phone = house.browser(**{"user-agent": "Phone"})
    await phone.sign_in(owner, at(tenant))
    page = await office.open(at(tenant, "/account"))
    assert "Phone" in page.text
    await office.send(at(tenant, "/account/sessions/end-others"))
    assert (await phone.json("GET", at(tenant, "/api/v1/me"))).status_code == 401
    assert (await office.json("GET", at(tenant, "/api/v1/me"))).status_code == 200


async def test_nobody_ends_the_session_of_somebody_else(house, office, tenant):
    clerk = await house.member(tenant, "viewer")
    theirs = house.browser()
    await theirs.sign_in(clerk, at(tenant))
    async with house.database.registry_session() as session:
        session_id = await session.scalar(text("SELECT id FROM identity_session WHERE person_id = :p"), {"p": clerk.id})
    await office.open(at(tenant, "/account"))
    assert (await office.send(at(tenant, f"/account/sessions/{session_id}/end"))).status_code == 404
    assert (await theirs.json("GET", at(tenant, "/api/v1/me"))).status_code == 200


async def test_the_switcher_leads_to_another_of_ones_companies(house, office, tenant, owner):
    second = await house.company(owner)
    await office.open(at(tenant, "/account"))
    landed = await office.send(at(tenant, "/switch"), to=second.slug)
    assert str(landed.url) == at(second, "/")
    assert (await office.json("GET", at(second, "/api/v1/me"))).json()["slug"] == second.slug


async def test_the_switcher_leads_to_no_strange_company(office, tenant, other):
    await office.open(at(tenant, "/account"))
    assert (await office.send(at(tenant, "/switch"), to=other.slug)).status_code == 404
    assert (await office.open(at(tenant, f"/handoff?to={other.slug}&challenge=x"))).status_code == 404


async def code_for(browser, tenant):
    """Walk to the last step of a hand-off and stop before it."""
    step = await browser.client.get(at(tenant, "/enter"), follow_redirects=False)
    step = await browser.client.get(step.headers["location"], follow_redirects=False)
    return step.headers["location"]


async def test_a_code_serves_the_browser_that_asked_for_it_once(house, browser, tenant, owner):
    await browser.sign_in(owner)
    address = await code_for(browser, tenant)
    assert parse_qs(urlsplit(address).query)["code"]
    victim = house.browser()
    assert (await victim.open(address)).url.path == "/signin"
    await victim.client.get(at(tenant, "/enter"), follow_redirects=False)  # now it has a cookie of its own
    assert (await victim.open(address)).url.path == "/signin"
    assert (await browser.open(address)).url == at(tenant, "/")
    before = await house.count("identity_session", tenant_id=tenant.id)
    await browser.open(address)
    assert await house.count("identity_session", tenant_id=tenant.id) == before


async def test_a_code_is_good_for_a_minute_and_one_company(house, browser, tenant, owner):
    second = await house.company(owner)
    await browser.sign_in(owner)
    address = await code_for(browser, tenant)
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        assert (await browser.client.get(address, follow_redirects=False)).headers["location"] == "/signin"
    other = (await code_for(browser, tenant)).replace(tenant.slug, second.slug)
    assert (await browser.client.get(other, follow_redirects=False)).headers["location"] == "/signin"


async def test_signing_out_spoils_a_code_on_its_way(house, browser, tenant, owner):
    await browser.sign_in(owner, next="/signup")
    await browser.open(f"{BASE}/signup")
    address = await code_for(browser, tenant)
    await browser.send(f"{BASE}/signout")
    assert (await browser.open(address)).status_code == 404


async def test_changing_the_password_ends_other_sessions_and_renews_this_one(house, office, tenant, owner):
    phone = house.browser()
    await phone.sign_in(owner, at(tenant))
    before = cookie(office, tenant)
    await office.open(at(tenant, "/account"))
    wrong = await office.send(at(tenant, "/account/password"), current="nonsense", password="a new and better one")
    assert wrong.status_code == 422
    changed = await office.send(at(tenant, "/account/password"), current="correct horse battery staple", password="a new and better one")
    assert changed.status_code == 200
    assert cookie(office, tenant) != before
    assert (await phone.json("GET", at(tenant, "/api/v1/me"))).status_code == 401
    assert (await office.json("GET", at(tenant, "/api/v1/me"))).status_code == 200


async def test_what_matters_asks_for_the_password_again_after_half_an_hour(office, tenant):
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        asked = await office.open(at(tenant, "/settings/roles/new"))
        assert asked.url.path == "/account/proof"
        before = cookie(office, tenant)
        back = await office.send(at(tenant, "/account/proof"), password="correct horse battery staple", next=asked.url.params["next"])
        assert back.url.path == "/settings/roles/new"
        assert cookie(office, tenant) != before


async def test_cookies_are_tied_to_the_host_and_hidden_from_scripts(office, house, tenant):
    answer = await house.browser().client.get(at(tenant, "/signin"))
    header = answer.headers["set-cookie"]
    assert "HttpOnly" in header
    assert "samesite=lax" in header.lower()
    assert "domain" not in header.lower()
    from dataclasses import replace

    from identity.cookies import session_cookie

    secure = session_cookie(replace(house.settings, base_url="https://jingwei.example"), "x").to_header()
    assert secure.startswith("Set-Cookie: __Host-sid=x;")
    assert "Secure" in secure
    assert "Domain" not in secure


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148 MicroMessenger/8.0", "WeChat · iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18 Safari/605.1", "Safari · macOS"),
        ("curl/8.0", "curl/8.0"),
    ],
)
def test_a_browser_is_named_in_two_words(agent, device):
    assert device_of(agent) == device


async def test_a_session_outlives_the_connections_to_the_database(house, office, tenant):
    async with house.database.owner_engine.connect() as connection:
        killed = await connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE '%app'")
        )
        assert killed.rowcount
    answers = [(await office.client.get(at(tenant, "/account"))).status_code for _ in range(4)]
    assert set(answers[:2]) <= {200, 503}
    assert answers[2:] == [200, 200]
