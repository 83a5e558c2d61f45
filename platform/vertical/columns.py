"""What a column accepts, told in words: the type, the length and the digits are read from the model."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Integer, Numeric, String, Uuid

from kernel.errors import Invalid
from kernel.i18n import gettext as _

INTEGER_MAX = 2**31 - 1
WORDS_MAX, WORD_LENGTH_MAX = 20, 40


def label_of(name: str, column: Column[Any]) -> str:
    """The column's name for people, in their language."""
    label = column.info.get("label")
    return _(label) if label else name.removesuffix("_id").replace("_", " ").capitalize()


def python_type(column: Column[Any]) -> type[Any]:
    """The Python type of the column's values, without None."""
    if isinstance(column.type, Uuid):
        return UUID
    kind: type[Any] = column.type.python_type
    return kind


def length_of(column: Column[Any]) -> int | None:
    """The most characters a text column takes."""
    return column.type.length if isinstance(column.type, String) else None


def keep_limits(name: str, column: Column[Any], value: Any) -> Any:
    """``value`` where the column can hold it; texts without spaces at their ends, empty ones as nothing.

    Raises:
        Invalid: it is missing, too long, too large or too fine.
    """
    if isinstance(value, str) and type(value) is str:
        value = value.replace("\x00", "").strip() or None
    if isinstance(value, list) and isinstance(column.type, ARRAY):
        value = _keep_words(name, column, value)
    if value is None:
        if not column.nullable:
            raise Invalid(_("Please fill in %(label)s.", label=label_of(name, column)), field=name)
        return None
    if isinstance(value, str):
        _keep_length(name, column, value)
    elif isinstance(value, Decimal) and isinstance(column.type, Numeric):
        _keep_digits(name, column, column.type, value)
    elif isinstance(value, int) and isinstance(column.type, Integer) and abs(value) > INTEGER_MAX:
        raise Invalid(_("%(label)s is too large.", label=label_of(name, column)), field=name)
    return value


def _keep_words(name: str, column: Column[Any], value: list[str]) -> list[str] | None:
    words = list(dict.fromkeys(clean for word in value if (clean := " ".join(word.replace("\x00", "").split()))))
    if len(words) > WORDS_MAX or any(len(word) > WORD_LENGTH_MAX for word in words):
        message = _(
            "%(label)s takes at most %(most)s words of up to %(length)s characters.",
            label=label_of(name, column),
            most=WORDS_MAX,
            length=WORD_LENGTH_MAX,
        )
        raise Invalid(message, field=name)
    return words or None


def _keep_length(name: str, column: Column[Any], value: str) -> None:
    most = length_of(column)
    if most is not None and len(value) > most:
        raise Invalid(
            _(
                "%(label)s takes at most %(most)s characters; this has %(count)s.",
                label=label_of(name, column),
                most=most,
                count=len(value),
            ),
            field=name,
        )


def _keep_digits(name: str, column: Column[Any], kind: Numeric[Any], value: Decimal) -> None:
    if not value.is_finite():
        raise Invalid(_("%(label)s must be a number.", label=label_of(name, column)), field=name)
    if kind.precision is None or kind.scale is None:
        return
    if abs(value) >= Decimal(10) ** (kind.precision - kind.scale):
        raise Invalid(_("%(label)s is too large.", label=label_of(name, column)), field=name)
    if value != round(value, kind.scale):
        raise Invalid(_("%(label)s takes at most %(digits)s decimals.", label=label_of(name, column), digits=kind.scale), field=name)
