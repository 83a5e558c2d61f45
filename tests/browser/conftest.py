"""A real browser against the real application: ``jingwei up`` as a process of its own, with its database, worker and mailbox."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

# Chromium on a server: no user namespaces for root, no calls home, a small /dev/shm, stable text.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--no-first-run",
    "--no-pings",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--hide-scrollbars",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
START_S = 180
PATIENCE_MS = 30_000
"""How long a page may take on a busy machine; nothing waits when it is there."""

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Site:
    """The running application, and where its addresses are."""

    base_url: str
    output: Path
    shots: Path | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    def company(self, slug: str, path: str = "/") -> str:
        return f"http://{slug}.{self.host}{path}"


@dataclass
class Watch:
    """What a page did that it must not do."""

    host: str
    found: list[str] = field(default_factory=list)
    # A refused form is a console error in Chromium's eyes.
    expected: re.Pattern[str] = field(default=re.compile(r"status of (404|409|422)"))

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not self.expected.search(message.text) and "htmx:abort" not in message.text:
            self.found.append(f"{message.type}: {message.text} {message.location.get('url', '')}")

    def on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host and not parts.netloc.endswith(f".{self.host}"):
            self.found.append(f"off-site request: {request.url}")

    def on_error(self, error: Exception) -> None:
        self.found.append(f"script: {error}")


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """``jingwei up`` with the demo company, stopped cleanly at the end."""
    folder = Path(tempfile.mkdtemp(prefix="jingwei-site-"))
    folder.chmod(0o755)  # the database server, which never runs as root, has to reach its data
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    output = folder / "output.txt"
    environment = {**os.environ, "PORT": str(port), "JINGWEI_DATA": str(folder / "data"), "PYTHONUNBUFFERED": "1"}
    environment.pop("DATABASE_URL", None)
    with output.open("w") as out:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("jingwei"), "up"], env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=folder
        )
    base_url = f"http://localhost:{port}"
    _wait_until_served(process, base_url, output)
    shots = os.environ.get("SHOTS")
    yield Site(base_url, output, Path(shots) if shots else None)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0, output.read_text()[-3000:]
    shutil.rmtree(folder, ignore_errors=True)


def _wait_until_served(process: "subprocess.Popen[bytes]", base_url: str, output: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            with urlopen(base_url, timeout=2):
                return
        except (URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the application did not start:\n{output.read_text()[-3000:]}") from None
            time.sleep(0.1)  # nothing else tells when another process listens


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, closed before the next module: while it is open no other event loop runs in this process."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield found
        found.close()


NewPage = Callable[..., Page]


@pytest.fixture
def new_page(browser: Browser, site: Site) -> Iterator[NewPage]:
    """Opens a fresh browser: ``new_page(locale="en-GB", viewport=PHONE)``.  At the end none may have misbehaved."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def make(*, locale: str = "zh-CN", viewport: dict[str, int] = DESKTOP, dark: bool = False) -> Page:
        phone = viewport["width"] < 500
        context = browser.new_context(
            viewport={"width": viewport["width"], "height": viewport["height"]},
            locale=locale,
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            is_mobile=phone,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch = Watch(site.host)
        watches.append(watch)
        page.on("console", watch.on_console)
        page.on("request", watch.on_request)
        page.on("pageerror", watch.on_error)
        return page

    yield make
    for context in contexts:
        context.close()
    assert [finding for watch in watches for finding in watch.found] == []


@pytest.fixture
def shoot(site: Site) -> Callable[[Page, str], None]:
    """Keeps a picture of the page under ``SHOTS``, where that is set."""

    def keep(page: Page, name: str) -> None:
        if site.shots is not None:
            site.shots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=site.shots / f"{name}.png", animations="disabled")

    return keep
