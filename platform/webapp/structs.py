"""Forms drawn from msgspec structs: the settings of a vertical, the parameters of a report.

A field may be bool, int, str, Decimal, date, a Literal or a StrEnum, or one of these or None.  ``Meta(title=..., description=...)``
are its words, ``ge``, ``le``, ``max_length`` and their like its limits.  ``Meta(extra={...})`` may add ``choices`` (value -> label),
``suffix``, ``"kind": "area"`` for long texts, and ``ge`` and ``le`` for a Decimal, which msgspec itself cannot limit.  A field of
another type is not drawn and keeps its value.
"""

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import inspect

from kernel.errors import FieldError, Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from webapp import reading
from webapp.decoding import field_error

Kind = Literal["check", "number", "text", "area", "date", "select"]

TEXT_LENGTH_MAX = 10_000
_TRUE, _FALSE = "1", "0"

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True)
class StructField:
    """One field of a struct as a form shows it.  ``name`` is the one it has outside of Python."""

    name: str
    type: inspect.Type
    kind: Kind
    title: str
    description: str
    optional: bool
    required: bool
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return _(self.title)

    @property
    def help(self) -> str:
        return _(self.description) if self.description else ""

    @property
    def suffix(self) -> str:
        text = self.extra.get("suffix")
        return _(text) if text else ""

    def options(self) -> list[tuple[str, str]]:
        """What a select offers: values and words."""
        if isinstance(self.type, inspect.BoolType):
            return [(_TRUE, _("Yes")), (_FALSE, _("No"))]
        labels = self.extra.get("choices", {})
        return [(str(value), _(labels.get(value) or str(value).replace("_", " ").capitalize())) for value in _values(self.type)]

    def text(self, value: Any) -> str:
        """``value`` as the control holds it."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return _TRUE if value else (_FALSE if self.kind == "select" else "")
        if isinstance(value, Decimal):
            return format(value, "f")
        if isinstance(value, enum.Enum):
            return str(value.value)
        return value.isoformat() if isinstance(value, date) else str(value)

    def parse(self, text: str) -> Any:
        """What was typed, as a value within the field's limits.

        Raises:
            Invalid: it is none; says what is expected.
        """
        text = text.replace("\x00", "").strip()
        if self.kind == "check":
            return bool(text)
        if not text:
            return self._nothing()
        value = self._read(text)
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        """Hold ``value`` to the field's limits.

        Raises:
            Invalid: it exceeds one.
        """
        if isinstance(value, str):
            self._check_length(value)
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            self._check_size(value)

    def _nothing(self) -> Any:
        if self.optional:
            return None
        if isinstance(self.type, inspect.StrType) and not self.type.min_length and not self.type.pattern and not self.required:
            return ""
        raise self._wrong(_("Please fill in %(label)s.", label=self.label))

    def _read(self, text: str) -> Any:
        label = self.label
        read, message = _READERS.get(type(self.type), (str, ""))
        if self.kind == "select":
            chosen = {str(value): value for value in _values(self.type)} or {_TRUE: True, _FALSE: False}
            if text not in chosen:
                raise self._wrong(_("%(label)s: choose one of the list.", label=label))
            return chosen[text]
        try:
            return read(text)
        except ValueError:
            raise self._wrong(_(message, label=label, text=text)) from None

    def _check_length(self, value: str) -> None:
        least, most, pattern = (getattr(self.type, name, None) for name in ("min_length", "max_length", "pattern"))
        label, count = self.label, len(value)
        most = TEXT_LENGTH_MAX if most is None else most
        if count > most:
            raise self._wrong(_("%(label)s takes at most %(most)s characters; this has %(count)s.", label=label, most=most, count=count))
        if least is not None and count < least:
            raise self._wrong(
                _("%(label)s takes at least %(least)s characters; this has %(count)s.", label=label, least=least, count=count)
            )
        if pattern is not None and not re.search(pattern, value):
            raise self._wrong(_("%(label)s does not have the expected form.", label=label))

    def _check_size(self, value: int | Decimal) -> None:
        limits = {name: getattr(self.type, name, None) for name in ("ge", "gt", "le", "lt", "multiple_of")} | dict(self.extra)
        least, above, most, below, step = (_number(limits.get(name)) for name in ("ge", "gt", "le", "lt", "multiple_of"))
        label = self.label
        if (least is not None and value < least) or (most is not None and value > most):
            raise self._wrong(_between(label, least, most))
        if above is not None and value <= above:
            raise self._wrong(_("%(label)s must be more than %(limit)s.", label=label, limit=above))
        if below is not None and value >= below:
            raise self._wrong(_("%(label)s must be less than %(limit)s.", label=label, limit=below))
        if step is not None and value % step:
            raise self._wrong(_("%(label)s must be a multiple of %(step)s.", label=label, step=step))

    def _wrong(self, message: str) -> Invalid:
        return Invalid(message, field=self.name)


@cache
def fields_of(schema: type[msgspec.Struct]) -> tuple[StructField, ...]:
    """The fields of a struct that a form can show, in their order."""
    described = inspect.type_info(schema)
    if not isinstance(described, inspect.StructType):
        raise TypeError(f"{schema!r} is no msgspec.Struct")
    found = (_field(each) for each in described.fields)
    return tuple(each for each in found if each is not None)


def controls(schema: type[msgspec.Struct], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields with what stands in them, for the macro ``controls`` of ``structs.html``.  ``values`` are texts or values."""
    found = []
    for each in fields_of(schema):
        value = values.get(each.name)
        attributes = {"maxlength": most} if (most := getattr(each.type, "max_length", None)) else {}
        found.append(
            {
                "name": each.name,
                "label": each.label,
                "kind": each.kind,
                "value": value if isinstance(value, str) else each.text(value),
                "help": each.help,
                "required": not each.optional and each.kind != "check" and (each.required or each.kind in ("number", "date")),
                "options": each.options() if each.kind == "select" else (),
                "blank": "—" if each.optional or each.required else None,
                "suffix": each.suffix,
                "attributes": attributes,
            }
        )
    return found


