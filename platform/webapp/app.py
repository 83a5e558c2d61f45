"""Puts the house together: the Catalog, the database, the routes of cores and verticals, and what stands around them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

from litestar import Litestar, Request, Router
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers.base import BaseRouteHandler
from litestar.plugins.htmx import HTMXPlugin

from identity.guards import EXCEPTION_HANDLERS, check_routes, require_permission
from identity.middleware import IdentityMiddleware
from kernel import i18n
from kernel.database import Database
from kernel.events import Bus
from kernel.settings import Settings
from tenancy import host
from tenancy.catalog import Catalog
from tenancy.directory import directory_of
from tenancy.lifecycle import Lifecycle
from tenancy.middleware import HostMiddleware
from tenancy.provision import Provisioner
from webapp.assets import StaticFiles
from webapp.cores import CORES, STEPS
from webapp.edge import RequestContext, provide_work
from webapp.flash import CarryToasts
from webapp.headers import SecurityHeaders
from webapp.openapi import DecimalSchema, openapi_config
from webapp.problems import HANDLERS, Refusals
from webapp.reports.api import ReportController
from webapp.rooms import PAGES
from webapp.routes import core_routes, mountable, vertical_routes
from webapp.shell import ShellContext
from webapp.templating import template_config
from webapp.versions import describe_versions, require_version

BODY_BYTES_MAX = 10 * 1024 * 1024
READING = frozenset({"GET", "HEAD", "OPTIONS"})
PLAIN_PACKAGES = ("webapp", "vertical", "kernel")
"""Packages with words of their own that contribute nothing, and so cannot hand them in."""


def load_catalog() -> Catalog:
    """The Catalog of the platform's packages and the installed verticals, with their words ready to be looked up."""
    catalog = host.load(CORES, probe=mountable)
    own = (files(package) / "locale" for package in PLAIN_PACKAGES)
    i18n.load([str(directory) for directory in (*own, *catalog.singles("translations").values())])
    return catalog


def connect(settings: Settings, catalog: Catalog) -> Database:
    """The database with the event bus of ``catalog``."""
    database = Database(settings.database_url, app_url=settings.app_database_url)
    database.bus = Bus(catalog)
    database.settings = settings
    database.tenant_url = settings.tenant_url
    return database


def lifecycle_of(database: Database, catalog: Catalog) -> Lifecycle:
    """What opens tenants and brings verticals to them, with the parts that identity and finance play in it."""
    return Lifecycle(database, catalog, STEPS)


async def _admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Whether a request may go on.  One guard for all requests, since the framework copies the handler for each."""
    await require_permission(connection, handler)
    if isinstance(connection, Request) and connection.method not in READING:
        await require_version(connection, handler)


def create_app(settings: Settings, database: Database, catalog: Catalog) -> Litestar:
    """The web application.  The database must have been migrated."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        async with directory_of(database).listening():
            yield
        await database.close()

    app = Litestar(
        route_handlers=[*PAGES, Router("/api/v1", route_handlers=[ReportController]), *core_routes(catalog), *vertical_routes(catalog)],
        dependencies={"work": Provide(provide_work)},
        guards=[_admit],
        exception_handlers={**HANDLERS, **EXCEPTION_HANDLERS},
        template_config=template_config(catalog, settings),
        plugins=[HTMXPlugin(), DecimalSchema()],
        openapi_config=openapi_config(catalog),
        state=State(
            {
                "settings": settings,
                "database": database,
                "catalog": catalog,
                "provisioner": Provisioner(database, catalog),
                "lifecycle": lifecycle_of(database, catalog),
            }
        ),
        request_max_body_size=BODY_BYTES_MAX,
        lifespan=[lifespan],
        debug=False,
        logging_config=None,  # kernel.logs configures what is written, for all libraries
    )
    # Around the router, so that an address nobody answers is still asked of a company, by a person, in a language.
    known = HostMiddleware(IdentityMiddleware(app.asgi_handler, settings, database), settings, database)
    app.asgi_handler = RequestContext(ShellContext(SecurityHeaders(StaticFiles(CarryToasts(Refusals(known))), settings)))
    check_routes(app)
    describe_versions(app)  # draws it now: two handlers with one operation id must fail the start, not the first reader
    return app


__all__ = ["connect", "create_app", "lifecycle_of", "load_catalog"]
