"""Numbers, money and dates in both languages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from kernel import i18n
from kernel.money import Money
from kernel.work import SYSTEM
from webapp import fmt


@pytest.mark.parametrize(
    ("value", "arguments", "shown"),
    [
        (Decimal("1286430"), {}, "¥1,286,430.00"),
        (Decimal("-3.5"), {}, "-¥3.50"),
        (Decimal("-0.00"), {"currency": None}, "0.00"),
        (Decimal("1286430.50"), {"places": None}, "¥1,286,430.50"),
        (Decimal("1286430.00"), {"places": None}, "¥1,286,430"),
        (Decimal("1286430"), {"currency": None}, "1,286,430.00"),
        (Money(Decimal("12"), "USD"), {}, "US$12.00"),
        (Money(Decimal("1200"), "JPY"), {}, "JP¥1,200"),
        (None, {}, ""),
    ],
)
def test_money_in_chinese(value: object, arguments: dict[str, object], shown: str) -> None:
    with i18n.using("zh_CN"):
        assert fmt.money(value, **arguments) == shown  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "en", "zh"), [(SYSTEM.name, "System", "系统"), ("周明", "周明", "周明"), (None, "", "")])
def test_what_the_platform_did_by_itself_has_a_name_in_words(name: str | None, en: str, zh: str) -> None:
    with i18n.using("en"):
        assert fmt.who(name) == en
    with i18n.using("zh_CN"):
        assert fmt.who(name) == zh


def test_money_in_english_has_the_same_yuan_sign() -> None:
    with i18n.using("en"):
        assert fmt.money(Decimal("1286430")) == "¥1,286,430.00"


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_a_yen_is_not_taken_for_a_yuan_and_has_no_cents(locale: str) -> None:
    with i18n.using(locale):
        assert fmt.money(Decimal(-128000), "JPY") == "-JP¥128,000"
        assert fmt.bare(Decimal("128000.00"), "JPY") == "128,000"
        assert fmt.bare(Decimal("-1.5"), "USD") == "-1.50"


@pytest.mark.parametrize(
    ("locale", "value", "shown"),
    [
        ("zh_CN", "1286430", "128.6万"),
        ("zh_CN", "120000000", "1.2亿"),
        ("zh_CN", "9800", "9,800"),
        ("en", "1286430", "1.3M"),
        ("en", "9800", "9.8K"),
    ],
)
def test_large_numbers_as_they_are_said(locale: str, value: str, shown: str) -> None:
    with i18n.using(locale):
        assert fmt.compact(Decimal(value)) == shown


def test_dates_by_language() -> None:
    day = date(2026, 11, 23)
    with i18n.using("zh_CN"):
        assert (fmt.date(day), fmt.full_date(day), fmt.month(day)) == ("2026-11-23", "11月23日 星期一", "11月")
    with i18n.using("en"):
        assert (fmt.date(day), fmt.full_date(day), fmt.month(day)) == ("Nov 23, 2026", "Monday, November 23", "Nov")


def test_a_moment_is_shown_in_the_companys_zone() -> None:
    with i18n.using("zh_CN"):
        assert fmt.moment(datetime(2026, 11, 23, 18, 30, tzinfo=UTC)) == "2026-11-24 02:30"


def test_how_long_ago() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with i18n.using("en"):
        assert fmt.ago(now - timedelta(hours=3), now) == "3 hours ago"
        assert fmt.ago(now - timedelta(seconds=5), now) == "just now"


def test_shares_and_sizes() -> None:
    with i18n.using("en"):
        assert (fmt.pct(Decimal("0.124")), fmt.pct(Decimal("-0.031"), signed=True)) == ("12.4%", "−3.1%")
        assert (fmt.filesize(512), fmt.filesize(38_912)) == ("512 B", "38 KB")
        assert (fmt.number(Decimal("12.500")), fmt.number(Decimal("1200"))) == ("12.5", "1,200")


def test_capital_numerals() -> None:
    assert fmt.upper_rmb("128600") == "壹拾贰万捌仟陆佰元整"
