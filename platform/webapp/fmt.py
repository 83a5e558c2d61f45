"""Numbers, money and dates as people in China and elsewhere read them.  All of these are filters of templates."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent

from kernel import clock
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.money import CURRENCIES, Money, rmb_upper
from kernel.work import SYSTEM

Number = Decimal | int | float | str

_SIZES = {
    "zh_CN": (("亿", Decimal(100_000_000)), ("万", Decimal(10_000))),
    "en": (("B", Decimal(1_000_000_000)), ("M", Decimal(1_000_000)), ("K", Decimal(1_000))),
}


def money(value: Number | Money | None, currency: str | None = "CNY", places: int | None = -1) -> str:
    """``¥1,286,430.00``.  Without a currency, only the number, as in ledgers.

    ``places`` -1 means the currency's minor unit; None drops ``.00`` from whole amounts, as in cards.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, Money):
        currency, value = value.currency, value.amount
    amount = Decimal(str(value))
    if places is None:
        places = 0 if amount == amount.to_integral_value() else 2
    elif places < 0:
        places = CURRENCIES.get(currency or "CNY", 2)
    if not round(amount, places):
        amount = abs(amount)  # nobody owes less than nothing: -0.00
    digits = "#,##0" + ("." + "0" * places if places else "")
    if currency is None:
        return format_decimal(amount, format=digits, locale=locale())
    text = format_currency(amount, currency, format=f"¤{digits};-¤{digits}", locale=locale(), currency_digits=False)
    if currency == "JPY" and "JP" not in text:
        return text.replace("¥", "JP¥")  # the bare sign is the yuan's here, in every language
    return text.replace("CN¥", "¥")


def bare(value: Number | None, currency: str) -> str:
    """Only the number, with the decimals of its currency: where the currency stands beside it."""
    return money(value, None, CURRENCIES.get(currency, 2))


def number(value: Number | None, places: int = 6) -> str:
    """A quantity without trailing zeros: ``12.5``, ``1,200``."""
    if value is None or value == "":
        return ""
    return format_decimal(Decimal(str(value)), format="#,##0." + "#" * places, locale=locale())


def compact(value: Number) -> str:
    """What people say aloud: ``128.6万``, ``1.29M``."""
    amount = Decimal(str(value))
    for unit, size in _SIZES.get(locale(), _SIZES["en"]):
        if abs(amount) >= size:
            return format_decimal(amount / size, format="#,##0.#" if abs(amount) < size * 1000 else "#,##0", locale=locale()) + unit
    return format_decimal(amount, format="#,##0", locale=locale())


def pct(value: Number, *, signed: bool = False) -> str:
    """``0.124`` -> ``12.4%``; signed ``+12.4%``."""
    share = Decimal(str(value))
    text = format_percent(abs(share) if signed else share, format="#,##0.0%", locale=locale())
    if not signed:
        return text
    return ("+" if share > 0 else "−" if share < 0 else "") + text


def date(value: dt.date | dt.datetime | None, form: str = "medium") -> str:
    """``2026-11-23`` in Chinese tables, ``Nov 23, 2026`` in English; form ``md`` leaves out the year."""
    if value is None or value == "":
        return ""
    day = _local(value) if isinstance(value, dt.datetime) else value
    if form == "md":
        return format_date(day, "M月d日" if _zh() else "MMM d", locale=locale())
    if form == "medium" and _zh():
        return format_date(day, "yyyy-MM-dd", locale="zh_CN")
    return format_date(day, form, locale=locale())


def moment(value: dt.datetime | None) -> str:
    """Date and time of day in the reader's zone: ``2026-11-23 15:54``."""
    if value is None:
        return ""
    return format_datetime(_local(value), "yyyy-MM-dd HH:mm" if _zh() else "MMM d, yyyy HH:mm", locale=locale())


def full_date(value: dt.date) -> str:
    """``11月23日 星期一``, ``Monday, November 23``."""
    return format_date(value, "M月d日 EEEE" if _zh() else "EEEE, MMMM d", locale=locale())


def month(value: dt.date) -> str:
    """``11月``, ``Nov``."""
    return format_date(value, "M月" if _zh() else "MMM", locale=locale())


def ago(value: dt.datetime, now: dt.datetime | None = None) -> str:
    """``3 小时前``, ``3 hours ago``."""
    passed = value - (now or clock.now())
    if abs(passed) < dt.timedelta(seconds=60):
        return _("just now")
    return format_timedelta(passed, add_direction=True, locale=locale(), threshold=0.95)


def upper_rmb(value: Number) -> str:
    """``壹拾贰万捌仟陆佰元整``."""
    return rmb_upper(Decimal(str(value)))


def who(name: str | None) -> str:
    """Who did something; what the platform did by itself has a name in the reader's language."""
    return _("System") if name == SYSTEM.name else name or ""


def filesize(value: int) -> str:
    """``38 KB``."""
    size = Decimal(value)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{format_decimal(size, format='#,##0.#', locale=locale())} {unit}"
        size /= 1024
    return f"{format_decimal(size, format='#,##0.#', locale=locale())} GB"


FILTERS: dict[str, Any] = {
    "money": money, "bare": bare, "number": number, "compact": compact, "pct": pct, "date": date, "moment": moment, "full_date": full_date,
    "month": month, "ago": ago, "upper_rmb": upper_rmb, "filesize": filesize, "who": who,
}  # fmt: skip


def _zh() -> bool:
    return locale().startswith("zh")


def _local(value: dt.datetime) -> dt.datetime:
    from webapp import shell  # the zone is the tenant's; the shell needs these filters in turn

    return value.astimezone(ZoneInfo(shell.zone()))
