"""What the pages of a resource show, gathered for their templates."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from litestar import Request

from kernel.errors import DomainError, FieldError
from kernel.i18n import gettext as _
from kernel.web import FormRefused, by_field
from kernel.work import Work
from master_data.api import own_fields
from master_data.api import own_filter_controls as filter_controls_of_own
from vertical import Resource
from vertical.guarding import RecordReadOnly, require_edit
from vertical.slots import slot
from webapp.resource.answers import next_cursor
from webapp.resource.api import action_path, fetch
from webapp.resource.fields import fields_of
from webapp.resource.limits import limited, shown_fields, work_rights, writable_fields
from webapp.resource.links import base_path, title_of
from webapp.resource.own import own_of, spread
from webapp.resource.query import count, neighbours, read_list
from webapp.resource.schemas import versioned
from webapp.resource.view import (
    address,
    asked_of,
    cells,
    columns_of,
    controls,
    filter_controls,
    headings,
    main_of,
    offered_columns,
    one,
    query_string,
    view_tabs,
)

AnyRequest = Request[Any, Any, Any]

LIST, DETAIL, FORM = "resource/list.html", "resource/detail.html", "resource/form.html"


async def list_context(request: AnyRequest, work: Work, resource: Resource) -> dict[str, Any]:
    """What the list shows."""
    rights = await work_rights(work, resource)
    base, query = base_path(request, resource), limited(resource, await asked_of(work, resource, request.query_params), rights)
    own_ = await own_of(work, resource) if rights.readable("custom") else []
    fields = shown_fields(columns_of(resource, own_, query), rights) or shown_fields(fields_of(resource, "columns"), rights)
    plain = [field.name for field in fields if "own_kind" not in field.column.info]
    names = list(dict.fromkeys(["id", *plain, *(["custom"] if len(plain) < len(fields) else [])]))
    found = await read_list(work, resource, names, query)
    rows = [spread(row, own_) for row in found[: query.limit]] if "custom" in names else found[: query.limit]
    cursor = next_cursor(found, query.limit)
    total, capped = await count(work, resource, query)
    tabs, view = await view_tabs(work, base, resource, query)
    return {
        **common(request, work, resource),
        "query": query,
        "query_string": query_string(resource, query.whole()),
        "pairs": parse_qsl(query_string(resource, query.whole())),
        "headings": await headings(base, resource, fields, query, rights),
        "offered": [(f.name, f.label, f in fields) for f in shown_fields(offered_columns(resource, own_), rights)],
        "main": main_of(fields),
        "own_filters": filter_controls_of_own(await own_fields(work, resource.permission), query.own) if own_ else [],
        "rows": [(row["id"], line) for row, line in zip(rows, await cells(request, work, fields, rows, rights, base=base), strict=True)],
        "filters": await filter_controls(work, resource, query, rights),
        "views": tabs,
        "view": view,
        "may_remove_view": view is not None and (view.person_id is not None or work.actor.may(f"{resource.permission}.import")),
        "next": address(base, resource, replace(query, after=cursor)) if cursor else "",
        "total": total,
        "capped": capped,
        "visible_only": query.within is not None and not rights.whole,
        "filtered": bool(query.search or query.filters or query.own or query.imported),
        "all_imports": address(base, resource, replace(query.whole(), imported=None)) if query.imported else "",
        "actions": [a for a in resource.actions if work.actor.may(f"{resource.permission}.{a.name}")],
    }


async def detail_context(request: AnyRequest, work: Work, resource: Resource, record_id: UUID) -> dict[str, Any]:
    """What a record's page shows: its fields by section, its neighbours, and what others add in the slots of its name."""
    record, rights = await fetch(work, resource, record_id), await work_rights(work, resource)
    base, query = base_path(request, resource), limited(resource, await asked_of(work, resource, request.query_params), rights)
    fields = [f for f in shown_fields(fields_of(resource, "read"), rights) if not f.column.info.get("form_only")]
    own_, mine = await own_of(work, resource), await own(work, resource, record_id)
    [line] = await cells(request, work, [*fields, *own_], [spread(record, own_)], rights)
    sections: dict[str, list[Any]] = {}
    for cell in line:
        sections.setdefault(cell.field.section, []).append(cell)
    before, after = await neighbours(work, resource, record_id, query)
    suffix = f"?{text}" if (text := query_string(resource, query.whole())) else ""
    return {
        **common(request, work, resource),
        "can": mine["can"],
        "actions": [(action, path) for action, path in mine["actions"] if action.offered is None or action.offered(record)],
        "record": record,
        "title": title_of(resource, record),
        "sections": list(sections.items()),
        "badges": [cell for cell in line if cell.badge and cell.field.name in resource.columns],
        "prev": f"{base}/{before}{suffix}" if before else "",
        "next": f"{base}/{after}{suffix}" if after else "",
        "back": f"{base}{suffix}",
        "top": await slot(work, f"{resource.permission}.top", record=record),
        "main": await slot(work, f"{resource.permission}.main", record=record),
        "side": await slot(work, f"{resource.permission}.side", record=record),
    }


async def form_context(
    request: AnyRequest, work: Work, resource: Resource, values: dict[str, Any], record: dict[str, Any] | None
) -> dict[str, Any]:
    """What the form shows; ``record`` is None for a new one."""
    rights, own_ = await work_rights(work, resource), await own_of(work, resource)
    kept = record is not None and values is record
    return {
        **common(request, work, resource),
        "record": record,
        "title": title_of(resource, record) if record else "",
        "sections": await controls(request, work, [*writable_fields(resource, rights), *own_], spread(values, own_) if kept else values),
        "extra": await slot(work, f"{resource.permission}.form", record=record),
        "version": values.get("version", record["version"] if record and versioned(resource) else ""),
    }


async def refused(
    request: AnyRequest, work: Work, resource: Resource, error: DomainError, form: dict[str, Any], record: dict[str, Any] | None
) -> Exception:
    """The form again, with what was typed and the reasons; a record that is gone stays a 404."""
    if error.status_code == 404:
        return error
    errors = by_field(error.errors or [FieldError("", error.message)])
    return FormRefused(FORM, errors=errors, values=form, **await form_context(request, work, resource, form, record))


async def not_done(request: AnyRequest, work: Work, resource: Resource, record_id: UUID, error: DomainError) -> Exception:
    """The record's page with the reason why nothing was done; a record that is not there stays a 404."""
    if error.status_code == 404:
        return error
    context = await detail_context(request, work, resource, record_id)
    return FormRefused(DETAIL, errors={"": error.message}, values={}, refusal=error.message, **context)


async def own(work: Work, resource: Resource, record_id: UUID) -> dict[str, Any]:
    """Commands on a record, where the actor may do more than see it."""
    try:
        await require_edit(work, resource, record_id)
        editable = True
    except RecordReadOnly:
        editable = False
    may = {verb: editable and work.actor.may(f"{resource.permission}.{verb}") for verb in ("update", "delete")}
    actions = [(a, action_path(a)) for a in resource.actions if editable and work.actor.may(f"{resource.permission}.{a.name}")]
    return {"can": may, "actions": actions}


def common(request: AnyRequest, work: Work, resource: Resource) -> dict[str, Any]:
    """What all pages of the resource know."""
    verbs = ("create", "update", "delete", "import", "export")
    return {
        "resource": resource,
        "label": _(resource.label),
        "one": one(resource),
        "base": base_path(request, resource),
        "can": {verb: work.actor.may(f"{resource.permission}.{verb}") for verb in verbs},
    }
