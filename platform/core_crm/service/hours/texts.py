"""Hours as people write them, 09:00-12:00, and as they are kept, in minutes since midnight."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import msgspec

from kernel.errors import Invalid
from kernel.i18n import gettext as _

Spans = Annotated[list[Annotated[str, msgspec.Meta(max_length=11)]], msgspec.Meta(max_length=6)]

_SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~至到]\s*(\d{1,2})[:：](\d{2})")
_BETWEEN = re.compile(r"[,，、;；]\s*|\s+(?=\d{1,2}[:：]\d{2}\s*[-–—~至到])")


def split(text: str) -> list[str]:
    """The spans in a line such as ``09:00-12:00, 13:00-18:00``."""
    return [part.strip() for part in _BETWEEN.split(text.strip()) if part.strip()]


def checked(spans: Sequence[str], *, field: str) -> list[list[int]]:
    """The spans in minutes, in order.

    Raises:
        Invalid: one cannot be read, ends before it begins, or two overlap.
    """
    found = sorted(_minutes(text, field) for text in spans)
    for (_begin, end), (begin, _end) in pairwise(found):
        if begin < end:
            raise Invalid(_("These hours overlap; write for example 09:00-12:00, 13:00-18:00."), field=field)
    return found


def shown(spans: Sequence[Sequence[int]]) -> str:
    """The spans as one line."""
    return ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in spans)


def listed(spans: Sequence[Sequence[int]]) -> list[str]:
    """The spans one by one."""
    return [f"{_clock(begin)}-{_clock(end)}" for begin, end in spans]


def _minutes(text: str, field: str) -> list[int]:
    found = _SPAN.fullmatch(text.strip())
    if found is not None:
        first, second, third, fourth = (int(part) for part in found.groups())
        begin, end = first * 60 + second, third * 60 + fourth
        if second < 60 and fourth < 60 and 0 <= begin < end <= 24 * 60:
            return [begin, end]
    raise Invalid(_("“%(text)s” are no hours; write for example 09:00-12:00, 13:00-18:00.", text=text), field=field)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
