"""Where a request enters and leaves: its id and language, and the unit of work that it commits or rolls back."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import structlog
from litestar import Request
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from identity.cookies import read_cookies
from kernel import i18n, logs
from kernel.database import Database
from kernel.ids import new_id
from kernel.work import Actor, Tenant, Work

log = structlog.get_logger(__name__)

ANONYMOUS = Actor(id=None, name="")


class RequestContext:
    """Gives each request an id and a language, and each log line both the id and the tenant."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        headers = Headers.from_scope(scope)
        request_id = _given_id(headers.get("x-request-id")) or str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        logs.clear()
        logs.bind(request_id=request_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with i18n.using(i18n.choose(cookie(headers, "lang"), headers.get("accept-language"))):
            await self.app(scope, receive, send_with_id)


def cookie(headers: Headers, name: str) -> str | None:
    """A cookie of the request by name."""
    return read_cookies(headers).get(name)


async def provide_work(request: Request[Any, Any, Any]) -> AsyncIterator[Work]:
    """The request's unit of work: committed before the answer is sent, rolled back when the handler raises."""
    tenant: Tenant | None = request.scope["state"].get("tenant")
    if tenant is None:
        raise NotFoundException
    database: Database = request.app.state.database
    actor: Actor = request.scope["state"].get("actor") or ANONYMOUS
    client = request.client
    async with database.work(tenant, actor, request_id=request.scope["state"]["request_id"], ip=client.host if client else "") as work:
        yield work


def _given_id(value: str | None) -> str | None:
    """An id that a proxy gave, where it is a UUID and so cannot forge a log line."""
    try:
        return str(UUID(value)) if value else None
    except ValueError:
        return None
