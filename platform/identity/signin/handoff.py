"""Going from one host to another without signing in again.

Cookies do not cross hosts, so a session cannot.  Instead the new host asks the old one, as in OAuth with PKCE:

1. ``GET new/enter?via=old``: the browser gets a short-lived random cookie and is sent to the old host with its digest.
2. ``GET old/handoff?to=new&challenge=...``: the old host knows the person.  It issues a code, good once and for a minute,
   bound to the person, the company and the challenge.
3. ``GET new/enter?code=...``: only the browser with the cookie can use it, so nobody can be signed in to a session that
   somebody else prepared.

All addresses come from the settings and the registry, none from the request.
"""

from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.status_codes import HTTP_200_OK
from sqlalchemy import func, select

from identity.access import must_be_signed_in, signed_in, tenant_of, visitor_of
from identity.addresses import go_to, local_path
from identity.cookies import CookieNames, enter_cookie, read_cookies
from identity.forms import read_form
from identity.house import House, house_of
from identity.members.model import Member
from identity.members.service import is_member
from identity.opaque import digest, new_secret
from identity.people.model import Person
from identity.sessions import service as sessions
from identity.sessions.model import SessionRow
from identity.signin.answers import note_sign_in, with_session
from identity.tickets.model import Purpose
from identity.tickets.service import TicketRefused, issue, redeem
from kernel.web import PUBLIC, SIGNED_IN
from tenancy.registry import TenantRow, TenantState
from tenancy.slugs import SLUG


class HandoffPages(Controller):
    """Enter a company's host from another one."""

    include_in_schema = False

    @post("/switch", opt={"permission": SIGNED_IN, "host": "any", "interactive": True}, status_code=HTTP_200_OK)
    async def switch(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Go to another of one's companies."""
        who, house = must_be_signed_in(request), house_of(request)
        slug = await _slug_of_member(house, who.person_id, (await read_form(request)).text("to"))
        here = tenant_of(request)
        return go_to(request, house.settings.tenant_url(slug, "/enter" + (f"?via={here.slug}" if here else "")))

    @get("/enter", opt={"permission": PUBLIC})
    async def enter(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Steps 1 and 3, on the company's host."""
        query, house = request.query_params, house_of(request)
        address = local_path(query.get("next"))
        secret = read_cookies(request.headers).get(CookieNames.of(house.settings).enter)
        if query.get("code"):
            return await _redeem(request, query["code"], secret, address) if secret else go_to(request, "/signin")
        secret = new_secret()
        tenant = tenant_of(request)
        asked = urlencode({"to": tenant.slug if tenant else "", "challenge": digest(secret).hex(), "next": address})
        answer = go_to(request, _address(house, query.get("via", ""), f"/handoff?{asked}"))
        answer.cookies.append(enter_cookie(house.settings, secret))
        return answer

    @get("/handoff", opt={"permission": SIGNED_IN, "host": "any", "interactive": True})
    async def hand_off(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Step 2, on the host where the person is signed in."""
        who, house, query = must_be_signed_in(request), house_of(request), request.query_params
        slug = await _slug_of_member(house, who.person_id, query.get("to", ""))
        async with house.database.registry_session() as session:
            tenant_id = await session.scalar(select(TenantRow.id).where(func.lower(TenantRow.slug) == slug))
            code = await issue(
                session,
                Purpose.ENTER,
                who.person_id,
                bound_to=query.get("challenge", "")[:64],
                tenant_id=tenant_id,
                session_id=who.session_id,
            )
        asked = urlencode({"code": code, "next": local_path(query.get("next"))})
        return go_to(request, house.settings.tenant_url(slug, f"/enter?{asked}"))


async def _redeem(request: Request[Any, Any, Any], code: str, secret: str, address: str) -> Response[Any]:
    house, tenant, before = house_of(request), tenant_of(request), signed_in(request)
    if tenant is None:
        raise NotFoundException
    try:
        async with house.database.registry_session() as session:
            ticket = await redeem(session, Purpose.ENTER, code, bound_to=digest(secret).hex(), tenant_id=tenant.id)
            origin = await session.get(SessionRow, ticket.session_id)
            if origin is None or not await is_member(session, tenant.id, ticket.person_id):
                raise NotFoundException  # signed out, or removed, within this minute
            replaced = before.session_id if before else None
            new = await sessions.start(session, ticket.person_id, tenant.id, visitor_of(request), replacing=replaced, handed_from=origin)
            person = await session.get_one(Person, ticket.person_id)
    except TicketRefused:
        # An old address from the history: whoever is signed in goes on, others sign in.
        return go_to(request, address if before else "/signin")
    await note_sign_in(request, person, how="handoff")
    answer = with_session(request, new, address)
    answer.cookies.append(enter_cookie(house.settings, ""))
    return answer


async def _slug_of_member(house: House, person_id: object, slug: str) -> str:
    """``slug`` if it is an active company of the person; otherwise there is no such page."""
    if not SLUG.fullmatch(slug):
        raise NotFoundException
    query = (
        select(TenantRow.slug)
        .join(Member, Member.tenant_id == TenantRow.id)
        .where(func.lower(TenantRow.slug) == slug, TenantRow.state == TenantState.ACTIVE, Member.person_id == person_id)
    )
    async with house.database.registry_session() as session:
        found: str | None = await session.scalar(query)
    if found is None:
        raise NotFoundException
    return found.lower()


def _address(house: House, slug: str, path: str) -> str:
    """``path`` on a company's host, or on the platform's where ``slug`` is empty or no slug."""
    return house.settings.tenant_url(slug, path) if SLUG.fullmatch(slug) else house.settings.base_url + path
