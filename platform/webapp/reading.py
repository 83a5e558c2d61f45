"""What a person typed, as a value: numbers and days in the forms people write them."""

import re
from datetime import date, datetime
from decimal import Decimal

# At most two digits of exponent: a spreadsheet writes 1E+05, and 1e999999999 would be a number of a gigabyte.
_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?")
_NOISE = str.maketrans("", "", ",，¥￥ \u00a0")
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%d %H:%M:%S")


def decimal_of(text: str) -> Decimal:
    """``¥1,280.50`` as a number; separators of thousands and the sign of the currency say nothing.

    Raises:
        ValueError: it is none.
    """
    bare = text.translate(_NOISE)
    if not _NUMBER.fullmatch(bare):
        raise ValueError(text)
    return Decimal(bare)


def whole_of(text: str) -> int:
    """A number without a fraction.

    Raises:
        ValueError: it is none, or has one.
    """
    number = decimal_of(text)
    if number != number.to_integral_value():
        raise ValueError(text)
    return int(number)


def day_of(text: str) -> date:
    """``2026-11-23``, ``2026/11/23``, ``2026年11月23日``.

    Raises:
        ValueError: it is no day in any of these forms.
    """
    for pattern in _DAYS:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a business day has no zone
        except ValueError:
            continue
    raise ValueError(text)
