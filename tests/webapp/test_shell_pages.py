"""The shell's own pages in the real application."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar

from kernel.settings import Settings
from kernel.work import Tenant

ClientFor = Callable[..., Any]
HTML = {"accept": "text/html"}


@pytest.fixture
async def stranger(app: Litestar, settings: Settings) -> httpx.AsyncClient:
    """Somebody with a browser, on the platform's own host."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=settings.base_url, headers=HTML)


async def test_the_front_page_is_for_everybody_and_speaks_two_languages(stranger: httpx.AsyncClient) -> None:
    chinese = await stranger.get("/", headers={"accept-language": "zh-CN"})
    english = await stranger.get("/", headers={"accept-language": "en-GB"})
    assert (chinese.status_code, english.status_code) == (200, 200)
    assert '<html lang="zh-CN"' in chinese.text
    assert "创建公司" in chinese.text
    assert "Set up your company" in english.text


async def test_a_companys_home_asks_strangers_to_sign_in(app: Litestar, settings: Settings, tenant: Tenant) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=settings.tenant_url(tenant.slug, "")) as browser:
        answer = await browser.get("/", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=/")


async def test_home_names_the_person_and_the_next_steps(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=HTML)
    assert answer.status_code == 200
    assert "开始使用" in answer.text
    assert 'href="/parties/new"' in answer.text


async def test_home_shows_only_what_the_roles_allow(client_for: ClientFor, tenant: Tenant) -> None:
    client = await client_for(tenant, permissions=set())
    answer = await client.get("/", headers=HTML)
    assert answer.status_code == 200
    assert "/orders" not in answer.text
    assert "/apps" not in answer.text


async def test_every_answer_carries_the_policy(client: httpx.AsyncClient) -> None:
    for path in ("/", "/nowhere", "/static/nothing.js", "/api/v1/nowhere"):
        answer = await client.get(path, headers=HTML)
        assert "script-src 'self'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-content-type-options"] == "nosniff", path
    assert (await client.get("/", headers=HTML)).headers["cache-control"] == "no-store"


async def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(client: httpx.AsyncClient) -> None:
    page = await client.get("/nowhere", headers=HTML)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "页面不存在" in page.text
    problem = await client.get("/api/v1/nowhere")
    assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")


async def test_an_app_is_switched_on_and_off(client: httpx.AsyncClient) -> None:
    assert (await client.get("/education/students", headers=HTML)).status_code == 404
    assert "教育培训" in (await client.get("/apps", headers=HTML)).text
    detail = await client.get("/apps/education", headers=HTML)
    assert "education_student" in detail.text
    answer = await client.post("/apps/education/enable", headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["set-cookie"].startswith("toast=")
    assert (await client.get("/education/students", headers=HTML)).status_code == 200
    assert 'href="/education/students"' in (await client.get("/", headers=HTML)).text
    assert (await client.post("/apps/education/disable", headers=HTML)).status_code == 303
    assert (await client.get("/education/students", headers=HTML)).status_code == 404


async def test_another_company_keeps_its_own_apps(client: httpx.AsyncClient, other_client: httpx.AsyncClient) -> None:
    await client.post("/apps/education/enable", headers=HTML)
    assert (await other_client.get("/education/students", headers=HTML)).status_code == 404


async def test_apps_are_for_those_who_may_manage_them(client_for: ClientFor, tenant: Tenant) -> None:
    client = await client_for(tenant, permissions={"crm.order.read"})
    for method, path in (
        ("GET", "/apps"),
        ("GET", "/apps/education"),
        ("POST", "/apps/education/enable"),
        ("POST", "/apps/education/disable"),
    ):
        assert (await client.request(method, path, headers=HTML)).status_code == 403, path


async def test_an_app_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/apps/core_crm", headers=HTML)).status_code == 404
    assert (await client.post("/apps/unheard_of/enable", headers=HTML)).status_code == 404


async def test_the_palette_finds_pages_commands_and_nothing(client: httpx.AsyncClient) -> None:
    assert 'href="/orders"' in (await client.get("/palette", headers=HTML)).text
    assert 'data-act="theme"' in (await client.get("/palette", params={"q": "shense"}, headers=HTML)).text
    assert 'href="/parties/new"' in (await client.get("/palette", params={"q": "new"}, headers=HTML)).text
    nothing = (await client.get("/palette", params={"q": "<script>"}, headers=HTML)).text
    assert "&lt;script&gt;" in nothing
    assert "<script>" not in nothing


async def test_the_palette_finds_records_of_this_company_only(client: httpx.AsyncClient, other_client: httpx.AsyncClient) -> None:
    await client.post("/api/v1/parties", json={"name": "杭州联华生鲜有限公司", "is_customer": True})
    for wanted in ("联华", "hzlh"):
        assert "杭州联华生鲜有限公司" in (await client.get("/palette", params={"q": wanted}, headers=HTML)).text
        assert "杭州联华生鲜有限公司" not in (await other_client.get("/palette", params={"q": wanted}, headers=HTML)).text


async def test_the_switcher_lists_ones_companies(client: httpx.AsyncClient, tenant: Tenant, other_tenant: Tenant) -> None:
    text = (await client.get("/shell/companies", headers=HTML)).text
    assert tenant.name in text
    assert other_tenant.slug not in text


async def test_a_preference_is_kept_and_leads_back_to_this_site_only(client: httpx.AsyncClient) -> None:
    answer = await client.get("/prefs/lang/en", headers={**HTML, "referer": "http://elsewhere.example/orders?q=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders?q=1")
    assert re.match(r"lang=en; .*SameSite=lax", answer.headers["set-cookie"])
    for path in ("/prefs/lang/klingon", "/prefs/sid/abc", "/prefs/theme/red"):
        assert (await client.get(path, headers=HTML)).status_code == 404


async def test_static_files_need_neither_company_nor_session(stranger: httpx.AsyncClient) -> None:
    text = (await stranger.get("/")).text
    [style] = re.findall(r'href="(/static/app-[0-9a-f]+/app\.css)"', text)
    answer = await stranger.get(style, headers={"host": "nobody.example"})
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


async def test_the_offline_page_needs_nothing_but_its_style(stranger: httpx.AsyncClient) -> None:
    text = (await stranger.get("/offline")).text
    assert "网络不通" in text
    assert "You are offline" in text
    assert "<script" not in text
