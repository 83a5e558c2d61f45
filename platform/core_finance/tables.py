"""Tables in CSV and XLSX files that people fill in: reading them, and handing back the rows that cannot stand."""

import csv
import io
import zipfile
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import python_calamine

from kernel.errors import Invalid
from kernel.i18n import LOCALES, using
from kernel.i18n import gettext as _
from kernel.sheets import as_file

BYTES_MAX = 10 * 1024 * 1024
UNPACKED_BYTES_MAX = 50 * 1024 * 1024

Row = dict[str, str]


class FileUnreadable(Invalid):
    """The file cannot be read as the table that is meant."""

    code = "file_refused"


@dataclass(frozen=True)
class Columns:
    """The columns of a file: name -> message that labels it.  ``words`` are further labels that are known as they are."""

    labels: Mapping[str, str]
    needed: Collection[str] = ()
    words: Mapping[str, str] = field(default_factory=dict)

    def header(self) -> list[str]:
        """The labels in the reader's language."""
        return [_(label) for label in self.labels.values()]

    def names(self) -> Mapping[str, str]:
        """What a column may be called, in any language, to its name."""
        found = {name.casefold(): name for name in self.labels}
        for language in LOCALES:
            with using(language):
                found |= {_(label).casefold(): name for name, label in self.labels.items()}
        return found | {word.casefold(): name for word, name in self.words.items()}


def read_table(content: bytes, columns: Columns, rows_max: int) -> list[tuple[int, Row]]:
    """The rows of a file with their numbers in it.  Columns nobody knows are passed over.

    Raises:
        FileUnreadable: it is no table, a column is missing, or there are too many rows.
    """
    if len(content) > BYTES_MAX:
        raise FileUnreadable(_("The file is larger than %(most)s MB; split it.", most=BYTES_MAX >> 20), field="file")
    try:
        lines = _workbook(content, rows_max) if content.startswith(b"PK") else _text(content)
    except (ValueError, OSError, IndexError, csv.Error, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile,
            python_calamine.CalamineError) as error:  # fmt: skip
        raise FileUnreadable(_("The file cannot be read. Save it again as XLSX, or as CSV UTF-8."), field="file") from error
    filled = [(number, line) for number, line in enumerate(lines, 1) if any(line)]
    if len(filled) > rows_max + 1:
        raise FileUnreadable(_("The file has more than %(most)s rows; split it.", most=rows_max), field="file")
    names = columns.names()
    header = [names.get(cell.casefold(), "") for cell in (filled[0][1] if filled else [])]
    for needed in columns.needed:
        if needed not in header:
            message = _("The file has no column %(name)s; take the template.", name=_(columns.labels[needed]))
            raise FileUnreadable(message, field="file")
    return [(number, {name: cell for name, cell in zip(header, line, strict=False) if name}) for number, line in filled[1:]]


def refused_file(columns: Columns, rows: Sequence[tuple[int, Row, str]], form: str) -> str:
    """An address that holds the rows with their numbers and the reasons, to be corrected and taken over again."""
    header = [_("Row"), *columns.header(), _("Reason")]
    made = as_file("rows", header, [[str(number), *(row.get(name, "") for name in columns.labels), why] for number, row, why in rows], form)
    return f"data:{str(made.media_type).partition(';')[0]};base64," + b64encode(bytes(made.content)).decode()


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


def _workbook(content: bytes, rows_max: int) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        total = 0
        for member in archive.infolist():
            with archive.open(member) as stream:
                while chunk := stream.read(1 << 20):
                    total += len(chunk)
                    if total > UNPACKED_BYTES_MAX:
                        raise FileUnreadable(_("The workbook unpacks to too much data; split it."), field="file")
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    return [[_cell(cell) for cell in line] for line in sheet.to_python(skip_empty_area=False, nrows=rows_max + 2)]


def _cell(cell: Any) -> str:
    """A code kept as a number, 1002.0, reads 1002."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else _bare(str(cell))


def _bare(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from running the cell."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" else text
