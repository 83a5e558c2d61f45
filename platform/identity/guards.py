"""What each request needs before its handler runs.  Nothing is allowed that a handler does not declare.

A handler's ``opt`` says:

``permission``  a permission code, ``PUBLIC`` or ``SIGNED_IN``.  Without it the application does not start.
``host``        ``tenant`` (the default), ``apex`` for the platform's own host, or ``any``.  Elsewhere it is 404.
``interactive`` True: a person only, no API token.
``proved``      True: the password must have been shown within the last half hour.
``csrf``        False: other sites may send it too.  Only for what is public and acts for nobody.
"""

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from litestar import Litestar, Request, Response
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from identity.access import signed_in, tenant_of
from identity.addresses import go_to, path_asked
from identity.csrf import check_csrf
from identity.roles.catalogue import all_codes
from kernel.errors import DomainError, Forbidden, problem
from kernel.i18n import gettext as _
from kernel.web import PUBLIC, SIGNED_IN
from tenancy.catalog import Catalog

HOSTS = ("tenant", "apex", "any")


class NotSignedIn(DomainError):
    status_code, code = 401, "not_signed_in"


class ProofNeeded(DomainError):
    """The password has to be shown again."""

    status_code, code = 403, "password_needed"


class UndeclaredHandler(Exception):
    """A handler that says nothing, or something unknown, about who may call it."""


async def require_permission(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of the whole application.

    Raises:
        NotFoundException: the handler does not belong to this host.
        NotSignedIn: a stranger asks for more than what is public, or a token is not valid.
        Forbidden: the permission is missing, or the request was forged.
    """
    opt = handler.opt
    _check_host(connection, opt.get("host", "tenant"))
    state = connection.scope["state"]
    if state.get("bad_token"):
        raise NotSignedIn(_("The API token is unknown, expired or not for this company."))
    permission = opt.get("permission")
    who = signed_in(connection)
    if permission != PUBLIC:
        if who is None:
            raise NotSignedIn(_("Sign in first."))
        if permission != SIGNED_IN and permission not in who.permissions:
            raise Forbidden(_("You lack the permission %(permission)s; ask an administrator for it.", permission=permission))
        if who.by_token and opt.get("interactive"):
            raise Forbidden(_("This needs a person who is signed in; an API token does not do."))
    if not state.get("bearer") and opt.get("csrf", True):
        await check_csrf(_request(connection), state["csrf"])
    if opt.get("proved") and who is not None and not who.by_token and not who.just_proved:
        raise ProofNeeded(_("Enter your password again to go on."))


def check_routes(app: Litestar) -> None:
    """Make sure that every handler says who may call it.

    Raises:
        UndeclaredHandler: one does not, or names a permission that no package declares.
    """
    catalog: Catalog = app.state.catalog
    known = all_codes(catalog)
    for route in app.routes:
        handlers: Collection[Any] = route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]
        for handler in handlers:
            if isinstance(handler, HTTPRouteHandler) and handler.http_methods == {"OPTIONS"}:
                continue
            permission = handler.opt.get("permission")
            if permission is None:
                raise UndeclaredHandler(f"{route.path}: {handler} names no permission")
            if permission not in (PUBLIC, SIGNED_IN) and permission not in known:
                raise UndeclaredHandler(f"{route.path}: {handler} asks for {permission!r}, which no package declares")
            if not handler.opt.get("csrf", True) and permission != PUBLIC:
                raise UndeclaredHandler(f"{route.path}: {handler} takes forms of other sites and is not public")
            if handler.opt.get("host", "tenant") not in HOSTS:
                raise UndeclaredHandler(f"{route.path}: {handler} belongs to the unknown host {handler.opt['host']!r}")


def on_not_signed_in(request: Request[Any, Any, Any], error: NotSignedIn) -> Response[Any]:
    """A person is led to the sign-in page and back; a program gets a problem."""
    if _is_page(request):
        return go_to(request, f"/signin?next={quote(path_asked(request), safe='/')}")
    response = problem(error, request.url.path)
    response.headers["WWW-Authenticate"] = 'Bearer realm="Jingwei"'
    return response


def on_proof_needed(request: Request[Any, Any, Any], error: ProofNeeded) -> Response[Any]:
    """A person is asked for the password and led back; a program gets a problem."""
    if _is_page(request):
        return go_to(request, f"/account/proof?next={quote(path_asked(request), safe='/')}")
    return problem(error, request.url.path)


EXCEPTION_HANDLERS: dict[Any, Any] = {NotSignedIn: on_not_signed_in, ProofNeeded: on_proof_needed}
"""How these refusals are answered; for the application's ``exception_handlers``."""


def _check_host(connection: ASGIConnection[Any, Any, Any, Any], wanted: str) -> None:
    if wanted != "any" and (tenant_of(connection) is None) != (wanted == "apex"):
        raise NotFoundException


def _is_page(request: Request[Any, Any, Any]) -> bool:
    if request.url.path.startswith("/api/") or request.scope["state"].get("bearer"):
        return False
    return "text/html" in request.headers.get("accept", "") or request.headers.get("hx-request") == "true"


def _request(connection: ASGIConnection[Any, Any, Any, Any]) -> Request[Any, Any, Any]:
    if not isinstance(connection, Request):
        raise Forbidden(_("This address answers requests of browsers and programs only."))
    return connection
