"""A file of rows, whichever format it came in."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.errors import Invalid
from kernel.i18n import gettext as _

FILE_BYTES_MAX = 32 * 1024 * 1024
BODY_BYTES_MAX = FILE_BYTES_MAX + 1024 * 1024
"""The most bytes of an upload, with what a form puts around the file."""

FILE_ROWS_MAX = 100_000
FILE_COLUMNS_MAX = 200


class FileRefused(Invalid):
    """The file cannot be read as a table."""

    code = "file_refused"


@dataclass(frozen=True)
class Sheet:
    """Header and rows of texts; every row is as long as the header.  ``numbers`` are the rows' numbers in the file."""

    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: Sequence[int]


def sheet_of(lines: Sequence[Sequence[str]]) -> Sheet:
    """The first line that is not empty is the header; empty lines are passed over.

    Raises:
        FileRefused: there is no header or no row, or far too many of either.
    """
    filled = [(number, line) for number, line in enumerate(lines, start=1) if any(cell.strip() for cell in line)]
    if not filled:
        raise FileRefused(_("The file is empty. Its first row must hold the names of the columns."), field="file")
    header = tuple(cell.strip() for cell in filled[0][1])
    while header and not header[-1]:
        header = header[:-1]
    width = len(header)
    if width > FILE_COLUMNS_MAX:
        raise FileRefused(_("The file has %(count)s columns; %(most)s is the most.", count=width, most=FILE_COLUMNS_MAX), field="file")
    if len(filled) == 1:
        raise FileRefused(_("The file has column names but no rows below them."), field="file")
    if len(filled) - 1 > FILE_ROWS_MAX:
        raise FileRefused(_("The file has more than %(most)s rows; split it.", most=FILE_ROWS_MAX), field="file")
    rows = [tuple(line[:width]) + ("",) * (width - len(line)) for _number, line in filled[1:]]
    return Sheet(header, rows, [number for number, _line in filled[1:]])
