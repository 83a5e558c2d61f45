"""The language of templates: words, and ``{{ customer.name | default: "friend" }}``.

There is no code in it: no calls, no arithmetic, no loops, no attributes of anything.  A name stands in a list of names or the
template is refused when it is saved, so nothing can be reached by a template that was not laid out for it, and nothing can
run for long.  Values are put in as text after markup was read, so that they cannot bring markup along.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _

LENGTH_MAX = 20_000
VARIABLES_MAX = 200
VALUE_LENGTH_MAX = 500
FILTERS_MAX = 3

_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?")
_FILTER = re.compile(r'\|\s*([a-z]+)\s*(?::\s*(?:"([^"{}|]{0,80})"|(\d{1,3})))?\s*')


class TemplateWrong(Invalid):
    """The template says something that the language does not have; names the line."""

    code = "template_wrong"


@dataclass(frozen=True)
class Variable:
    """A name, and the filters its value goes through."""

    name: str
    filters: tuple[tuple[str, str], ...] = ()


Part = str | Variable


def _shortened(value: str, argument: str) -> str:
    return value[: max(1, int(argument or 40))]


FILTERS: Mapping[str, Callable[[str, str], str]] = {
    "default": lambda value, argument: value or argument,
    "upper": lambda value, _argument: value.upper(),
    "lower": lambda value, _argument: value.lower(),
    "first": lambda value, _argument: value[:1],
    "truncate": _shortened,
}


def parse(source: str, names: Collection[str], *, field: str = "body") -> Sequence[Part]:
    """The parts of ``source``, whose variables are all among ``names``.

    Raises:
        TemplateWrong: it is too long, or something in it is no variable of this list.
    """
    return _parse(source, frozenset(names), field)


def fill(parts: Sequence[Part], values: Mapping[str, Any], locale: str = "zh_CN") -> str:
    """The text with its values; what has no value is left out."""
    return "".join(part if isinstance(part, str) else value_of(part, values, locale) for part in parts)


def value_of(variable: Variable, values: Mapping[str, Any], locale: str) -> str:
    """What stands in place of the variable: one line, and of a bounded length."""
    text = _as_text(values.get(variable.name), locale)
    for name, argument in variable.filters:
        text = FILTERS[name](text, argument)
    return " ".join(text.split())[:VALUE_LENGTH_MAX]


def _as_text(value: Any, locale: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日" if locale.startswith("zh") else value.isoformat()
    return str(value)


@lru_cache(maxsize=512)
def _parse(source: str, names: frozenset[str], field: str) -> tuple[Part, ...]:
    if len(source) > LENGTH_MAX:
        raise _wrong(field, _("At most %(most)s characters.", most=LENGTH_MAX))
    parts: list[Part] = []
    end = 0
    for number, found in enumerate(_TAG.finditer(source), start=1):
        if number > VARIABLES_MAX:
            raise _wrong(field, _("At most %(most)s variables.", most=VARIABLES_MAX))
        parts += (_plain(source, end, found.start(), field), _variable(found[1], names, _line(source, found.start()), field))
        end = found.end()
    parts.append(_plain(source, end, len(source), field))
    return tuple(part for part in parts if part)


def _plain(source: str, start: int, end: int, field: str) -> str:
    text = source[start:end]
    if found := _LEFT_OVER.search(text):
        line = _line(source, start + found.start())
        raise _wrong(
            field, _("Line %(line)s: “%(mark)s” does not belong here; a variable is written {{ name }}.", line=line, mark=found[0])
        )
    return text


def _variable(inner: str, names: Collection[str], line: int, field: str) -> Variable:
    text = inner.strip()
    found = _NAME.match(text)
    if found is None or ((rest := text[found.end() :].strip()) and not rest.startswith("|")):
        raise _wrong(field, _("Line %(line)s: “%(text)s” is no variable; only names may stand here.", line=line, text=text[:40]))
    if found[0] not in names:
        raise _wrong(field, _("Line %(line)s: there is no variable %(name)s.", line=line, name=found[0][:60]))
    return Variable(found[0], _filters(text[found.end() :].strip(), line, field))


def _filters(text: str, line: int, field: str) -> tuple[tuple[str, str], ...]:
    filters: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        found = _FILTER.match(text, place)
        if found is None or found[1] not in FILTERS or len(filters) == FILTERS_MAX:
            known = ", ".join(sorted(FILTERS))
            raise _wrong(field, _("Line %(line)s: after | only these may stand: %(known)s.", line=line, known=known))
        filters.append((found[1], found[2] or found[3] or ""))
        place = found.end()
    return tuple(filters)


def _line(source: str, place: int) -> int:
    return source.count("\n", 0, place) + 1


def _wrong(field: str, message: str) -> TemplateWrong:
    return TemplateWrong(message, errors=[FieldError(field, message)])
