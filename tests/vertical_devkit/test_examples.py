"""Events are made up from the types of their fields."""

import enum
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from kernel.events import Event
from vertical_devkit.examples import CannotMakeUp, made_up


class Colour(enum.StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Painted(Event):
    wall_id: UUID
    fee: Decimal
    on: date
    colour: Colour
    note: str | None
    coats: int = 2


@dataclass(frozen=True, kw_only=True)
class Odd(Event):
    shape: complex


def test_an_event_is_made_up_with_different_amounts_and_one_cent():
    events = list(made_up(Painted, 20))
    assert events[0].fee == Decimal("0.01")
    assert len({event.fee for event in events}) > 10
    assert {event.colour for event in events} == {Colour.RED}
    assert {event.coats for event in events} == {2}


def test_an_unknown_type_is_named():
    with pytest.raises(CannotMakeUp, match="complex"):
        list(made_up(Odd, 1))
