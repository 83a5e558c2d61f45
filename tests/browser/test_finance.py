"""What the pages of finance do in a browser: the grid's keys, ticked rows, forms on a phone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE = {"width": 390, "height": 844}
NewPage = Callable[..., Page]


@pytest.fixture
def demo(site: Any) -> tuple[str, str, str]:
    """Address, e-mail and password of the demo company, as ``jingwei up`` prints them."""
    text = site.output.read_text()
    address = re.search(r"demo company is at (\S+)", text)
    person = re.search(r"sign in as (\S+) with the password (\S+)", text)
    assert address, text
    assert person, text
    return address[1].rstrip("/"), person[1], person[2]


def sign_in(page: Page, demo: tuple[str, str, str]) -> str:
    address, email, password = demo
    page.goto(f"{address}/signin")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{address}/")
    return address


def test_ticked_movements_of_cash_are_put_on_another_line(new_page: NewPage, demo: tuple[str, str, str]) -> None:
    page = new_page()
    home = sign_in(page, demo)
    page.goto(f"{home}/finance/cash-flow/items?item=6")
    bar = page.locator("main .bulk")
    expect(bar).to_be_hidden()
    boxes = page.locator("main tbody .chk input")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(bar).to_be_visible()
    expect(bar.locator("[data-count]")).to_have_text("2")
    bar.locator("[data-clear]").click()
    expect(bar).to_be_hidden()
    moved = page.locator("main tbody tr").first.locator("td.code").inner_text()
    boxes.nth(0).check()
    bar.locator("select").select_option("5")
    bar.locator("button[type=submit]").click()
    expect(bar).to_be_hidden()
    page.goto(f"{home}/finance/cash-flow/items?item=5")
    row = page.locator("main tbody tr").filter(has=page.locator(".tag"))
    expect(row.locator("td.code").first).to_have_text(moved)


def test_enter_stops_at_what_must_be_said_and_passes_what_may_be(new_page: NewPage, demo: tuple[str, str, str]) -> None:
    page = new_page()
    home = sign_in(page, demo)
    page.goto(f"{home}/vouchers")
    page.locator('.nav a[href="/vouchers/new"]').click()  # by the menu, as the shell swaps the page in
    expect(page.locator("[name=summary]").first).to_be_focused()
    page.locator('.nav a[href="/vouchers"]').click()
    expect(page.locator("main h1")).to_have_text("凭证")
    page.locator('.nav a[href="/vouchers/new"]').click()
    expect(page.locator("[name=summary]").first).to_be_focused()
    keys = page.keyboard
    keys.type("收回货款")
    keys.press("Enter")
    keys.type("560202")  # may name a department
    expect(page.locator("#acc-pop [role=option]").first).to_contain_text("560202")
    keys.press("Enter")
    expect(page.locator("[data-kind=department]").first).to_be_visible()
    expect(page.locator("[name=debit]").first).to_be_focused()
    keys.type("100")
    keys.press("Enter")
    keys.press("Enter")
    keys.type("1122")  # must name the party
    expect(page.locator("#acc-pop [role=option]").first).to_contain_text("1122")
    keys.press("Enter")
    party = page.locator("[data-kind=party]")
    expect(party).to_be_focused()
    keys.press("Escape")
    keys.press("Enter")
    keys.press("Enter")
    keys.type("100")
    keys.press("Control+Enter")
    expect(page.locator(".vl .err")).to_contain_text("往来单位")
    expect(page.locator("[data-kind=party]")).to_be_focused()
    expect(page.locator("[data-kind=party]")).to_have_attribute("aria-invalid", "true")


def test_who_types_faster_than_the_server_finds_gets_what_was_typed(new_page: NewPage, demo: tuple[str, str, str]) -> None:
    page = new_page()
    home = sign_in(page, demo)
    page.goto(f"{home}/vouchers/new")
    expect(page.locator("[name=summary]").first).to_be_focused()
    slow: list[Route] = []

    def hold(route: Route) -> None:
        slow.append(route)

    page.route("**/vouchers/choices/items?*", hold)
    keys = page.keyboard
    keys.type("收回货款")
    keys.press("Enter")
    keys.type("1122")
    expect(page.locator("#acc-pop [role=option]").first).to_contain_text("1122")
    keys.press("Enter")
    party = page.locator("[data-kind=party]").first
    expect(party).to_be_focused()
    keys.type("书香文化")
    keys.press("Enter")
    expect(party).to_be_focused()
    assert slow
    for answer in slow:
        answer.continue_()
    expect(party).to_have_value("金华市婺城书香文化有限公司")
    expect(party).to_have_attribute("data-id", re.compile("-"))
    expect(page.locator("[name=debit]").first).to_be_focused()


def test_the_cell_that_is_wrong_gets_the_focus(new_page: NewPage, demo: tuple[str, str, str]) -> None:
    page = new_page()
    home = sign_in(page, demo)
    page.goto(f"{home}/vouchers/new")
    keys = page.keyboard
    expect(page.locator("[name=summary]").first).to_be_focused()
    for code, presses in (("1001", 1), ("3001", 2)):
        keys.press("Enter")
        keys.type(code)
        expect(page.locator("#acc-pop [role=option]").first).to_contain_text(code)
        for _press in range(presses):
            keys.press("Enter")
        keys.type("8")
        keys.press("Enter")
    keys.press("Control+Enter")
    expect(page.locator(".c-sum .err")).to_contain_text("摘要")
    expect(page.locator("[name=summary]").first).to_be_focused()


def test_opening_balances_are_entered_on_a_phone(site: Any, new_page: NewPage) -> None:
    page = new_page(viewport=PHONE)
    home = sign_up(page, site, "opening-phone")
    page.goto(f"{home}/finance/setup")
    page.fill("[name=start]", "2026-07")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/finance/accounts")
    page.goto(f"{home}/finance/opening")
    sides = [
        page.locator(f"[name={name}]").first.bounding_box() for name in ("opening_debit", "opening_credit", "year_debit", "year_credit")
    ]
    boxes = [box for box in sides if box]
    assert len({round(box["width"]) for box in boxes}) == 1
    assert [round(boxes[0][at]) for at in ("x", "y")] == [round(boxes[2]["x"]), round(boxes[1]["y"])]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] for box in boxes)
    search = page.locator("ui-filter [type=search]")
    for code, side in (("1002", "opening_debit"), ("3001", "opening_credit")):
        search.fill(code)
        row = page.locator("#opening-lines tr:visible")
        expect(row).to_have_count(1)
        row.locator(f"[name={side}]").fill("500")
    expect(page.locator(".stickbar .badge.ok")).to_be_visible()
    page.locator(".stickbar button").click()
    expect(page.locator(".toast").last).to_contain_text("期初余额已保存")
    page.locator("ui-filter label.check").click()
    expect(page.locator("#opening-lines tr:visible")).to_have_count(2)


def sign_up(page: Page, site: Any, slug: str) -> str:
    page.goto(f"{site.base_url}/signup")
    page.fill("[name=company]", "苏州晴川贸易有限公司")
    with page.expect_response("**/signup/slug*"):
        page.press("[name=company]", "Tab")
    page.fill("[name=slug]", slug)
    with page.expect_response("**/signup/slug*"):
        page.press("[name=slug]", "Tab")
    page.fill("[name=name]", "何会计")
    page.fill("[name=email]", f"{slug}@example.com")
    page.fill("[name=password]", "a long and quiet river")
    page.press("[name=password]", "Enter")
    home: str = site.company(slug, "")
    page.wait_for_url(f"{home}/")
    assert page.locator(".tenant-logo").first.text_content() == "晴"
    return home


def test_what_was_typed_is_not_left_behind_unasked(new_page: NewPage, demo: tuple[str, str, str]) -> None:
    page = new_page()
    home = sign_in(page, demo)
    page.goto(f"{home}/vouchers/new")
    expect(page.locator("[name=summary]").first).to_be_focused()
    page.keyboard.type("还没保存")
    asked: list[str] = []
    page.once("dialog", lambda question: (asked.append(question.message), question.dismiss()))
    page.locator('.nav a[href="/vouchers"]').click()
    expect(page.locator("[name=summary]").first).to_have_value("还没保存")
    assert asked == ["录入的内容尚未保存，确定离开吗？"]
    page.once("dialog", lambda question: question.accept())
    page.locator('.nav a[href="/vouchers"]').click()
    expect(page.locator("main h1")).to_have_text("凭证")
    page.locator('.nav a[href="/vouchers/new"]').click()
    expect(page.locator("[name=summary]").first).to_be_focused()
    page.locator('.nav a[href="/vouchers"]').click()  # nothing was typed: nothing is asked
    expect(page.locator("main h1")).to_have_text("凭证")


def test_pressed_twice_it_is_posted_once_and_hostile_words_stay_words(site: Any, new_page: NewPage) -> None:
    page = new_page()
    home = sign_up(page, site, "hostile")
    hostile = '"><img src=x onerror=alert(1)><b>粗</b>'
    page.goto(f"{home}/finance/setup")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/finance/accounts")
    page.goto(f"{home}/parties/new")
    page.fill("[name=name]", hostile)
    page.check("[name=is_customer]")
    page.locator("main form button[type=submit]:not([name=again])").last.click()
    expect(page.locator("main")).to_contain_text(hostile)
    page.goto(f"{home}/vouchers/new")
    expect(page.locator("[name=summary]").first).to_be_focused()
    keys = page.keyboard
    keys.type(hostile)
    keys.press("Enter")
    for code in ("1122", "5001"):
        keys.type(code)
        expect(page.locator("#acc-pop [role=option]").first).to_contain_text(code)
        keys.press("Enter")
        if code == "1122":
            keys.type("img")
            expect(page.locator("#acc-pop [role=option]")).to_have_text(hostile)
            keys.press("Enter")
            keys.type("100")
            keys.press("Enter")
            keys.press("Enter")
    keys.press("Enter")
    keys.press("=")
    page.locator("[data-save]").dblclick()
    expect(page.locator(".toast").last).to_contain_text("已记账")
    page.goto(f"{home}/vouchers")
    expect(page.locator("main tbody tr")).to_have_count(1)
    page.locator("main tbody td.main a").click()
    expect(page.locator("main tbody")).to_contain_text(hostile)
    expect(page.locator("main img[src=x]")).to_have_count(0)
