"""Signing in and out, forgotten passwords, and who guesses."""

import asyncio
from datetime import timedelta

import pytest

from identity.addresses import local_path
from identity.throttle.model import Throttle
from identity.throttle.service import Limit, count_attempt
from kernel import clock

from .conftest import BASE, PASSWORD, at


async def test_a_member_signs_in_at_the_company(house, browser, tenant, owner):
    landed = await browser.sign_in(owner, at(tenant), next="/settings/members")
    assert str(landed.url) == at(tenant, "/settings/members")
    assert landed.status_code == 200


async def test_who_works_for_one_company_is_led_there_from_the_platforms_page(browser, tenant, owner):
    landed = await browser.sign_in(owner)
    assert str(landed.url) == at(tenant, "/")
    assert (await browser.json("GET", at(tenant, "/api/v1/me"))).json()["slug"] == tenant.slug


async def test_who_works_for_several_chooses(house, browser, tenant, owner):
    second = await house.company(owner, name="Second Company")
    landed = await browser.sign_in(owner)
    assert landed.url.path == "/companies"
    assert at(tenant, "/enter") in landed.text
    assert (await browser.open(at(second, "/enter"))).url == at(second, "/")


@pytest.mark.parametrize("email", ["nobody@example.com", None])
async def test_wrong_and_unknown_sound_the_same(house, browser, owner, email):
    await browser.open(f"{BASE}/signin")
    answer = await browser.send(f"{BASE}/signin", email=email or owner.email, password="wrong horse battery")
    assert answer.status_code == 422
    assert "E-mail address or password is wrong." in answer.text


async def test_a_stranger_to_the_company_is_refused_there_with_the_right_password(house, browser, tenant):
    stranger = await house.person()
    answer = await browser.sign_in(stranger, at(tenant))
    assert answer.status_code == 422
    assert await house.count("identity_session", person_id=stranger.id) == 0


async def test_after_five_guesses_even_the_right_password_waits(house, browser):
    person = await house.person()
    await browser.open(f"{BASE}/signin")
    with clock.frozen(clock.now()):
        for _ in range(5):
            assert (await browser.send(f"{BASE}/signin", email=person.email, password="wrong wrong")).status_code == 422
        blocked = await browser.send(f"{BASE}/signin", email=person.email.upper(), password=PASSWORD)
        assert "Too many attempts" in blocked.text
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        assert (await browser.send(f"{BASE}/signin", email=person.email, password=PASSWORD)).url.path == "/companies"


async def test_guesses_at_the_same_moment_are_all_counted(house):
    person = await house.person()
    browsers = [house.browser() for _ in range(12)]
    for b in browsers:
        await b.open(f"{BASE}/signin")
    answers = await asyncio.gather(*(b.send(f"{BASE}/signin", email=person.email, password="wrong wrong") for b in browsers))
    assert sum("password is wrong" in a.text for a in answers) == 5


