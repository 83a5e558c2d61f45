"""Who belongs to a company: invited, given roles, removed."""

import asyncio
from datetime import timedelta

import pytest

from kernel import clock

from .conftest import PASSWORD, at


async def invite(office, tenant, email, *roles):
    await office.open(at(tenant, "/settings/members"))
    return await office.send(at(tenant, "/settings/members/invite"), email=email, roles=list(roles))


async def test_an_invited_stranger_chooses_a_password_and_is_a_member(house, office, tenant):
    answer = await invite(office, tenant, "new.clerk@example.com", "accountant", "viewer")
    assert answer.status_code == 200
    assert "new.clerk@example.com" in answer.text
    link = await house.link_to("new.clerk@example.com")
    assert link.startswith(at(tenant, "/invitation/"))
    browser = house.browser()
    page = await browser.open(link)
    assert tenant.name in page.text
    assert await house.count("identity_person", email_key="new.clerk@example.com") == 0
    landed = await browser.send(link, name="Chen", password="a fine long password")
    assert str(landed.url) == at(tenant, "/")
    me = (await browser.json("GET", at(tenant, "/api/v1/me"))).json()
    assert (sorted(me["roles"]), me["verified"]) == (["accountant", "viewer"], True)


async def test_an_invited_person_with_an_account_needs_its_password(house, office, tenant):
    person = await house.person()
    local, domain = person.email.split("@")
    await invite(office, tenant, f"{local.upper()}@{domain}", "sales")
    link = await house.link_to(f"{local.upper()}@{domain}")
    browser = house.browser()
    await browser.open(link)
    wrong = await browser.send(link, password="not the password", name="Attacker")
    assert wrong.status_code == 422
    assert await house.count("identity_member", person_id=person.id) == 0
    assert str((await browser.send(link, password=PASSWORD)).url) == at(tenant, "/")
    assert await house.count("identity_member", person_id=person.id, tenant_id=tenant.id) == 1


async def test_an_invitation_works_once_even_for_two_at_the_same_moment(house, office, tenant):
    await invite(office, tenant, "twice@example.com", "viewer")
    link = await house.link_to("twice@example.com")
    browsers = [house.browser() for _ in range(3)]
    for browser in browsers:
        await browser.open(link)
    answers = await asyncio.gather(*(b.send(link, name="Chen", password="a fine long password") for b in browsers))
    assert sorted(a.status_code for a in answers) == [200, 410, 410]
    assert (await house.browser().open(link)).status_code == 410


@pytest.mark.parametrize("how", ["expired", "withdrawn", "replaced", "made up", "on another host"])
async def test_an_invitation_that_does_not_work_says_so_in_the_readers_language(house, office, tenant, other, how):
    await invite(office, tenant, f"{how.split()[0]}@example.com", "viewer")
    link = await house.link_to(f"{how.split()[0]}@example.com")
    later = clock.now()
    if how == "expired":
        later += timedelta(hours=73)
    elif how == "withdrawn":
        waiting = (await office.json("GET", at(tenant, "/api/v1/invitations"))).json()
        await office.open(at(tenant, "/settings/members"))
        await office.send(at(tenant, f"/settings/members/invitations/{waiting[0]['id']}/revoke"))
    elif how == "replaced":
        await invite(office, tenant, "replaced@example.com", "viewer")
    elif how == "made up":
        link = link[:-5] + "AAAAA"
    else:
        link = link.replace(tenant.slug, other.slug)
    browser = house.browser(**{"accept-language": "zh-CN"})
    with clock.frozen(later):
        page = await browser.open(link)
    assert page.status_code == 410
    assert "此邀请" in page.text
    assert await house.count("identity_person", email_key=f"{how.split()[0]}@example.com") == 0


async def test_who_is_a_member_already_is_not_invited(house, office, tenant):
    member = await house.member(tenant, "viewer")
    answer = await invite(office, tenant, member.email, "sales")
    assert answer.status_code == 422
    assert "member of this company already" in answer.text


async def test_who_has_not_confirmed_an_address_invites_nobody(house, tenant):
    person = await house.member(tenant, "admin")
    async with house.database.registry_session() as session:
        (await session.get_one(type(person), person.id)).verified_at = None
    browser = house.browser()
    await browser.sign_in(person, at(tenant))
    body = {"email": "x@example.com", "roles": ["viewer"]}
    answer = await browser.json("POST", at(tenant, "/api/v1/invitations"), body)
    assert (answer.status_code, answer.json()["code"]) == (403, "address_unproved")
    assert await house.count("identity_invitation", tenant_id=tenant.id) == 0


