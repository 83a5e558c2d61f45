"""The host reads cores and verticals into a Catalog, and refuses by name what breaks its rules."""

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest
from litestar import Controller, get
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kernel.events import Event
from kernel.orm import TenantBase
from tenancy import host
from tenancy.catalog import LIFECYCLE, LISTS, SINGLES
from vertical import AccountTemplate, Job, Migrations, NavItem, Permission, Resource, Role, Subscriber, Widget, hookimpl, hookspecs
from vertical_devkit.plugins import constant, make


class CoreThing(TenantBase):
    __tablename__ = "ht_core_thing"
    name: Mapped[str]


class Chair(TenantBase):
    __tablename__ = "dental_chair"
    name: Mapped[str]
    thing_id: Mapped[str | None] = mapped_column(ForeignKey("ht_core_thing.id"))


class Stray(TenantBase):
    __tablename__ = "ht_stray"
    name: Mapped[str]


class OwnBase(DeclarativeBase):
    """A base class of the vertical's own, and so tables that stand in no tenant's schema."""


class Shared(OwnBase):
    __tablename__ = "ht_shared"
    id: Mapped[int] = mapped_column(primary_key=True)


class Crossing(TenantBase):
    __tablename__ = "dental_crossing"
    chair_id: Mapped[str | None] = mapped_column(ForeignKey("vet_stall.id"))


class Stall(TenantBase):
    __tablename__ = "vet_stall"
    name: Mapped[str]


async def nothing(*_: object) -> None: ...


async def text(*_: object) -> str:
    return ""


@pytest.fixture
def core():
    return "ht_core", make("ht_core", models=[CoreThing], permissions=[Permission(code="ht.thing.read", label="See")])


@pytest.fixture
def history(tmp_path_factory):
    """Makes a history whose revisions have the given ids."""

    def build(*revisions, **bodies):
        directory = tmp_path_factory.mktemp("migrations")
        previous = None
        for revision in revisions:
            (directory / f"{revision}.py").write_text(f"revision, down_revision = {revision!r}, {previous!r}\n")
            previous = revision
        for name, body in bodies.items():
            (directory / f"{name}.py").write_text(body)
        return Migrations(directory=directory)

    return build


def refusal(core, name, plugin):
    """Why ``plugin`` was left out; the rest must have started."""
    catalog = host.read([core], [(name, plugin), ("zoo", make("zoo"))])
    assert catalog.verticals == ("zoo",)
    assert list(catalog.refused) == [name]
    return catalog.refused[name]


def test_every_hook_is_read_once_or_is_a_lifecycle_hook():
    specified = {name for name in vars(hookspecs) if hasattr(getattr(hookspecs, name), "vertical_spec")}
    assert specified == {"manifest", *LISTS, *SINGLES, *LIFECYCLE}
    assert len(specified) == 1 + len(LISTS) + len(SINGLES) + len(LIFECYCLE)


def test_contributions_reach_only_tenants_that_enabled_the_vertical(core):
    read = Permission(code="dental.chair.read", label="See chairs")
    catalog = host.read([core], [("dental", make("dental", permissions=[read]))])
    assert [p.code for p in catalog.of("permissions", set())] == ["ht.thing.read"]
    assert [p.code for p in catalog.of("permissions", {"dental", "unknown"})] == ["ht.thing.read", "dental.chair.read"]
    assert catalog.cores == {"ht_core"}
    assert catalog.verticals == ("dental",)


def test_a_hook_of_one_value_can_be_asked_like_a_list(core):
    class Settings:
        pass

    catalog = host.read([core], [("dental", make("dental", settings_schema=constant(Settings))), ("zoo", make("zoo"))])
    assert [(c.vertical, c.item) for c in catalog.given("settings_schema", {"dental", "zoo"})] == [("dental", Settings)]
    assert list(catalog.of("settings_schema", {"zoo"})) == []
    assert catalog.one("settings_schema", "dental") is Settings


def test_the_required_come_before_the_requiring(core):
    catalog = host.read([core], [("aaa", make("aaa", requires=("bbb",))), ("bbb", make("bbb", requires=("ccc",))), ("ccc", make("ccc"))])
    assert catalog.verticals == ("ccc", "bbb", "aaa")
    assert catalog.dependants("ccc") == ("bbb", "aaa")


def test_a_missing_or_refused_requirement_refuses_the_requiring(core):
    catalog = host.read([core], [("aaa", make("aaa", requires=("bbb",))), ("bbb", make("bbb", requires=("gone",))), ("zoo", make("zoo"))])
    assert catalog.verticals == ("zoo",)
    assert "gone" in catalog.refused["bbb"]
    assert "bbb" in catalog.refused["aaa"]


