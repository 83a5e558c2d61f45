"""Numbers and days as people type them."""

from datetime import date
from decimal import Decimal

import pytest

from webapp.reading import day_of, decimal_of, whole_of


@pytest.mark.parametrize(
    ("text", "value"), [("¥1,280.50", "1280.50"), ("1，280", "1280"), ("-3", "-3"), (".5", "0.5"), ("1E+05", "100000"), ("１２", "12")]
)
def test_a_number_is_read_as_people_write_it(text: str, value: str) -> None:
    assert decimal_of(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "x", "NaN", "Infinity", "1_000", "1e999999999", "0x10", "--1", "9" * 60])
def test_what_is_no_number_or_no_end_of_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        whole_of(text)


def test_a_whole_number_has_no_fraction() -> None:
    assert whole_of("12.00") == 12
    with pytest.raises(ValueError, match=r"12\.5"):
        whole_of("12.5")


@pytest.mark.parametrize("text", ["2026-11-23", "2026/11/23", "2026.11.23", "2026年11月23日", "20261123"])
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert day_of(text) == date(2026, 11, 23)
