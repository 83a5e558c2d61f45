"""Every word a Chinese reader sees is Chinese."""

import pytest

from webapp import i18n_tools


@pytest.mark.parametrize("name", sorted(i18n_tools.packages()))
def test_the_chinese_catalog_is_complete(name: str) -> None:
    assert i18n_tools.check(i18n_tools.packages()[name]) == []


def test_no_message_is_translated_in_two_ways() -> None:
    assert i18n_tools.inconsistent() == []
