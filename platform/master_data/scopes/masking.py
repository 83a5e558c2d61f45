"""Values of which just enough is shown to recognise them."""

from typing import Any

STARS = "***"


def masked_value(value: Any) -> Any:
    """Text keeps its ends, 13812345678 is 138****5678; an address before the @ keeps its first letter; anything else is gone."""
    if not isinstance(value, str) or not value:
        return None if value is None or not isinstance(value, str) else value
    name, at, domain = value.partition("@")
    if at:
        return f"{name[:1]}{STARS}@{domain}"
    if len(value) < 5:
        return value[:1] + "*" * (len(value) - 1)
    head, tail = (3, 4) if len(value) >= 11 else (1, 1)
    return value[:head] + "*" * min(len(value) - head - tail, 8) + value[-tail:]
