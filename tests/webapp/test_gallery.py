"""The shell in a browser: keys, phones, accessibility, and nothing that breaks the content security policy."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

pytestmark = pytest.mark.browser

GALLERY = Path(__file__).parent / "gallery"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# No user namespaces (root), no calls home, small /dev/shm, the same text everywhere.
ARGUMENTS = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-domain-reliability", "--no-first-run", "--no-pings",
    "--disable-features=Translate,OptimizationHints,MediaRouter", "--force-color-profile=srgb", "--font-render-hinting=none",
    "--hide-scrollbars",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port), "--log-level", "critical"]
    server = subprocess.Popen(command, cwd=GALLERY)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/offline", server)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        assert server.poll() is None, "the gallery did not start"
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError(url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM if Path(CHROMIUM).exists() else None, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Open]:
    """Open a path; at the end no page may have complained or asked another site."""
    complaints: list[str] = []
    contexts = []

    def go(path: str, *, size: dict[str, int] = DESKTOP, theme: str = "light", lang: str = "zh_CN", quiet: bool = True) -> Page:
        phone = size["width"] < 700
        context = browser.new_context(viewport=size, is_mobile=phone, has_touch=phone, base_url=address)  # type: ignore[arg-type]
        contexts.append(context)
        context.add_cookies([{"name": "theme", "value": theme, "url": address}, {"name": "lang", "value": lang, "url": address}])
        page = context.new_page()
        page.set_default_timeout(5000)
        if quiet:
            page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "sendAbort" not in m.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((address, "data:")) else complaints.append(f"asked {r.url}"))
        page.goto(path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []


def axe_violations(page: Page) -> list[Any]:
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = Axe().run(page, options=options).response["violations"]
    return [(v["id"], [node["html"][:160] for node in v["nodes"]]) for v in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/loaves", "/gone"])
def test_axe_finds_nothing(visit: Open, path: str, theme: str) -> None:
    page = visit(path, theme=theme, quiet=path != "/gone")
    if path == "/loaves":
        page.locator("ui-chart svg").first.wait_for()
    assert axe_violations(page) == []


def test_axe_finds_nothing_on_a_phone(visit: Open) -> None:
    page = visit("/loaves", size=PHONE)
    assert axe_violations(page) == []


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
@pytest.mark.parametrize("width", [1440, 1024, 390, 360])
def test_nothing_sticks_out(visit: Open, width: int, lang: str) -> None:
    page = visit("/loaves", size={"width": width, "height": 844}, lang=lang)
    outside = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((e) => {
             const box = e.getBoundingClientRect();
             return box.width && box.right > innerWidth + 1 && !e.closest(".sr, .side, .tabs, .stepper, .toasts, dialog:not([open])");
           }).map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert outside == []
    assert page.evaluate("document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth")


def test_the_palette_opens_by_key_and_understands_pinyin(visit: Open) -> None:
    page = visit("/loaves")
    page.keyboard.press("Control+k")
    page.keyboard.type("pzlr")
    expect(page.locator('#palette-list [aria-selected="true"]')).to_contain_text("凭证录入")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()


def test_a_command_of_the_palette_turns_the_page_dark(visit: Open) -> None:
    page = visit("/loaves")
    page.keyboard.press("Control+k")
    page.keyboard.type("shense")
    expect(page.locator('#palette-list [aria-selected="true"]')).to_contain_text("切换深色模式")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_menu_is_walked_with_the_arrows(visit: Open) -> None:
    page = visit("/loaves")
    page.locator(".me").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="我的账号")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("menuitem", name="退出登录")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".me")).to_be_focused()


def test_ticked_rows_bring_up_the_bar(visit: Open) -> None:
    page = visit("/loaves")
    page.get_by_label("全选").check()
    expect(page.locator(".bulk")).to_contain_text("12")
    page.get_by_label("选择第 1 行").uncheck()
    expect(page.locator(".bulk")).to_contain_text("11")
    page.get_by_role("button", name="取消选择").click()
    expect(page.locator(".bulk")).not_to_be_visible()


def test_typing_filters_the_list_and_the_address_tells_it(visit: Open) -> None:
    page = visit("/loaves")
    page.get_by_placeholder("Number or customer").fill("越味")
    expect(page.locator("#list tbody tr")).to_have_count(3)
    assert "q=%E8%B6%8A%E5%91%B3" in page.url


def test_a_date_is_typed_in_short(visit: Open) -> None:
    page = visit("/loaves")
    box = page.get_by_label("Date", exact=True)
    for typed, meant in (("5", "2026-11-05"), ("1203", "2026-12-03"), ("+1", "2026-12-04"), ("nonsense", "2026-12-04")):
        box.fill(typed)
        box.blur()
        expect(box).to_have_value(meant)


def test_the_drawer_of_a_phone_opens_and_closes(visit: Open) -> None:
    page = visit("/loaves", size=PHONE)
    expect(page.locator("#side")).not_to_be_visible()
    page.locator(".tabbar [data-drawer]").click()
    expect(page.locator("#side")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#side")).not_to_be_visible()


def test_targets_on_a_phone_are_large_enough(visit: Open) -> None:
    page = visit("/loaves", size=PHONE)
    small = page.evaluate(
        """() => [...document.querySelectorAll("#main a, #main button, #main input, #main select, .tabbar *:is(a, button)")].filter((e) => {
             const box = (e.closest("label") ?? e).getBoundingClientRect();
             return box.width && !e.matches(".sr, .link, .main a") && Math.min(box.height, box.width) < 20;
           }).map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_a_lost_network_is_said_and_nothing_is_lost(visit: Open) -> None:
    page = visit("/loaves", quiet=False)
    page.wait_for_load_state("networkidle")
    page.get_by_label("Note").fill("Sourdough")
    page.context.set_offline(True)
    page.get_by_placeholder("Number or customer").fill("x")
    expect(page.locator(".toast")).to_contain_text("网络不通")
    expect(page.get_by_label("Note")).to_have_value("Sourdough")


def test_a_page_that_fails_says_so_and_gives_a_reference(visit: Open) -> None:
    page = visit("/broken", quiet=False)
    expect(page.locator("h1")).to_have_text("系统出错")
    expect(page.locator(".ref")).to_contain_text("支持编号")
