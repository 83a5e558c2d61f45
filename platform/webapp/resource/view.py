"""What the pages of a resource show: cells, form controls, filters, addresses."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request
from litestar.datastructures import MultiDict

from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import STARS, Rights, SavedView, masked_value, own_fields, own_filters, saved_views, tag_names
from vertical import Resource
from vertical.records import defaults
from webapp import fmt
from webapp.resource.fields import Field, fields_of
from webapp.resource.links import base_path, behind, options, titles
from webapp.resource.own import own_of
from webapp.resource.query import PAGE_ROWS, ListQuery, sortable

AnyRequest = Request[Any, Any, Any]

SELECT_OPTIONS_MAX = 100
"""More records than this are looked up by typing rather than chosen from a list."""

_CONTROLS = {
    "textarea": "area",
    "bool": "check",
    "choice": "select",
    "options": "select",
    "decimal": "number",
    "integer": "number",
    "tags": "text",
}
_TYPED = ("text", "area", "email", "tel")


@dataclass(frozen=True)
class Cell:
    """One value of a list or of a record's page."""

    field: Field
    text: str
    href: str = ""

    @property
    def tone(self) -> str:
        return self.field.tone(self.raw)

    raw: Any = None

    @property
    def badge(self) -> bool:
        return self.field.kind == "choice" and bool(self.field.column.info.get("tones"))

    @property
    def css(self) -> str:
        return "num" if self.field.numeric else "date" if self.field.kind in ("date", "moment") else ""


@dataclass(frozen=True)
class Control:
    """One control of a form."""

    field: Field
    kind: str
    value: Any
    text: str
    options: Sequence[tuple[str, str]]
    lookup: str

    @property
    def blank(self) -> str | None:
        """The option for nothing; None where something must be chosen."""
        return None if self.field.column.default is not None and not self.field.column.nullable else "—"

    @property
    def shown_if(self) -> tuple[str, str] | None:
        """The control and the value of it for which this one is asked for."""
        condition = self.field.column.info.get("shown_if")
        return (f"custom.{condition['field']}", str(condition["value"])) if condition else None

    @property
    def attributes(self) -> dict[str, Any]:
        if self.kind not in _TYPED:
            return {}
        return {"autocomplete": "off"} | ({"maxlength": self.field.length} if self.field.length else {})


async def asked_of(work: Work, resource: Resource, parameters: MultiDict[Any] | Mapping[str, Any]) -> ListQuery:
    """As ``query_of``, with what the address says of the company's own fields."""
    own = await own_of(work, resource)
    filters = own_filters(await own_fields(work, resource.permission), parameters) if own else []
    return dataclasses.replace(query_of(resource, parameters, own), own=filters)


def query_of(resource: Resource, parameters: MultiDict[Any] | Mapping[str, Any], own: Sequence[Field] = ()) -> ListQuery:
    """The list that an address asks for.  What cannot be read is left out: an old bookmark still opens the list."""
    filters: dict[str, list[Any]] = {}
    for field in fields_of(resource, "filters"):
        text = str(parameters.get(field.name, "")).strip()
        if not text:
            continue
        try:
            filters[field.name] = [field.parse(text)]
        except Invalid:
            continue
    sort = str(parameters.get("sort", ""))
    by_own = next((field for field in own if field.name == sort), None)
    return ListQuery(
        search=str(parameters.get("q", ""))[:200] if resource.search else "",
        filters=filters,
        sort=sort if by_own or sort in sortable(resource) else resource.sort,
        own_sort=by_own.column.info["own_kind"] if by_own else None,
        columns=_chosen(resource, parameters, own),
        descending=parameters.get("desc") == "1",
        limit=PAGE_ROWS,
        after=parameters.get("after") or None,
        imported=_import(str(parameters.get("import", ""))),
    )


