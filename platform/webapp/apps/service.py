"""What the page of apps says of a vertical."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from identity.roles.catalogue import checklist
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.i18n import ngettext
from kernel.work import Tenant
from tenancy.catalog import Catalog
from tenancy.registry import VerticalState
from tenancy.rules import declared_permissions
from vertical import Manifest, Pricing


class AppNotFound(NotFound):
    code = "app_not_found"


@dataclass(frozen=True)
class Addition:
    """One kind of thing that a vertical brings, and the things by name."""

    icon: str
    title: str
    names: Sequence[str]


@dataclass(frozen=True)
class App:
    """A vertical as one tenant sees it."""

    manifest: Manifest
    enabled: bool
    was_enabled: bool
    price: str
    additions: Sequence[Addition]
    home: str
    has_settings: bool

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def title(self) -> str:
        return _(self.manifest.title)


def apps_of(catalog: Catalog, tenant: Tenant, states: dict[str, VerticalState]) -> list[App]:
    """All apps that can be had, those in use first."""
    found = [app_of(catalog, tenant, name, states) for name in catalog.verticals]
    return sorted(found, key=lambda app: (not app.enabled, app.title))


def app_of(catalog: Catalog, tenant: Tenant, name: str, states: dict[str, VerticalState]) -> App:
    """One app.

    Raises:
        AppNotFound: no vertical of that name is installed.
    """
    if name not in catalog.verticals:
        raise AppNotFound(_("There is no app %(name)s.", name=name))
    enabled = name in tenant.enabled
    paths = [item.path for item in catalog.by(name, "navigation")]
    return App(
        manifest=catalog.manifests[name],
        enabled=enabled,
        was_enabled=not enabled and name in states,
        price=price_of(catalog.one("pricing", name)),
        additions=additions(catalog, name),
        home=paths[0] if paths else "",
        has_settings=enabled and catalog.one("settings_schema", name) is not None,
    )


def price_of(pricing: Pricing | None) -> str:
    """What it takes to have the app, in words."""
    plans = {"starter": _("From the Starter plan"), "growth": _("From the Growth plan"), "enterprise": _("From the Enterprise plan")}
    if pricing is None or pricing.minimum_plan == "free":
        return _("Included") if pricing is None or pricing.price_lookup_key is None else _("Add-on, at a price of its own")
    plan = plans[pricing.minimum_plan]
    return plan if pricing.price_lookup_key is None else _("%(plan)s, at a price of its own", plan=plan)


def additions(catalog: Catalog, name: str) -> list[Addition]:
    """What enabling brings, by kind; kinds of which there is nothing are left out."""
    given: dict[str, Any] = {hook: catalog.by(name, hook) for hook in _HOOKS}
    labels = {known.code: known.label for known in checklist(catalog, {name})}
    kinds = (
        _addition("layout-sidebar", lambda n: ngettext("%(num)s page", "%(num)s pages", n), [_(i.label) for i in given["navigation"]]),
        _addition("table", lambda n: ngettext("%(num)s table", "%(num)s tables", n), [m.__tablename__ for m in given["models"]]),
        _addition(
            "lock",
            lambda n: ngettext("%(num)s permission", "%(num)s permissions", n),
            [labels.get(code, code) for code in sorted(declared_permissions(given))],
        ),
        _addition("users", lambda n: ngettext("%(num)s role", "%(num)s roles", n), [_(r.label) for r in given["roles"]]),
        _addition(
            "book-2",
            lambda n: ngettext("%(num)s account", "%(num)s accounts", n),
            [f"{a.code} {_(a.name)}" for a in given["accounts"]],
        ),
        _addition(
            "file-check",
            lambda n: ngettext("%(num)s posting rule", "%(num)s posting rules", n),
            [r.key for r in given["posting_rules"]],
        ),
        _addition("bolt", lambda n: ngettext("%(num)s event", "%(num)s events", n), [e.__name__ for e in given["events"]]),
        _addition(
            "ear",
            lambda n: ngettext("listens to %(num)s event", "listens to %(num)s events", n),
            [s.event.__name__ for s in given["subscribers"]],
        ),
        _addition("layout-dashboard", lambda n: ngettext("%(num)s widget", "%(num)s widgets", n), [_(w.title) for w in given["widgets"]]),
        _addition("report", lambda n: ngettext("%(num)s report", "%(num)s reports", n), [_(r.title) for r in given["reports"]]),
        _addition("clock", lambda n: ngettext("%(num)s scheduled job", "%(num)s scheduled jobs", n), [j.key for j in given["jobs"]]),
    )
    return [addition for addition in kinds if addition.names]


_HOOKS = (
    "navigation", "models", "permissions", "resources", "roles", "accounts", "posting_rules", "events", "subscribers", "widgets", "reports",
    "jobs",
)  # fmt: skip


def _addition(icon: str, title: Callable[[int], str], names: Sequence[str]) -> Addition:
    return Addition(icon, title(len(names)), names)
