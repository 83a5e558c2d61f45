"""Reads a workbook in a process of its own, which may die of what is in the file: ``python unpacking.py < file > cells``.

The library that reads workbooks makes room for every cell between the first and the last, and once more for a text that
many cells share: a file of a kilobyte can ask for a terabyte.  It imports nothing of ours, so that it starts at once.
"""

import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

UNREADABLE, TOO_LARGE = 3, 4  # exit codes
MEMORY_BYTES_MAX = 1024 * 1024 * 1024
TEXT_MAX = 64 * 1024 * 1024
SECONDS_MAX = 30


def main() -> int:
    """Write the first sheet's lines as JSON; dates are texts already."""
    _limit()
    import python_calamine  # after the limit is set

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read()))
        lines = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=int(sys.argv[1]))
    except (python_calamine.CalamineError, python_calamine.WorksheetNotFound, OSError, ValueError, IndexError):
        return UNREADABLE
    except MemoryError:
        return TOO_LARGE
    if _size(lines) > TEXT_MAX:
        return TOO_LARGE
    with suppress(MemoryError):
        sys.stdout.write(json.dumps(lines, default=_text, ensure_ascii=False))
        sys.stdout.flush()
        return 0
    return TOO_LARGE


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has no limits of this kind
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _size(lines: Iterable[Iterable[Any]]) -> int:
    return sum(len(cell) + 3 if isinstance(cell, str) else 3 for line in lines for cell in line)


def _text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    raise TypeError(type(cell))


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main())
