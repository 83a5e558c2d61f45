"""Document numbers without gaps.

The counter is a row of the tenant; drawing locks it until the transaction ends.  So two transactions never get the same
number, and one that rolls back gives its number to the next.  Draw as late as possible: others wait.
"""

import re
from datetime import date
from typing import Literal

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.ids import new_id
from kernel.orm import TenantBase
from kernel.work import Work

Reset = Literal["never", "year", "month"]

PATTERNS: dict[Reset, str] = {
    "never": "{prefix}-{number:06d}",
    "year": "{prefix}-{year}-{number:05d}",
    "month": "{prefix}-{year}{month:02d}-{number:04d}",
}

# Only these fields, with a width at most: ``str.format`` itself would reach into attributes.
_FIELDS = re.compile(r"[^{}]|\{(?:prefix|year|month(?::02d)?|number(?::0?\d{1,2}d)?)\}")


class DocumentSequence(TenantBase):
    """The last number drawn of one kind of document in one year or month."""

    __tablename__ = "document_sequence"
    __table_args__ = (UniqueConstraint("key", "span"),)

    key: Mapped[str] = mapped_column(String(80))
    span: Mapped[str] = mapped_column(String(7), doc="2026, 2026-03, or empty where numbers never start again.")
    last: Mapped[int] = mapped_column(BigInteger)


async def next_number(work: Work, key: str, *, prefix: str, on: date, reset: Reset = "year", pattern: str | None = None) -> str:
    """The next number of document kind ``key``, such as ``SO-2026-00017``.

    ``on`` is the document's day: it decides year and month.  ``pattern`` is a format string over prefix, year, month and
    number.

    Raises:
        ValueError: the pattern has other fields, or would repeat a number after a reset.
    """
    return (await next_numbers(work, key, 1, prefix=prefix, on=on, reset=reset, pattern=pattern))[0]


async def next_numbers(
    work: Work, key: str, count: int, *, prefix: str, on: date, reset: Reset = "year", pattern: str | None = None
) -> list[str]:
    """``count`` numbers in a row, for a batch of documents of the same span."""
    if count < 1:
        raise ValueError("count must be at least 1")
    pattern = pattern or PATTERNS[reset]
    check_pattern(pattern, reset)
    fresh = insert(DocumentSequence).values(id=new_id(), key=key, span=_span(on, reset), last=count)
    drawn = fresh.on_conflict_do_update(
        index_elements=["key", "span"], set_={"last": DocumentSequence.last + count, "updated_at": clock.now()}
    ).returning(DocumentSequence.last)
    with work.session.no_autoflush:  # The document that gets the number may be half changed.
        last = (await work.session.execute(drawn)).scalar_one()
    return [pattern.format(prefix=prefix, year=on.year, month=on.month, number=number) for number in range(last - count + 1, last + 1)]


def check_pattern(pattern: str, reset: Reset) -> None:
    """Refuse a pattern that reaches beyond its fields or lets two documents have one number.

    Raises:
        ValueError: it does.
    """
    if not re.fullmatch(f"(?:{_FIELDS.pattern})+", pattern):
        raise ValueError(f"{pattern!r} may hold only {{prefix}}, {{year}}, {{month:02d}} and {{number:05d}}")
    needed = {"never": ("{number",), "year": ("{number", "{year"), "month": ("{number", "{year", "{month")}[reset]
    if missing := [part for part in needed if part not in pattern]:
        raise ValueError(f"{pattern!r} would repeat numbers: it lacks {', '.join(part + '}' for part in missing)}")


def _span(on: date, reset: Reset) -> str:
    return {"never": "", "year": f"{on.year:04d}", "month": f"{on.year:04d}-{on.month:02d}"}[reset]