async def test_each_further_guess_doubles_the_wait_up_to_an_hour(house):
    limit = Limit("doubling", 5)
    now, waits = clock.now(), []
    for _ in range(13):
        with clock.frozen(now):
            await count_attempt(house.database, [limit])
        async with house.database.registry_session() as session:
            until = (await session.get_one(Throttle, limit.digest)).blocked_until
        waits.append(int((until - now).total_seconds() // 60) if until else 0)
        now = until or now
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    with clock.frozen(now + timedelta(minutes=16)):
        await count_attempt(house.database, [limit])
        await count_attempt(house.database, [limit])  # forgotten


async def test_the_password_of_a_disabled_person_opens_nothing(house, browser):
    person = await house.person()
    async with house.database.registry_session() as session:
        (await session.get_one(type(person), person.id)).disabled_at = clock.now()
    assert (await browser.sign_in(person)).status_code == 422


async def test_signing_out_ends_the_session_on_every_host_it_was_taken_to(house, browser, tenant, owner):
    await browser.sign_in(owner)
    assert (await browser.json("GET", at(tenant, "/api/v1/me"))).status_code == 200
    await browser.open(at(tenant, "/account"))
    await browser.send(at(tenant, "/signout"))
    assert (await browser.json("GET", at(tenant, "/api/v1/me"))).status_code == 401
    assert (await browser.open(f"{BASE}/companies")).url.path == "/signin"


async def test_a_forgotten_password_is_replaced_and_every_session_ends(house, browser, tenant, owner, office):
    await browser.open(f"{BASE}/password/forgot")
    told = await browser.send(f"{BASE}/password/forgot", email=owner.email)
    link = await house.link_to(owner.email)
    await browser.open(link)
    weak = await browser.send(link, password="password123")
    assert weak.status_code == 422
    landed = await browser.send(link, password="a new and better one")
    assert landed.url.path == "/companies"
    assert (await office.json("GET", at(tenant, "/api/v1/me"))).status_code == 401
    assert (await browser.open(link)).status_code == 410
    assert [letter["Subject"] for letter in await house.letters_to(owner.email)][-1] == "Your password was changed"
    unknown = house.browser()
    await unknown.open(f"{BASE}/password/forgot")
    same = await unknown.send(f"{BASE}/password/forgot", email="unknown@example.com")
    assert same.text.replace("unknown@example.com", "") == told.text.replace(owner.email, "")


async def test_a_reset_link_works_half_an_hour_and_only_the_latest(house, browser, owner):
    await browser.open(f"{BASE}/password/forgot")
    await browser.send(f"{BASE}/password/forgot", email=owner.email)
    first = await house.link_to(owner.email)
    await browser.open(f"{BASE}/password/forgot")
    await browser.send(f"{BASE}/password/forgot", email=owner.email)
    second = await house.link_to(owner.email)
    assert (await browser.open(first)).status_code == 410
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        assert (await browser.open(second)).status_code == 410


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("/orders?page=2#x", "/orders?page=2#x"),
        ("//evil.example/x", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\tb", "/"),
        ("/\t/evil.example", "/"),
        ("orders", "/"),
        ("", "/"),
        (None, "/"),
        ("/" + "x" * 2000, "/"),
    ],
)
def test_we_lead_to_our_own_pages_only(given, path):
    assert local_path(given) == path


async def test_a_stranger_is_led_to_sign_in_and_back(browser, tenant, owner):
    asked = await browser.open(at(tenant, "/settings/members"))
    assert asked.url.path == "/signin"
    assert asked.url.params["next"] == "/settings/members"
    landed = await browser.send(at(tenant, "/signin"), email=owner.email, password=PASSWORD, next="/settings/members")
    assert landed.url.path == "/settings/members"


async def test_a_program_without_a_token_gets_a_problem(house, tenant):
    answer = await house.browser(accept="application/json").client.get(at(tenant, "/api/v1/me"))
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_htmx_is_sent_to_sign_in_as_a_whole_page(house, tenant):
    answer = await house.browser().client.get(
        at(tenant, "/settings/members"), headers={"hx-request": "true", "hx-current-url": at(tenant, "/settings/roles")}
    )
    assert answer.headers["hx-redirect"] == "/signin?next=/settings/roles"


async def test_who_proves_an_address_by_a_reset_shuts_out_whoever_signed_up_with_it(house):
    """Somebody signs up with a stranger's address, never confirms it, and keeps a token."""
    squatter = await house.person("victim@example.com", verified=False)
    company = await house.company(squatter)
    browser = house.browser()
    await browser.sign_in(squatter, at(company))
    made = await browser.json("POST", at(company, "/api/v1/tokens"), {"name": "kept", "scopes": ["admin.audit.read"]})
    bearer = {"authorization": f"Bearer {made.json()['secret']}"}
    assert (await browser.json("GET", at(company, "/api/v1/me"), **bearer)).status_code == 200
    victim = house.browser()
    await victim.open(f"{BASE}/password/forgot")
    await victim.send(f"{BASE}/password/forgot", email="victim@example.com")
    link = await house.link_to("victim@example.com")
    await victim.open(link)
    await victim.send(link, password="the real owner of it")
    assert (await browser.json("GET", at(company, "/api/v1/me"), **bearer)).status_code == 401
    assert (await browser.json("GET", at(company, "/api/v1/me"))).status_code == 401
