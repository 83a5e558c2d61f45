"""A stranger signs a company up, enables an app, sells, and reads the sale in the books; a second company sees none of it."""

import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Site = Any
NewPage = Callable[..., Page]
Shoot = Callable[[Page, str], None]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
_numbers = count(1)

# What a reader of each language must see on the way.
WORDS = {
    "zh-CN": {"balance": "资产负债表", "income": "利润表", "trial": "科目余额表", "confirmed": "已确认", "voucher": "凭证"},
    "en-GB": {
        "balance": "Balance sheet",
        "income": "Income statement",
        "trial": "Trial balance",
        "confirmed": "Confirmed",
        "voucher": "Voucher",
    },
}
COMPANIES = {
    "zh-CN": ("苏州晴川贸易有限公司", "张晴", "无锡云帆制造有限公司", "不锈钢保温杯"),
    "en-GB": ("Harbour Tools", "Ada Lin", "Blue Door Ltd", "Steel mug"),
}


def sign_up(page: Page, site: Site, *, company: str, person: str) -> str:
    """The address of the new company, where the person is signed in."""
    number = next(_numbers)
    page.goto(site.base_url)
    page.locator('main a[href="/signup"]').first.click()
    page.fill("[name=company]", company)
    with page.expect_response("**/signup/slug*"):
        page.press("[name=company]", "Tab")
    page.fill("[name=slug]", f"story-{number}")
    with page.expect_response("**/signup/slug*"):
        page.press("[name=slug]", "Tab")
    page.fill("[name=name]", person)
    page.fill("[name=email]", f"story{number}@example.com")
    page.fill("[name=password]", "a long and quiet river")
    page.press("[name=password]", "Enter")
    page.wait_for_url(site.company(f"story-{number}"))
    return site.company(f"story-{number}", "")


def save(page: Page) -> None:
    page.locator("main form button[type=submit]:not([name=again])").last.click()


