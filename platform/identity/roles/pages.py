"""Pages of roles."""

from itertools import groupby
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK

from identity.access import must_be_signed_in
from identity.addresses import go_to
from identity.forms import Form, read_form
from identity.house import house_of
from identity.roles import service
from identity.roles.catalogue import KnownPermission, checklist, known_codes
from identity.roles.service import RoleView, held
from kernel.errors import DomainError, NotFound
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work

MANAGE = "admin.role.manage"
LIST = "/settings/roles"
WRITE = {"permission": MANAGE, "interactive": True, "proved": True}


class RolePages(Controller):
    """What each role allows."""

    path = LIST
    include_in_schema = False

    @get("/", opt={"permission": MANAGE})
    async def show(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Template:
        house = house_of(request)
        known = known_codes(house.catalog, work.tenant.enabled)
        async with house.database.registry_session() as session:
            roles = await service.list_roles(session, work.tenant.id, known)
        sources = {name: _(manifest.title) for name, manifest in house.catalog.manifests.items()}
        return page("identity/roles.html", roles=roles, total=len(known), sources=sources)

    @get("/new", opt=WRITE)
    async def new(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Template:
        """The form; ``?like=sales`` starts from a role's permissions."""
        like = request.query_params.get("like", "")
        chosen: frozenset[str] = frozenset()
        if like:
            chosen = (await _view(request, work, like)).permissions
        return page("identity/role.html", **_form(request, work, None, chosen), errors={}, values={"label": ""})

    @post("/new", opt=WRITE, status_code=HTTP_200_OK)
    async def create(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Response[Any]:
        form, house, who = await read_form(request), house_of(request), must_be_signed_in(request)
        try:
            async with house.database.registry_session() as session:
                await service.create_role(work, session, who, form.text("label"), form.many("permissions"), house.catalog)
        except DomainError as error:
            raise _again(request, work, None, form, error) from error
        return go_to(request, LIST)

    @get("/{code:str}", opt=WRITE)
    async def edit(self, request: Request[Any, Any, Any], work: NamedDependency[Work], code: FromPath[str]) -> Template:
        view = await _view(request, work, code)
        return page("identity/role.html", **_form(request, work, view, view.permissions), errors={}, values={"label": view.label})

    @post("/{code:str}", opt=WRITE, status_code=HTTP_200_OK)
    async def change(self, request: Request[Any, Any, Any], work: NamedDependency[Work], code: FromPath[str]) -> Response[Any]:
        form, house, who = await read_form(request), house_of(request), must_be_signed_in(request)
        try:
            async with house.database.registry_session() as session:
                await service.change_role(work, session, who, code, form.text("label"), form.many("permissions"), house.catalog)
        except NotFound:
            raise
        except DomainError as error:
            raise _again(request, work, await _view(request, work, code), form, error) from error
        return go_to(request, LIST)

    @post("/{code:str}/delete", opt=WRITE, status_code=HTTP_200_OK)
    async def remove(self, request: Request[Any, Any, Any], work: NamedDependency[Work], code: FromPath[str]) -> Response[Any]:
        house, who = house_of(request), must_be_signed_in(request)
        async with house.database.registry_session() as session:
            await service.delete_role(work, session, who, code, house.catalog)
        return go_to(request, LIST)


async def _view(request: Request[Any, Any, Any], work: Work, code: str) -> RoleView:
    house = house_of(request)
    async with house.database.registry_session() as session:
        row = await service.get_role(session, work.tenant.id, code)
    return RoleView.of(row, known_codes(house.catalog, work.tenant.enabled), 0)


def _form(request: Request[Any, Any, Any], work: Work, role: RoleView | None, chosen: frozenset[str]) -> dict[str, Any]:
    house = house_of(request)
    own = held(must_be_signed_in(request), house.catalog)
    editable = (role is None or not role.fixed) and chosen <= own

    def group(known: KnownPermission) -> str:
        return known.group

    groups = [(name, list(items)) for name, items in groupby(checklist(house.catalog, work.tenant.enabled), key=group)]
    return {"role": role, "groups": groups, "chosen": chosen, "own": own, "editable": editable}


def _again(request: Request[Any, Any, Any], work: Work, role: RoleView | None, form: Form, error: DomainError) -> FormRefused:
    context = _form(request, work, role, frozenset(form.many("permissions")))
    return FormRefused.because(error, "identity/role.html", values={"label": form.text("label")}, **(context | {"editable": True}))