def test_a_circle_of_requirements_is_refused(core):
    catalog = host.read([core], [("aaa", make("aaa", requires=("bbb",))), ("bbb", make("bbb", requires=("aaa",))), ("zoo", make("zoo"))])
    assert catalog.verticals == ("zoo",)
    assert set(catalog.refused) == {"aaa", "bbb"}


@pytest.mark.parametrize(
    ("hooks", "reason"),
    [
        ({"requires_api": ">=2"}, "needs vertical API"),
        ({"requires_api": "soon"}, "is not a version range"),
        ({"permissions": [Permission(code="finance.voucher.post", label="Post")]}, "must start with 'dental.'"),
        ({"accounts": [AccountTemplate(key="fees", code="4900", name="Fees", kind="income")]}, "must start with"),
        ({"roles": [Role(code="owner", label="Owner", permissions=())]}, "must start with"),
        ({"jobs": [Job(key="nightly", cron="0 0 * * *", run=nothing)]}, "must start with"),
        ({"widgets": [Widget(key="crm.widget", title="W", render=text, permission="dental.x")]}, "must start with"),
        ({"navigation": [NavItem(label="Fees", path="/finance", section="finance")]}, "must be below '/dental'"),
        ({"navigation": [NavItem(label="Fees", path="/dentalx", section="finance")]}, "must be below '/dental'"),
        ({"navigation": [NavItem(label="Chairs", path="/dental", section="sales", permission="dental.chair.read")]}, "does not declare"),
        ({"models": [Stray]}, "must start with 'dental_'"),
        ({"models": [Shared]}, "not derived from kernel.orm.TenantBase"),
        ({"models": [Chair]}, "no migrations()"),
        ({"models": ["dental_chair"]}, "not derived"),
        ({"models": [Crossing], "migrations": "history"}, "refers to 'vet_stall'"),
        ({"permissions": ["dental.chair.read"]}, "not a Permission"),
        ({"permissions": constant(3)}, "raised TypeError"),
        ({"subscribers": [nothing]}, "not a Subscriber"),
        ({"events": [int]}, "not derived from kernel.events.Event"),
        ({"routes": ["/visits"]}, "neither a Controller nor a handler"),
        (
            {"resources": [Resource(model=CoreThing, label="Things", permission="dental.thing", columns=("name",), form=("name",))]},
            "ht_core_thing",
        ),
        ({"manifest": lambda: None}, "manifest() returned None"),
        ({"manifest": lambda: 1 / 0}, "ZeroDivisionError"),
    ],
)
def test_a_vertical_that_breaks_a_rule_is_refused(core, history, hooks, reason):
    if hooks.get("migrations") == "history":
        hooks = hooks | {"migrations": history("dental_0001")}
    assert reason in refusal(core, "dental", make("dental", **hooks))


def test_tables_may_refer_to_a_core_and_to_a_required_vertical(core, history):
    vet = make("vet", models=[Stall], migrations=history("vet_0001"))
    dental = make("dental", requires=("vet",), models=[Chair, Crossing], migrations=history("dental_0001", "dental_0002"))
    assert not host.read([core], [("dental", dental), ("vet", vet)]).refused


@pytest.mark.parametrize(
    ("revisions", "bodies", "reason"),
    [
        (("dental_0001",), {"dental_0002": "revision, down_revision = 'dental_0002', None"}, "one newest revision, not 2"),
        ((), {}, "one newest revision, not 0"),
        (("a1b2c3",), {}, "must be called dental_0001"),
        ((), {"dental_0001": "raise RuntimeError('boom')"}, "boom"),
        ((), {"dental_0001": "revision, down_revision = 'dental_0001', 'gone'"}, "cannot be read"),
    ],
)
@pytest.mark.filterwarnings("ignore:Revision gone")
def test_a_history_must_be_one_line_of_revisions(core, history, revisions, bodies, reason):
    assert reason in refusal(core, "dental", make("dental", migrations=history(*revisions, **bodies)))


def test_a_misspelt_hook_is_refused(core):
    module = make("dental")
    module.navigaton = hookimpl(constant([]))
    assert "navigaton" in refusal(core, "dental", module)


def test_a_hook_with_an_unknown_argument_is_refused(core):
    def on_enable(tenant):
        """Takes what the hook does not give."""

    assert "tenant" in refusal(core, "dental", make("dental", on_enable=on_enable))


def test_a_plugin_without_a_manifest_is_refused(core):
    assert "has no manifest()" in refusal(core, "dental", ModuleType("dental"))


