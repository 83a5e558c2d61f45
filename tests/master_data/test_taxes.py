"""VAT codes and their rates by date."""

from datetime import date
from decimal import Decimal

import pytest

from kernel import i18n
from master_data.api import TaxUnknown, rate_of, tax_codes


def test_a_rate_is_that_of_the_day():
    assert rate_of("VAT13", date(2026, 11, 23)) == Decimal("0.13")
    assert rate_of("LEVY1", date(2027, 12, 31)) == Decimal("0.01")


@pytest.mark.parametrize(("code", "day"), [("LEVY1", date(2028, 1, 1)), ("VAT13", date(2019, 3, 31)), ("VAT99", date(2026, 1, 1))])
def test_a_code_outside_its_time_is_refused(code, day):
    with pytest.raises(TaxUnknown):
        rate_of(code, day)


def test_names_come_in_the_language_of_the_reader():
    with i18n.using("zh_CN"):
        assert tax_codes()["VAT13"].name == "增值税 13%"
    with i18n.using("en"):
        assert tax_codes()["VAT13"].name == "VAT 13 %"
