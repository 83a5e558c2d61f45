"""Fields of records as rules see them: what they are called, what they hold, and how a text becomes such a value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, Column, Date, DateTime, Integer, Numeric, Table, Uuid, cast, func, inspect, select

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.orm import Choice, Moment
from kernel.work import Work
from vertical.columns import label_of
from vertical.references import foreign_key
from workflow.records import Kind

FieldType = Literal["text", "number", "date", "moment", "check", "choice", "reference", "words"]

_DAYS = re.compile(r"(?:today|今天)?\s*([+-]\s*\d{1,4})?")
_HIDDEN = frozenset({"id", "version", "created_at", "search_text", "custom", "score_reasons", "consent"})


@dataclass(frozen=True)
class Field:
    """One field of a kind of record.  ``writable``: a rule may set it."""

    name: str
    label: str
    type: FieldType
    column: Column[Any]
    writable: bool = False

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What a choice offers, with words."""
        if not isinstance(self.column.type, Choice):
            return []
        words: Mapping[str, str] = self.column.info.get("choices", {})
        return [(member.value, _(words.get(member.value, member.value))) for member in self.column.type.kind]


def fields_of(kind: Kind) -> dict[str, Field]:
    """The fields of a kind that rules may look at, by name."""
    known = {attribute.key: attribute.columns[0] for attribute in inspect(kind.model).column_attrs}
    if kind.resource is not None:
        named = dict.fromkeys([*kind.resource.form, *kind.resource.columns, *kind.resource.filters])
        names: Mapping[str, str] = {name: label_of(name, known[name]) for name in named if name in known}
    else:
        names = {name: _(label) for name, label in kind.fields.items()}
    form = set(kind.resource.form) if kind.resource is not None else set()
    found = {}
    for name, label in names.items():
        if name in _HIDDEN:
            continue
        column = known[name]
        sort = _type_of(column)
        found[name] = Field(name, label, sort, column, writable=name in form and sort != "words")
    return found


async def value_of(work: Work, field: Field, text: str) -> Any:
    """The value that a text means for a field: ``today+3`` for a date, a name or code for a reference.

    Raises:
        Invalid: it means none.
    """
    text = text.strip()
    if not text:
        return None
    match field.type:
        case "number":
            return _number(field, text)
        case "date" | "moment":
            return day_of(text, work.today(), field.label)
        case "check":
            return _check(field, text)
        case "choice":
            return _choice(field, text)
        case "reference":
            return await _reference(work, field, text)
        case _:
            return text


def day_of(text: str, today: date, label: str = "") -> date:
    """``2026-12-01``, or a day counted from today: ``today``, ``+7``, ``today-30``.

    Raises:
        Invalid
    """
    found = _DAYS.fullmatch(text.strip())
    if found and text.strip():
        return today + timedelta(days=int((found[1] or "0").replace(" ", "")))
    try:
        return date.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise Invalid(_("%(label)s: enter a date such as 2026-11-23, or today+7.", label=label)) from None


def day_column(column: Any, zone: str) -> Any:
    """The calendar day of a date or, on the clocks of ``zone``, of a moment."""
    if isinstance(column.type, Date):
        return column
    return cast(func.timezone(zone, column), Date)


def shown(field: Field, value: Any) -> str:
    """A value as text for letters and logs."""
    if value is None:
        return ""
    if field.type == "choice":
        return dict(field.choices).get(getattr(value, "value", value), str(value))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "、".join(value) if isinstance(value, list) else str(value)


def _type_of(column: Column[Any]) -> FieldType:
    kind = column.type
    if foreign_key(column) is not None or isinstance(kind, Uuid):
        return "reference"
    if isinstance(kind, Choice):
        return "choice"
    if isinstance(kind, ARRAY):
        return "words"
    if isinstance(kind, Moment | DateTime):
        return "moment"
    if isinstance(kind, Date):
        return "date"
    if isinstance(kind, Numeric | Integer):
        return "number"
    return "check" if kind.python_type is bool else "text"


def _number(field: Field, text: str) -> int | Decimal:
    try:
        number = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        raise Invalid(_("%(label)s must be a number.", label=field.label)) from None
    if not number.is_finite():
        raise Invalid(_("%(label)s must be a number.", label=field.label))
    return int(number) if isinstance(field.column.type, Integer) and number == number.to_integral_value() else number


def _check(field: Field, text: str) -> bool:
    word = text.casefold()
    if word in ("yes", "true", "1", "是", "有"):
        return True
    if word in ("no", "false", "0", "否", "无"):
        return False
    raise Invalid(_("%(label)s is yes or no.", label=field.label))


def _choice(field: Field, text: str) -> Any:
    for value, words in field.choices:
        if text.casefold() in (value.casefold(), words.casefold()):
            return field.column.type.python_type(value)
    offered = "、".join(words for _value, words in field.choices)
    raise Invalid(_("%(label)s is one of: %(words)s.", label=field.label, words=offered))


async def _reference(work: Work, field: Field, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        pass
    key = foreign_key(field.column)
    table: Table | None = key.column.table if key is not None else None
    names: Sequence[Any] = [table.c[name] for name in ("name", "code", "sku") if name in table.c] if table is not None else []
    for column in names:
        found: UUID | None = await work.session.scalar(select(table.c.id).where(column == text).limit(1))  # type: ignore[union-attr]
        if found is not None:
            return found
    raise Invalid(_("%(label)s: nothing is called %(text)s.", label=field.label, text=text))
