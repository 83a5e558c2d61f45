"""Opening balances as CSV and XLSX files."""

import csv
import io
import zipfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import python_calamine
from litestar import Response

from kernel.errors import Invalid
from kernel.i18n import LOCALES, N_, using
from kernel.i18n import gettext as _
from kernel.sheets import as_file

ROWS_MAX = 1000
UNPACKED_BYTES_MAX = 50 * 1024 * 1024
COLUMNS = {
    "account": N_("Code"), "name": N_("Account"), "aux": N_("Party or department"), "opening_debit": N_("Opening debit"),
    "opening_credit": N_("Opening credit"), "year_debit": N_("Debit of the year"), "year_credit": N_("Credit of the year"),
    "result": N_("Result of the year"),
}  # fmt: skip

Row = dict[str, str]


class FileUnreadable(Invalid):
    """The file cannot be read as a table of opening balances."""

    code = "file_refused"


def write(rows: Sequence[Mapping[str, str]], form: str) -> Response[bytes]:
    """``rows`` as a file that ``read`` reads."""
    header = [_(label) for label in COLUMNS.values()]
    return as_file("opening-balances", header, [[row.get(name, "") for name in COLUMNS] for row in rows], form)


def refused_file(rows: Sequence[tuple[int, Row, str]]) -> str:
    """An address that holds the rows with their reasons as a CSV file."""
    header = [_("Row"), *(_(label) for label in COLUMNS.values()), _("Reason")]
    made = as_file("rows", header, [[str(number), *(row.get(name, "") for name in COLUMNS), why] for number, row, why in rows], "csv")
    return "data:text/csv;base64," + b64encode(bytes(made.content)).decode()


def read(content: bytes) -> list[tuple[int, Row]]:
    """The rows of a file with their numbers in it.  Columns may have their names in any language.

    Raises:
        FileUnreadable: it is no table, a column is missing, or there are too many rows.
    """
    try:
        lines = _workbook(content) if content.startswith(b"PK") else _text(content)
    except (ValueError, OSError, IndexError, csv.Error, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile,
            python_calamine.CalamineError) as error:  # fmt: skip
        raise FileUnreadable(_("The file cannot be read. Save it again as XLSX, or as CSV UTF-8."), field="file") from error
    filled = [(number, line) for number, line in enumerate(lines, 1) if any(line)]
    if len(filled) > ROWS_MAX:
        raise FileUnreadable(_("The file has more than %(most)s rows; split it.", most=ROWS_MAX), field="file")
    names = _names()
    header = [names.get(cell.casefold(), "") for cell in (filled[0][1] if filled else [])]
    for needed in ("account", "opening_debit", "opening_credit"):
        if needed not in header:
            message = _("The file has no column %(name)s; take the template.", name=_(COLUMNS[needed]))
            raise FileUnreadable(message, field="file")
    return [(number, {name: cell for name, cell in zip(header, line, strict=False) if name}) for number, line in filled[1:]]


def _names() -> dict[str, str]:
    found = {name: name for name in COLUMNS}
    for language in LOCALES:
        with using(language):
            found |= {_(label).casefold(): name for name, label in COLUMNS.items()}
    return found


def _text(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    if "\x00" in text:
        raise ValueError("no text")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    return [[_bare(cell) for cell in line] for line in reader]


def _workbook(content: bytes) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        total = 0
        for member in archive.infolist():
            with archive.open(member) as stream:
                while chunk := stream.read(1 << 20):
                    total += len(chunk)
                    if total > UNPACKED_BYTES_MAX:
                        raise FileUnreadable(_("The workbook unpacks to too much data; split it."), field="file")
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    return [[_cell(cell) for cell in line] for line in sheet.to_python(skip_empty_area=False, nrows=ROWS_MAX + 2)]


def _cell(cell: Any) -> str:
    """A code kept as a number, 1002.0, reads 1002."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else _bare(str(cell))


def _bare(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from running the cell."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" else text
