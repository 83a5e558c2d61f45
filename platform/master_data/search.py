"""Text in which a search finds a record: names, codes, numbers and the initials of their pinyin."""

import unicodedata
from functools import cache

from pypinyin.constants import PINYIN_DICT


def search_text(*parts: str | None) -> str:
    """The given texts in small letters and half width, with the pinyin initials of the first: 联华生鲜 is found by lhsx."""
    given = [part for part in parts if part]
    if not given:
        return ""
    words = [unicodedata.normalize("NFKC", part).casefold() for part in given]
    letters = initials(given[0])
    return " ".join([*words, letters] if letters else words)


def initials(text: str) -> str:
    """The first pinyin letter of each Chinese character in ``text``; empty when it has none."""
    return "".join(_initial(character) for character in text if "一" <= character <= "鿿")


@cache
def _initial(character: str) -> str:
    readings: str = PINYIN_DICT.get(ord(character), "")
    return unicodedata.normalize("NFD", readings[:1])[:1]
