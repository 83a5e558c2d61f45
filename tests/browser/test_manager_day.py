"""A sales manager's day at a desk: the board by mouse and by keys, leads for others, a price to agree to, reports and files."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_sales_day import sign_in

pytestmark = pytest.mark.browser

API = "/api/v1"


def call(page: Page, method: str, path: str, body: Any = None) -> Any:
    """An answer of the API, asked for by the page's own session."""
    headers = json.loads(page.get_attribute("body", "hx-headers:inherited") or "{}") | {"content-type": "application/json"}
    script = """([method, path, headers, body]) => fetch(path, {method, headers, body: body && JSON.stringify(body)})
        .then(async (r) => ({status: r.status, body: r.status === 204 ? null : await r.json()}))"""
    answer = page.evaluate(script, [method, path, headers, body])
    assert answer["status"] < 300, (path, answer)
    return answer["body"]


@pytest.fixture
def manager(new_page: Any, site: Any) -> Page:
    page: Page = new_page(locale="zh-CN")
    sign_in(page, site, "lin")
    return page


def counts(page: Page) -> list[int]:
    return [int(text) for text in page.locator(".col-h .count").all_inner_texts()]


def test_the_board_moves_by_mouse_and_by_keys(manager: Page, site: Any, shoot: Callable[[Page, str], None]) -> None:
    page = manager
    party = call(page, "POST", f"{API}/parties", {"name": "看板客户"})
    for number in (1, 2):
        call(page, "POST", f"{API}/opportunities", {"party_id": party["id"], "name": f"看板商机{number}", "amount": "1000"})
    page.goto(site.company("qinghe", "/opportunities"))
    before = counts(page)
    card = page.locator(".deal", has_text="看板商机1")
    expect(page.locator("ui-board[data-ready]")).to_have_count(1)
    with page.expect_response(re.compile(r"/move$")) as moved:
        card.drag_to(page.locator(".cards").nth(2))
    assert moved.value.status in (200, 409)
    if moved.value.status == 200:
        expect(page.locator(".col-h .count").nth(2)).to_have_text(str(before[2] + 1))
        expect(page.locator(".cards").nth(2).locator(".deal", has_text="看板商机1")).to_be_visible()
    second = page.locator(".cards").first.locator(".deal", has_text="看板商机2")
    second.focus()
    for key in (" ", "ArrowRight", "Escape"):
        page.keyboard.press(key)
    expect(page.locator(".cards").first.locator(".deal", has_text="看板商机2")).to_be_visible()
    shoot(page, "manager-board")


def test_leads_are_given_to_others(manager: Page, new_page: Any, site: Any) -> None:
    page = manager
    staff = call(page, "GET", f"{API}/employees")["items"]
    seller = next(each for each in staff if each["name"] == "周明")
    lead = call(page, "POST", f"{API}/leads", {"name": "赵静", "company": "转派小学", "owner_id": staff[0]["id"]})
    page.goto(site.company("qinghe", f"/leads/{lead['id']}/edit"))
    page.select_option("select[name=owner_id]", seller["id"])
    page.locator("#record-form button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/leads/[0-9a-f-]+$"))
    expect(page.locator("main")).to_contain_text("周明")
    other = new_page(locale="zh-CN")
    sign_in(other, site, "zhou")
    other.goto(site.company("qinghe", f"/leads/{lead['id']}"))
    expect(other.locator("main")).to_contain_text("转派小学")


