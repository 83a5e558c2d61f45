"""Conditions of the company's own, on the facts of a document: "amount is at least 10,000"."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

import msgspec

from kernel.errors import FieldError
from kernel.i18n import N_
from kernel.i18n import gettext as _

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "contains", "in", "filled", "empty"]

OPERATORS: Mapping[str, str] = {
    "eq": N_("is"),
    "ne": N_("is not"),
    "gt": N_("is more than"),
    "gte": N_("is at least"),
    "lt": N_("is less than"),
    "lte": N_("is at most"),
    "contains": N_("contains"),
    "in": N_("is one of"),
    "filled": N_("is filled in"),
    "empty": N_("is empty"),
}
VALUELESS = frozenset({"filled", "empty"})


class Condition(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One comparison.  Values are texts: ``10000``, ``yes``, ``A, B``."""

    field: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    operator: Operator = "eq"
    value: Annotated[str, msgspec.Meta(max_length=400)] = ""


def holds(conditions: Sequence[Condition], facts: Mapping[str, Any]) -> bool:
    """Whether all of the conditions hold; none hold always."""
    return all(_holds(condition, facts.get(condition.field)) for condition in conditions)


def problems(conditions: Sequence[Condition], kinds: Mapping[str, str], place: str) -> list[FieldError]:
    """What is wrong with conditions on facts of these kinds: number, money, text or check."""
    found = []
    for number, condition in enumerate(conditions):
        kind = kinds.get(condition.field)
        where = f"{place}.{number}.value"
        if kind is None:
            found.append(FieldError(f"{place}.{number}.field", _("Choose one of the list.")))
        elif condition.operator in VALUELESS:
            continue
        elif kind in ("number", "money") and any(_number(part) is None for part in parts(condition)):
            found.append(FieldError(where, _("Enter a number.")))
        elif not condition.value.strip():
            found.append(FieldError(where, _("Say with what it is compared.")))
    return found


def parts(condition: Condition) -> list[str]:
    """The values of a condition: several where it asks for one of them."""
    if condition.operator != "in":
        return [condition.value.strip()]
    separated = condition.value.replace("，", ",").replace("、", ",").split(",")
    return [part.strip() for part in separated if part.strip()]


def _holds(condition: Condition, fact: Any) -> bool:
    if condition.operator in VALUELESS:
        return (fact in (None, "", [])) == (condition.operator == "empty")
    if fact is None:
        return condition.operator == "ne"
    wanted = parts(condition)
    if isinstance(fact, bool):
        same = ("yes" if fact else "no") in [_yes(part) for part in wanted]
        return same if condition.operator in ("eq", "in") else not same
    if isinstance(fact, int | Decimal):
        numbers = [number for part in wanted if (number := _number(part)) is not None]
        return bool(numbers) and _COMPARE[condition.operator](Decimal(fact), numbers)
    text = str(fact).casefold()
    return _COMPARE_TEXT[condition.operator](text, [part.casefold() for part in wanted])


_COMPARE: Mapping[str, Callable[[Decimal, list[Decimal]], bool]] = {
    "eq": lambda fact, wanted: fact == wanted[0],
    "ne": lambda fact, wanted: fact != wanted[0],
    "gt": lambda fact, wanted: fact > wanted[0],
    "gte": lambda fact, wanted: fact >= wanted[0],
    "lt": lambda fact, wanted: fact < wanted[0],
    "lte": lambda fact, wanted: fact <= wanted[0],
    "in": lambda fact, wanted: fact in wanted,
    "contains": lambda fact, wanted: fact == wanted[0],
}
_COMPARE_TEXT: Mapping[str, Callable[[str, list[str]], bool]] = {
    "eq": lambda fact, wanted: fact == wanted[0],
    "ne": lambda fact, wanted: fact != wanted[0],
    "gt": lambda fact, wanted: fact > wanted[0],
    "gte": lambda fact, wanted: fact >= wanted[0],
    "lt": lambda fact, wanted: fact < wanted[0],
    "lte": lambda fact, wanted: fact <= wanted[0],
    "in": lambda fact, wanted: fact in wanted,
    "contains": lambda fact, wanted: bool(wanted) and wanted[0] in fact,
}


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", "").replace("，", "") if text.count(",") else text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _yes(text: str) -> str:
    return "yes" if text.casefold() in ("yes", "true", "1", "是", "有") else "no"
