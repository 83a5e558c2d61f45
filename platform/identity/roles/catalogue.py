"""Which permissions there are, for a company with its enabled verticals."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from kernel.i18n import gettext as _
from tenancy.catalog import Catalog
from tenancy.rules import RESOURCE_VERBS, declared_permissions


@dataclass(frozen=True, kw_only=True)
class KnownPermission:
    """A permission as a checklist shows it.  ``group`` names the package that declares it.

    What a resource brings also says of which ``records`` it is and what it ``allows``, so that a list can put them in one row.
    """

    code: str
    label: str
    group: str
    records: str = ""
    allows: str = ""


@lru_cache(maxsize=1024)
def known_codes(catalog: Catalog, enabled: frozenset[str]) -> frozenset[str]:
    """Codes of the cores and of the verticals in ``enabled``: hooks' declarations and those that resources stand for."""
    return frozenset().union(*(_codes_of(catalog, name) for name in catalog.active(enabled)))


@lru_cache(maxsize=8)
def all_codes(catalog: Catalog) -> frozenset[str]:
    """Codes of everything that is installed, enabled or not."""
    return known_codes(catalog, frozenset(catalog.verticals))


def checklist(catalog: Catalog, enabled: Collection[str]) -> list[KnownPermission]:
    """The permissions a company can give, in load order, with words in the reader's language."""
    found: dict[str, KnownPermission] = {}
    for name in catalog.active(enabled):
        group = _(catalog.manifests[name].title)
        for permission in catalog.by(name, "permissions"):
            found.setdefault(permission.code, KnownPermission(code=permission.code, label=_(permission.label), group=group))
        for resource in catalog.by(name, "resources"):
            verbs = {verb: _verb(verb) for verb in RESOURCE_VERBS} | {action.name: _(action.label) for action in resource.actions}
            for verb, words in verbs.items():
                code, records = f"{resource.permission}.{verb}", _(resource.label)
                label = _("%(what)s: %(do)s", what=records, do=words)
                found.setdefault(code, KnownPermission(code=code, label=label, group=group, records=records, allows=words))
    return list(found.values())


def _codes_of(catalog: Catalog, name: str) -> frozenset[str]:
    return frozenset(declared_permissions({"permissions": catalog.by(name, "permissions"), "resources": catalog.by(name, "resources")}))


def _verb(verb: str) -> str:
    return {
        "read": _("see"),
        "create": _("add"),
        "update": _("change"),
        "delete": _("delete"),
        "import": _("import from a file"),
        "export": _("export to a file"),
    }[verb]