def query_string(resource: Resource, query: ListQuery) -> str:
    """The address part that asks for ``query`` again, always in the same order."""
    given: dict[str, str] = {"q": query.search}
    for field in fields_of(resource, "filters"):
        if field.name in query.filters:
            given[field.name] = field.raw(query.filters[field.name][0])
    given |= dict(pair for each in query.own for pair in each.pairs())
    if query.sort != resource.sort or query.descending:
        given |= {"sort": query.sort, "desc": "1" if query.descending else ""}
    given["import"] = str(query.imported or "")
    given["cols"] = ",".join(query.columns)
    given["after"] = query.after or ""
    return urlencode({name: value for name, value in given.items() if value})


def _import(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def columns_of(resource: Resource, own: Sequence[Field], query: ListQuery) -> list[Field]:
    """The columns of the list as they were chosen, or the usual ones."""
    if not query.columns:
        return list(fields_of(resource, "columns"))
    return [field for field in offered_columns(resource, own) if field.name in query.columns]


def offered_columns(resource: Resource, own: Sequence[Field]) -> list[Field]:
    """What may be a column, the usual ones first."""
    return [field for field in fields_of(resource, "read") if field.kind != "textarea"] + list(own)


def _chosen(resource: Resource, parameters: MultiDict[Any] | Mapping[str, Any], own: Sequence[Field]) -> tuple[str, ...]:
    """Columns that the address names, in the order in which they are offered; nothing where they are the usual ones."""
    ticked = parameters.getall("col", []) if isinstance(parameters, MultiDict) else []
    wanted = {str(name) for name in ticked} or set(str(parameters.get("cols", "")).split(","))
    found = tuple(field.name for field in offered_columns(resource, own) if field.name in wanted)
    return () if found == tuple(resource.columns) else found


def address(base: str, resource: Resource, query: ListQuery) -> str:
    text = query_string(resource, query)
    return f"{base}?{text}" if text else base


async def cells(
    request: AnyRequest, work: Work, fields: Sequence[Field], rows: Sequence[Mapping[str, Any]], rights: Rights, *, base: str = ""
) -> list[list[Cell]]:
    """The rows as cells; with ``base`` the first cell leads to the record, and so does its name."""
    names = {f.name: await titles(work, f, [row[f.name] for row in rows]) for f in fields if f.kind == "reference"}
    paths = {f.name: base_path(request, target) for f in fields if f.kind == "reference" and (target := behind(f)) is not None}
    to_record = {fields[0].name, main_of(fields)} if base and fields else set()
    drawn = []
    for row in rows:
        line = []
        for field in fields:
            own = f"{base}/{row['id']}" if field.name in to_record else ""
            value = row[field.name]
            text = names[field.name].get(value, "") if field.name in names else _shown(field, value)
            if rights.masked(field.name) and value is not None:
                line.append(Cell(field, masked_value(value) or STARS, own))
                continue
            href = f"{paths[field.name]}/{value}" if field.name in paths and value is not None else ""
            line.append(Cell(field, text, own or href, value))
        drawn.append(line)
    return drawn


def main_of(fields: Sequence[Field]) -> str:
    """The field by which people know a record of a list: its name, else the first column."""
    return "name" if any(field.name == "name" for field in fields) else fields[0].name


def _shown(field: Field, value: Any) -> str:
    """As ``Field.show``, but with the thousands apart: a file takes plain digits, a page is read."""
    if not isinstance(value, Decimal):
        return field.show(value)
    return fmt.number(value) if field.kind == "decimal" else fmt.money(value, None, max(2, -int(value.normalize().as_tuple().exponent)))


async def headings(base: str, resource: Resource, fields: Sequence[Field], query: ListQuery, rights: Rights) -> list[dict[str, Any]]:
    """Column heads; those that the list may be sorted by are links."""
    allowed = sortable(resource)
    found = []
    for field in fields:
        here, kind = field.name == query.sort, field.column.info.get("own_kind")
        turned = dataclasses.replace(query.whole(), sort=field.name, own_sort=kind, descending=here and not query.descending)
        direction = ("descending" if query.descending else "ascending") if here else ""
        may = rights.readable("custom") if kind else field.name in allowed and rights.readable(field.name)
        href = address(base, resource, turned) if may else ""
        found.append({"label": field.label, "css": "num" if field.numeric else "", "href": href, "sorted": direction})
    return found


async def filter_controls(work: Work, resource: Resource, query: ListQuery, rights: Rights) -> list[dict[str, Any]]:
    """Filters with what they offer; a filter on free text offers what the search box already does, so it has none."""
    found = []
    for field in fields_of(resource, "filters"):
        if not rights.readable(field.name):
            continue
        offered: Sequence[tuple[Any, str]] = field.options()
        if field.kind == "reference" and (target := behind(field)) is not None:
            offered = await options(work, target, "", SELECT_OPTIONS_MAX)
        if field.kind == "tags":
            offered = [(name, name) for name in await tag_names(work)]
        if offered:
            chosen = field.raw(query.filters[field.name][0]) if field.name in query.filters else ""
            found.append({"name": field.name, "label": field.label, "options": offered, "value": chosen})
    return found


async def view_tabs(
    work: Work, base: str, resource: Resource, query: ListQuery
) -> tuple[list[tuple[str, str, bool, int | None]], SavedView | None]:
    """The whole list and the saved views as tabs, and the view that is shown."""
    here = query_string(resource, query.whole())
    views = await saved_views(work, resource.permission)
    if not views:
        return [], None
    shown = next((view for view in views if view.query == here), None)
    tabs: list[tuple[str, str, bool, int | None]] = [(_("All"), base, not here and shown is None, None)]
    tabs += [(view.name, f"{base}?{view.query}" if view.query else base, view is shown, None) for view in views]
    return tabs, shown


async def controls(
    request: AnyRequest, work: Work, fields: Sequence[Field], values: Mapping[str, Any]
) -> list[tuple[str, list[list[Control]]]]:
    """The controls of ``fields`` by section, in their order; ``values`` are texts, or values of the record.

    A cell of the form holds one control, or boxes that follow each other.
    """
    sections: dict[str, list[list[Control]]] = {}
    for field in fields:
        control = await _control(request, work, field, values.get(field.name))
        held = sections.setdefault(field.section, [])
        if control.kind == "check" and held and held[-1][0].kind == "check" and control.shown_if is None is held[-1][0].shown_if:
            held[-1].append(control)
        else:
            held.append([control])
    return list(sections.items())


async def _control(request: AnyRequest, work: Work, field: Field, value: Any) -> Control:
    text = value if isinstance(value, str) and field.kind != "choice" else field.raw(value)
    if field.kind == "bool":
        return Control(field, "check", value in (True, "true", "1"), text, (), "")
    target = behind(field) if field.kind == "reference" else None
    if target is None:
        return Control(field, _CONTROLS.get(field.kind, field.kind), text, text, field.options(), "")
    offered = [(str(record_id), title) for record_id, title in await options(work, target, "", SELECT_OPTIONS_MAX + 1)]
    if len(offered) <= SELECT_OPTIONS_MAX:
        return Control(field, "select", text, text, offered, "")
    try:
        wanted = field.parse(text)
    except Invalid:
        wanted = None
    names = await titles(work, field, [wanted])
    return Control(field, "lookup", text, names.get(wanted, ""), (), f"{base_path(request, target)}/options")


def start_values(resource: Resource, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Values of an empty form: defaults, and what the address gives for fields of the form."""
    start = defaults(resource)
    return start | {name: str(parameters[name]) for name in start if name in parameters}


def parse_form(resource: Resource, form: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a form says; a box that is not ticked is no.

    Raises:
        Invalid: one or more cannot be read; ``errors`` names the fields.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for field in fields_of(resource, "form"):
        try:
            values[field.name] = field.parse(str(form.get(field.name, "")))
        except Invalid as error:
            errors += error.errors
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    # A choice left open takes its default, as does a number.
    start = defaults(resource)
    return {name: start[name] if value is None else value for name, value in values.items()}


def one(resource: Resource) -> str:
    """What one record is called."""
    return _(resource.singular or resource.label)
