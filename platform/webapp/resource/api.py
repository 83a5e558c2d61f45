"""The REST API of a resource.  Subclass the controller it returns to replace a single handler."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter, SkipValidation

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import IdempotencyKey, once
from vertical import Action, Resource
from vertical.guarding import RecordNotFound, require_edit
from vertical.records import delete_record, new_record, scalar_default, update_record
from vertical.statements import run
from webapp.resource import exporting
from webapp.resource.answers import json_answer, page_answer, shown_rows
from webapp.resource.fields import fields_of
from webapp.resource.import_api import import_handlers
from webapp.resource.limits import check_named, limited, request_rights, within, work_rights
from webapp.resource.links import register
from webapp.resource.own import decoded, own_asked
from webapp.resource.query import (
    PAGE_ROWS,
    PAGE_ROWS_MAX,
    ListQuery,
    count_statement,
    list_statement,
    record_statement,
    sortable,
    survivor_statement,
)
from webapp.resource.reading import read_rows
from webapp.resource.schemas import Listing, create_schema, given, read_fields, read_schema, update_schema

AnyRequest = Request[Any, Any, Any]
Query = NamedDependency[SkipValidation[ListQuery]]


def api_controller(resource: Resource) -> type[Controller]:
    """List, read, create, update, delete, actions, import and export of ``resource``."""
    register(resource)
    read_type, create_type, update_type = read_schema(resource), create_schema(resource), update_schema(resource)
    names, name, stem = read_fields(resource), resource.schema_name, resource.permission

    class ResourceController(Controller):
        path = f"/{resource.slug}"
        tags = (resource.label,)
        dependencies = {"listing": Provide(list_query_provider(resource), sync_to_thread=False)}  # noqa: RUF012 - Litestar's own protocol

        @get("/", operation_id=f"list{name}", opt={"permission": f"{stem}.read"}, summary="List")
        async def list_records(self, request: AnyRequest, listing: Query, total: FromQuery[bool] = False) -> Response[Listing[read_type]]:  # type: ignore[valid-type]  # noqa: FBT002
            """A page of the list.  Follow ``next`` until it is null; ``total=true`` counts, up to 10,000.

            By the company's own fields: ``custom.level=A``, for texts what they contain, for numbers and days
            ``custom.size.from`` and ``custom.size.to``; ``own_sort=level`` sorts by one.

            ``visible_only`` says that there may be records which the caller's roles do not show.
            """
            rights, listing = await request_rights(request, resource), await own_asked(request, resource, listing)
            check_named(listing, rights, resource.sort)
            query = limited(resource, listing, rights)
            anew = bool(query.search)
            rows = await read_rows(request, *list_statement(resource, names, query), plan_anew=anew)
            counted = await read_rows(request, *count_statement(resource, query), plan_anew=anew) if total else ()
            return page_answer(names, rows, query.limit, counted, rights)

        @get("/{record_id:uuid}", operation_id=f"read{name}", opt={"permission": f"{stem}.read"}, summary="Read")
        async def read_record(self, request: AnyRequest, record_id: FromPath[UUID]) -> Response[read_type]:  # type: ignore[valid-type]
            """One record; by the id of a merged one, the record that it is now."""
            rights = await request_rights(request, resource)
            rows = await read_rows(request, *record_statement(resource, names, record_id, within(resource, rights)))
            if not rows and (statement := survivor_statement(resource)) and (now := await read_rows(request, statement, [record_id])):
                rows = await read_rows(request, *record_statement(resource, names, now[0]["id"], within(resource, rights)))
            if not rows:
                raise not_found()
            return json_answer(shown_rows(names, rows[:1], rights)[0])

        @post("/", operation_id=f"create{name}", opt={"permission": f"{stem}.create"}, summary="Create")
        async def create_record(
            self,
            request: AnyRequest,
            work: NamedDependency[Work],
            data: JSONBody[create_type],  # type: ignore[valid-type]
            idempotency_key: IdempotencyKey = None,
        ) -> Response[read_type]:  # type: ignore[valid-type]
            """Create a record; ``Location`` says where it is."""

            async def make() -> Response[Any]:
                rights, values = await work_rights(work, resource), given(data)
                rights.check_writes(name for name, value in values.items() if value is not None and value != scalar_default(resource, name))
                record = await new_record(work, resource, values, names)
                location = f"{request.url.path.rstrip('/')}/{record['id']}"
                return json_answer(shown_rows(names, [record], rights)[0], status=201, headers={"Location": location})

            return await once(request, work, idempotency_key, make)

        @patch("/{record_id:uuid}", operation_id=f"update{name}", opt={"permission": f"{stem}.update"}, summary="Update")
        async def update_record(
            self,
            work: NamedDependency[Work],
            record_id: FromPath[UUID],
            data: JSONBody[update_type],  # type: ignore[valid-type]
        ) -> Response[read_type]:  # type: ignore[valid-type]
            """Change the fields that are sent.  409 ``version_conflict`` when ``version`` is not the present one."""
            changes = given(data)
            version, rights = changes.pop("version", None), await work_rights(work, resource)
            await require_edit(work, resource, record_id)
            rights.check_writes(changes)
            await update_record(work, resource, record_id, changes, version=version)
            return json_answer(await answered(work, resource, record_id))

        @delete("/{record_id:uuid}", operation_id=f"delete{name}", opt={"permission": f"{stem}.delete"}, summary="Delete")
        async def delete_record(self, work: NamedDependency[Work], record_id: FromPath[UUID]) -> None:
            """Delete a record that nothing refers to."""
            await delete_record(work, resource, record_id)

        @get("/export.csv", operation_id=f"export{name}", opt={"permission": f"{stem}.export"}, summary="Export", media_type="text/csv")
        async def export_records(self, request: AnyRequest, work: NamedDependency[Work], listing: Query) -> Response[bytes]:
            """The list as CSV, with field names and raw values."""
            rights, listing = await work_rights(work, resource), await own_asked(request, resource, listing)
            check_named(listing, rights, resource.sort)
            content = await exporting.for_programs(work, resource, limited(resource, listing, rights), rights)
            return download(content, f"{resource.slug}.csv", exporting.CSV_TYPE)

    for name_of, handler in import_handlers(resource).items():
        setattr(ResourceController, name_of, handler)
    for action in resource.actions:
        setattr(ResourceController, f"act_{action.name}", action_handler(resource, action, read_type))
    ResourceController.__name__ = ResourceController.__qualname__ = f"{name}Controller"
    return ResourceController


def action_handler(resource: Resource, action: Action, read_type: Any) -> Any:
    """``POST /{id}/<action>``."""

    async def act(self: Any, work: NamedDependency[Work], record_id: FromPath[UUID]) -> Response[read_type]:
        await run_action(work, resource, action, record_id)
        return json_answer(await answered(work, resource, record_id))

    return post(
        f"/{{record_id:uuid}}/{action_path(action)}",
        operation_id=f"{action.name}{resource.schema_name}",
        summary=action.label,
        status_code=200,
        opt={"permission": f"{resource.permission}.{action.name}"},
    )(act)


def action_path(action: Action) -> str:
    return action.name.replace("_", "-")


async def run_action(work: Work, resource: Resource, action: Action, record_id: UUID) -> None:
    """Run ``action`` on a locked record."""
    await require_edit(work, resource, record_id)
    record = await work.session.get(resource.model, record_id, with_for_update=True)
    if record is None:
        raise not_found()
    await action.run(work, record)
    await work.session.flush()


async def fetch(work: Work, resource: Resource, record_id: UUID) -> dict[str, Any]:
    """Fields of one record by name.

    Raises:
        RecordNotFound: there is none in this tenant, or none that the actor may see.
    """
    reach = within(resource, await work_rights(work, resource))
    rows = await run(work, *record_statement(resource, read_fields(resource), record_id, reach))
    if not rows:
        raise not_found()
    return decoded(dict(rows[0]))


async def answered(work: Work, resource: Resource, record_id: UUID) -> dict[str, Any]:
    """A record that was just written, as its author may see it; nothing but its id once it is out of their reach."""
    try:
        return (await work_rights(work, resource)).shown(await fetch(work, resource, record_id))
    except RecordNotFound:
        return {"id": record_id}


def not_found() -> RecordNotFound:
    return RecordNotFound(_("This record does not exist, or was deleted."))


def list_query_provider(resource: Resource) -> Callable[..., ListQuery]:
    """A dependency that reads search, filters, order and page from the query string, each from an allow-list."""
    parameters: dict[str, tuple[Any, Any]] = {
        "sort": (Annotated[Literal[sortable(resource)], QueryParameter()], resource.sort),
        "descending": (Annotated[bool, QueryParameter()], False),
        "limit": (Annotated[int, QueryParameter()], PAGE_ROWS),
        "after": (Annotated[str | None, QueryParameter()], None),
    }
    if resource.search:
        parameters["search"] = (Annotated[str, QueryParameter()], "")
    for field in fields_of(resource, "filters"):
        kind = str if field.kind == "tags" else field.python
        parameters[f"filter_{field.name}"] = (Annotated[list[kind] | None, QueryParameter(name=field.name)], None)  # type: ignore[valid-type]

    def provide(**given_values: Any) -> ListQuery:
        limit = given_values["limit"]
        if not 1 <= limit <= PAGE_ROWS_MAX:
            raise Invalid(_("limit is between 1 and %(most)s.", most=PAGE_ROWS_MAX), field="limit")
        return ListQuery(
            search=given_values.get("search", ""),
            filters={name: values for name in resource.filters if (values := given_values[f"filter_{name}"])},
            sort=given_values["sort"],
            descending=given_values["descending"],
            limit=limit,
            after=given_values["after"],
        )

    return with_parameters(provide, parameters, ListQuery)


def with_parameters(function: Callable[..., Any], parameters: Mapping[str, tuple[Any, Any]], answer: Any) -> Callable[..., Any]:
    """``function`` with a signature that Litestar can read: names to annotation and default."""
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
            for name, (annotation, default) in parameters.items()
        ],
        return_annotation=answer,
    )
    function.__annotations__ = {name: annotation for name, (annotation, _default) in parameters.items()} | {"return": answer}
    return function


def download(content: bytes, file_name: str, media_type: str) -> Response[bytes]:
    """A file the browser saves and never draws."""
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)
