"""The settings of an app: its page, its place in the API, and who may see them."""

import re

import pytest
from sqlalchemy import select

from identity.audit.model import AuditEntry

HTML = {"accept": "text/html", "accept-language": "en"}
PAGE, API = "/apps/education/settings", "/api/v1/apps/education/settings"
TYPED = {"vat_percent": "6", "tuition_due_days": "10", "remind_every_days": "7"}


@pytest.fixture
async def school(new_tenant):
    return await new_tenant("education")


@pytest.fixture
async def owner(client_for, school):
    return await client_for(school)


async def test_the_page_shows_the_defaults_with_their_words(owner):
    answer = await owner.get(PAGE, headers=HTML)
    assert answer.status_code == 200
    assert re.search(r'<input[^>]*name="vat_percent"[^>]*value="3"', answer.text)
    assert "VAT on tuition" in answer.text
    assert 'href="/apps/education/settings"' in (await owner.get("/apps/education", headers=HTML)).text
    assert "学费增值税" in (await owner.get(PAGE, headers=HTML | {"accept-language": "zh"})).text


async def test_what_is_saved_holds_and_is_in_the_audit_log(owner, school, database):
    assert (await owner.post(PAGE, data=TYPED, headers=HTML)).status_code == 303
    assert (await owner.get(API)).json() == {"vat_percent": 6, "tuition_due_days": 10, "remind_every_days": 7}
    async with database.work(school) as work:
        [entry] = (await work.session.scalars(select(AuditEntry).where(AuditEntry.action == "app.settings_changed"))).all()
    assert entry.object == "app:education"
    assert (entry.before, entry.after) == ({"vat_percent": 3, "tuition_due_days": 7}, {"vat_percent": 6, "tuition_due_days": 10})
    assert "Changed an app&#39;s settings" in (await owner.get("/settings/audit", headers=HTML)).text


async def test_what_does_not_fit_is_said_beside_the_field_and_nothing_is_kept(owner):
    answer = await owner.post(PAGE, data=TYPED | {"vat_percent": "99"}, headers=HTML)
    assert answer.status_code == 422
    assert "VAT on tuition is from 0 to 13." in answer.text
    assert re.search(r'name="vat_percent"[^>]*value="99"[^>]*aria-invalid="true"', answer.text)
    assert re.search(r'name="tuition_due_days"[^>]*value="10"', answer.text), "what was typed stays"
    assert (await owner.get(API)).json()["tuition_due_days"] == 7


async def test_the_api_replaces_the_settings(owner):
    answer = await owner.put(API, json={"vat_percent": 6})
    assert (answer.status_code, answer.json()) == (200, {"vat_percent": 6, "tuition_due_days": 7, "remind_every_days": 7})
    for body, field in (({"vat_percent": 99}, "vat_percent"), ({"vat": 1}, "vat")):
        refused = await owner.put(API, json=body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_an_app_that_is_off_has_no_settings(client):
    for answer in (await client.get(PAGE, headers=HTML), await client.get(API), await client.put(API, json={}), await client.post(PAGE)):
        assert answer.status_code == 404


async def test_settings_ask_for_the_right_to_manage_apps(client_for, school):
    stranger = await client_for(school, permissions={"education.student.read"})
    for answer in (
        await stranger.get(PAGE, headers=HTML),
        await stranger.get(API),
        await stranger.put(API, json={}),
        await stranger.post(PAGE),
    ):
        assert answer.status_code == 403


async def test_settings_that_do_not_fit_any_more_are_shown_as_defaults(owner, school, database):
    from tenancy.settings import VerticalSettings

    async with database.work(school) as work:
        row = await work.session.scalar(select(VerticalSettings).where(VerticalSettings.vertical == "education"))
        row.values = {"vat_percent": 50}
    answer = await owner.get(PAGE, headers=HTML)
    assert answer.status_code == 200
    assert "does not fit this version" in answer.text
    assert (await owner.post(PAGE, data=TYPED, headers=HTML)).status_code == 303
    assert (await owner.get(API)).json()["vat_percent"] == 6
