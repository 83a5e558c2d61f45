"""Text in which a search finds a record: names, codes, numbers and the initials of their pinyin."""

import unicodedata
from collections.abc import Collection
from functools import cache
from typing import Any

from pypinyin.constants import PINYIN_DICT
from sqlalchemy import ColumnElement, func, literal, literal_column


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
    return "".join([_initial(character) for character in text if "一" <= character <= "鿿"])


@cache
def _initial(character: str) -> str:
    readings: str = PINYIN_DICT.get(ord(character), "")
    return unicodedata.normalize("NFD", readings[:1])[:1]


def open_text(model: Any, unread: Collection[str]) -> ColumnElement[str]:
    """What a search may look in for somebody who may not read the fields ``unread``: nobody finds out digit by digit what they are.

    ``model.search_text`` names the fields that it was made of: ``info={"holds": (...)}``, the one with the initials first.
    """
    column = model.__table__.c.search_text
    first, *others = column.info.get("holds", ("",))
    if first in unread:
        return literal("")
    text: Any = column
    for name in others:
        if name in unread:
            folded = func.lower(func.normalize(func.coalesce(model.__table__.c[name], ""), literal_column("NFKC")))
            text = func.replace(text, folded, " ")
    return text  # type: ignore[no-any-return]
