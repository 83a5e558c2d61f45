"""Pages for signing in and out, on every host."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK

from identity.access import must_be_signed_in, signed_in, tenant_of, visitor_of
from identity.addresses import HOME, go_to, local_path
from identity.forms import read_form
from identity.house import house_of
from identity.members.service import companies_of
from identity.people.model import Person
from identity.sessions import service as sessions
from identity.signin import service
from identity.signin.answers import sign_in, without_session
from identity.throttle.service import Limit, count_attempt
from identity.tickets.model import Purpose
from identity.tickets.service import look_at
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import PUBLIC, SIGNED_IN, FormRefused, page, toast

ANYWHERE = {"permission": PUBLIC, "host": "any"}
APEX = {"permission": PUBLIC, "host": "apex"}


class SignInPages(Controller):
    """Sign in, sign out, choose a company."""

    include_in_schema = False

    @get("/signin", opt=ANYWHERE)
    async def form(self, request: Request[Any, Any, Any]) -> Response[Any] | Template:
        """The form; who is signed in goes on."""
        address = local_path(request.query_params.get("next"))
        if signed_in(request) is not None:
            return go_to(request, address if tenant_of(request) or address != HOME else "/companies")
        return page(
            "identity/signin.html",
            errors={},
            values={"next": address, "email": request.query_params.get("email", "")[:200]},
            company=tenant_of(request),
        )

    @post("/signin", opt=ANYWHERE, status_code=HTTP_200_OK)
    async def submit(self, request: Request[Any, Any, Any]) -> Response[Any]:
        form = await read_form(request)
        tenant = tenant_of(request)
        try:
            person = await service.check_password(
                house_of(request).database, form.text("email"), form.secret("password"), ip=visitor_of(request).ip, tenant=tenant
            )
        except DomainError as error:
            raise FormRefused.because(error, "identity/signin.html", values=form.shown_again(), company=tenant) from error
        address = local_path(form.text("next"))
        if tenant is None and address == HOME:
            address = await _only_company(request, person) or "/companies"
        return await sign_in(request, person, address)

    @post("/signout", opt=ANYWHERE, status_code=HTTP_200_OK)
    async def sign_out(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Ends the session here, and those of other hosts that came from the same sign-in."""
        who = signed_in(request)
        if who is not None and who.session_id is not None:
            async with house_of(request).database.registry_session() as session:
                await sessions.sign_out(session, who.session_id)
        return without_session(request, "/signin")

    @get("/companies", opt={"permission": SIGNED_IN, "host": "apex"})
    async def companies(self, request: Request[Any, Any, Any]) -> Template:
        """The companies to choose from."""
        who = must_be_signed_in(request)
        async with house_of(request).database.registry_session() as session:
            found = await companies_of(session, who.person_id)
        return page("identity/companies.html", companies=found, who=who)


class AddressPages(Controller):
    """Prove that an address is yours."""

    include_in_schema = False

    @get("/verify/{secret:str}", opt=APEX)
    async def verify_form(self, request: Request[Any, Any, Any], secret: FromPath[str]) -> Template:
        """Opening the link proves nothing yet: mail scanners open links, people press buttons."""
        async with house_of(request).database.registry_session() as session:
            ticket = await look_at(session, Purpose.VERIFY, secret)
        return page("identity/verify.html", secret=secret, address=ticket.bound_to)

    @post("/verify/{secret:str}", opt=APEX, status_code=HTTP_200_OK)
    async def verify(self, request: Request[Any, Any, Any], secret: FromPath[str]) -> Template:
        async with house_of(request).database.registry_session() as session:
            await service.verify_address(session, secret)
        return page("identity/verified.html")

    @post("/verification", opt={"permission": SIGNED_IN, "host": "any", "interactive": True}, status_code=HTTP_200_OK)
    async def send_again(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Another verification letter."""
        who, house = must_be_signed_in(request), house_of(request)
        await count_attempt(house.database, [Limit(f"verify|{who.person_id}", 3)])
        async with house.database.registry_session() as session:
            person = await session.get_one(Person, who.person_id)
            if person.verified_at is None:
                await service.send_verification(session, house.settings, person)
        if request.headers.get("hx-request") == "true":
            return Response(None, status_code=HTTP_200_OK, headers={"HX-Reswap": "none", **toast(_("Sent to %(email)s.", email=who.email))})
        return go_to(request, HOME)


class PasswordPages(Controller):
    """A forgotten password."""

    path = "/password"
    include_in_schema = False

    @get("/forgot", opt=APEX)
    async def forgot_form(self) -> Template:
        return page("identity/forgot.html", errors={}, values={}, sent="")

    @post("/forgot", opt=APEX, status_code=HTTP_200_OK)
    async def forgot(self, request: Request[Any, Any, Any]) -> Template:
        """The same answer whether the address has an account or not."""
        form, house = await read_form(request), house_of(request)
        try:
            await service.send_reset(house.database, house.settings, form.text("email"), ip=visitor_of(request).ip)
        except DomainError as error:
            raise FormRefused.because(error, "identity/forgot.html", values=form.shown_again(), sent="") from error
        return page("identity/forgot.html", errors={}, values={}, sent=form.text("email"))

    @get("/reset/{secret:str}", opt=APEX)
    async def reset_form(self, request: Request[Any, Any, Any], secret: FromPath[str]) -> Template:
        async with house_of(request).database.registry_session() as session:
            ticket = await look_at(session, Purpose.RESET, secret)
        return page("identity/reset.html", errors={}, values={}, secret=secret, address=ticket.bound_to)

    @post("/reset/{secret:str}", opt=APEX, status_code=HTTP_200_OK)
    async def reset(self, request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[Any]:
        form, house = await read_form(request), house_of(request)
        try:
            async with house.database.registry_session() as session:
                ticket = await look_at(session, Purpose.RESET, secret)
                address = ticket.bound_to
                person = await service.reset_password(session, house.settings, secret, form.secret("password"))
        except Invalid as error:
            raise FormRefused.because(error, "identity/reset.html", values={}, secret=secret, address=address) from error
        return await sign_in(request, person, "/companies")


async def _only_company(request: Request[Any, Any, Any], person: Person) -> str | None:
    """Where to go without asking, for the many who work for one company."""
    house = house_of(request)
    async with house.database.registry_session() as session:
        found = await companies_of(session, person.id)
    return house.settings.tenant_url(found[0].slug, "/enter") if len(found) == 1 else None
