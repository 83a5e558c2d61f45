"""Cursors of lists that go by keyset, and words to search for."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from sqlalchemy import ColumnElement, or_

from kernel.errors import Invalid
from kernel.i18n import gettext as _

PAGE_ROWS = 50
PAGE_ROWS_MAX = 200
WORDS_MAX = 5

Place = TypeVar("Place")


class CursorWrong(Invalid):
    code = "cursor_wrong"


def cursor(*place: Any) -> str:
    """Where the next page goes on, as text for an address."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def read_cursor(text: str, kind: type[Place]) -> Place:
    """What ``cursor`` made.

    Raises:
        CursorWrong
    """
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise CursorWrong(_("This page of the list does not exist; start again from the first."), field="after") from None


def address(path: str, **given: Any) -> str:
    """``path`` with what is given of the values."""
    text = urlencode({name: value for name, value in given.items() if value})
    return f"{path}?{text}" if text else path


def check_limit(limit: int) -> None:
    """Refuse a page that is too long.

    Raises:
        Invalid
    """
    if not 1 <= limit <= PAGE_ROWS_MAX:
        raise Invalid(_("limit is between 1 and %(most)s.", most=PAGE_ROWS_MAX), field="limit")


def like(text: str) -> str:
    """``text`` as a pattern that finds it anywhere."""
    return "%" + text.casefold().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"


def matches(search: str, *columns: Any) -> Sequence[ColumnElement[bool]]:
    """For each word of ``search`` that one of the columns holds it."""
    return [or_(*(column.ilike(like(word), escape="\\") for column in columns)) for word in search.split()[:WORDS_MAX]]
