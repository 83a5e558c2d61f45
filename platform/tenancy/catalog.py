"""What the core packages and all loaded verticals contribute: read once at start, immutable afterwards."""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pluggy

from kernel.work import Contribution
from vertical.declarations import Manifest

LISTS = (
    "models",
    "resources",
    "routes",
    "pages",
    "navigation",
    "panels",
    "permissions",
    "roles",
    "accounts",
    "posting_rules",
    "period_end_steps",
    "period_end_checks",
    "invariants",
    "document_types",
    "events",
    "subscribers",
    "record_kinds",
    "notification_kinds",
    "approval_kinds",
    "reports",
    "widgets",
    "searchers",
    "jobs",
)
SINGLES = ("migrations", "templates", "static_files", "translations", "settings_schema", "pricing")
LIFECYCLE = (
    "check_enable",
    "on_enable",
    "on_upgrade",
    "load_demo_data",
    "check_disable",
    "on_disable",
    "export_data",
    "erase_person",
    "on_purge",
)


class Catalog:
    """All contributions in load order: the cores as the composition root lists them, then verticals, the required before the requiring.

    Run-time code filters it by the tenant's enabled set, an allow-list to which the cores always belong; it never calls
    contribution hooks again.
    """

    def __init__(
        self,
        manager: pluggy.PluginManager,
        cores: Collection[str],
        manifests: Mapping[str, Manifest],
        lists: Mapping[str, tuple[Contribution, ...]],
        singles: Mapping[str, Mapping[str, Any]],
        refused: Mapping[str, str],
    ) -> None:
        self._manager = manager
        self.cores = frozenset(cores)
        self.manifests = MappingProxyType(dict(manifests))
        self.refused = MappingProxyType(dict(refused))
        self._lists = MappingProxyType(dict(lists))
        self._singles = MappingProxyType({hook: MappingProxyType(dict(values)) for hook, values in singles.items()})

    @property
    def verticals(self) -> tuple[str, ...]:
        """Names of the loaded verticals, without the cores; each comes after those it requires."""
        return tuple(name for name in self.manifests if name not in self.cores)

    def active(self, enabled: Collection[str]) -> tuple[str, ...]:
        """The cores and the enabled verticals that are loaded, in load order."""
        return tuple(name for name in self.manifests if name in self.cores or name in enabled)

    def of(self, hook: str, enabled: Collection[str]) -> Iterator[Any]:
        """Items from the cores and the enabled verticals.  An allow-list: unknown means absent."""
        return (c.item for c in self.given(hook, enabled))

    def given(self, hook: str, enabled: Collection[str]) -> Iterator[Contribution]:
        """As ``of``, each item with the package that gave it."""
        return (c for c in self.contributions(hook) if c.vertical in self.cores or c.vertical in enabled)

    def contributions(self, hook: str) -> tuple[Contribution, ...]:
        """Items from everybody, whether a tenant enabled it or not.  A one-value hook counts as a list of that one."""
        if hook in self._singles:
            return tuple(Contribution(name, value) for name, value in self._singles[hook].items())
        return self._lists[hook]

    def by(self, vertical: str, hook: str) -> tuple[Any, ...]:
        """Items of a list hook that one package gave."""
        return tuple(c.item for c in self._lists[hook] if c.vertical == vertical)

    def one(self, hook: str, vertical: str) -> Any | None:
        """What a package returned from a hook that has one value; None where it does not implement it."""
        return self._singles[hook].get(vertical)

    def singles(self, hook: str) -> Mapping[str, Any]:
        """Values of a one-value hook by package."""
        return self._singles[hook]

    def dependants(self, vertical: str) -> tuple[str, ...]:
        """Verticals that require ``vertical``, directly or through others."""
        found: list[str] = []
        for name, manifest in self.manifests.items():
            if any(needed == vertical or needed in found for needed in manifest.requires_verticals):
                found.append(name)
        return tuple(found)

    def implements(self, vertical: str, hook: str) -> bool:
        return self.hook(vertical, hook) is not None

    def hook(self, vertical: str, hook: str) -> Callable[..., Any] | None:
        """A package's implementation of a hook; None when it has none.  For tests: at run time ask what was collected."""
        plugin = self._manager.get_plugin(vertical)
        callers = self._manager.get_hookcallers(plugin) or ()
        return next((impl.function for c in callers if c.name == hook for impl in c.get_hookimpls() if impl.plugin is plugin), None)

    async def call_one(self, vertical: str, hook: str, /, **arguments: Any) -> Any | None:
        """Run a lifecycle hook of one package and of no other; None when it does not implement the hook.

        A coroutine is awaited; the async iterator of ``export_data`` is returned as it is.
        """
        if vertical not in self.manifests:
            raise KeyError(vertical)
        others = [plugin for name, plugin in self._manager.list_name_plugin() if name != vertical]
        results = self._manager.subset_hook_caller(hook, remove_plugins=others)(**arguments)
        if not results:
            return None
        return await results[0] if inspect.isawaitable(results[0]) else results[0]
