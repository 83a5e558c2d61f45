"""A seller's day on a phone: a lead from the pool, a deal on the board, the order that it becomes; a visit and an order on the spot."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
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
    page.locator("details:has([name='criteria.0']) > summary").click()
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


def photo() -> bytes:
    """A picture as a phone takes it, with the place where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 25.0)})
    out = io.BytesIO()
    Image.effect_noise((800, 600), 60).convert("RGB").save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_visit_is_noted_with_a_photo_and_an_order_taken_on_the_spot(phone: Page, site: Any, shoot: Callable[[Page, str], None]) -> None:
    phone.context.grant_permissions(["geolocation"], origin=site.company("qinghe", ""))
    phone.context.set_geolocation({"latitude": 31.230417, "longitude": 121.473701, "accuracy": 12})
    phone.goto(site.company("qinghe", "/parties/new"))
    phone.fill("input[name=name]", "现场拜访超市")
    phone.fill("input[name=phone]", "13800002222")
    phone.locator("#record-form button[type=submit]").first.click()
    phone.wait_for_url(re.compile(r"/parties/[0-9a-f-]{36}$"))
    party = phone.url
    expect(phone.locator("a.btn[href='tel:13800002222']")).to_be_visible()
    phone.get_by_role("link", name="记录拜访").click()
    phone.wait_for_url(re.compile(r"/visits\?party_id="))
    expect(phone.locator("#visit-party")).to_have_value("现场拜访超市")
    phone.fill("#visit-body", "看了货架，缺三个品，店长要先试一箱")
    phone.get_by_role("button", name="使用当前位置").click()
    expect(phone.locator("[data-locate-said]")).to_contain_text("12")
    phone.fill("#visit-place", "人民广场店")
    phone.set_input_files("#visit-photo", {"name": "货架.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    shoot(phone, "phone-visit")
    phone.get_by_role("button", name="保存并下单").click()
    phone.wait_for_url(re.compile(r"/orders/new\?party_id="))
    phone.locator("[name=description]").first.fill("试销组合装")
    phone.locator("[name=quantity]").first.fill("1")
    phone.locator("[name=unit_price]").first.fill("368")
    phone.locator("main form button[type=submit]").last.click()
    phone.wait_for_url(re.compile(r"/orders/[0-9a-f-]{36}$"))
    expect(phone.locator("body")).to_contain_text("368.00")
    phone.goto(party)
    expect(phone.locator("#timeline")).to_contain_text("店长要先试一箱")
    assert phone.locator("#timeline a[href^='geo:31.230417']").inner_text() == "人民广场店"
    picture = phone.locator("#timeline .shot img").first
    picture.scroll_into_view_if_needed()
    expect(phone.locator("#timeline .shot img").first).not_to_have_js_property("naturalWidth", 0)
    shoot(phone, "phone-party-visited")
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
