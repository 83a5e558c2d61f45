"""Plugins made in a test: a module with the given hooks, without a distribution around it."""

from types import ModuleType
from typing import Any

from vertical import Manifest, hookimpl


def make(name: str, *, requires_api: str = ">=1.0,<2", requires: tuple[str, ...] = (), version: str = "1.0", **hooks: Any) -> ModuleType:
    """A plugin called ``name``.  Each hook is a function, or the value that it returns."""
    module = ModuleType(f"{name}_plugin")

    def manifest() -> Manifest:
        return Manifest(
            name=name, version=version, title=name, summary=name, publisher="Test", requires_api=requires_api, requires_verticals=requires
        )

    for hook, given in {"manifest": manifest, **hooks}.items():
        setattr(module, hook, hookimpl(given if callable(given) and not isinstance(given, type) else constant(given)))
    return module


def constant(value: Any) -> Any:
    """A hook that returns ``value``."""

    def hook() -> Any:
        return value

    return hook
