"""The one place that knows what time it is, so that tests and demo data can choose it."""

from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today(zone: str = "Asia/Shanghai") -> date:
    """The calendar day it is in ``zone``, an IANA name."""
    return now().astimezone(ZoneInfo(zone)).date()


def months_on(day: date, months: int) -> date:
    """The same day so many calendar months later, or the last one of a month that lacks it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@contextmanager
def frozen(at: datetime) -> Iterator[datetime]:
    """Within the block time stands still at ``at``, which must be aware."""
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    token = _frozen.set(at.astimezone(UTC))
    try:
        yield at
    finally:
        _frozen.reset(token)
