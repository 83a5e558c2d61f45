"""The page where a stranger becomes a company."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK

from identity.access import signed_in, visitor_of
from identity.addresses import go_to
from identity.forms import Form, read_form
from identity.house import house_of
from identity.people.service import clean_email
from identity.signin.answers import sign_in
from identity.signup import service
from identity.signup.suggest import free_slug, is_free
from kernel import i18n
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import PUBLIC, FormRefused, page

APEX = {"permission": PUBLIC, "host": "apex"}


class SignUpPages(Controller):
    """Sign up, or, signed in, add another company."""

    path = "/signup"
    include_in_schema = False

    @get("/", opt=APEX)
    async def form(self, request: Request[Any, Any, Any]) -> Template:
        return page("identity/signup.html", errors={}, values={}, who=signed_in(request))

    @get("/slug", opt=APEX)
    async def slug(self, request: Request[Any, Any, Any]) -> Template:
        """The address field again: suggested from the name, or checked as typed."""
        company, typed = request.query_params.get("company", "")[:200], request.query_params.get("slug", "").strip()[:60]
        asked = request.headers.get("hx-trigger-name", "") or request.query_params.get("field", "")
        errors: dict[str, str] = {}
        async with house_of(request).database.registry_session() as session:
            if asked == "company" or not typed:
                typed = await free_slug(session, company) if company.strip() else ""
            else:
                try:
                    if not await is_free(session, typed):
                        errors["slug"] = _("The address %(slug)s is taken. Choose another.", slug=typed.lower())
                except Invalid as error:
                    errors["slug"] = error.message
        return page("identity/_slug.html", errors=errors, values={"slug": typed}, checked=bool(typed) and not errors)

    @post("/", opt=APEX, status_code=HTTP_200_OK)
    async def submit(self, request: Request[Any, Any, Any]) -> Response[Any] | Template:
        form, who, house = await read_form(request), signed_in(request), house_of(request)
        state = request.app.state
        try:
            if who is not None:
                tenant = await service.add_company(
                    house.database,
                    state.provisioner,
                    state.lifecycle,
                    who.person_id,
                    company=form.text("company"),
                    slug=form.text("slug"),
                    locale=i18n.locale(),
                )
                return go_to(request, house.settings.tenant_url(tenant.slug, "/enter"))
            done = await service.sign_up(
                house.database, house.settings, state.provisioner, state.lifecycle, _application(form), ip=visitor_of(request).ip
            )
        except DomainError as error:
            raise FormRefused.because(error, "identity/signup.html", values=form.shown_again(), who=who) from error
        if done is None:
            return page("identity/check_mail.html", address=clean_email(form.text("email")))
        person, tenant = done
        return await sign_in(request, person, house.settings.tenant_url(tenant.slug, "/enter"))


def _application(form: Form) -> service.Application:
    return service.Application(
        company=form.text("company"),
        slug=form.text("slug"),
        name=form.text("name"),
        email=form.text("email"),
        password=form.secret("password"),
        locale=i18n.locale(),
    )
