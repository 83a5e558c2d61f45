"""Which addresses the contributions of cores and verticals get."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.types import Guard

from tenancy.catalog import Catalog
from tenancy.guards import require_vertical
from webapp.edge import provide_work
from webapp.resource import api_controller, page_controller


def core_routes(catalog: Catalog) -> Sequence[Router]:
    """API and pages of the core packages, at the root."""
    lists = {
        hook: [c.item for c in catalog.contributions(hook) if c.vertical in catalog.cores] for hook in ("routes", "pages", "resources")
    }
    return routers("", lists)


def vertical_routes(catalog: Catalog) -> Sequence[Router]:
    """API and pages of each vertical below its name; 404 for a tenant that has not enabled it."""
    found: list[Router] = []
    for name in catalog.verticals:
        lists = {hook: catalog.by(name, hook) for hook in ("routes", "pages", "resources")}
        found += routers(f"/{name}", lists, guards=[require_vertical(name)])
    return found


def routers(prefix: str, lists: Mapping[str, Sequence[Any]], *, guards: Sequence[Guard] = ()) -> list[Router]:
    """``/api/v1<prefix>`` and ``<prefix>`` with the controllers and resources in ``lists``."""
    resources = lists.get("resources", ())
    return [
        Router(f"/api/v1{prefix}", route_handlers=[*lists.get("routes", ()), *map(api_controller, resources)], guards=guards),
        Router(
            prefix or "/",
            route_handlers=[*lists.get("pages", ()), *map(page_controller, resources)],
            guards=guards,
            include_in_schema=False,
        ),
    ]


def mountable(name: str, lists: Mapping[str, Sequence[Any]]) -> None:
    """Refuse a vertical whose handlers the framework would not take, before they could stop the whole application.

    Raises:
        Exception: whatever the framework says of them.
    """
    trial = Litestar(routers(f"/{name}", lists), dependencies={"work": Provide(provide_work)}, logging_config=None)
    trial.openapi_schema  # noqa: B018 - drawn now, as two handlers with one operation id are noticed only here
