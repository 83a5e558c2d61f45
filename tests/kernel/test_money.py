"""Money is exact, rounds half-up, splits without losing a cent, and is written in capital numerals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money, allocate, rmb_upper, round_half_up

amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=2)
weights = st.lists(st.decimals(min_value=0, max_value=10**6, places=4), min_size=1, max_size=20).filter(lambda w: sum(w) > 0)


@pytest.mark.parametrize(("given_", "rounded"), [("0.005", "0.01"), ("2.675", "2.68"), ("-0.005", "-0.01"), ("1.2349", "1.23")])
def test_the_half_goes_up(given_: str, rounded: str) -> None:
    assert round_half_up(Decimal(given_)) == Decimal(rounded)


def test_two_currencies_are_not_added() -> None:
    with pytest.raises(ValueError, match="cannot be added"):
        Money(Decimal(1), "CNY") + Money(Decimal(1), "USD")


def test_a_float_is_no_amount() -> None:
    with pytest.raises(TypeError):
        Money(1.5)  # type: ignore[arg-type]


@given(amounts, weights)
def test_the_parts_sum_to_the_whole(amount: Decimal, shares: list[Decimal]) -> None:
    parts = allocate(Money(amount), shares)
    assert sum((part.amount for part in parts), Decimal(0)) == amount


@given(amounts, weights)
def test_no_part_is_a_cent_away_from_its_exact_share(amount: Decimal, shares: list[Decimal]) -> None:
    for part, weight in zip(allocate(Money(amount), shares), shares, strict=True):
        assert abs(part.amount - amount * weight / sum(shares)) <= Decimal("0.01")


def test_a_weight_of_nothing_gets_nothing() -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(Money(Decimal(1)), [Decimal(0)])


# The examples of 《正确填写票据和结算凭证的基本规定》; where it offers two forms, the first.
@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("1000100", "壹佰万零壹佰元整"),
        ("-12.30", "负壹拾贰元叁角整"),
    ],
)
def test_capital_numerals(amount: str, text: str) -> None:
    assert rmb_upper(Decimal(amount)) == text
