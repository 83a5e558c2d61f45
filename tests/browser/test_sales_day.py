"""A seller's day on a phone: a lead from the pool, a deal on the board, and the order that it becomes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


def sign_in(page: Page, site: Any, who: str) -> None:
    password = re.search(r"with the password (\S+)", site.output.read_text())
    assert password is not None
    page.goto(site.company("qinghe", "/signin"))
    page.fill("input[name=email]", f"{who}@qinghe.example.com")
    page.fill("input[name=password]", password[1])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/signin" not in url)


@pytest.fixture
def phone(new_page: Any, site: Any) -> Page:
    page = new_page(viewport=PHONE)
    sign_in(page, site, "zhou")
    return page


def test_a_lead_from_the_pool_becomes_an_order(phone: Page, site: Any, shoot: Callable[[Page, str], None]) -> None:
    phone.goto(site.company("qinghe", "/pool"))
    phone.get_by_role("button", name="领取").first.click()
    phone.wait_for_url(re.compile(r"/leads/"))
    shoot(phone, "phone-lead")
    phone.get_by_role("link", name="转为客户").click()
    phone.fill("input[name=amount]", "36000")
    phone.get_by_role("button", name="转化", exact=True).click()
    phone.wait_for_url(re.compile(r"/opportunities/"))
    shoot(phone, "phone-opportunity")
    phone.get_by_role("button", name="需求确认").click()
    expect(phone.locator(".stepper .now")).to_contain_text("需求确认")
    phone.get_by_role("button", name="赢单").click()
    phone.wait_for_url(re.compile(r"/orders/"))
    expect(phone.locator("body")).to_contain_text("36,000.00")
    width = phone.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0


def test_a_card_moves_by_keyboard_and_comes_back_when_it_is_refused(new_page: Any, site: Any) -> None:
    page = new_page(locale="zh-CN")
    sign_in(page, site, "lin")
    page.goto(site.company("qinghe", "/opportunities"))
    column = page.locator(".cards").first
    card = column.locator(".deal").first
    name = card.get_attribute("data-id")
    before = int(page.locator(".col-h .count").first.inner_text())
    card.focus()
    for key in (" ", "ArrowRight", " "):
        page.keyboard.press(key)
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator(".col-h .count").first).to_have_text(str(before - 1))
    expect(page.locator(".cards").nth(1).locator(f'[data-id="{name}"]')).to_be_visible()
    page.locator(".toast button").click()
    expect(page.locator(".col-h .count").first).to_have_text(str(before))
    expect(column.locator(f'[data-id="{name}"]')).to_be_visible()
    # The second stage asks for something from now on: the card goes back, and the page says why.
    page.goto(site.company("qinghe", "/opportunities/pipelines"))
    page.get_by_role("link", name=re.compile("初步接洽")).click()
    page.fill("textarea[name='criteria.0']", "已联系决策人")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(r"/opportunities/pipelines$"))
    page.goto(site.company("qinghe", "/opportunities"))
    card = page.locator(".cards").first.locator(".deal").first
    name = card.get_attribute("data-id")
    card.focus()
    for key in (" ", "ArrowRight", " "):
        page.keyboard.press(key)
    expect(page.locator(".toast.bad")).to_contain_text("已联系决策人")
    expect(page.locator(".cards").first.locator(f'[data-id="{name}"]')).to_be_visible()
