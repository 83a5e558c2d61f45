"""The fields of a resource as people see them: read from text, shown as text, offered as a choice."""

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Column, Date, Numeric

from kernel import i18n
from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from vertical import Resource
from vertical.columns import label_of, length_of, python_type
from vertical.references import foreign_key
from webapp import reading

Kind = Literal[
    "text", "textarea", "email", "tel", "money", "decimal", "integer", "date", "moment", "bool", "choice", "options", "reference", "tags"
]  # fmt: skip

YES, NO = N_("Yes"), N_("No")
_BETWEEN_TAGS = re.compile(r"[,，、;；]")
_TRUE = frozenset({"1", "true", "yes", "y", "on", "x", "是", "√", "✓", "对"})
_FALSE = frozenset({"", "0", "false", "no", "n", "off", "否", "×", "不"})


@dataclass(frozen=True)
class Field:
    """One attribute of a resource's model."""

    name: str
    column: Column[Any]

    @cached_property
    def python(self) -> type[Any]:
        return python_type(self.column)

    @cached_property
    def kind(self) -> Kind:
        if foreign_key(self.column) is not None:
            return "reference"
        if "options" in self.column.info:
            return "options"
        if self.python is bool:
            return "bool"
        if issubclass(self.python, enum.Enum):
            return "choice"
        if self.python is datetime:
            return "moment"
        if isinstance(self.column.type, Date):
            return "date"
        if isinstance(self.column.type, Numeric):
            return "money" if self.column.info.get("kind") == "money" else "decimal"
        if self.python is int:
            return "integer"
        kind: Kind = self.column.info.get("kind", "text")
        return kind

    @property
    def label(self) -> str:
        return label_of(self.name, self.column)

    @property
    def help(self) -> str:
        text = self.column.info.get("help")
        return _(text) if text else ""

    @property
    def section(self) -> str:
        title = self.column.info.get("section")
        return _(title) if title else ""

    @property
    def required(self) -> bool:
        return not self.column.nullable and self.column.default is None and self.kind != "bool"

    @property
    def length(self) -> int | None:
        return length_of(self.column)

    @property
    def numeric(self) -> bool:
        return self.kind in ("money", "decimal", "integer")

    @property
    def table(self) -> str | None:
        """The table the field refers to."""
        key = foreign_key(self.column)
        return key.column.table.name if key is not None else None

    def options(self) -> Sequence[tuple[str, str]]:
        """Values to choose from, with their labels."""
        if self.kind == "options":
            offered: Iterable[tuple[str, str]] = self.column.info["options"]()
            return list(offered)
        if self.kind == "choice":
            return [(member.value, self.choice_label(member.value)) for member in self.python]
        if self.kind == "bool":
            return [("true", _(YES)), ("false", _(NO))]
        return []

    def choice_label(self, value: str) -> str:
        label = self.column.info.get("choices", {}).get(value)
        return _(label) if label else value.replace("_", " ").capitalize()

    def tone(self, value: Any) -> str:
        """The pigment of a choice's badge."""
        return str(self.column.info.get("tones", {}).get(str(value), "")) if value is not None else ""

    def show(self, value: Any) -> str:
        """``value`` as a person reads it."""
        if value is None:
            return ""
        if self.kind == "bool":
            return _(YES) if value else _(NO)
        if self.kind == "choice":
            return self.choice_label(str(value))
        if self.kind == "options":
            return dict(self.options()).get(str(value), str(value))
        if isinstance(value, list):
            return _(", ").join(value)
        if isinstance(value, Decimal):
            return plain_decimal(value)
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M")
        return str(value)

    def raw(self, value: Any) -> str:
        """``value`` as a program writes it."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Decimal):
            return plain_decimal(value)
        if isinstance(value, list):
            return ",".join(value)
        if isinstance(value, date):
            return value.isoformat()
        return value.value if isinstance(value, enum.Enum) else str(value)

    def parse(self, text: str) -> Any:
        """What a person typed, or a cell of a file, as a value; empty is None.

        Raises:
            Invalid: it is not of this field's kind; says what is expected.
        """
        text = text.strip()
        if self.kind == "bool":
            return self._bool(text)
        if not text:
            return None
        if self.kind == "tags":
            return [word.strip() for word in _BETWEEN_TAGS.split(text) if word.strip()]
        if self.kind in ("choice", "options"):
            return self._choice(text)
        if self.kind in ("money", "decimal"):
            return self._decimal(text)
        if self.kind == "integer":
            return self._integer(text)
        if self.kind == "date":
            return self._date(text)
        if self.python is UUID:
            return self._id(text)
        return text

    def _bool(self, text: str) -> bool:
        folded = text.casefold()
        if folded in _TRUE:
            return True
        if folded in _FALSE:
            return False
        raise self._wrong(_("%(label)s is yes or no, not “%(text)s”.", label=self.label, text=text))

    def _choice(self, text: str) -> Any:
        by_word = _words(self)
        value = by_word.get(text) or by_word.get(text.casefold())
        if value is None:
            offered = _(", ").join(label for _value, label in self.options())
            raise self._wrong(
                _("%(label)s cannot be “%(text)s”; choose one of: %(offered)s.", label=self.label, text=text, offered=offered)
            )
        return self.python(value) if self.kind == "choice" else value

    def _decimal(self, text: str) -> Decimal:
        try:
            return reading.decimal_of(text)
        except ValueError:
            raise self._wrong(_("%(label)s is a number such as 1280.50, not “%(text)s”.", label=self.label, text=text)) from None

    def _integer(self, text: str) -> int:
        try:
            return reading.whole_of(text)
        except ValueError:
            raise self._wrong(_("%(label)s is a whole number, not “%(text)s”.", label=self.label, text=text)) from None

    def _date(self, text: str) -> date:
        try:
            return reading.day_of(text)
        except ValueError:
            raise self._wrong(_("%(label)s is a date such as 2026-11-23, not “%(text)s”.", label=self.label, text=text)) from None

    def _id(self, text: str) -> UUID:
        try:
            return UUID(text)
        except ValueError:
            raise self._wrong(_("%(label)s: choose one of the list.", label=self.label)) from None

    def _wrong(self, message: str) -> Invalid:
        return Invalid(message, field=self.name)


@cache
def fields_of(resource: Resource, part: Literal["columns", "form", "filters", "read"]) -> tuple[Field, ...]:
    """Fields of a part of the resource; ``read`` is columns and form together."""
    names = [*resource.columns, *resource.form] if part == "read" else getattr(resource, part)
    return tuple(Field(name, resource.column(name)) for name in dict.fromkeys(names))


def words_in_all_languages(message: str) -> set[str]:
    """A label as it may stand in a file, whichever language it was written in."""
    found = {message}
    for name in i18n.LOCALES:
        with i18n.using(name):
            found.add(_(message))
    return found


def plain_decimal(value: Decimal) -> str:
    """Without an exponent and without zeros that say nothing, but with at least two decimals where there are any."""
    text = format(value, "f")
    if "." not in text:
        return text
    whole, _dot, digits = text.partition(".")
    digits = digits.rstrip("0")
    return f"{whole}.{digits.ljust(2, '0')}"


def _words(field: Field) -> dict[str, str]:
    """Every word a choice is known by, in any language, to its value."""
    words: dict[str, str] = {}
    for name in i18n.LOCALES:
        with i18n.using(name):
            for value, label in field.options():
                words |= {value: value, value.casefold(): value, label: value, label.casefold(): value}
    return words
