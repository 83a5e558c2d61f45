"""Finds the core packages and the verticals, checks what they contribute, and builds the Catalog.

A vertical that raises on import, misspells a hook or breaks a rule is left out by name and with the reason; everything
else starts.  A core package that does so stops the start: the house does not stand without it.
"""

import importlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

import pluggy
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from kernel.work import Contribution
from tenancy import rules
from tenancy.catalog import LISTS, SINGLES, Catalog
from tenancy.rules import VerticalRefused
from vertical import API_VERSION, hookspecs
from vertical.declarations import Manifest

log = logging.getLogger(__name__)
GROUP = "vertical"

Probe = Callable[[str, Mapping[str, Sequence[Any]]], None]


class CoreBroken(Exception):
    """A package of the platform itself cannot be loaded."""


@dataclass(frozen=True)
class Reading:
    """What one package gave: its lists by hook and its single values by hook."""

    manifest: Manifest
    lists: Mapping[str, Sequence[Any]]
    singles: Mapping[str, Any]


def load(cores: Sequence[str], *, probe: Probe | None = None) -> Catalog:
    """The Catalog of ``cores``, module names such as ``core_finance.plugin``, and of every installed vertical.

    ``probe(name, lists)`` may refuse a vertical for what only the composition root can see, by raising.

    Raises:
        CoreBroken: a core package cannot be imported or read.
    """
    return read([(name.partition(".")[0], importlib.import_module(name)) for name in cores], discover(), probe=probe)


def discover() -> Iterator[tuple[str, Any]]:
    """Load each entry point on its own, so that one broken distribution cannot stop the rest."""
    seen: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        if point.name in seen:
            if seen[point.name] != point.value:
                yield point.name, VerticalRefused(f"two distributions offer it: {seen[point.name]} and {point.value}")
            continue
        seen[point.name] = point.value
        try:
            yield point.name, point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - third-party import code may raise anything
            yield point.name, error


def read(cores: Iterable[tuple[str, Any]], verticals: Iterable[tuple[str, Any]] = (), *, probe: Probe | None = None) -> Catalog:
    """Register, check and read the given plugins: modules or objects that carry hook implementations."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    readings: dict[str, Reading] = {}
    for name, plugin in cores:
        try:
            readings[name] = _read_one(manager, name, plugin)
            rules.check_types(readings[name].lists)
        except (VerticalRefused, pluggy.PluginValidationError) as error:
            raise CoreBroken(f"core package {name}: {error}") from error
    core_names = tuple(readings)
    taken = rules.Taken()
    for name in core_names:
        try:
            taken.add(name, readings[name].lists)
        except VerticalRefused as error:
            raise CoreBroken(f"core package {name}: {error}") from error

    refused: dict[str, str] = {}
    candidates: dict[str, Reading] = {}
    for name, plugin in verticals:
        try:
            candidates[name] = _read_vertical(manager, name, plugin, taken_names={*readings, *candidates, *taken.segments}, probe=probe)
        except (VerticalRefused, pluggy.PluginValidationError) as error:
            candidates.pop(name, None)
            _refuse(manager, refused, name, error)

    for name in _in_order(candidates):
        reading = candidates[name]
        try:
            if missing := [needed for needed in reading.manifest.requires_verticals if needed not in readings]:
                raise VerticalRefused(f"requires {', '.join(missing)}, which is not installed, was refused or requires {name} in turn")
            rules.check_foreign_keys(name, reading.lists, {*core_names, *reading.manifest.requires_verticals}, taken)
            taken.add(name, reading.lists)
        except VerticalRefused as error:
            _refuse(manager, refused, name, error)
        else:
            readings[name] = reading
    return _catalog(manager, core_names, readings, refused)


def _read_vertical(manager: pluggy.PluginManager, name: str, plugin: Any, *, taken_names: set[str], probe: Probe | None) -> Reading:
    if isinstance(plugin, VerticalRefused):
        raise plugin
    if isinstance(plugin, BaseException):
        raise VerticalRefused(f"cannot be imported: {plugin!r}") from plugin
    if name in taken_names:
        raise VerticalRefused(f"the name {name!r} is taken")
    reading = _read_one(manager, name, plugin)
    try:
        accepts = API_VERSION in SpecifierSet(reading.manifest.requires_api)
    except InvalidSpecifier as error:
        raise VerticalRefused(f"requires_api {reading.manifest.requires_api!r} is not a version range") from error
    if not accepts:
        raise VerticalRefused(f"needs vertical API {reading.manifest.requires_api}, this is {API_VERSION}")
    try:
        rules.check_types(reading.lists)
        rules.check_prefixes(name, reading.lists)
        rules.check_migrations(name, reading.lists, reading.singles)
        if probe is not None:
            probe(name, reading.lists)
    except VerticalRefused:
        raise
    except Exception as error:
        raise VerticalRefused(f"cannot be checked: {error!r}") from error
    return reading


def _read_one(manager: pluggy.PluginManager, name: str, plugin: Any) -> Reading:
    try:
        manager.register(plugin, name=name)
        manager.check_pending()
        hooks: dict[str, Any] = {
            caller.name: impl
            for caller in manager.get_hookcallers(plugin) or ()
            for impl in caller.get_hookimpls()
            if impl.plugin_name == name
        }
        if "manifest" not in hooks:
            raise VerticalRefused("has no manifest()")
        try:
            manifest = hooks["manifest"].function()
            lists: dict[str, tuple[Any, ...]] = {hook: tuple(hooks[hook].function()) for hook in LISTS if hook in hooks}
            singles = {hook: hooks[hook].function() for hook in SINGLES if hook in hooks}
        except Exception as error:
            raise VerticalRefused(f"a contribution hook raised {error!r}") from error
        if not isinstance(manifest, Manifest):
            raise VerticalRefused(f"manifest() returned {manifest!r}")
        if not rules.NAME.fullmatch(name) or manifest.name != name:
            raise VerticalRefused(f"entry point {name!r} and manifest name {manifest.name!r} must agree and match {rules.NAME.pattern}")
    except ValueError as error:
        raise VerticalRefused(str(error)) from error
    return Reading(manifest, lists, singles)


def _refuse(manager: pluggy.PluginManager, refused: dict[str, str], name: str, error: Exception) -> None:
    if manager.has_plugin(name) and "is taken" not in str(error):
        manager.unregister(name=name)
    refused[name] = str(error)
    log.error("vertical %s refused: %s", name, error)


def _in_order(candidates: Mapping[str, Reading]) -> Iterator[str]:
    """Names so that each comes after those it requires; members of a circle come last, to be refused."""
    left = dict(candidates)
    while left:
        ready = [name for name, reading in left.items() if not any(needed in left for needed in reading.manifest.requires_verticals)]
        for name in ready or list(left):
            del left[name]
            yield name


def _catalog(manager: pluggy.PluginManager, cores: Sequence[str], readings: Mapping[str, Reading], refused: Mapping[str, str]) -> Catalog:
    lists = {hook: tuple(Contribution(name, item) for name, r in readings.items() for item in r.lists.get(hook, ())) for hook in LISTS}
    singles = {hook: {name: r.singles[hook] for name, r in readings.items() if hook in r.singles} for hook in SINGLES}
    return Catalog(manager, cores, {name: r.manifest for name, r in readings.items()}, lists, singles, refused)
