"""The menu: entries of cores and enabled verticals, by job, each only for those who may open it."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.i18n import N_
from kernel.i18n import gettext as _
from tenancy.catalog import Catalog
from vertical import NavItem
from webapp.deliveries.service import count_parked
from webapp.shell import Shell

SECTIONS = {
    "main": "",
    "sales": N_("Customers and sales"),
    "marketing": N_("Marketing"),
    "service": N_("Service and help"),
    "products": N_("Products and prices"),
    "finance": N_("Accounting"),
    "operations": N_("Operations"),
    "people": N_("People"),
    "reports": N_("Reports"),
    "settings": N_("Settings"),
}
"""Sections of the menu in their order, with their headings."""

REPORTS = NavItem(label=N_("All reports"), path="/reports", section="reports", icon="report-analytics", order=0)
"""Shown to those who may run one."""

OWN = (
    NavItem(label=N_("Home"), path="/", section="main", icon="layout-dashboard", order=0, mobile=True),
    NavItem(label=N_("Apps"), path="/apps", section="settings", permission="admin.app.manage", icon="apps", order=40),
    NavItem(
        label=N_("Failed deliveries"),
        path="/settings/deliveries",
        section="settings",
        permission="admin.app.manage",
        icon="refresh-alert",
        order=50,
        badge=count_parked,
    ),
)
"""The shell's own entries."""

TABS_MAX = 4
"""Bottom tabs on a phone, beside "More"."""

_KEYS = {"/": "h", "/orders": "o", "/vouchers": "v", "/parties": "c", "/apps": "a"}
"""Second key of ``g h`` and its like."""


@dataclass(frozen=True)
class Entry:
    item: NavItem
    label: str
    vertical: str | None
    active: bool

    @property
    def short(self) -> str:
        """What stands on a phone's tab."""
        return _(self.item.short) if self.item.short else self.label

    @property
    def path(self) -> str:
        return self.item.path

    @property
    def icon(self) -> str:
        return self.item.icon

    @property
    def key(self) -> str:
        return _KEYS.get(self.item.path, "")


@dataclass(frozen=True)
class Section:
    """A group of entries; ``vertical`` names the app it belongs to, where it is one's own."""

    title: str
    entries: Sequence[Entry]
    vertical: str | None = None


@dataclass(frozen=True)
class Menu:
    sections: Sequence[Section]

    @property
    def entries(self) -> Sequence[Entry]:
        return [entry for section in self.sections for entry in section.entries]

    @property
    def tabs(self) -> Sequence[Entry]:
        """The entries at the foot of a phone's screen."""
        return [entry for entry in self.entries if entry.item.mobile][:TABS_MAX]

    def section_of(self, path: str) -> str:
        """The heading under which ``path`` stands; empty for none."""
        return next((section.title for section in self.sections if any(entry.path == path for entry in section.entries)), "")

    @property
    def counted(self) -> bool:
        """Whether an entry counts what waits."""
        return any(entry.item.badge for entry in self.entries)


def menu_for(catalog: Catalog, shell: Shell) -> Menu:
    """What this person sees.  A vertical's operations stand under its own heading, the rest among the other entries by job."""
    tenant = shell.tenant
    enabled = tenant.enabled if tenant else frozenset()
    given: list[tuple[str | None, NavItem]] = [(None, item) for item in OWN]
    if any(shell.may(report.permission) for report in catalog.of("reports", enabled)):
        given.append((None, REPORTS))
    given += [(None if c.vertical in catalog.cores else c.vertical, c.item) for c in catalog.given("navigation", enabled)]
    visible = sorted(((vertical, item) for vertical, item in given if shell.may(item.permission)), key=lambda pair: pair[1].order)
    active = _active([item.path for _vertical, item in visible], shell.path)
    groups: dict[tuple[str | None, str], list[Entry]] = {}
    for vertical, item in visible:
        own = vertical if item.section in ("operations", "main") else None
        entry = Entry(item, _(item.label), vertical, item.path == active)
        groups.setdefault((own, "" if own else item.section), []).append(entry)
    sections = [Section(_(title) if title else "", groups[None, key]) for key, title in SECTIONS.items() if (None, key) in groups]
    apps = [Section(_(catalog.manifests[name].title), entries, name) for (name, _key), entries in groups.items() if name]
    work = list(SECTIONS)[: list(SECTIONS).index("people")]
    before_people = sum(1 for key in work if (None, key) in groups)
    return Menu([*sections[:before_people], *apps, *sections[before_people:]])


def has_bell(catalog: Catalog) -> bool:
    """Whether members are told things: a house without the workflow has no bell."""
    return "workflow" in catalog.manifests


def _active(paths: Sequence[str], path: str) -> str | None:
    """The menu path that leads furthest towards ``path``."""
    fitting = [p for p in paths if p == path or (p != "/" and path.startswith(p.rstrip("/") + "/"))]
    return max(fitting, key=len, default=None)
