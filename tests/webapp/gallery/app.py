"""The gallery's application: the real shell around one page.  ``uvicorn`` serves it for the browser tests."""

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from litestar import Litestar, get
from litestar.datastructures import State
from litestar.plugins.htmx import HTMXPlugin
from litestar.response import Template
from litestar.types import ASGIApp, Receive, Scope, Send

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT / "platform"), str(ROOT / "plugins"), str(Path(__file__).parent)]

import bakery  # noqa: E402

from kernel import i18n  # noqa: E402
from kernel.errors import NotFound  # noqa: E402
from kernel.settings import Settings  # noqa: E402
from kernel.web import page  # noqa: E402
from kernel.work import Actor, Tenant  # noqa: E402
from tenancy import host  # noqa: E402
from webapp import problems, shell  # noqa: E402
from webapp.assets import StaticFiles  # noqa: E402
from webapp.edge import RequestContext  # noqa: E402
from webapp.headers import SecurityHeaders  # noqa: E402
from webapp.palette.service import COMMANDS, Group, commands, pages  # noqa: E402
from webapp.shell import ShellContext  # noqa: E402
from webapp.templating import template_config  # noqa: E402

SETTINGS = Settings(database_url="postgresql+asyncpg://nobody@nowhere/nothing", data_dir=Path("/nonexistent"), secret_key="k" * 32)
CATALOG = host.read([("bakery", bakery)])
PEOPLE = ("杭州联华生鲜有限公司", "Ningbo East Sea Aquatic Products Trading Co., Ltd.", "上海盒鲜科技供应链管理有限公司", "绍兴越味食品")


class SomebodySignedIn:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state: dict[str, Any] = scope.setdefault("state", {})
        state["tenant"] = Tenant(id=1, schema="t", role="r", slug="qinghe", name="杭州青禾商贸有限公司")
        state["actor"] = Actor(id=None, name="王丽", email="wang.li@qinghe.example", permissions=frozenset({"admin.app.manage"}))
        await self.app(scope, receive, send)


@get("/loaves")
async def gallery(q: str = "") -> Template:
    months = [str(n) for n in range(1, 13)]
    series = [
        {"name": "Income", "type": "bar", "tone": "azure", "data": [80, 92, 60, 98, 105, 112, 119, 127, 122, 138, 143, 129]},
        {"name": "Net", "type": "line", "tone": "ink", "data": [10, 17, -7, 20, 23, 25, 29, 31, 24, 37, 38, 41]},
    ]
    names = [name for name in PEOPLE * 3 if q in name]
    loaves = [
        SimpleNamespace(id=n, code=f"SO-2026-{n:05}", name=name, on=date(2026, 11, n), total=Decimal(n * 1234567) / 7, state="confirmed")
        for n, name in enumerate(names, 1)
    ]
    return page("bakery/gallery.html", q=q, loaves=loaves, chart={"label": "Income", "unit": "¥", "x": months, "series": series})


@get("/gone")
async def gone() -> None:
    raise NotFound("There is no such loaf.")


@get("/broken")
async def broken() -> None:
    raise RuntimeError("the oven is cold")


@get("/palette")
async def palette(q: str = "") -> Template:
    here = shell.current()
    groups = [Group("Go to", pages(CATALOG, here, q.lower())), Group("Commands", commands(CATALOG, here, q.lower()) if q else COMMANDS)]
    return page("shell/palette_results.html", q=q, groups=[group for group in groups if group.options])


@get("/shell/counts")
async def counts() -> Template:
    return page("shell/counts.html", numbers={"/settings/deliveries": 2}, bell=None)


@get("/offline")
async def offline() -> Template:
    return page("errors/offline.html")


def build() -> Litestar:
    i18n.load([ROOT / "platform/webapp/locale"])
    app = Litestar(
        route_handlers=[gallery, gone, broken, palette, counts, offline],
        template_config=template_config(CATALOG, SETTINGS),
        plugins=[HTMXPlugin()],
        exception_handlers=dict(problems.HANDLERS),
        openapi_config=None,
        state=State({"settings": SETTINGS, "catalog": CATALOG}),
    )
    app.asgi_handler = RequestContext(ShellContext(SecurityHeaders(StaticFiles(SomebodySignedIn(app.asgi_handler)), SETTINGS)))
    return app


app = build()