def test_a_price_below_the_floor_is_agreed_to(manager: Page, new_page: Any, site: Any, shoot: Callable[[Page, str], None]) -> None:
    page = manager
    product = call(
        page, "POST", f"{API}/products", {"sku": "FLOOR-1", "name": "会议平板", "unit": "台", "list_price": "9000", "tax_code": "VAT13"}
    )
    call(page, "POST", f"{API}/price-floors", {"product_id": product["id"], "unit_price": "8000"})
    seller = new_page(locale="zh-CN")
    sign_in(seller, site, "zhou")
    party = call(seller, "POST", f"{API}/parties", {"name": "底价客户"})
    lines = [{"product_id": product["id"], "quantity": "1", "unit_price": "7500"}]
    quote = call(seller, "POST", f"{API}/quotes", {"party_id": party["id"], "lines": lines})
    seller.goto(site.company("qinghe", f"/quotes/{quote['id']}"))
    seller.fill("textarea[name=reason]", "首单，后续还有二十台")
    seller.get_by_role("button", name=re.compile("审批")).last.click()
    expect(seller.locator("textarea[name=reason]")).to_have_count(0)
    page.goto(site.company("qinghe", "/approvals"))
    page.locator("main .note a", has_text=quote["number"]).first.click()
    expect(page.locator("main")).to_contain_text("首单，后续还有二十台")
    shoot(page, "manager-approval")
    page.locator("form[action$='/approve'] button[type=submit]").click()
    expect(page.locator("form[action$='/approve']")).to_have_count(0)
    assert call(page, "GET", f"{API}/quotes/{quote['id']}")["state"] == "approved"


def test_reports_are_read_and_handed_out(manager: Page, site: Any, shoot: Callable[[Page, str], None]) -> None:
    page = manager
    today = page.evaluate("new Date().toISOString().slice(0, 10)")
    targets = call(page, "GET", f"{API}/targets")["items"]
    if not any(each["month"][:7] == today[:7] and not each["employee_id"] for each in targets):
        call(page, "POST", f"{API}/targets", {"month": today, "amount": "200000"})
    page.goto(site.company("qinghe", "/reports"))
    for name in ("funnel", "targets"):
        page.goto(site.company("qinghe", f"/reports/core_crm/{name}"))
        expect(page.locator("main table").first).to_be_visible()
        shoot(page, f"manager-{name}")
        page.get_by_role("button", name="导出").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=re.compile("XLSX")).click()
        assert download.value.suggested_filename.endswith(".xlsx")
        assert Path(download.value.path()).read_bytes()[:2] == b"PK"
    lead = call(page, "POST", f"{API}/leads", {"name": "钱进", "company": "导出小学"})
    page.goto(site.company("qinghe", "/leads"))
    page.get_by_role("button", name="导出").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=re.compile("CSV")).click()
    table = Path(download.value.path()).read_text("utf-8-sig")
    assert lead["company"] in table
    assert table.count("\n") > 3


def test_own_fields_appear_as_they_are_asked_for_and_stand_in_lists(manager: Page, site: Any, shoot: Callable[[Page, str], None]) -> None:
    page = manager
    known = {field["code"] for field in call(page, "GET", f"{API}/custom-fields?stem=master.party")}
    for body in (
        {"code": "grade", "label": "客户等级", "kind": "choice", "options": ["A", "B"]},
        {"code": "shops", "label": "门店数", "kind": "number", "shown_if": {"field": "grade", "value": "A"}},
    ):
        if body["code"] not in known:
            call(page, "POST", f"{API}/custom-fields", {"stem": "master.party", **body})
    page.goto(site.company("qinghe", "/parties/new"))
    shops = page.locator("input[name='custom.shops']")
    expect(shops).to_be_hidden()
    page.fill("input[name=name]", "自定义字段客户")
    page.select_option("select[name='custom.grade']", "A")
    expect(shops).to_be_visible()
    shops.fill("12")
    page.locator("#record-form button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/parties/[0-9a-f-]{36}$"))
    expect(page.locator("main")).to_contain_text("门店数")
    page.goto(site.company("qinghe", "/parties?custom.shops.from=10"))
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.get_by_role("button", name="显示列").click()
    page.locator("#columns input[value='custom.shops']").check()
    page.locator("#columns button[type=submit]").click()
    expect(page.locator("#list thead")).to_contain_text("门店数")
    page.get_by_role("link", name="门店数").click()
    page.wait_for_url(re.compile(r"sort=custom\.shops"))
    shoot(page, "manager-columns")
