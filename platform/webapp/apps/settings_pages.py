"""The settings of an app: its page, and its place in the REST API."""

from typing import Any

from litestar import Controller, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Template

from identity.addresses import go_to
from identity.forms import read_form
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, by_field, page, toast
from kernel.work import Work
from webapp import structs
from webapp.apps.settings import AppSettings, keep_settings, settings_for

MANAGE = "admin.app.manage"
PAGE = "apps/settings.html"

AnyRequest = Request[Any, Any, Any]


class AppSettingsPages(Controller):
    path = "/apps/{name:str}/settings"
    include_in_schema = False

    @get("/", opt={"permission": MANAGE})
    async def show(self, request: AnyRequest, work: NamedDependency[Work], name: FromPath[str]) -> Template:
        found = await settings_for(work, request.app.state.catalog, name)
        return page(PAGE, **_context(found, found.values), errors={})

    @post("/", opt={"permission": MANAGE, "interactive": True}, status_code=200)
    async def save(self, request: AnyRequest, work: NamedDependency[Work], name: FromPath[str]) -> Response[Any]:
        """Keep what the form says, or show it again with what is wrong beside each field."""
        found = await settings_for(work, request.app.state.catalog, name)
        form = (await read_form(request)).shown_again()
        try:
            settings = structs.parse_form(found.schema, form, kept=found.values)
        except Invalid as error:
            raise FormRefused(PAGE, errors=by_field(error.errors), values=form, **_context(found, form)) from error
        changed = await keep_settings(work, found, settings)
        answer = go_to(request, f"/apps/{name}/settings")
        answer.headers.update(toast(_("The settings are saved.") if changed else _("Nothing was changed.")))
        return answer


class AppSettingsController(Controller):
    path = "/api/v1/apps/{name:str}/settings"
    tags = ["Apps"]  # noqa: RUF012 - Litestar's way

    @get("/", opt={"permission": MANAGE}, operation_id="GetAppSettings")
    async def read(self, request: AnyRequest, work: NamedDependency[Work], name: FromPath[str]) -> dict[str, Any]:
        """The company's settings of an app that is switched on."""
        return (await settings_for(work, request.app.state.catalog, name)).values

    @put("/", opt={"permission": MANAGE}, operation_id="PutAppSettings")
    async def write(
        self, request: AnyRequest, work: NamedDependency[Work], name: FromPath[str], data: JSONBody[dict[str, Any]]
    ) -> dict[str, Any]:
        """Replace the settings; a field that is left out gets its default.  422 names the field that does not fit."""
        found = await settings_for(work, request.app.state.catalog, name)
        settings = structs.convert(found.schema, data)
        await keep_settings(work, found, settings)
        return structs.values_of(settings)


def _context(found: AppSettings, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "app": found.app,
        "core": found.core,
        "title": found.title,
        "outdated": found.outdated,
        "fields": structs.controls(found.schema, values),
    }
