"""Counting in working time: when so much of it has gone by, and how much lies between two moments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from kernel.errors import DomainError
from kernel.i18n import gettext as _
from master_data.api import public_day

Span = tuple[int, int]
"""From and to, in minutes since midnight; 1440 is the end of the day."""

Why = Literal["week", "holiday", "stead", "special"]

DAY_MINUTES = 24 * 60
DAYS_MAX = 3 * 366


class NoWorkingTime(DomainError):
    """The calendar has no such amount of working time within three years."""

    code = "no_working_time"


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day: its open spans, and why they are these."""

    on: date
    spans: Sequence[Span]
    why: Why
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """When somebody works.  ``week`` is Monday first; a day in ``special`` counts more than a public holiday, this more than the week."""

    zone: str
    week: Sequence[Sequence[Span]]
    special: Mapping[date, tuple[str, Sequence[Span]]] = field(default_factory=dict)
    public_holidays: bool = True

    def day(self, on: date) -> Day:
        """What ``on`` is like."""
        if on in self.special:
            name, spans = self.special[on]
            return Day(on=on, spans=spans, why="special", name=name)
        public = public_day(on) if self.public_holidays else None
        usual = self.week[on.weekday()]
        if public is None:
            return Day(on=on, spans=usual, why="week")
        if not public.works:
            return Day(on=on, spans=(), why="holiday", name=public.name)
        # A weekend day worked in a holiday's stead has no hours of its own: it is worked like the first day of the week that has.
        spans = usual or next((spans for spans in self.week if spans), ())
        return Day(on=on, spans=spans, why="stead", name=public.name)

    def open_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open spans that end after ``start``, in order, for three years."""
        first = start.astimezone(ZoneInfo(self.zone)).date()
        for n in range(DAYS_MAX):
            for begin, end in self.day(first + timedelta(days=n)).spans:
                opens, closes = self._moment(first + timedelta(days=n), begin), self._moment(first + timedelta(days=n), end)
                if closes > start and closes > opens:
                    yield max(opens, start), closes

    def _moment(self, on: date, minutes: int) -> datetime:
        day, rest = on + timedelta(days=minutes // DAY_MINUTES), minutes % DAY_MINUTES
        return datetime.combine(day, time(rest // 60, rest % 60), ZoneInfo(self.zone)).astimezone(UTC)


def due_after(calendar: Calendar, start: datetime, working: timedelta) -> datetime:
    """The first moment at which ``working`` time has gone by since ``start``.

    Raises:
        NoWorkingTime: that is more than three years away.
    """
    start = start.astimezone(UTC)
    left = working
    if left <= timedelta():
        return start
    for opens, closes in calendar.open_from(start):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise NoWorkingTime(_("The calendar has too little working time; give the week some hours."))


def working_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two moments; none where ``end`` is not after ``start``."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    total = timedelta()
    for opens, closes in calendar.open_from(start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total
