"""Days and months of the demo company."""

import calendar
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from kernel import clock

ZONE = "Asia/Shanghai"


def at(on: date) -> AbstractContextManager[datetime]:
    """Within the block it is half past ten in the morning of ``on``."""
    return clock.frozen(datetime.combine(on, time(10, 30), tzinfo=ZoneInfo(ZONE)))


def last_day(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def add_months(month: date, count: int) -> date:
    """The first day of the month ``count`` months later."""
    year, index = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(year, index + 1, 1)


def months(first: date, last: date) -> Sequence[date]:
    """First days of the months from ``first`` to ``last``."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [add_months(first, n) for n in range(count)]
