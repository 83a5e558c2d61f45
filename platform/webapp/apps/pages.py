"""Pages of apps."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from identity.addresses import go_to
from kernel.database import Database
from kernel.errors import Conflict
from kernel.i18n import gettext as _
from kernel.web import page, toast
from kernel.work import Tenant
from tenancy.catalog import Catalog
from tenancy.lifecycle import Lifecycle, Outcome, states
from webapp.apps.service import AppNotFound, app_of, apps_of

MANAGE = "admin.app.manage"
WRITE = {"permission": MANAGE, "interactive": True}

AnyRequest = Request[Any, Any, Any]


class AppPages(Controller):
    path = "/apps"
    include_in_schema = False

    @get("/", opt={"permission": MANAGE})
    async def list(self, request: AnyRequest) -> Template:
        """All apps; refused ones with the reason, for whoever runs the platform."""
        catalog, tenant, database = _parts(request)
        found = apps_of(catalog, tenant, await states(database, tenant.id))
        return page("apps/list.html", apps=found, refused=dict(catalog.refused))

    @get("/{name:str}", opt={"permission": MANAGE})
    async def detail(self, request: AnyRequest, name: FromPath[str]) -> Template:
        """What one app adds, and what stands against switching it on."""
        catalog, tenant, database = _parts(request)
        app = app_of(catalog, tenant, name, await states(database, tenant.id))
        problems = () if app.enabled else await _lifecycle(request).check_enable(tenant.id, name)
        return page("apps/detail.html", app=app, problems=problems, catalog=catalog)

    @post("/{name:str}/enable", opt=WRITE, status_code=200)
    async def enable(self, request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        """Switch the app on; its pages are there with the next click."""
        return await self._change(request, name, enable=True)

    @post("/{name:str}/disable", opt=WRITE, status_code=200)
    async def disable(self, request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        """Switch the app off; its data stays."""
        return await self._change(request, name, enable=False)

    async def _change(self, request: AnyRequest, name: str, *, enable: bool) -> Response[Any]:
        catalog, tenant, _database = _parts(request)
        if name not in catalog.verticals:
            raise AppNotFound(_("There is no app %(name)s.", name=name))
        lifecycle = _lifecycle(request)
        outcome = await (lifecycle.enable if enable else lifecycle.disable)(tenant.id, name)
        if not outcome.done:
            raise AppBlocked(_reasons(outcome))
        title = _(catalog.manifests[name].title)
        said = _("%(app)s is on.", app=title) if enable else _("%(app)s is off. Its data is kept.", app=title)
        answer = go_to(request, f"/apps/{name}")
        answer.headers.update(toast(said))
        return answer


class AppBlocked(Conflict):
    code = "app_blocked"


def _reasons(outcome: Outcome) -> str:
    return " ".join(problem.message for problem in outcome.problems if problem.blocking)


def _parts(request: AnyRequest) -> tuple[Catalog, Tenant, Database]:
    return request.app.state.catalog, request.scope["state"]["tenant"], request.app.state.database


def _lifecycle(request: AnyRequest) -> Lifecycle:
    lifecycle: Lifecycle = request.app.state.lifecycle
    return lifecycle
