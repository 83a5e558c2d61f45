"""Answers that sign a browser in or out."""

from typing import Any

from litestar import Request, Response

from identity import audit
from identity.access import signed_in, tenant_of, visitor_of
from identity.addresses import HOME, go_to
from identity.cookies import no_session_cookie, session_cookie
from identity.house import house_of
from identity.people.model import Person
from identity.sessions import service as sessions
from kernel.work import Actor


async def sign_in(request: Request[Any, Any, Any], person: Person, address: str = HOME) -> Response[Any]:
    """Start a session of ``person`` on the host that was asked and send the browser to ``address``."""
    house = house_of(request)
    tenant, before = tenant_of(request), signed_in(request)
    async with house.database.registry_session() as session:
        secret = await sessions.start(
            session, person.id, tenant.id if tenant else None, visitor_of(request), replacing=before.session_id if before else None
        )
    await note_sign_in(request, person)
    return with_session(request, secret, address)


def with_session(request: Request[Any, Any, Any], secret: str, address: str) -> Response[Any]:
    answer = go_to(request, address)
    answer.cookies.append(session_cookie(house_of(request).settings, secret))
    return answer


def without_session(request: Request[Any, Any, Any], address: str) -> Response[Any]:
    answer = go_to(request, address)
    answer.cookies.append(no_session_cookie(house_of(request).settings))
    return answer


async def note_sign_in(request: Request[Any, Any, Any], person: Person, how: str = "password") -> None:
    """Write the sign-in into the company's audit log."""
    facts = {"how": how, "agent": visitor_of(request).agent[:200]}
    await note(request, person, "session.started", f"member:{person.id}", name=person.name, after=facts)


async def note(request: Request[Any, Any, Any], person: Person, action: str, object_: str, **facts: Any) -> None:
    """Write what ``person`` did, before a session says who they are, into the company's audit log."""
    tenant = tenant_of(request)
    if tenant is None:
        return
    actor = Actor(id=person.id, name=person.name, email=person.email)
    request_id = request.scope["state"].get("request_id", "")
    async with house_of(request).database.work(tenant, actor, request_id=request_id, ip=visitor_of(request).ip) as work:
        await audit.record(work, action, object_, **facts)
