"""Public holidays of mainland China and the days worked in their stead (调休), as announced year by year.

The list of a year comes out in the November before it.  A year that has none yet is known by its weekdays only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec


@dataclass(frozen=True, kw_only=True)
class PublicDay:
    """A day that is not what its weekday says: a holiday, or with ``works`` a weekend day that is worked."""

    on: date
    name: str
    works: bool


def public_day(day: date) -> PublicDay | None:
    """What the year's announcement says of the day; None where it says nothing."""
    return public_days(day.year).get(day)


@cache
def public_days(year: int) -> Mapping[date, PublicDay]:
    """All days of the year's announcement; empty where it is not out yet, see ``announced``."""
    given = _years().get(str(year))
    if given is None:
        return {}
    found: dict[date, PublicDay] = {}
    for name, first, last in given["off"]:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
        for n in range((end - begin).days + 1):
            day = begin + timedelta(days=n)
            found[day] = PublicDay(on=day, name=name, works=False)
    for name, text in given["work"]:
        day = date.fromisoformat(text)
        found[day] = PublicDay(on=day, name=name, works=True)
    return found


def announced(year: int) -> str:
    """The announcement of the year's holidays; empty where it is not out yet."""
    return str(_years()[str(year)]["source"]) if str(year) in _years() else ""


@cache
def _years() -> dict[str, Any]:
    years: dict[str, Any] = msgspec.json.decode((files("master_data") / "data/holidays_cn.json").read_bytes())["years"]
    return years
