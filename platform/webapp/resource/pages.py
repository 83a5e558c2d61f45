"""The pages of a resource: list, record, form, export, saved views.  Subclass the controller to replace a single handler."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from kernel.errors import DomainError
from kernel.web import page
from kernel.work import Work
from master_data.api import remove_view, save_view
from vertical import Action, Resource
from vertical.guarding import RecordNotFound, require_edit
from vertical.records import create_record, delete_record, update_record
from vertical.statements import run
from webapp.resource import exporting, wizard
from webapp.resource.api import action_path, download, fetch, run_action
from webapp.resource.bulk import bulk_handlers
from webapp.resource.contexts import DETAIL, FORM, LIST, detail_context, form_context, list_context, not_done, refused
from webapp.resource.limits import limited, work_rights, writable_values
from webapp.resource.links import base_path, options, register
from webapp.resource.own import own_of, parse_own
from webapp.resource.query import survivor_statement
from webapp.resource.view import address, asked_of, parse_form, query_string, start_values

AnyRequest = Request[Any, Any, Any]


def page_controller(resource: Resource) -> type[Controller]:
    """List, record, form, import and export pages of ``resource``."""
    register(resource)
    handlers: dict[str, Any] = {f"act_{action.name}": action_page(resource, action) for action in resource.actions}
    handlers |= list_handlers(resource) | record_handlers(resource) | view_handlers(resource)
    handlers |= bulk_handlers(resource) | wizard.handlers(resource)
    name = f"{resource.schema_name}Pages"
    return type(name, (Controller,), {"path": f"/{resource.slug}", "include_in_schema": False, **handlers})


def list_handlers(resource: Resource) -> dict[str, Any]:
    """The list, a new record, the picker and the export, by attribute name."""
    stem = resource.permission

    @get("/", opt={"permission": f"{stem}.read"})
    async def list_page(self: Any, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        return page(LIST, **await list_context(request, work, resource))

    @get("/new", opt={"permission": f"{stem}.create"})
    async def new_page(self: Any, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        values = start_values(resource, request.query_params)
        return page(FORM, **await form_context(request, work, resource, values, None))

    @post("/new", opt={"permission": f"{stem}.create"})
    async def submit_new(self: Any, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = dict(await request.form())
        try:
            values = await typed(work, resource, form)
            record_id = await create_record(work, resource, values)
        except DomainError as error:
            raise await refused(request, work, resource, error, form, None) from error
        base = base_path(request, resource)
        return Redirect(f"{base}/new" if form.get("again") else f"{base}/{record_id}", status_code=303)

    @get("/options", opt={"permission": f"{stem}.read"})
    async def options_page(self: Any, work: NamedDependency[Work], q: FromQuery[str] = "") -> list[dict[str, str]]:
        """Records for a picker."""
        return [{"id": str(record_id), "text": title} for record_id, title in await options(work, resource, q[:100])]

    @get(["/export.csv", "/export.xlsx"], opt={"permission": f"{stem}.export"})
    async def export(self: Any, request: AnyRequest, work: NamedDependency[Work]) -> Response[bytes]:
        kind = wizard.kind_of(request)
        rights = await work_rights(work, resource)
        query = limited(resource, await asked_of(work, resource, request.query_params), rights)
        content = await exporting.for_people(work, resource, query, kind, rights)
        return download(content, f"{resource.slug}-{work.today():%Y%m%d}.{kind}", wizard.TYPES[kind])

    return {"list_page": list_page, "new_page": new_page, "submit_new": submit_new, "options_page": options_page, "export": export}


async def typed(work: Work, resource: Resource, form: Mapping[str, Any]) -> dict[str, Any]:
    """What a form says, as far as its author may write, with the company's own fields."""
    values = writable_values(parse_form(resource, form), await work_rights(work, resource))
    own = await own_of(work, resource)
    return values | {"custom": parse_own(form, own)} if own else values


