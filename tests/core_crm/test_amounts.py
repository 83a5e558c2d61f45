"""What a line costs, to the cent, whichever way prices are meant."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_crm.api import line_amounts
from core_crm.pricing.amounts import Discount, DiscountTooLarge, Entry, document_amounts, entered_amount, portion, price_as, total

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


entries = st.lists(
    st.builds(Entry, quantity=quantities, unit_price=prices, discount_percent=discounts, tax_rate=rates), min_size=1, max_size=8
)


def whole_of(lines):
    return sum((entered_amount(e.quantity, e.unit_price, e.discount_percent, "CNY") for e in lines), Decimal(0))


@given(entries, discounts, st.booleans())
def test_a_percentage_off_the_whole_is_spread_to_the_cent(lines, percent, includes):
    priced = document_amounts(lines, includes_tax=includes, discount=Discount(percent=percent), currency="CNY")
    whole = whole_of(lines)
    agreed = sum((each.amounts.gross if includes else each.amounts.net for each in priced), Decimal(0))
    off = sum((each.share for each in priced), Decimal(0))
    assert agreed == whole - off
    assert abs(off - whole * percent / 100) <= Decimal("0.005")
    for entry, each in zip(lines, priced, strict=True):
        assert 0 <= each.share <= entered_amount(entry.quantity, entry.unit_price, entry.discount_percent, "CNY")
        assert each.amounts.net + each.amounts.tax == each.amounts.gross
        assert min(each.amounts.net, each.amounts.tax, each.share) >= 0
        assert abs(each.amounts.tax - each.amounts.net * entry.tax_rate) <= Decimal("0.01")


@given(entries, st.decimals(0, 1, places=6), st.booleans())
def test_an_amount_off_the_whole_is_taken_off_exactly(lines, part, includes):
    amount = (whole_of(lines) * part).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
    priced = document_amounts(lines, includes_tax=includes, discount=Discount(amount=amount), currency="CNY")
    assert sum((each.share for each in priced), Decimal(0)) == amount
    assert sum((each.amounts.gross if includes else each.amounts.net for each in priced), Decimal(0)) == whole_of(lines) - amount


@given(entries, st.booleans())
def test_without_a_discount_each_line_is_what_it_is_by_itself(lines, includes):
    priced = document_amounts(lines, includes_tax=includes, currency="CNY")
    assert [each.amounts for each in priced] == [
        line_amounts(e.quantity, e.unit_price, discount_percent=e.discount_percent, tax_rate=e.tax_rate, includes_tax=includes)
        for e in lines
    ]


def test_a_discount_is_not_more_than_the_whole():
    line = Entry(quantity=Decimal(1), unit_price=Decimal(10), tax_rate=Decimal("0.13"))
    with pytest.raises(DiscountTooLarge):
        document_amounts([line], includes_tax=True, discount=Discount(amount=Decimal("10.01")), currency="CNY")


def test_the_cent_that_is_left_goes_to_the_largest_fraction():
    lines = [Entry(quantity=Decimal(1), unit_price=Decimal(price), tax_rate=Decimal("0.13")) for price in ("33.33", "33.33", "33.34")]
    priced = document_amounts(lines, includes_tax=True, discount=Discount(amount=Decimal(10)), currency="CNY")
    assert [each.share for each in priced] == [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]


@given(prices, rates)
def test_a_price_goes_to_before_tax_and_back(price, rate):
    before = price_as(price, rate, included=True, wanted=False)
    assert abs(price_as(before, rate, included=False, wanted=True) - price) <= Decimal("0.000002")


@given(quantities, prices, rates, st.booleans(), st.lists(st.decimals(0, 1, places=6), max_size=8))
def test_parts_of_a_line_sum_to_it_and_never_go_back(quantity, price, rate, includes, shares):
    whole = line_amounts(quantity, price, discount_percent=Decimal(0), tax_rate=rate, includes_tax=includes)
    parts = [quantity * share for share in sorted(shares)] + [quantity]
    steps = [portion(whole, part, quantity, includes_tax=includes, currency="CNY") for part in parts]
    assert steps[-1] == whole
    for before, after in pairwise(steps):
        assert after.net >= before.net
        assert after.gross >= before.gross
        assert after.gross == after.net + after.tax
    for part, step in zip(parts, steps, strict=True):
        assert abs((step.gross if includes else step.net) - (whole.gross if includes else whole.net) * part / quantity) <= Decimal("0.005")
        assert abs(step.tax - whole.tax * part / quantity) <= Decimal("0.01")
