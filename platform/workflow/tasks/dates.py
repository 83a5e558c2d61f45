"""When a task is due, when it is remembered, and when it comes again."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kernel.clock import months_on
from workflow.tasks.model import Repeat

MORNING = time(9, 0)
"""When a task without a time is remembered."""


def remind_moment(due_on: date | None, due_time: time | None, minutes: int | None, zone: str) -> datetime | None:
    """The moment of the reminder on the clocks of ``zone``; None without a day or where none is wanted."""
    if due_on is None or minutes is None:
        return None
    return datetime.combine(due_on, due_time or MORNING, ZoneInfo(zone)) - timedelta(minutes=minutes)


def is_overdue(due_on: date | None, due_time: time | None, now: datetime) -> bool:
    """Whether the moment has passed; ``now`` is on the company's clocks.  A task without a time lasts until midnight."""
    if due_on is None:
        return False
    if due_time is None:
        return due_on < now.date()
    return (due_on, due_time) < (now.date(), now.time().replace(tzinfo=None))


def next_due(first: date, repeat: Repeat, every: int, after: date) -> date:
    """The earliest day of a series that lies after ``after``.

    Months and years are counted from the first day, so that a task of the 31st comes on the last day of a short month and
    on the 31st again after it.
    """
    step = 1
    if repeat in (Repeat.DAYS, Repeat.WEEKS):
        length = every * (7 if repeat is Repeat.WEEKS else 1)
        step = max(1, (after - first).days // length + 1)
        return first + timedelta(days=step * length)
    months = every * (12 if repeat is Repeat.YEARS else 1)
    while (found := months_on(first, step * months)) <= after:
        step += 1
    return found
