"""A sheet on paper: pages of A4 with the head on each, totals carried from page to page (过次页, 承前页)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from math import ceil
from typing import Any
from unicodedata import east_asian_width

from core_finance.books.sheet import Column, Row, Sheet, Value
from kernel.documents import render_pdf
from kernel.i18n import gettext as _
from kernel.i18n import locale

ZERO = Decimal(0)
SLOTS = {"portrait": 42, "landscape": 27}
"""Rows of one line of text that a page holds below its head."""

_WIDTH_MM = {"portrait": 190.0, "landscape": 277.0}
_EM_MM = 2.9  # a Chinese character at the size of print
_SET_MM = 2.7  # the same as it is set, without the reserve
_PAD_MM = 2.4
_NARROWEST_MM = 9.0
_SHORT_MM = 24.0  # a text so short never wraps
_TAGGED_ROWS_MAX = 300


@dataclass(frozen=True)
class Printed:
    """A row with the lines of text that it takes."""

    row: Row
    slots: int


async def sheet_pdf(sheet: Sheet, *, title: str, heads: tuple[str, str, str], paper: str) -> bytes:
    """The sheet with its title; ``heads`` stand left, in the middle and right above it."""
    widths, squeezed = _widths(sheet, _WIDTH_MM[paper])
    pages = paginate(sheet, SLOTS[paper], widths)
    data = {
        "lang": "zh" if locale() == "zh_CN" else "en",
        "paper": paper,
        "title": title,
        "heads": heads,
        "widths": widths,
        "squeezed": squeezed,
        "columns": [{"label": column.label, "number": column.is_number} for column in sheet.columns],
        "pages": [[_drawn(printed, sheet.columns) for printed in each] for each in pages],
        "numbers": [_("page %(number)s of %(of)s", number=number, of=len(pages)) for number in range(1, len(pages) + 1)],
        "none": _("Nothing was posted up to here"),
    }
    return await render_pdf(files("core_finance") / "books" / "book.typ", data, tagged=len(sheet.rows) <= _TAGGED_ROWS_MAX)


def paginate(sheet: Sheet, slots: int, widths: Sequence[float]) -> list[list[Printed]]:
    """The rows of each page.  Where a book carries totals, a page ends with them and the next begins with them."""
    pages: list[list[Printed]] = [[]]
    room = slots
    carried = _Carried(sheet.columns)
    reserve = 1 if sheet.is_carried else 0
    last = len(sheet.rows) - 1
    for place, row in enumerate(sheet.rows):
        printed = Printed(row, _slots(row, sheet.columns, widths))
        if printed.slots + (reserve if place < last else 0) > room and pages[-1]:
            if sheet.is_carried:
                pages[-1].append(Printed(carried.row(_("Carried forward")), 1))
            pages.append([Printed(carried.row(_("Brought forward")), 1)] if sheet.is_carried else [])
            room = slots - len(pages[-1])
        pages[-1].append(printed)
        room -= printed.slots
        carried.add(row)
    return pages


class _Carried:
    """What stands between two pages: sums of the month so far, and the balance.

    Art. 56 of 会计基础工作规范: where a month is totalled, what is carried is the sum from the month's beginning.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._values: list[Value] = [ZERO if column.carried == "sum" else None for column in columns]

    def add(self, row: Row) -> None:
        for place, (column, value) in enumerate(zip(self._columns, row.cells, strict=True)):
            known = self._values[place]
            if column.carried == "sum" and row.ends:
                self._values[place] = ZERO
            elif column.carried == "sum" and not row.tone and isinstance(value, Decimal) and isinstance(known, Decimal):
                self._values[place] = known + value
            elif column.carried == "last" and value is not None:
                self._values[place] = value

    def row(self, label: str) -> Row:
        cells = [label if column.kind == "main" else value for column, value in zip(self._columns, self._values, strict=True)]
        return Row(cells, tone="sub")


def _drawn(printed: Printed, columns: Sequence[Column]) -> dict[str, Any]:
    row = printed.row
    indent = int(row.tone[2]) - 1 if row.tone.startswith("lv") else 0
    return {
        "cells": [_text(value, column) for value, column in zip(row.cells, columns, strict=True)],
        "red": [isinstance(value, Decimal) and value < 0 for value in row.cells],
        "slots": printed.slots,
        "strong": "sub" in row.tone,
        "indent": indent,
    }


def _text(value: Value, column: Column) -> str:
    if value is None or (column.kind == "amount" and not value):
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:,.2f}" if column.kind == "amount" else f"{value.normalize():,f}"
    return str(value)


def _widths(sheet: Sheet, total: float) -> tuple[list[float], bool]:
    """Millimetres of each column: numbers, dates and short texts get what they need, long ones share the rest.

    And whether that is too little for the numbers.
    """
    needs = []
    for place, column in enumerate(sheet.columns):
        texts = [_text(row.cells[place], column) for row in sheet.rows]
        longest = max((_em(text) for text in texts), default=0.0)
        needs.append(max(_NARROWEST_MM, _EM_MM * max(longest, min(_em(column.label), 5.0)) + _PAD_MM))
    fixed = [column.kind != "main" and (column.is_number or need <= _SHORT_MM) for column, need in zip(sheet.columns, needs, strict=True)]
    for_texts = total - sum(need for need, is_fixed in zip(needs, fixed, strict=True) if is_fixed)
    wanted = sum(need for need, is_fixed in zip(needs, fixed, strict=True) if not is_fixed)
    least = _NARROWEST_MM * 2 * (len(fixed) - sum(fixed))
    if for_texts < least:  # so many numbers that all become narrower
        return [total * need / sum(needs) for need in needs], True
    return [need if is_fixed else for_texts * need / wanted for need, is_fixed in zip(needs, fixed, strict=True)], False


def _slots(row: Row, columns: Sequence[Column], widths: Sequence[float]) -> int:
    """Lines that the longest text of the row takes; at most three, what is longer is cut."""
    lines = 1
    for value, column, width in zip(row.cells, columns, widths, strict=True):
        if isinstance(value, str) and not column.is_number:
            lines = max(lines, ceil(_em(value) * _SET_MM / (width - _PAD_MM)))
    return min(lines, 3)


def _em(text: str) -> float:
    """Half characters count a little more than half, as they are seldom so narrow."""
    return sum(1.0 if east_asian_width(character) in "WFA" else 0.6 for character in text)
