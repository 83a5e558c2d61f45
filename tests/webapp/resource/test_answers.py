"""Rows on their way out: the same fields in the same order, whichever way they are encoded."""

from uuid import UUID

import msgspec

from master_data.api import FieldRight, Rights
from webapp.resource.answers import next_cursor, shown_rows
from webapp.resource.query import SORTED_BY, Cursor

NAMES = ("id", "name", "phone", "custom")
ROW = {"id": UUID(int=1), "name": "青禾", "phone": "13800005678", "custom": '{"level": "金", "n": 1}', SORTED_BY: "青禾"}


def answer(rights, *rows, names=NAMES):
    return msgspec.json.decode(msgspec.json.encode(shown_rows(names, rows, rights)))


def test_a_reader_of_everything_gets_each_field_and_not_what_the_list_is_sorted_by():
    [item] = answer(Rights(stem="x"), ROW)
    assert item == {"id": str(UUID(int=1)), "name": "青禾", "phone": "13800005678", "custom": {"level": "金", "n": 1}}
    assert list(item) == list(NAMES)


def test_a_row_without_own_values_or_without_the_column_is_answered_too():
    assert answer(Rights(stem="x"), {**ROW, "custom": None})[0]["custom"] is None
    assert answer(Rights(stem="x"), {"id": UUID(int=1), "name": "青禾"}, names=NAMES[:2]) == [{"id": str(UUID(int=1)), "name": "青禾"}]


def test_a_hidden_field_is_gone_and_a_masked_one_shows_little():
    rights = Rights(stem="x", fields={"name": FieldRight.HIDDEN, "phone": FieldRight.MASKED})
    [item] = answer(rights, ROW)
    assert item == {"id": str(UUID(int=1)), "phone": "138****5678", "custom": {"level": "金", "n": 1}}


def test_a_page_ends_at_its_last_row_and_the_last_page_nowhere():
    assert next_cursor([ROW, {**ROW, "id": UUID(int=2)}], 1) == Cursor("青禾", UUID(int=1)).encode()
    assert next_cursor([ROW], 1) is None
