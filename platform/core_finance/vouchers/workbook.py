"""The cells of a workbook's first sheet as texts."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import python_calamine

UNPACKED_BYTES_MAX = 100 * 1024 * 1024


class Unreadable(ValueError):
    """No workbook, or one that unpacks to far more than it is."""


def rows(content: bytes, most: int) -> list[list[str]]:
    """Up to ``most`` rows and one more.  It takes its time: call it outside of the event loop.

    Raises:
        Unreadable: it cannot be read.
    """
    try:
        _defuse(content)
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        return [[_text(cell) for cell in line] for line in sheet.to_python(skip_empty_area=False, nrows=most + 1)]
    except (ValueError, OSError, IndexError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile,
            python_calamine.CalamineError) as error:  # fmt: skip
        raise Unreadable(str(error)) from error


def _defuse(content: bytes) -> None:
    """Sizes are counted, not read from the archive's own directory."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        total = 0
        for member in archive.infolist():
            with archive.open(member) as stream:
                while chunk := stream.read(1 << 20):
                    total += len(chunk)
                    if total > UNPACKED_BYTES_MAX:
                        raise Unreadable("too large")


def _text(cell: Any) -> str:
    """As a person sees it: 1002 for 1002.0, 2026-03-09 for a day."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{Decimal(repr(cell)):f}"
    return str(cell).strip()
