"""Working time as people write it, 1h 30m or 90, and in minutes."""

import re

from kernel.errors import Invalid
from kernel.i18n import gettext as _

_PARTS = re.compile(r"(?:(\d+(?:\.\d+)?)\s*(?:h|hours?|小时|时))?\s*(?:(\d+)\s*(?:m|min|minutes?|分钟|分)?)?", re.IGNORECASE)


def minutes_in(text: str, *, field: str) -> int:
    """The minutes in ``1h 30m``, ``1.5h``, ``90`` or ``1小时30分``.

    Raises:
        Invalid
    """
    found = _PARTS.fullmatch(text.strip())
    minutes = round(float(found[1] or 0) * 60) + int(found[2] or 0) if found and len(text) <= 20 else 0
    if not 1 <= minutes <= 200_000:
        raise Invalid(_("Enter a time such as 30m, 4h or 1h 30m."), field=field)
    return minutes


def duration(seconds: int | None) -> str:
    """Seconds in hours and minutes; empty where there are none."""
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if hours and rest:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
    return _("%(hours)s h", hours=hours) if hours else _("%(minutes)s min", minutes=rest)
