"""Events made up from the types of their fields, to try posting rules on."""

import enum
import random
import typing
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

from kernel.events import Event
from kernel.ids import new_id

_TEXT = "例 example"


class CannotMakeUp(Exception):
    """A field's type is not known here; give the conformance test an example of the event."""


def made_up(kind: type[Event], number: int, *, seed: int = 7) -> Iterator[Event]:
    """``number`` events of ``kind`` with different amounts, among them one of a cent.

    Raises:
        CannotMakeUp: a field without a default has a type that is not known here.
    """
    source = random.Random(seed)  # noqa: S311 - examples, not secrets
    hints = typing.get_type_hints(kind)
    for position in range(number):
        values = {
            field.name: _value(hints[field.name], source, cent=position == 0)
            for field in fields(kind)
            if field.default is MISSING and field.default_factory is MISSING
        }
        yield kind(**values)


def _value(hint: Any, source: random.Random, *, cent: bool) -> Any:
    options = [each for each in typing.get_args(hint) if each is not NoneType]
    if NoneType in typing.get_args(hint) and options:
        return _value(options[0], source, cent=cent)
    makers: dict[Any, Any] = {
        Decimal: lambda: Decimal("0.01") if cent else Decimal(source.randrange(1, 10_000_000)) / 100,
        UUID: new_id,
        str: lambda: _TEXT,
        int: lambda: source.randrange(1, 100),
        bool: lambda: source.random() < 0.5,
        date: lambda: date(2026, source.randrange(1, 13), source.randrange(1, 28)),
        datetime: lambda: datetime(2026, source.randrange(1, 13), source.randrange(1, 28), tzinfo=UTC),
    }
    if hint in makers:
        return makers[hint]()
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return source.choice(list(hint))
    raise CannotMakeUp(f"no example for {hint}")
