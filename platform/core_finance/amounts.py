"""Amounts on their way out to programs: with the decimals of their currency, 7.00 and neither 7 nor 0.

In the structs of the API a ``Decimal`` is in the ledger's base currency.  What is not says so: ``Foreign`` is in the currency
that stands beside it (``currency``, or ``what`` of a book), ``Plain`` is no money.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from kernel.money import CURRENCIES, round_half_up

FOREIGN: dict[str, Any] = {"figure": "foreign"}
PLAIN: dict[str, Any] = {"figure": "plain"}

Foreign = Annotated[Decimal, msgspec.Meta(extra=FOREIGN)]
Plain = Annotated[Decimal, msgspec.Meta(extra=PLAIN)]

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True)
class _Currencies:
    """What amounts are in at a place of the answer."""

    base: str
    foreign: str
    is_foreign: bool = False


_Rule = Callable[[Any, _Currencies], Any]


def figure(amount: Decimal, currency: str) -> Decimal:
    """``amount`` with the decimals of its currency; one that has more keeps them, and of a unit that is no currency all stay."""
    if currency not in CURRENCIES:
        return amount
    exact = round_half_up(amount, CURRENCIES[currency])
    return exact + 0 if exact == amount else amount


def in_currency(answer: S, base: str) -> S:
    """The answer with its amounts written so; it is changed in place."""
    _write(answer, _Currencies(base, base))
    return answer


def each_in(answers: Sequence[S], base: str) -> list[S]:
    """As ``in_currency``, for a list."""
    return [in_currency(answer, base) for answer in answers]


def _write(struct: msgspec.Struct, at: _Currencies) -> None:
    beside = getattr(struct, "currency", None) or getattr(struct, "what", None)
    if isinstance(beside, str):
        at = replace(at, foreign=beside)
    for name, rule in _rules(type(struct)):
        if (value := getattr(struct, name)) is not None:
            setattr(struct, name, rule(value, at))


@cache
def _rules(kind: type[msgspec.Struct]) -> Sequence[tuple[str, _Rule]]:
    """What is done with each field that holds amounts."""
    hints = get_type_hints(kind, include_extras=True)
    found = ((name, _rule(hints[name])) for name in kind.__struct_fields__)
    return tuple((name, rule) for name, rule in found if rule is not None)


def _rule(kind: Any) -> _Rule | None:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        figures = [(meta.extra or {}).get("figure") for meta in arguments[1:] if isinstance(meta, msgspec.Meta)]
        inner = _rule(arguments[0])
        if "plain" in figures or inner is None:
            return None
        return _turned(inner) if "foreign" in figures else inner
    if origin in (Union, UnionType):
        return next((rule for argument in arguments if (rule := _rule(argument)) is not None), None)
    if origin is list:
        return _of_list(arguments[0])
    if origin is dict:
        return _of_values(arguments[1])
    if kind is Decimal:
        return lambda value, at: figure(value, at.foreign if at.is_foreign else at.base) if isinstance(value, Decimal) else value
    return _of_struct if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None


def _turned(inner: _Rule) -> _Rule:
    return lambda value, at: inner(value, replace(at, is_foreign=True))


def _of_list(kind: Any) -> _Rule | None:
    rule = _rule(kind)
    return None if rule is None else lambda value, at: [None if each is None else rule(each, at) for each in value]


def _of_values(kind: Any) -> _Rule | None:
    rule = _rule(kind)
    return None if rule is None else lambda value, at: {key: None if each is None else rule(each, at) for key, each in value.items()}


def _of_struct(value: Any, at: _Currencies) -> Any:
    _write(value, at)
    return value
