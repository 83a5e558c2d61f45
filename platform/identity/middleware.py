"""Finds out who makes a request.  Stands after the middleware that turned the host into a company."""

import structlog
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from identity import lookup
from identity.access import SignedIn
from identity.cookies import CookieNames, csrf_cookie, no_session_cookie, read_cookies
from identity.csrf import CsrfToken
from kernel import logs
from kernel.database import Database
from kernel.settings import Settings
from kernel.work import Tenant

log = structlog.get_logger(__name__)

BEARER = "bearer "


class IdentityMiddleware:
    """Puts ``signed_in``, ``actor`` and ``csrf`` into the request's state; decides nothing, which is the guard's business.

    ``signed_in`` is None for a stranger.  ``bad_token`` is set when a bearer token was given and is not valid: a program
    must learn that rather than be served as a stranger.
    """

    def __init__(self, app: ASGIApp, settings: Settings, database: Database) -> None:
        self.app = app
        self.settings = settings
        self.database = database
        self.names = CookieNames.of(settings)
        self.csrf_key = settings.derive("csrf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith("/static/"):
            scope.setdefault("state", {})["csrf"] = CsrfToken(self.csrf_key, None, None)
            await self.app(scope, receive, send)
            return
        headers = Headers.from_scope(scope)
        if headers.get("authorization", "").lower().startswith(BEARER):
            await self._identify_program(scope, headers["authorization"][len(BEARER) :].strip())
            await self.app(scope, receive, send)
            return
        cookies = read_cookies(headers)
        secret = cookies.get(self.names.session)
        found = await self._by_session(scope, secret) if secret else None
        _enter(scope, found)
        session_id = str(found.session_id) if found else None
        csrf = scope["state"]["csrf"] = CsrfToken(self.csrf_key, session_id, cookies.get(self.names.csrf))

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                new = [csrf_cookie(self.settings, csrf.new_cookie)] if csrf.new_cookie else []
                set_already = any(name == b"set-cookie" for name, _ in message["headers"])
                if secret and found is None and not set_already:
                    new.append(no_session_cookie(self.settings))
                message["headers"] = [*message["headers"], *(cookie.to_encoded_header() for cookie in new)]
            await send(message)

        await self.app(scope, receive, send_with_cookies)

    async def _by_session(self, scope: Scope, secret: str) -> SignedIn | None:
        tenant: Tenant | None = scope["state"].get("tenant")
        return await lookup.by_session(self.database, secret, tenant, scope["litestar_app"].state.catalog)

    async def _identify_program(self, scope: Scope, secret: str) -> None:
        """By its token alone: cookies of the same request are not looked at, so it needs no CSRF token."""
        tenant: Tenant | None = scope["state"].get("tenant")
        found = None
        if tenant is not None:
            found = await lookup.by_token(self.database, secret, tenant, scope["litestar_app"].state.catalog)
        _enter(scope, found)
        scope["state"]["bearer"] = True
        scope["state"]["bad_token"] = found is None


def _enter(scope: Scope, found: SignedIn | None) -> None:
    state = scope.setdefault("state", {})
    state["signed_in"] = found
    state["actor"] = found.actor() if found else None
    if found is not None:
        logs.bind(person_id=str(found.person_id))