def record_handlers(resource: Resource) -> dict[str, Any]:
    """A record, its form and its end, by attribute name."""
    stem = resource.permission

    @get("/{record_id:uuid}", opt={"permission": f"{stem}.read"})
    async def detail_page(self: Any, request: AnyRequest, work: NamedDependency[Work], record_id: FromPath[UUID]) -> Template | Redirect:
        try:
            return page(DETAIL, **await detail_context(request, work, resource, record_id))
        except RecordNotFound:
            statement = survivor_statement(resource)
            now = await run(work, statement, [record_id]) if statement else ()
            if not now:
                raise
            return Redirect(f"{base_path(request, resource)}/{now[0]['id']}", status_code=302)

    @get("/{record_id:uuid}/edit", opt={"permission": f"{stem}.update"})
    async def edit_page(self: Any, request: AnyRequest, work: NamedDependency[Work], record_id: FromPath[UUID]) -> Template:
        record = await fetch(work, resource, record_id)
        await require_edit(work, resource, record_id)
        return page(FORM, **await form_context(request, work, resource, record, record))

    @post("/{record_id:uuid}/edit", opt={"permission": f"{stem}.update"})
    async def submit_edit(self: Any, request: AnyRequest, work: NamedDependency[Work], record_id: FromPath[UUID]) -> Redirect:
        record = await fetch(work, resource, record_id)
        form = dict(await request.form())
        version = int(form["version"]) if str(form.get("version", "")).isdecimal() else None
        try:
            changes = await typed(work, resource, form)
            await update_record(work, resource, record_id, changes, version=version)
        except DomainError as error:
            raise await refused(request, work, resource, error, form, record) from error
        try:
            await fetch(work, resource, record_id)
        except RecordNotFound:  # it was handed to somebody else
            return Redirect(base_path(request, resource), status_code=303)
        return Redirect(f"{base_path(request, resource)}/{record_id}", status_code=303)

    @post("/{record_id:uuid}/delete", opt={"permission": f"{stem}.delete"})
    async def delete(self: Any, request: AnyRequest, work: NamedDependency[Work], record_id: FromPath[UUID]) -> Redirect:
        try:
            async with work.session.begin_nested():
                await delete_record(work, resource, record_id)
        except DomainError as error:
            raise await not_done(request, work, resource, record_id, error) from error
        return Redirect(base_path(request, resource), status_code=303)

    return {"detail_page": detail_page, "edit_page": edit_page, "submit_edit": submit_edit, "delete": delete}


def view_handlers(resource: Resource) -> dict[str, Any]:
    """Saving and removing views of the list, by attribute name."""
    stem = resource.permission

    @post("/views", opt={"permission": f"{stem}.read"})
    async def add_view(self: Any, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        shared = form.get("company") == "1" and work.actor.may(f"{stem}.import")
        query = (await asked_of(work, resource, form)).whole()
        await save_view(work, stem, str(form.get("name", "")), query_string(resource, query), for_company=shared)
        return Redirect(address(base_path(request, resource), resource, query), status_code=303)

    @post("/views/{view_id:uuid}/delete", opt={"permission": f"{stem}.read"})
    async def drop_view(self: Any, request: AnyRequest, work: NamedDependency[Work], view_id: FromPath[UUID]) -> Redirect:
        await remove_view(work, stem, view_id, may_company=work.actor.may(f"{stem}.import"))
        return Redirect(base_path(request, resource), status_code=303)

    return {"add_view": add_view, "drop_view": drop_view}


def action_page(resource: Resource, action: Action) -> Any:
    """The button of an action: runs it and shows the record again."""

    async def act(self: Any, request: AnyRequest, work: NamedDependency[Work], record_id: FromPath[UUID]) -> Redirect:
        try:
            async with work.session.begin_nested():
                await run_action(work, resource, action, record_id)
        except DomainError as error:
            raise await not_done(request, work, resource, record_id, error) from error
        return Redirect(f"{base_path(request, resource)}/{record_id}", status_code=303)

    return post(f"/{{record_id:uuid}}/{action_path(action)}", opt={"permission": f"{resource.permission}.{action.name}"})(act)
