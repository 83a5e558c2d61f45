"""What a line costs, to the cent, whichever way prices are meant."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_crm.api import line_amounts
from core_crm.orders.amounts import total

prices = st.decimals(0, 10**7, places=6, allow_nan=False, allow_infinity=False)
quantities = st.decimals(Decimal("0.000001"), 10**5, places=6, allow_nan=False, allow_infinity=False)
rates = st.sampled_from([Decimal("0"), Decimal("0.01"), Decimal("0.03"), Decimal("0.06"), Decimal("0.09"), Decimal("0.13")])
discounts = st.decimals(0, 100, places=4, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "rate", "includes", "expected"),
    [
        # 113 including 13 % is exactly 100 and 13.
        ("1", "113", "0", "0.13", True, ("100.00", "13.00", "113.00")),
        # 100 / 1.13 = 88.4955...: the net amount is rounded, the tax is what is left of the agreed price.
        ("1", "100", "0", "0.13", True, ("88.50", "11.50", "100.00")),
        ("3", "33.33", "0", "0.06", False, ("99.99", "6.00", "105.99")),
        ("2", "0.125", "0", "0.13", False, ("0.25", "0.03", "0.28")),
        # Half-up, not banker's: 0.005 becomes 0.01.
        ("1", "0.005", "0", "0", False, ("0.01", "0.00", "0.01")),
        ("10", "12.5", "20", "0.09", False, ("100.00", "9.00", "109.00")),
        ("1", "50", "100", "0.13", True, ("0.00", "0.00", "0.00")),
    ],
)
def test_known_lines(quantity, price, discount, rate, includes, expected):
    amounts = line_amounts(
        Decimal(quantity), Decimal(price), discount_percent=Decimal(discount), tax_rate=Decimal(rate), includes_tax=includes
    )
    assert (amounts.net, amounts.tax, amounts.gross) == tuple(map(Decimal, expected))


@given(quantities, prices, discounts, rates, st.booleans())
def test_net_and_tax_are_gross_and_in_cents(quantity, price, discount, rate, includes):
    amounts = line_amounts(quantity, price, discount_percent=discount, tax_rate=rate, includes_tax=includes)
    assert amounts.net + amounts.tax == amounts.gross
    assert all(value == value.quantize(Decimal("0.01")) and value >= 0 for value in (amounts.net, amounts.tax, amounts.gross))
    # The tax is the rate's share of the net amount, to the cent that rounding may move.
    assert abs(amounts.tax - amounts.net * rate) <= Decimal("0.01")


@given(quantities, prices, rates)
def test_a_price_including_tax_is_what_the_customer_pays(quantity, price, rate):
    amounts = line_amounts(quantity, price, discount_percent=Decimal(0), tax_rate=rate, includes_tax=True)
    assert abs(amounts.gross - quantity * price) <= Decimal("0.005")


@given(st.lists(st.tuples(quantities, prices, rates), max_size=8), st.booleans())
def test_the_order_is_the_sum_of_its_lines(lines, includes):
    parts = [line_amounts(q, p, discount_percent=Decimal(0), tax_rate=r, includes_tax=includes) for q, p, r in lines]
    sums = total(parts)
    assert sums.gross == sum((part.gross for part in parts), Decimal(0)) == sums.net + sums.tax


def test_a_currency_without_cents_is_rounded_to_whole_units():
    assert line_amounts(
        Decimal(3), Decimal("33.4"), discount_percent=Decimal(0), tax_rate=Decimal("0.1"), includes_tax=False, currency="JPY"
    ).gross == Decimal(110)