def pick(page: Page, field: str, words: str) -> None:
    """Type into a look-up and take what it finds."""
    page.locator(field).press_sequentially(words, delay=10)
    page.locator("[role=option]").filter(has_text=words).first.click()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_from_sign_up_to_the_balance_sheet(site: Site, new_page: NewPage, shoot: Shoot, locale: str, viewport: dict[str, int]) -> None:
    page, words = new_page(locale=locale, viewport=viewport), WORDS[locale]
    company, person, customer, product = COMPANIES[locale]
    name = f"{'m' if viewport is PHONE else 'd'}-{locale[:2]}"
    home = sign_up(page, site, company=company, person=person)
    expect(page.locator("main h1")).to_contain_text(person.split()[0])
    shoot(page, f"{name}-1-home")

    page.goto(f"{home}/apps/education")
    page.click('main [data-dialog="confirm"]')
    page.click("#confirm button[type=submit]")
    expect(page.locator('main a[href^="/education"]').first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.goto(f"{home}/education/students")
    expect(page.locator("main h1")).to_be_visible()

    page.goto(f"{home}/parties/new")
    page.fill("[name=name]", customer)
    page.check("[name=is_customer]")
    save(page)
    expect(page.locator("main")).to_contain_text(customer)
    page.goto(f"{home}/products/new")
    page.fill("[name=sku]", "CUP-01")
    page.fill("[name=name]", product)
    page.fill("[name=list_price]", "113.00")
    page.check("[name=price_includes_tax]")
    page.select_option("[name=tax_code]", index=0)  # VAT 13 %
    save(page)
    expect(page.locator("main")).to_contain_text(product)

    page.goto(f"{home}/orders/new")
    pick(page, "[name=party_name]", customer)
    pick(page, "[name=description] >> nth=0", product)
    page.locator("[name=quantity]").first.fill("10")
    page.locator("[name=quantity]").first.press("Tab")
    expect(page.locator('[data-sum="gross"]')).to_have_text("1,130.00")
    shoot(page, f"{name}-2-order")
    save(page)
    page.locator('main form[action$="/confirm"] button, main button[hx-post$="/confirm"]').first.click()
    expect(page.locator("main .badge", has_text=words["confirmed"]).first).to_be_visible()
    shoot(page, f"{name}-3-confirmed")

    page.locator('main a[href^="/vouchers/"]').first.click()
    expect(page.locator("main")).to_contain_text("1,130.00")
    expect(page.locator('main a[href^="/orders/"]').first).to_be_visible()
    shoot(page, f"{name}-4-voucher")
    for path, key, figure in [
        ("trial-balance", "trial", "1,130.00"),
        ("income-statement", "income", "1,000.00"),
        ("balance-sheet", "balance", "1,130.00"),
    ]:
        page.goto(f"{home}/finance/{path}")
        expect(page.locator("main h1")).to_contain_text(words[key])
        expect(page.locator("main")).to_contain_text(figure)
        shoot(page, f"{name}-5-{path}")

    other = new_page(locale=locale, viewport=viewport)
    neighbour = sign_up(other, site, company=f"{company}二" if locale == "zh-CN" else "Quiet Mill", person=person)
    for path in ("/parties", "/products", "/orders", "/vouchers"):
        other.goto(f"{neighbour}{path}")
        other.wait_for_load_state("networkidle")
        assert customer not in other.locator("main").inner_text()
        assert product not in other.locator("main").inner_text()


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_voucher_by_the_keyboard_alone(site: Site, new_page: NewPage, shoot: Shoot, locale: str) -> None:
    page = new_page(locale=locale)
    company, person, *_ = COMPANIES[locale]
    home = sign_up(page, site, company=company, person=person)
    page.goto(f"{home}/finance/setup")
    save(page)
    page.wait_for_load_state("networkidle")
    page.goto(f"{home}/vouchers/new")
    expect(page.locator("[name=summary]").first).to_be_focused()
    keys = page.keyboard
    keys.type("收到投资款")
    keys.press("Enter")
    keys.type("1002")
    keys.press("Enter")
    keys.type("500000*2")
    keys.press("Enter")
    keys.press("Enter")  # the summary is inherited from the line above
    keys.type("3001")
    keys.press("Enter")
    keys.press("Enter")
    keys.press("=")
    shoot(page, f"d-{locale[:2]}-6-grid")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        keys.press("Control+Enter")
    expect(page.locator("[name=summary]").first).to_be_focused()
    shoot(page, f"d-{locale[:2]}-7-posted")
    page.goto(f"{home}/finance/trial-balance")
    expect(page.locator("main")).to_contain_text("1,000,000.00")


PAGES = [
    "/", "/parties", "/products", "/orders", "/orders/new", "/vouchers", "/vouchers/new", "/apps", "/settings/members", "/settings/roles",
    "/finance/books",
    "/finance/opening",
    "/finance/setup",
    "/finance/accounts",
    "/finance/accounts/new?parent=1122",
    "/finance/dimensions",
    "/vouchers/exchange",
    "/reports",
    "/schema",
    "/finance/trial-balance", "/finance/balance-sheet", "/finance/income-statement", "/parties/new", "/parties/import", "/account",
    "/education/students", "/education/enrolments", "/nothing/here",
]  # fmt: skip


@pytest.fixture(scope="module")
def demo(site: Site) -> tuple[str, str, str]:
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


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_is_accessible_and_fits(
    site: Site, new_page: NewPage, demo: tuple[str, str, str], shoot: Shoot, viewport: dict[str, int], dark: bool
) -> None:
    page = new_page(viewport=viewport, dark=dark)
    address = sign_in(page, demo)
    wrong = []
    for path in PAGES:
        page.goto(f"{address}{path}")
        page.wait_for_load_state("networkidle")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            wrong.append(f"{path} is {width} wide")
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        wrong += [f"{path}: {v['id']} {[n['target'] for n in v['nodes']][:3]}" for v in found.response["violations"]]
        shoot(page, f"{'m' if viewport is PHONE else 'd'}-{'dark' if dark else 'light'}{path.replace('/', '-')}")
    assert wrong == []
