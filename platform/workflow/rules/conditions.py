"""Conditions as SQL: the same one checks a record, counts those that fit, and finds those whose day has come."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, false, func, not_, or_, true

from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from workflow.conditions import VALUELESS, Condition, parts
from workflow.records import Kind
from workflow.rules.fields import Field, day_column, fields_of, unknown, value_of
from workflow.rules.model import Match

_ORDERED = {"gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__"}
_FITTING = {
    "text": {"eq", "ne", "contains", "in"},
    "words": {"eq", "ne", "contains", "in"},
    "number": {"eq", "ne", "gt", "gte", "lt", "lte", "in"},
    "date": {"eq", "ne", "gt", "gte", "lt", "lte"},
    "moment": {"eq", "ne", "gt", "gte", "lt", "lte"},
    "check": {"eq", "ne"},
    "choice": {"eq", "ne", "in"},
    "reference": {"eq", "ne", "in"},
}


async def condition_of(
    work: Work, kind: Kind, match: Match, conditions: Sequence[Condition], known: Mapping[str, Field] | None = None
) -> ColumnElement[bool]:
    """The condition for records that fit; ``known`` are the fields that may be asked about, all where it is left out.

    Raises:
        Invalid: names each condition that cannot be read, as ``conditions.<n>.<part>``.
    """
    known, errors, found = known or await fields_of(work, kind), [], []
    for number, condition in enumerate(conditions):
        field = known.get(condition.field)
        if field is None:
            errors.append(FieldError(f"conditions.{number}.field", unknown(condition.field)))
            continue
        try:
            found.append(await one(work, kind, field, condition))
        except Invalid as error:
            errors.append(FieldError(f"conditions.{number}.value", error.message))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    if not found:
        return true()
    return and_(*found) if match is Match.ALL else or_(*found)


async def one(work: Work, kind: Kind, field: Field, condition: Condition) -> ColumnElement[bool]:
    """One comparison.

    Raises:
        Invalid: the value cannot be read, or the comparison does not go with the field.
    """
    column = field.of(kind.model)
    if condition.operator in VALUELESS:
        empty = _empty(field, column)
        return empty if condition.operator == "empty" else not_(empty)
    if condition.operator not in _FITTING[field.type]:
        raise Invalid(_("%(label)s cannot be compared like this.", label=field.label))
    values = [await value_of(work, field, part) for part in parts(condition)]
    if not values or any(value is None for value in values):
        raise Invalid(_("Say with what it is compared."))
    if field.type in ("date", "moment"):
        column = day_column(column, work.tenant.zone)
    if condition.operator in _ORDERED:
        compared: ColumnElement[bool] = getattr(column, _ORDERED[condition.operator])(values[0])
        return compared
    same = _same(field, column, values, contains=condition.operator == "contains")
    return or_(not_(same), _empty(field, column)) if condition.operator == "ne" else same


def _same(field: Field, column: Any, values: Sequence[Any], *, contains: bool) -> ColumnElement[bool]:
    if field.type == "words":
        return or_(*(any_(column) == value for value in values))
    if contains:
        found: ColumnElement[bool] = column.icontains(values[0], autoescape=True)
        return found
    if field.type == "text":
        return or_(*(func.lower(column) == str(value).lower() for value in values)) if values else false()
    chosen: ColumnElement[bool] = column.in_(values)
    return chosen


def _empty(field: Field, column: Any) -> ColumnElement[bool]:
    if field.type == "text":
        return or_(column.is_(None), column == "")
    if field.type == "words":
        return or_(column.is_(None), func.cardinality(column) == 0)
    nothing: ColumnElement[bool] = not_(column) if field.own and field.type == "check" else column.is_(None)
    return nothing