async def test_nobody_invites_to_more_than_they_may_do(house, tenant):
    admin = house.browser()
    await admin.sign_in(await house.member(tenant, "admin"), at(tenant))
    answer = await admin.json("POST", at(tenant, "/api/v1/invitations"), {"email": "x@example.com", "roles": ["owner"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "grant_refused")
    assert await house.count("identity_invitation", tenant_id=tenant.id) == 0


async def test_roles_change_at_the_next_request(house, office, tenant):
    clerk = await house.member(tenant, "viewer")
    theirs = house.browser()
    await theirs.sign_in(clerk, at(tenant))
    assert (await theirs.json("GET", at(tenant, "/api/v1/members"))).status_code == 403
    changed = await office.json("PUT", at(tenant, f"/api/v1/members/{clerk.id}/roles"), {"roles": ["admin"]})
    assert changed.json()["roles"] == ["admin"]
    assert (await theirs.json("GET", at(tenant, "/api/v1/members"))).status_code == 200


async def test_a_removed_member_is_out_at_once(house, office, tenant):
    clerk = await house.member(tenant, "admin")
    theirs = house.browser()
    await theirs.sign_in(clerk, at(tenant))
    made = await theirs.json("POST", at(tenant, "/api/v1/tokens"), {"name": "shop", "scopes": ["admin.audit.read"]})
    bearer = {"authorization": f"Bearer {made.json()['secret']}"}
    assert (await theirs.json("GET", at(tenant, "/api/v1/me"), **bearer)).status_code == 200
    assert (await office.json("DELETE", at(tenant, f"/api/v1/members/{clerk.id}"))).status_code == 204
    assert (await theirs.json("GET", at(tenant, "/api/v1/me"))).status_code == 401
    assert (await theirs.json("GET", at(tenant, "/api/v1/me"), **bearer)).status_code == 401


async def test_the_last_owner_stays(house, office, tenant, owner):
    for method, path, body in (("PUT", "/roles", {"roles": ["viewer"]}), ("DELETE", "", None)):
        answer = await office.json(method, at(tenant, f"/api/v1/members/{owner.id}{path}"), body)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
    second = await house.member(tenant, "owner")
    assert (await office.json("DELETE", at(tenant, f"/api/v1/members/{owner.id}"))).status_code == 204
    assert await house.count("identity_member", tenant_id=tenant.id) == 1
    assert await house.count("identity_member", person_id=second.id) == 1


async def test_two_owners_who_leave_at_once_leave_one_behind(house, office, tenant, owner):
    second = await house.member(tenant, "owner")
    theirs = house.browser()
    await theirs.sign_in(second, at(tenant))
    answers = await asyncio.gather(
        office.json("DELETE", at(tenant, f"/api/v1/members/{owner.id}")), theirs.json("DELETE", at(tenant, f"/api/v1/members/{second.id}"))
    )
    assert sorted(a.status_code for a in answers) == [204, 409]


async def test_an_administrator_cannot_touch_an_owner(house, tenant, owner):
    await house.member(tenant, "owner")
    admin = house.browser()
    await admin.sign_in(await house.member(tenant, "admin"), at(tenant))
    for method, path, body in (("PUT", "/roles", {"roles": ["viewer"]}), ("DELETE", "", None)):
        answer = await admin.json(method, at(tenant, f"/api/v1/members/{owner.id}{path}"), body)
        assert (answer.status_code, answer.json()["code"]) == (403, "grant_refused")


async def test_members_of_another_company_do_not_exist_here(house, office, tenant, other):
    stranger = await house.member(other, "viewer")
    for method, path, body in (("GET", "", None), ("PUT", "/roles", {"roles": ["viewer"]}), ("DELETE", "", None)):
        assert (await office.json(method, at(tenant, f"/api/v1/members/{stranger.id}{path}"), body)).status_code == 404
    assert await house.count("identity_member", person_id=stranger.id, tenant_id=other.id) == 1
    listed = (await office.json("GET", at(tenant, "/api/v1/members"))).json()
    assert str(stranger.id) not in {m["person_id"] for m in listed}


async def test_the_pages_of_members_work(house, office, tenant):
    clerk = await house.member(tenant, "viewer", email="zhou@example.com")
    assert "zhou@example.com" in (await office.open(at(tenant, "/settings/members"))).text
    page = await office.open(at(tenant, f"/settings/members/{clerk.id}"))
    assert page.status_code == 200
    refused = await office.send(at(tenant, f"/settings/members/{clerk.id}"))
    assert refused.status_code == 422
    assert "Choose at least one role" in refused.text
    changed = await office.send(at(tenant, f"/settings/members/{clerk.id}"), roles=["sales", "viewer"])
    assert changed.url.path == "/settings/members"
    await office.send(at(tenant, f"/settings/members/{clerk.id}/remove"))
    assert await house.count("identity_member", person_id=clerk.id) == 0


async def test_who_is_removed_takes_their_open_invitations_along(house, office, tenant):
    admin = await house.member(tenant, "admin")
    theirs = house.browser()
    await theirs.sign_in(admin, at(tenant))
    await invite(theirs, tenant, "accomplice@example.com", "admin")
    link = await house.link_to("accomplice@example.com")
    await office.json("DELETE", at(tenant, f"/api/v1/members/{admin.id}"))
    assert (await house.browser().open(link)).status_code == 410


async def test_changing_roles_over_the_api_asks_for_the_password_again_too(house, office, tenant):
    clerk = await house.member(tenant, "viewer")
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        answer = await office.json("PUT", at(tenant, f"/api/v1/members/{clerk.id}/roles"), {"roles": ["sales"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "password_needed")
