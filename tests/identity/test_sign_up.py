"""From a stranger to a company of one's own."""

import asyncio

import pytest

from identity.signup.suggest import slug_of

from .conftest import BASE, PASSWORD, at

HOME = "http://qinghe.localhost:8000"


async def apply(browser, **changed):
    await browser.open(f"{BASE}/signup")
    typed = {"company": "Qinghe Cold Chain", "slug": "qinghe", "name": "Lin Wei", "email": "lin@qinghe.example", "password": PASSWORD}
    return await browser.send(f"{BASE}/signup", **{**typed, **changed})


async def test_a_stranger_lands_signed_in_at_the_new_company(browser):
    landed = await apply(browser)
    assert (landed.status_code, landed.url) == (200, f"{HOME}/")
    me = (await browser.json("GET", f"{HOME}/api/v1/me")).json()
    assert (me["company"], me["roles"], me["verified"]) == ("Qinghe Cold Chain", ["owner"], False)
    assert "admin.company.manage" in me["permissions"]


async def test_the_link_in_the_letter_confirms_the_address_when_the_button_is_pressed(house, browser):
    await apply(browser, slug="verify-me", email="verify@example.com")
    link = await house.link_to("verify@example.com")
    assert link.startswith(f"{BASE}/verify/")
    stranger = house.browser()
    await stranger.open(link)
    assert await house.count("identity_person", email_key="verify@example.com", verified_at=None) == 0
    async with house.database.registry_session() as session:
        from identity.people.service import find_by_email

        assert (await find_by_email(session, "verify@example.com")).verified_at is None  # looking is not enough
    assert (await stranger.send(link)).status_code == 200
    me = await browser.json("GET", "http://verify-me.localhost:8000/api/v1/me")
    assert me.json()["verified"] is True
    assert (await stranger.open(link)).status_code == 410


async def test_who_has_an_account_already_gets_a_letter_and_no_company(house, browser):
    person = await house.person("known@example.com")
    answer = await apply(browser, slug="second-try", email="Known@Example.com")
    assert answer.status_code == 200
    assert "Check your mail" in answer.text
    assert "already" not in answer.text
    assert await house.count("tenant", slug="second-try") == 0
    [letter] = await house.letters_to(person.email)
    assert letter["Subject"] == "You already have an account"


async def test_who_is_signed_in_adds_a_company(house, browser):
    person = await house.person()
    await browser.sign_in(person)
    await browser.open(f"{BASE}/signup")
    landed = await browser.send(f"{BASE}/signup", company="Second Company", slug="second-co")
    assert str(landed.url) == "http://second-co.localhost:8000/"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("company", "", "company"),
        ("slug", "a b", "address"),
        ("slug", "admin", "reserved"),
        ("email", "nobody", "e-mail"),
        ("email", "a@example.com\r\nBcc: b@example.com", "e-mail"),
        ("password", "short", "8 characters"),
        ("password", "password123", "attackers"),
        ("password", "Qinghe Cold Chain", "must not be"),
        ("name", "", "name"),
    ],
)
async def test_wrong_input_is_shown_beside_its_field_and_nothing_is_written(house, browser, field, value, words):
    before = await house.count("identity_person")
    answer = await apply(browser, **{"slug": "wrong-input", "email": "wrong@example.com", field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert await house.count("identity_person") == before
    assert await house.count("tenant", slug="wrong-input") == 0
    assert PASSWORD not in answer.text


async def test_the_same_address_in_other_letters_is_taken(house, browser, tenant):
    answer = await apply(browser, slug=tenant.slug.upper(), email="twin@example.com")
    assert answer.status_code == 422
    assert "taken" in answer.text
    assert await house.count("identity_person", email_key="twin@example.com") == 0


async def test_two_who_want_one_address_at_once_are_one_company(house):
    browsers = [house.browser() for _ in range(4)]
    answers = await asyncio.gather(*(apply(b, slug="contested", email=f"c{n}@example.com") for n, b in enumerate(browsers)))
    assert sorted(a.status_code for a in answers) == [200, 422, 422, 422]
    assert await house.count("tenant", slug="contested") == 1


async def test_sign_up_does_not_wait_for_the_mail_server(house, browser):
    house.post.refuse = "451 4.7.1 try later"
    try:
        landed = await apply(browser, slug="mail-down", email="down@example.com")
        assert str(landed.url) == "http://mail-down.localhost:8000/"
    finally:
        house.post.refuse = None


@pytest.mark.parametrize(
    ("company", "slug"),
    [
        ("杭州青禾冷链有限公司", "qinghelenglian"),
        ("青禾冷链（杭州）有限公司", "qinghelenglian"),
        ("Acme Trading Co., Ltd.", "acmetrading"),
        ("７天教育", "7tianjiaoyu"),
        ("有限公司", "company"),
        ("株", "zhu"),
    ],
)
def test_an_address_is_suggested_from_the_name(company, slug):
    assert slug_of(company) == slug


async def test_the_suggestion_avoids_what_is_taken_and_the_check_says_so(house, browser, tenant):
    found = await browser.open(f"{BASE}/signup/slug", params={"company": tenant.slug, "field": "company"})
    assert f'value="{tenant.slug}-2"' in found.text
    assert "taken" in (await browser.open(f"{BASE}/signup/slug", params={"slug": tenant.slug, "field": "slug"})).text
    assert "free" in (await browser.open(f"{BASE}/signup/slug", params={"slug": "surely-free", "field": "slug"})).text


async def test_the_pages_of_the_platform_are_not_on_a_companys_host(browser, tenant):
    for path in ("/signup", "/companies", "/password/forgot", "/mailbox"):
        assert (await browser.open(at(tenant, path))).status_code == 404
    assert (await browser.open(f"{BASE}/account")).status_code in (404,)