def test_entry_point_and_manifest_must_agree(core):
    assert "must agree" in refusal(core, "dental", make("dentist"))


@pytest.mark.parametrize("name", ["api", "static", "ht_core", "signin"])
def test_a_vertical_cannot_take_a_name_of_the_platform(core, name):
    assert refusal(core, name, make(name))


def test_a_key_of_another_package_cannot_be_taken_again(core):
    first = make("dental", permissions=[Permission(code="dental.x_y.read", label="")])
    twice = make("dental", permissions=[Permission(code="dental.a.read", label=""), Permission(code="dental.a.read", label="")])
    assert not host.read([core], [("dental", twice)]).refused, "a permission that is named twice is one permission"
    account = AccountTemplate(key="dental.fees", code="1", name="Fees", kind="income")
    assert "belongs to dental already" in refusal(core, "dental", make("dental", accounts=[account, account]))
    assert not host.read([core], [("dental", first)]).refused


class Visits(Controller):
    path = "/visits"

    @get("/", opt={"permission": "dental.visit.read"})
    async def visits(self) -> list[str]:
        return []


class Open(Controller):
    @get("/")
    async def anything(self) -> str:
        return ""


def test_a_handler_must_name_a_permission_that_is_declared(core):
    assert "'dental.visit.read', which permissions() does not declare" in refusal(core, "dental", make("dental", routes=[Visits]))
    assert "names no permission" in refusal(core, "dental", make("dental", pages=[Open]))
    declared = [Permission(code="dental.visit.read", label="See visits")]
    assert not host.read([core], [("dental", make("dental", routes=[Visits], permissions=declared))]).refused


def test_a_wheel_that_fails_to_import_is_refused_and_all_else_starts(core, tmp_path, monkeypatch):
    for name, body in {
        "raises": "raise RuntimeError('boom')",
        "leaves": "import sys; sys.exit(3)",
        "lacks": "import no_such_module_anywhere",
    }.items():
        (tmp_path / f"ht_{name}.py").write_text(body)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    points = [EntryPoint(name=name, value=f"ht_{name}", group="vertical") for name in ("raises", "leaves", "lacks")]
    monkeypatch.setattr(host, "entry_points", lambda group: points)
    catalog = host.read([core], [*host.discover(), ("zoo", make("zoo"))])
    assert catalog.verticals == ("zoo",)
    assert "boom" in catalog.refused["raises"]
    assert "SystemExit" in catalog.refused["leaves"]
    assert "no_such_module_anywhere" in catalog.refused["lacks"]


def test_two_distributions_of_one_name_are_refused(core, monkeypatch):
    points = [EntryPoint(name="json", value=value, group="vertical") for value in ("json", "csv")]
    monkeypatch.setattr(host, "entry_points", lambda group: points)
    catalog = host.read([core], host.discover())
    assert "two distributions" in catalog.refused["json"]


def test_a_broken_core_stops_the_start():
    with pytest.raises(host.CoreBroken, match="ht_core"):
        host.read([("ht_core", ModuleType("x"))])


def test_a_probe_of_the_composition_root_may_refuse(core):
    def probe(name, lists):
        if name == "dental":
            raise ValueError("two handlers of one path")

    catalog = host.read([core], [("dental", make("dental")), ("zoo", make("zoo"))], probe=probe)
    assert "two handlers of one path" in catalog.refused["dental"]
    assert catalog.verticals == ("zoo",)


class Finished(Event):
    """Something happened."""


async def test_a_lifecycle_hook_runs_for_one_vertical_only(core):
    ran = []

    def recorder(name):
        async def on_enable(context):
            ran.append((name, context))

        return on_enable

    catalog = host.read([core], [(name, make(name, on_enable=recorder(name))) for name in ("aaa", "bbb", "ccc")])
    await catalog.call_one("bbb", "on_enable", context=7)
    assert ran == [("bbb", 7)]
    assert await catalog.call_one("bbb", "on_disable", context=7) is None
    assert catalog.implements("bbb", "on_enable")
    assert not catalog.implements("bbb", "on_purge")


def test_the_catalog_is_immutable(core):
    catalog = host.read([core], [("zoo", make("zoo", subscribers=[Subscriber(event=Finished, handle=nothing)]))])
    with pytest.raises(TypeError):
        catalog.manifests["evil"] = None  # type: ignore[index]
    with pytest.raises(TypeError):
        catalog.refused["evil"] = ""  # type: ignore[index]
    assert isinstance(catalog.contributions("subscribers"), tuple)
