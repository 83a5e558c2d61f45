"""Keeps the routes of a vertical from tenants that have not enabled it."""

from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from kernel.work import Tenant


def require_vertical(name: str) -> Guard:
    """A guard that answers 404 unless the request's tenant has enabled ``name``: nothing is revealed.

    It closes over the name.  An inner handler can override an ``opt``, but never remove a guard of the router around it.
    """

    def guard(connection: ASGIConnection, _handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
        tenant: Tenant | None = connection.scope["state"].get("tenant")
        if tenant is None or name not in tenant.enabled:
            raise NotFoundException

    return guard
