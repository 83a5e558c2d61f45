"""Pages of one's own account."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK

from identity import audit
from identity.access import must_be_signed_in, visitor_of
from identity.addresses import go_to, local_path
from identity.forms import read_form
from identity.house import house_of
from identity.people import passwords
from identity.people.model import Person
from identity.people.service import clean_name, set_password
from identity.roles.catalogue import checklist
from identity.sessions import service as sessions
from identity.signin.answers import with_session
from identity.signin.service import send_password_changed
from identity.throttle.service import clear_attempts, count_attempt, sign_in_limits
from identity.tokens import service as tokens
from kernel.errors import DomainError, Invalid, NotFound
from kernel.i18n import LOCALES
from kernel.i18n import gettext as _
from kernel.web import SIGNED_IN, FormRefused, page
from kernel.work import Work

ACCOUNT = "/account"
OWN = {"permission": SIGNED_IN, "interactive": True}
PROVED = {**OWN, "proved": True}
LANGUAGE_DAYS = 365


class AccountPages(Controller):
    """Who I am, and where I am signed in."""

    path = ACCOUNT
    include_in_schema = False

    @get("/", opt=OWN)
    async def show(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Template:
        return page("identity/account.html", **await _account(request, work), errors={}, values={})

    @post("/profile", opt=OWN, status_code=HTTP_200_OK)
    async def profile(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Response[Any]:
        """Name and language; the language is also that of letters."""
        form, house, who = await read_form(request), house_of(request), must_be_signed_in(request)
        locale = form.text("locale") if form.text("locale") in LOCALES else LOCALES[0]
        try:
            name = clean_name(form.text("name"))
        except Invalid as error:
            context = await _account(request, work)
            raise FormRefused.because(error, "identity/account.html", values=form.shown_again(), **context) from error
        async with house.database.registry_session() as session:
            person = await session.get_one(Person, who.person_id)
            person.name, person.locale = name, locale
        answer = go_to(request, ACCOUNT)
        answer.cookies.append(
            Cookie(key="lang", value=locale, max_age=LANGUAGE_DAYS * 86400, path="/", samesite="lax", secure=house.settings.secure)
        )
        return answer

    @post("/password", opt=OWN, status_code=HTTP_200_OK)
    async def password(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Response[Any]:
        """A new password ends all other sessions, and this one gets a new id."""
        form, house, who = await read_form(request), house_of(request), must_be_signed_in(request)
        try:
            await check_own_password(request, form.secret("current"), field="current")
            async with house.database.registry_session() as session:
                person = await session.get_one(Person, who.person_id)
                await set_password(session, person, form.secret("password"))
                await sessions.end_all(session, who.person_id, keep=who.session_id)
                secret = await sessions.prove(session, _session_id(request))
                await send_password_changed(session, house.settings, person)
        except DomainError as error:
            raise FormRefused.because(error, "identity/account.html", values={}, **await _account(request, work)) from error
        await audit.record(work, "password.changed", f"member:{who.person_id}", name=who.name)
        return with_session(request, secret, ACCOUNT)

    @post("/sessions/{session_id:uuid}/end", opt=OWN, status_code=HTTP_200_OK)
    async def end_session(self, request: Request[Any, Any, Any], session_id: FromPath[UUID]) -> Response[Any]:
        who = must_be_signed_in(request)
        async with house_of(request).database.registry_session() as session:
            if not await sessions.end_own(session, who.person_id, session_id):
                raise NotFound(_("This session has ended already."))
        return go_to(request, ACCOUNT)

    @post("/sessions/end-others", opt=OWN, status_code=HTTP_200_OK)
    async def end_others(self, request: Request[Any, Any, Any]) -> Response[Any]:
        who = must_be_signed_in(request)
        async with house_of(request).database.registry_session() as session:
            await sessions.end_all(session, who.person_id, keep=who.session_id)
        return go_to(request, ACCOUNT)

    @get("/proof", opt=OWN)
    async def proof_form(self, request: Request[Any, Any, Any]) -> Template:
        """Asks for the password again, before what matters most."""
        values = {"next": local_path(request.query_params.get("next"))}
        return page("identity/proof.html", errors={}, values=values, who=must_be_signed_in(request))

    @post("/proof", opt=OWN, status_code=HTTP_200_OK)
    async def proof(self, request: Request[Any, Any, Any]) -> Response[Any]:
        form, who = await read_form(request), must_be_signed_in(request)
        try:
            await check_own_password(request, form.secret("password"))
        except DomainError as error:
            raise FormRefused.because(error, "identity/proof.html", values=form.shown_again(), who=who) from error
        async with house_of(request).database.registry_session() as session:
            secret = await sessions.prove(session, _session_id(request))
        return with_session(request, secret, local_path(form.text("next")))


class TokenPages(Controller):
    """My programs' tokens in this company."""

    path = f"{ACCOUNT}/tokens"
    include_in_schema = False

    @get("/new", opt=PROVED)
    async def new(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Template:
        return page("identity/token.html", **_choices(request, work), errors={}, values={"days": "90"}, chosen=())

    @post("/new", opt=PROVED, status_code=HTTP_200_OK)
    async def create(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Template:
        """Shows the token, this once."""
        form, house, who = await read_form(request), house_of(request), must_be_signed_in(request)
        scopes = sorted(who.permissions) if form.text("all") else form.many("scopes")
        days = int(form.text("days")) if form.text("days").isascii() and form.text("days").isdigit() else 0
        try:
            async with house.database.registry_session() as session:
                secret, row = await tokens.create_token(work, session, who, form.text("name"), scopes, days=days)
        except DomainError as error:
            context = {**_choices(request, work), "chosen": form.many("scopes")}
            raise FormRefused.because(error, "identity/token.html", values=form.shown_again(), **context) from error
        return page("identity/token_made.html", secret=secret, token=row)

    @post("/{token_id:uuid}/revoke", opt=OWN, status_code=HTTP_200_OK)
    async def revoke(self, request: Request[Any, Any, Any], work: NamedDependency[Work], token_id: FromPath[UUID]) -> Response[Any]:
        who = must_be_signed_in(request)
        async with house_of(request).database.registry_session() as session:
            await tokens.revoke_token(work, session, who, token_id)
        return go_to(request, ACCOUNT)


async def check_own_password(request: Request[Any, Any, Any], password: str, *, field: str = "password") -> None:
    """
    Raises:
        TooManyAttempts: it was wrong too often.
        Invalid: it is wrong.
    """
    who, database = must_be_signed_in(request), house_of(request).database
    limits = sign_in_limits(who.email, visitor_of(request).ip)
    await count_attempt(database, limits)
    async with database.registry_session() as session:
        person = await session.get_one(Person, who.person_id)
    if not await passwords.verify(password, person.password_hash):
        raise Invalid(_("The password is wrong."), field=field)
    await clear_attempts(database, limits)


def _session_id(request: Request[Any, Any, Any]) -> UUID:
    session_id = must_be_signed_in(request).session_id
    if session_id is None:
        raise LookupError("the guard lets no token in here")
    return session_id


async def _account(request: Request[Any, Any, Any], work: Work) -> dict[str, Any]:
    who = must_be_signed_in(request)
    async with house_of(request).database.registry_session() as session:
        person = await session.get_one(Person, who.person_id)
        return {
            "who": who,
            "person": person,
            "sessions": await sessions.list_open(session, who.person_id),
            "tokens": await tokens.list_tokens(session, work.tenant.id, who.person_id),
        }


def _choices(request: Request[Any, Any, Any], work: Work) -> dict[str, Any]:
    mine = must_be_signed_in(request).permissions
    return {"known": [known for known in checklist(house_of(request).catalog, work.tenant.enabled) if known.code in mine]}
