"""Fields of records as rules see them, the company's own too: what they hold, and how a text becomes such a value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    Numeric,
    String,
    Table,
    TypeDecorator,
    Uuid,
    case,
    cast,
    false,
    func,
    inspect,
    select,
    true,
    type_coerce,
)

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.orm import Choice, Moment
from kernel.work import Work
from master_data.api import CustomField, Customised, CustomKind, own_fields, own_value, rights_of
from vertical.columns import label_of
from vertical.references import foreign_key
from workflow.records import Kind

FieldType = Literal["text", "number", "date", "moment", "check", "choice", "reference", "words"]

OWN = "custom."
"""Before the code of a field of the company's own: ``custom.level``."""

_DAYS = re.compile(r"(?:today|今天)?\s*([+-]\s*\d{1,4})?")
_HIDDEN = frozenset({"id", "version", "created_at", "search_text", "custom", "score_reasons", "consent"})
_ISO_DAY = r"^\d{4}-\d{2}-\d{2}$"
_OWN_TYPES: Mapping[CustomKind, FieldType] = {
    CustomKind.TEXT: "text", CustomKind.NUMBER: "number", CustomKind.MONEY: "number", CustomKind.DATE: "date",
    CustomKind.CHOICE: "choice", CustomKind.CHECK: "check",
}  # fmt: skip


class IsoDay(TypeDecorator[date]):
    """A day that is kept as text, 2026-11-30, and so comes in the order of the calendar."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Any) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Any) -> date | None:
        return None if value is None else date.fromisoformat(value)


_OWN_COLUMNS: Mapping[FieldType, Any] = {"number": Numeric(20, 6), "date": IsoDay(), "check": Boolean()}


@dataclass(frozen=True)
class Field:
    """One field of a kind of record.  ``writable``: a rule may set it.  ``offers`` are the options of a choice of the company's own."""

    name: str
    label: str
    type: FieldType
    column: Column[Any]
    writable: bool = False
    offers: Sequence[str] = ()

    @property
    def own(self) -> bool:
        """Whether the company added it."""
        return self.name.startswith(OWN)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What a choice offers, with words."""
        if self.own:
            return [(option, option) for option in self.offers]
        if not isinstance(self.column.type, Choice):
            return []
        words: Mapping[str, str] = self.column.info.get("choices", {})
        return [(member.value, _(words.get(member.value, member.value))) for member in self.column.type.kind]

    def of(self, model: Any) -> Any:
        """The value in a statement; nothing where an earlier field of the code kept something of another kind."""
        if not self.own:
            return getattr(model, self.name)
        text = model.custom[self.column.name].astext
        if self.type == "check":
            return case((text == "true", true()), else_=false())
        if self.type == "date":
            return type_coerce(case((text.regexp_match(_ISO_DAY), text), else_=None), IsoDay())
        return own_value(model, self.column.name, CustomKind.NUMBER if self.type == "number" else CustomKind.TEXT)

    def read(self, row: Any) -> Any:
        """The value of a record."""
        return self.kept(row.custom) if self.own else getattr(row, self.name)

    def kept(self, custom: Mapping[str, Any] | None) -> Any:
        """The value of a field of the company's own among those of a record."""
        value = (custom or {}).get(self.column.name)
        if self.type == "check":
            return value is True
        try:
            if value is not None and self.type == "number":
                return Decimal(str(value))
            return date.fromisoformat(str(value)) if value is not None and self.type == "date" else value
        except (InvalidOperation, ValueError):  # of an earlier field of the code
            return None


async def fields_of(work: Work, kind: Kind) -> dict[str, Field]:
    """The fields of a kind that rules may look at, by name; those of the company's own come last."""
    found = given_fields(kind)
    if issubclass(kind.model, Customised):
        found |= {field.name: field for field in map(_own, await own_fields(work, kind.model.rights_stem))}
    return found


async def offered_fields(work: Work, kind: Kind) -> dict[str, Field]:
    """Those that who acts may see, and set: a count would tell what a field hides."""
    rights = await rights_of(work, kind.stem)
    found = {}
    for name, field in (await fields_of(work, kind)).items():
        names = (name, name.partition(".")[0])
        if all(map(rights.readable, names)):
            found[name] = replace(field, writable=field.writable and all(map(rights.writable, names)))
    return found


def unknown(name: str) -> str:
    """What is said of a field that is not among those of a kind."""
    if name.startswith(OWN):
        return _("There is no field %(name)s any more.", name=name)
    return _("Choose one of the list.")


def given_fields(kind: Kind) -> dict[str, Field]:
    """The fields that every company has."""
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
    if isinstance(column.type, Date | IsoDay):
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
    return _(", ").join(value) if isinstance(value, list) else str(value)


def _own(given: CustomField) -> Field:
    sort = _OWN_TYPES[given.kind]
    column: Column[Any] = Column(given.code, _OWN_COLUMNS.get(sort, String(500)))
    return Field(f"{OWN}{given.code}", given.label, sort, column, writable=True, offers=tuple(given.options or ()))


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
            return value if field.own else field.column.type.python_type(value)
    offered = _(", ").join(words for _value, words in field.choices)
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
