"""Workbooks: read behind a guard against bombs, written with strings as strings and never a formula."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from kernel.i18n import gettext as _
from webapp.resource import unpacking
from webapp.resource.table import FILE_ROWS_MAX, FileRefused, Sheet, sheet_of

UNPACKED_BYTES_MAX = 100 * 1024 * 1024
RATIO_MAX = 100
MEMBERS_MAX = 2_000
_EXACT_DIGITS = 15  # a spreadsheet's number holds no more


def is_workbook(content: bytes) -> bool:
    return content.startswith(b"PK\x03\x04")


def read(content: bytes) -> Sheet:
    """The table on the first sheet.  It takes its time: call it outside of the event loop.

    Raises:
        FileRefused: no workbook, a bomb, or cells that lost digits.
    """
    _defuse(content)
    return sheet_of([[_text(cell) for cell in line] for line in _unpacked(content)])


def write(header: Sequence[str], rows: Iterable[Sequence[str | Decimal | int]], *, choices: dict[int, list[str]] | None = None) -> bytes:
    """A workbook of one sheet; ``choices`` are the drop-downs by column."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    head = book.add_format({"bold": True, "bg_color": "#F5F4F1", "bottom": 1})
    text = book.add_format({"num_format": "@"})
    for column, label in enumerate(header):
        sheet.set_column(column, column, max(12, min(40, 2 * len(label) + 2)), text)
        sheet.write_string(0, column, label, head)
    for column, labels in (choices or {}).items():
        if sum(map(len, labels)) + len(labels) <= 255:  # Excel's limit for a list written out
            sheet.data_validation(1, column, FILE_ROWS_MAX, column, {"validate": "list", "source": labels})
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            _put(sheet, number, column, cell)
    book.close()
    return buffer.getvalue()


def _put(sheet: Any, row: int, column: int, cell: str | Decimal | int) -> None:
    if isinstance(cell, str):
        if cell:
            sheet.write_string(row, column, cell[:32_767])
    elif len(Decimal(cell).as_tuple().digits) <= _EXACT_DIGITS:
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, format(cell, "f") if isinstance(cell, Decimal) else str(cell))


def _defuse(content: bytes) -> None:
    """Refuse what unpacks to far more than it is.  Sizes are counted, not read from the archive's own directory."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS_MAX:
                raise FileRefused(_("The workbook holds too many parts."), field="file")
            total = 0
            for member in members:
                with archive.open(member) as stream:
                    while chunk := stream.read(1 << 20):
                        total += len(chunk)
                        if total > UNPACKED_BYTES_MAX or total > RATIO_MAX * max(len(content), 1 << 16):
                            raise FileRefused(_("The workbook unpacks to too much data; split it."), field="file")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        raise FileRefused(_("The workbook cannot be read. Save it again as XLSX, or as CSV."), field="file") from None


def _unpacked(content: bytes) -> list[list[Any]]:
    """The cells of the first sheet, read by a process that a hostile file may bring down."""
    command = [sys.executable, "-I", str(Path(unpacking.__file__)), str(FILE_ROWS_MAX + 2)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=2 * unpacking.SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        raise FileRefused(_("The workbook unpacks to too much data; split it."), field="file") from None
    if done.returncode in (1, 2, unpacking.UNREADABLE):
        raise FileRefused(_("The workbook cannot be read. Save it again as XLSX, or as CSV."), field="file")
    if done.returncode:  # it ran into a limit, mostly by a signal
        raise FileRefused(_("The workbook unpacks to too much data; split it."), field="file")
    lines: list[list[Any]] = json.loads(done.stdout)
    return lines


def _text(cell: Any) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return _number(cell)
    return str(cell)


def _number(value: float) -> str:
    """The digits a person sees in the cell.  Codes longer than 15 digits were lost in the file already."""
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    exact = Decimal(repr(value))
    if exact == exact.to_integral_value():
        if len(exact.as_tuple().digits) + max(int(exact.as_tuple().exponent), 0) > _EXACT_DIGITS:
            shown = format(exact, "f")
            message = _("A cell holds %(number)s, whose last digits the workbook has lost. Format long codes as text.", number=shown)
            raise FileRefused(message, field="file")
        return format(exact.to_integral_value(), "f")
    return format(exact, "f")
