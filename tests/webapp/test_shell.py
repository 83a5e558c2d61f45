"""The menu, the helpers of templates, and whose templates count."""

import types
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kernel import i18n
from kernel.settings import Settings
from kernel.work import Actor, Tenant
from tenancy import host
from vertical import API_VERSION, Manifest, NavItem, hookimpl
from webapp import ui
from webapp.marks import company_mark
from webapp.menu import Menu, menu_for
from webapp.palette.service import fits
from webapp.shell import Shell, using
from webapp.templating import build_environment

SETTINGS = Settings(database_url="postgresql+asyncpg://a/b", data_dir=Path("/x"), secret_key="k")


def plugin(name: str, **hooks: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    manifest = Manifest(name=name, version="1", title=name.title(), summary="", publisher="x", requires_api=f"=={API_VERSION}")
    for hook, value in {"manifest": manifest, **hooks}.items():
        setattr(module, hook, hookimpl(_without_parameters(value)))
    return module


def _without_parameters(value: Any) -> Any:
    return lambda: value


def item(path: str, section: Any = "sales", **more: Any) -> NavItem:
    return NavItem(label=path.strip("/"), path=path, section=section, **more)


def menu(path: str = "/", permissions: frozenset[str] = frozenset(), enabled: frozenset[str] = frozenset()) -> Menu:
    core = plugin(
        "shop", navigation=[item("/orders", mobile=True), item("/orders/returns"), item("/books", "finance", permission="shop.book.read")]
    )
    vertical = plugin("bakery", navigation=[item("/bakery", "operations"), item("/bakery/report", "reports")])
    catalog = host.read([("shop", core)], [("bakery", vertical)])
    assert not catalog.refused
    tenant = Tenant(id=1, schema="s", role="r", slug="a", name="A", enabled=enabled)
    actor = Actor(id=None, name="N", permissions=permissions)
    return menu_for(catalog, Shell({"path": path, "headers": [], "state": {"tenant": tenant, "actor": actor}}))


def paths(found: Menu) -> list[str]:
    return [entry.path for entry in found.entries]


def test_the_menu_shows_what_the_person_may_open() -> None:
    assert "/books" not in paths(menu())
    assert "/books" in paths(menu(permissions=frozenset({"shop.book.read"})))


def test_the_menu_shows_only_enabled_verticals() -> None:
    assert "/bakery" not in paths(menu())
    assert {"/bakery", "/bakery/report"} <= set(paths(menu(enabled=frozenset({"bakery"}))))


def test_a_verticals_own_work_has_its_own_heading_and_the_rest_joins_its_job() -> None:
    with i18n.using("en"):
        sections = {section.title: [e.path for e in section.entries] for section in menu(enabled=frozenset({"bakery"})).sections}
    assert sections["Bakery"] == ["/bakery"]
    assert sections["Reports"] == ["/bakery/report"]


@pytest.mark.parametrize(
    ("path", "active"), [("/", "/"), ("/orders/7", "/orders"), ("/orders/returns/7", "/orders/returns"), ("/nowhere", None)]
)
def test_the_entry_that_leads_furthest_is_the_active_one(path: str, active: str | None) -> None:
    assert next((entry.path for entry in menu(path).entries if entry.active), None) == active


def test_the_tabs_of_a_phone_are_those_that_ask_for_it() -> None:
    assert [entry.path for entry in menu().tabs] == ["/", "/orders"]


@pytest.mark.parametrize("wanted", ["凭证", "pzlr", "pingzheng", "pz", "voucher", ""])
def test_the_palette_finds_by_characters_pinyin_and_english(wanted: str) -> None:
    assert fits(wanted, "凭证录入", "Voucher entry")


def test_the_palette_does_not_find_what_is_not_there() -> None:
    assert not fits("xyz", "凭证录入", "Voucher entry")


def test_helpers_escape_what_they_are_given() -> None:
    evil = '"><script>alert(1)</script>'
    assert "<script" not in ui.icon("check", cls=evil)
    assert "<script" not in ui.avatar(evil)
    assert "<script" not in ui.sparkline([1, 2], tone=evil)


def test_an_unknown_icon_is_a_square_and_not_an_error() -> None:
    assert ui.icon("no-such-icon") == ui.icon("square")


def test_a_trend_needs_two_numbers() -> None:
    assert ui.sparkline([1]) == ""
    assert "polyline" in ui.sparkline([3, 3])


def test_a_package_cannot_stand_in_for_the_shells_or_anothers_templates(tmp_path: Path) -> None:
    for name in ("base.html", "bakery/base.html", "bakery/own.html", "other/page.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"from bakery {name}")
    environment = build_environment(host.read([("bakery", plugin("bakery", templates=tmp_path))]), SETTINGS)
    assert "from bakery" not in str(environment.get_template("base.html").filename)
    assert environment.get_template("bakery/own.html").render() == "from bakery bakery/own.html"
    with pytest.raises(Exception, match=r"other/page\.html"):
        environment.get_template("other/page.html")


def test_preferences_come_from_cookies_and_only_known_values_count() -> None:
    shell = Shell({"headers": [(b"cookie", b"theme=dark; density=<script>")], "state": {}})
    assert (shell.theme, shell.density) == ("dark", "cozy")


def test_a_template_sees_the_request_at_hand() -> None:
    environment = build_environment(host.read([("bakery", plugin("bakery"))]), SETTINGS)
    template = environment.from_string("{{ shell.tenant.name }}|{{ may('a.b') }}|{{ csrf_token() }}")
    state = {
        "tenant": SimpleNamespace(name="<A>"),
        "actor": Actor(id=None, name="x", permissions=frozenset({"a.b"})),
        "csrf": SimpleNamespace(value="t"),
    }
    with using({"state": state, "headers": []}):
        assert template.render() == "&lt;A&gt;|True|t"


@pytest.mark.parametrize(
    ("name", "mark"),
    [("浙江青禾教育科技有限公司", "青"), ("广东省深圳市云帆制造有限公司", "云"), ("harbour tools", "H"), ("晴川贸易", "晴"),
     ("上海", "上"), ("  ", "·"), ("中国（上海）远航有限公司", "远")],
)  # fmt: skip
def test_a_company_is_marked_by_what_tells_it_from_its_neighbours(name: str, mark: str) -> None:
    assert company_mark(name) == mark
