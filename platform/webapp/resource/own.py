"""Fields of a company's own on the pages and in the files of a resource, as fields like any other."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from litestar import Request
from sqlalchemy import Boolean, Column, Date, Numeric, String

from kernel.errors import FieldError, Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import CustomField, CustomKind, own_fields, own_filters
from vertical import Resource
from webapp.resource.fields import Field
from webapp.resource.query import ListQuery
from webapp.resource.reading import read_rows

PREFIX = "custom."
SECTION = N_("Custom fields")


def takes_own(resource: Resource) -> bool:
    """Whether a company may add fields to the resource."""
    return hasattr(resource.model, "tailor")


async def own_of(work: Work, resource: Resource) -> list[Field]:
    """The company's own fields of ``resource``."""
    return [field_of(f) for f in await own_fields(work, resource.permission)] if takes_own(resource) else []


def field_of(own: CustomField) -> Field:
    """A field that reads, shows and offers what the definition says."""
    info: dict[str, Any] = {"label": own.label, "section": SECTION, "shown_if": own.shown_if, "own_kind": own.kind}
    kind: Any = String(500)
    if own.kind == CustomKind.NUMBER:
        kind = Numeric(20, 6)
    elif own.kind == CustomKind.MONEY:
        kind, info["kind"] = Numeric(16, 2), "money"
    elif own.kind == CustomKind.DATE:
        kind = Date()
    elif own.kind == CustomKind.CHECK:
        kind = Boolean()
    elif own.kind == CustomKind.CHOICE:
        info["options"] = partial(_options, tuple(own.options))
    return Field(f"{PREFIX}{own.code}", Column(own.code, kind, nullable=not own.required or own.shown_if is not None, info=info))


async def own_asked(request: Request[Any, Any, Any], resource: Resource, query: ListQuery) -> ListQuery:
    """``query`` with what a program asks of the company's own fields; they are looked up only where it does.

    Raises:
        Invalid: there is no such field, or a value cannot be read.
    """
    parameters = request.query_params
    sort = str(parameters.get("own_sort", ""))
    if not sort and not any(str(name).startswith(PREFIX) for name in parameters):
        return query
    columns = ", ".join(("id", "stem", "code", "label", "kind", "options"))
    rows = await read_rows(request, f"SELECT {columns} FROM master_custom_field WHERE stem = $1 AND active", [resource.permission])  # noqa: S608
    fields = [_definition(row) for row in rows] if takes_own(resource) else []
    query = dataclasses.replace(query, own=own_filters(fields, parameters, strict=True))
    if not sort:
        return query
    chosen = next((field for field in fields if field.code == sort), None)
    if chosen is None:
        raise Invalid(_("There is no field %(field)s to sort by.", field=sort), field="own_sort")
    return dataclasses.replace(query, sort=f"{PREFIX}{chosen.code}", own_sort=chosen.kind)


def _definition(row: Mapping[str, Any]) -> CustomField:
    options = row["options"]
    given = msgspec.json.decode(options) if isinstance(options, str) else options
    return CustomField(stem=row["stem"], code=row["code"], label=row["label"], kind=CustomKind(row["kind"]), options=given)


def decoded(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its own values as they are; the driver gives them as text."""
    if isinstance(row.get("custom"), str):
        row["custom"] = msgspec.json.decode(row["custom"])
    return row


def spread(row: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    """The row with each of its own values under the field's name."""
    custom = decoded({"custom": row.get("custom")})["custom"] or {}
    return {**row, **{field.name: _typed(field, custom.get(field.name.removeprefix(PREFIX))) for field in fields}}


def parse_own(form: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    """The own values that a form says, by code.

    Raises:
        Invalid: one or more cannot be read; ``errors`` names the fields.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for field in fields:
        try:
            values[field.name.removeprefix(PREFIX)] = field.parse(str(form.get(field.name, "")))
        except Invalid as error:
            errors += error.errors
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return values


def gathered(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values of a file's row without the own ones, and these by code."""
    own = {name.removeprefix(PREFIX): value for name, value in values.items() if name.startswith(PREFIX)}
    return {name: value for name, value in values.items() if not name.startswith(PREFIX)}, own


def _typed(field: Field, value: Any) -> Any:
    if value is None or value == "":
        return None
    return Decimal(value) if field.kind in ("decimal", "money") else value


def _options(options: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(option, option) for option in options]
