"""What the JSON decoder says of input that is of another shape, in the reader's words and with the path of the field."""

import re
from collections.abc import Callable, Mapping, Sequence

from kernel.errors import FieldError
from kernel.i18n import N_
from kernel.i18n import gettext as _

_AT = re.compile(r" - at `(\$.*?|key)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")

_KINDS: Mapping[str, str] = {
    "int": N_("a whole number"), "float": N_("a number"), "decimal": N_("a number"), "str": N_("a text"), "bool": N_("true or false"),
    "array": N_("a list"), "object": N_("an object"), "null": N_("null"), "bytes": N_("bytes in base64"), "date": N_("a day"),
    "datetime": N_("a moment"), "time": N_("a time of day"), "duration": N_("a duration"), "uuid": N_("an id"),
}  # fmt: skip

_NUMBERS = {
    ">=": N_("It must be at least %(limit)s."), "<=": N_("It must be at most %(limit)s."), ">": N_("It must be more than %(limit)s."),
    "<": N_("It must be less than %(limit)s."),
}  # fmt: skip

_LENGTHS = {
    ("str", ">="): N_("It must have at least %(limit)s characters."), ("str", "<="): N_("It must have at most %(limit)s characters."),
    ("array", ">="): N_("It must have at least %(limit)s entries."), ("array", "<="): N_("It must have at most %(limit)s entries."),
    ("object", ">="): N_("It must have at least %(limit)s members."), ("object", "<="): N_("It must have at most %(limit)s members."),
}  # fmt: skip

_ENCODED = {
    "RFC3339 encoded date": N_("This is no day; write it like 2026-03-09."),
    "RFC3339 encoded datetime": N_("This is no moment; write it like 2026-03-09T08:30:00+08:00."),
    "RFC3339 encoded time": N_("This is no time of day; write it like 08:30:00."),
    "ISO8601 duration": N_("This is no duration; write it like P1DT2H."),
    "UUID": N_("This is no id; write it like 019aa1f0-0000-7000-8000-000000000000."),
    "decimal string": N_("This is no number; write it like 1280.50."),
    "base64 encoded string": N_("These are no bytes in base64."),
    "epoch timestamp": N_("This is no moment; write it like 2026-03-09T08:30:00+08:00."),
}


def field_error(message: str, where: str = "") -> FieldError:
    """The decoder's ``message`` about the field at ``where`` (``lines[0].debit``, or with a ``$`` before it)."""
    found = _AT.search(message)
    if found:
        where, message = found[1], message[: found.start()]
    path = path_of(where)
    for pattern, told in _RULES:
        if match := pattern.fullmatch(message):
            name, words = told(match)
            return FieldError(".".join([*path, name] if name else path), words)
    # Anything else is what a type of ours says of itself, in words for people.
    foreign = message.startswith(("Expected ", "Invalid ", "Object "))
    return FieldError(".".join(path), _("This value cannot be taken: %(reason)s", reason=message) if foreign else message)


def missing(name: str) -> FieldError:
    """A field or parameter that has to be there and is not."""
    return FieldError(name, _("%(name)s is missing; give it.", name=name))


def path_of(where: str) -> list[str]:
    """``$.lines[0].debit`` as the steps lines, 0, debit; a member of any name, ``[...]``, stands for itself."""
    text = where.removeprefix("$").replace("[...]", "")
    return [name or index for name, index in _STEP.findall(text if text.startswith((".", "[")) or not text else f".{text}")]


def _kind(names: str) -> str:
    known = [_(_KINDS[name]) if name in _KINDS else name for name in names.split(" | ")]
    return _(" or ").join(dict.fromkeys(known))


def _expected(match: re.Match[str]) -> tuple[str, str]:
    return "", _("It must be %(expected)s, not %(given)s.", expected=_kind(match[1]), given=_kind(match[2]))


def _absent(match: re.Match[str]) -> tuple[str, str]:
    return match[1], missing(match[1]).message


def _unknown(match: re.Match[str]) -> tuple[str, str]:
    return match[1], _("There is no field %(name)s.", name=match[1])


def _number(match: re.Match[str]) -> tuple[str, str]:
    return "", _(_NUMBERS[match[1]], limit=match[2])


def _length(match: re.Match[str]) -> tuple[str, str]:
    words = _LENGTHS.get((match[1], match[2]))
    return "", _(words, limit=match[3]) if words else _("It is too long or too short.")


def _entries(match: re.Match[str]) -> tuple[str, str]:
    low, high = match[2], match[3] or match[2]
    if match[1]:
        words = _LENGTHS["array", ">=" if "least" in match[1] else "<="]
        return "", _(words, limit=low)
    return "", _("It must have %(low)s to %(high)s entries.", low=low, high=high) if low != high else _(
        "It must have %(count)s entries.", count=low
    )


def _pattern(match: re.Match[str]) -> tuple[str, str]:
    return "", _("It must be written as the pattern %(pattern)s says.", pattern=match[1])


def _multiple(match: re.Match[str]) -> tuple[str, str]:
    return "", _("It must be a multiple of %(step)s.", step=match[1])


def _zone(match: re.Match[str]) -> tuple[str, str]:
    return "", _("Leave the time zone out.") if match[1] == "no" else _("Give the time zone, as in 2026-03-09T08:30:00+08:00.")


def _value(match: re.Match[str]) -> tuple[str, str]:
    return "", _("%(value)s is none of the values that can be chosen here.", value=match[1].strip("'"))


def _encoded(match: re.Match[str]) -> tuple[str, str]:
    return "", _(_ENCODED[match[1]])


def _range(_match: re.Match[str]) -> tuple[str, str]:
    return "", _("The value is larger or smaller than can be kept.")


_RULES: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str]]]] = [
    (re.compile(r"Expected `([^`]+)`, got `([^`]+)`"), _expected),
    (re.compile(r"Object missing required field `([^`]+)`"), _absent),
    (re.compile(r"Object contains unknown field `([^`]*)`"), _unknown),
    (re.compile(r"Expected `(?:int|float|decimal)` (>=|<=|>|<) (\S+)"), _number),
    (re.compile(r"Expected `(\w+)` of length (>=|<=) (\d+)"), _length),
    (re.compile(r"Expected `array` of (at least |at most )?length (\d+)(?: to (\d+))?(?:, got \d+)?"), _entries),
    (re.compile(r"Expected `str` matching regex '?(.*?)'?", re.DOTALL), _pattern),
    (re.compile(r"Expected `(?:int|float)` that's a multiple of (\S+)"), _multiple),
    (re.compile(r"Expected `\w+` with (a|no) timezone component"), _zone),
    (re.compile(r"Invalid (" + "|".join(map(re.escape, _ENCODED)) + ")"), _encoded),
    (re.compile(r"Invalid (?:enum )?value (.+)", re.DOTALL), _value),
    (re.compile(r"(?:Integer value|Number|Timestamp is|Duration is)(?: is)? out of range ?"), _range),
]
