"""Whoever writes something anew says which version was read; asked of every such address of the REST API in one place."""

from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from kernel.versions import ALWAYS, VERSION, read_version

SAID = "428 `version_required` without the `version` that was read; 409 when it is not the present one."


async def require_version(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard, after that of permissions: a body that writes anew carries its version.

    What is no JSON object is left to the decoder, which says what is wrong with it.

    Raises:
        VersionRequired
    """
    if not asks_version(handler) or not isinstance(connection, Request):
        return
    try:
        sent = msgspec.json.decode(await connection.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if isinstance(sent, dict):
        read_version(sent.get("version"))


def asks_version(handler: BaseRouteHandler) -> bool:
    """Whether the handler takes a whole record in the place of one that was read: PUT of what has versions, or what says so."""
    if not isinstance(handler, HTTPRouteHandler):
        return False
    asked = handler.opt.get(VERSION)
    return asked == ALWAYS or (asked is None and "PUT" in handler.http_methods and _has_version(handler))


def describe_versions(app: Litestar) -> None:
    """Say it in the description of the REST API too, at each address it holds for."""
    document = app.openapi_schema
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            item = (document.paths or {}).get(route.path_format)
            for method in handler.http_methods if item and asks_version(handler) else ():
                operation = getattr(item, method.lower(), None)
                if operation is not None and SAID not in (operation.description or ""):
                    operation.description = "\n\n".join(filter(None, (operation.description, SAID)))


def _has_version(handler: HTTPRouteHandler) -> bool:
    data = handler.parsed_fn_signature.parameters.get("data")
    kinds = [data.annotation, *(inner.annotation for inner in data.inner_types)] if data else []
    return any(isinstance(kind, type) and issubclass(kind, msgspec.Struct) and "version" in kind.__struct_fields__ for kind in kinds)
