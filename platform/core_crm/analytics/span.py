"""What reports of the CRM share: the days they are about, shares, and the word that hidden records are left out."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, and_

from core_crm.orders.model import Order, OrderState
from core_crm.orders.query import within_reach
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work
from master_data.api import rights_of

ROWS_MAX = 500


class Span(msgspec.Struct, kw_only=True):
    """From which day to which; the last twelve months where nothing is said."""

    since: Annotated[date | None, msgspec.Meta(title=N_("From"))] = None
    until: Annotated[date | None, msgspec.Meta(title=N_("To"))] = None


def days(work: Work, asked: Span) -> tuple[date, date]:
    """The first and the last day of the span."""
    last = asked.until or work.today()
    return asked.since or last.replace(day=1) - timedelta(days=334), last


def bounds(work: Work, asked: Span) -> tuple[datetime, datetime]:
    """The span as moments, its last day included."""
    zone = ZoneInfo(work.tenant.zone)
    first, last = days(work, asked)
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


async def sold(work: Work, asked: Span | None = None) -> ColumnElement[bool]:
    """The condition for orders that count as sold, within the actor's reach; ``worth`` sums them up in the company's currency."""
    given = [Order.confirmed_at.is_not(None), Order.state != OrderState.CANCELLED, await within_reach(work)]
    if asked is not None:
        first, last = days(work, asked)
        given += [Order.ordered_on >= first, Order.ordered_on <= last]
    return and_(*given)


def weekdays() -> tuple[str, ...]:
    """From Monday."""
    return (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def percent(part: Any, whole: Any) -> Decimal | None:
    """``part`` of ``whole`` in per cent, to one decimal."""
    return round_half_up(Decimal(part) * 100 / Decimal(whole), 1) if whole else None


def converted() -> str:
    """The sentence below sums of orders."""
    return _("Orders in foreign money count at the rate of their confirmation.")


async def notes(work: Work, stem: str, *more: str) -> Sequence[str]:
    """Sentences below a report; it says where it leaves out what the actor may not see."""
    whole = (await rights_of(work, stem)).whole
    return [*more, *([] if whole else [_("Counts only what you may see.")])]