def values_of(instance: msgspec.Struct) -> dict[str, Any]:
    """A struct as values that JSON has."""
    values: dict[str, Any] = msgspec.to_builtins(instance, str_keys=True)
    return values


def defaults(schema: type[msgspec.Struct]) -> dict[str, Any]:
    """The defaults of the fields that have one, as values that JSON has."""
    found = {}
    for each in msgspec.structs.fields(schema):
        if each.default is not msgspec.NODEFAULT:
            found[each.encode_name] = msgspec.to_builtins(each.default)
        elif each.default_factory is not msgspec.NODEFAULT:
            found[each.encode_name] = msgspec.to_builtins(each.default_factory())
    return found


def parse_form(schema: type[S], form: Mapping[str, str], *, kept: Mapping[str, Any]) -> S:
    """The struct that a form says; ``kept`` are the values of the fields it does not show.

    Raises:
        Invalid: one or more fields cannot be read; ``errors`` names them.
    """
    values = dict(kept)
    errors: list[FieldError] = []
    for each in fields_of(schema):
        try:
            values[each.name] = msgspec.to_builtins(each.parse(form.get(each.name, "")))
        except Invalid as error:
            errors += error.errors
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return convert(schema, values)


def convert(schema: type[S], values: Mapping[str, Any]) -> S:
    """The struct of ``values`` as JSON has them; fields that are not given have their defaults.

    Raises:
        Invalid: a name is unknown, or a value is not of its field's type or beyond its limits.
    """
    known = {each.encode_name: each.name for each in msgspec.structs.fields(schema)}
    if unknown := sorted(set(values) - set(known)):
        errors = [FieldError(name, _("There is no field %(name)s.", name=name)) for name in unknown]
        raise Invalid(errors[0].message, errors=errors)
    try:
        made = msgspec.convert(dict(values), schema)
    except msgspec.ValidationError as error:
        wrong = field_error(str(error))
        raise Invalid(wrong.message, errors=[wrong]) from None
    for each in fields_of(schema):
        each.check(getattr(made, known[each.name]))
    return made


def _field(described: inspect.Field) -> StructField | None:
    kind_of, words, extra = _unwrapped(described.type)
    optional = isinstance(kind_of, inspect.UnionType) and any(isinstance(each, inspect.NoneType) for each in kind_of.types)
    if isinstance(kind_of, inspect.UnionType):
        others = [each for each in kind_of.types if not isinstance(each, inspect.NoneType)]
        if len(others) != 1:
            return None
        kind_of, more, more_extra = _unwrapped(others[0])
        words, extra = more | words, more_extra | extra
    kind = _kind(kind_of, optional=optional, extra=extra)
    if kind is None:
        return None
    title = words.get("title") or described.encode_name.replace("_", " ").capitalize()
    return StructField(
        described.encode_name,
        kind_of,
        kind,
        title,
        words.get("description", ""),
        optional=optional,
        required=described.required,
        extra=extra,
    )


def _unwrapped(kind: inspect.Type) -> tuple[inspect.Type, dict[str, Any], dict[str, Any]]:
    """A type without its ``Meta``, the words of it, and what is extra."""
    words: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    while isinstance(kind, inspect.Metadata):
        words, extra = (kind.extra_json_schema or {}) | words, (kind.extra or {}) | extra
        kind = kind.type
    return kind, words, extra


def _kind(kind: inspect.Type, *, optional: bool, extra: Mapping[str, Any]) -> Kind | None:
    if isinstance(kind, inspect.BoolType):
        return "select" if optional else "check"
    if isinstance(kind, inspect.StrType):
        return "area" if extra.get("kind") == "area" else "text"
    if isinstance(kind, inspect.IntType | inspect.DecimalType):
        return "number"
    if isinstance(kind, inspect.DateType):
        return "date"
    return "select" if isinstance(kind, inspect.EnumType | inspect.LiteralType) else None


def _values(kind: inspect.Type) -> Sequence[Any]:
    if isinstance(kind, inspect.EnumType):
        return [member.value for member in kind.cls]
    return kind.values if isinstance(kind, inspect.LiteralType) else ()


def _number(limit: Any) -> Decimal | None:
    return None if limit is None else Decimal(str(limit))


def _between(label: str, least: Decimal | None, most: Decimal | None) -> str:
    if least is None:
        return _("%(label)s is at most %(most)s.", label=label, most=most)
    if most is None:
        return _("%(label)s is at least %(least)s.", label=label, least=least)
    return _("%(label)s is from %(least)s to %(most)s.", label=label, least=least, most=most)


_READERS: Mapping[type, tuple[Callable[[str], Any], str]] = {
    inspect.IntType: (reading.whole_of, N_("%(label)s is a whole number, not “%(text)s”.")),
    inspect.DecimalType: (reading.decimal_of, N_("%(label)s is a number such as 1280.50, not “%(text)s”.")),
    inspect.DateType: (reading.day_of, N_("%(label)s is a date such as 2026-11-23, not “%(text)s”.")),
}
