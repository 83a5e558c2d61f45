"""Tables in CSV and XLSX files that people fill in: reading them, and handing back the rows that cannot stand."""

import csv
import io
import zipfile
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import python_calamine

from kernel.errors import Invalid
from kernel.i18n import LOCALES, using
from kernel.i18n import gettext as _
from kernel.sheets import as_file

BYTES_MAX = 10 * 1024 * 1024
UNPACKED_BYTES_MAX = 100 * 1024 * 1024

Row = dict[str, str]
Numbered = Sequence[tuple[int, Sequence[str]]]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BROKEN = (ValueError, OSError, IndexError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, python_calamine.CalamineError)


class FileUnreadable(Invalid):
    """The file cannot be read as the table that is meant."""

    code = "file_refused"


@dataclass(frozen=True)
class Columns:
    """The columns of a file: name -> message that labels it.  ``words`` are further labels that are known as they are.

    ``given`` are columns whose label is what the company calls them, in no catalog.
    """

    labels: Mapping[str, str]
    needed: Collection[str] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    given: Collection[str] = ()

    def label(self, name: str) -> str:
        """A column's label in the reader's language; a name that is no column's is its own."""
        if name not in self.labels or name in self.given:
            return self.labels.get(name, name)
        return _(self.labels[name])

    def header(self) -> list[str]:
        """The labels in the reader's language."""
        return [self.label(name) for name in self.labels]

    def names(self) -> Mapping[str, str]:
        """What a column may be called, in any language, to its name."""
        found = {name.casefold(): name for name in self.labels}
        for language in LOCALES:
            with using(language):
                found |= {self.label(name).casefold(): name for name in self.labels}
        return found | {word.casefold(): name for word, name in self.words.items()}

    def place(self, titles: Sequence[str], *, strict: bool = False) -> list[str]:
        """The name of each title's column; empty where nobody knows it.

        Raises:
            FileUnreadable: a column that is needed is missing; when ``strict``, one is unknown or stands twice.
        """
        known = self.names()
        found = [known.get(title.casefold(), "") for title in titles]
        if strict and "" in found:
            name, names = titles[found.index("")] or "“”", "、".join(self.header())
            raise FileUnreadable(_("There is no column %(name)s; the columns are: %(names)s.", name=name, names=names), field="file")
        for needed in self.needed:
            if needed not in found:
                message = _(
                    "The column %(name)s is missing; the columns are: %(names)s.", name=self.label(needed), names="、".join(self.header())
                )
                raise FileUnreadable(message, field="file")
        if strict and len(set(found)) < len(found):
            raise FileUnreadable(_("A column stands twice in the first row."), field="file")
        return found


def read_table(content: bytes, columns: Columns, rows_max: int, *, strict: bool = False) -> list[tuple[int, Row]]:
    """The rows of a file with their numbers in it.  Columns nobody knows are passed over, or when ``strict`` refused.

    Raises:
        FileUnreadable: it is no table, a column is missing, or there are too many rows.
    """
    (_first, titles), *rows = read_cells(content, rows_max)
    if strict:
        while titles and not titles[-1]:
            titles = titles[:-1]
    names = columns.place(titles, strict=strict)
    found = []
    for number, line in rows:
        if strict and any(line[len(names) :]):
            raise FileUnreadable(_("Row %(row)s has more cells than there are columns.", row=number), field=f"rows.{number}")
        found.append((number, {name: cell for name, cell in zip(names, line, strict=False) if name}))
    return found


def read_cells(content: bytes, rows_max: int) -> Numbered:
    """The rows that are not empty with their numbers, the one with the titles first.  Call it outside of the event loop for large files.

    Raises:
        FileUnreadable: it is neither a workbook nor CSV, is empty, or has more than ``rows_max`` rows below the first.
    """
    if len(content) > BYTES_MAX:
        raise FileUnreadable(_("The file is larger than %(most)s MB; split it.", most=BYTES_MAX >> 20), field="file")
    lines = _workbook(content, rows_max) if content.startswith(b"PK") else _csv(decoded(content))
    filled = [(number, line) for number, line in enumerate(lines, 1) if any(line)]
    if not filled:
        raise FileUnreadable(_("The file is empty."), field="file")
    if len(filled) > rows_max + 1:
        raise FileUnreadable(_("The file has more than %(most)s rows; split it.", most=rows_max), field="file")
    return filled


def decoded(content: bytes) -> str:
    """The text of a file in one of the encodings that spreadsheets write here.

    Raises:
        FileUnreadable: it is none.
    """
    if b"\x00" in content:
        raise FileUnreadable(_("This is neither a workbook nor a text. Save it as XLSX or as CSV UTF-8."), field="file")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileUnreadable(_("The file is neither UTF-8 nor GB18030. Save it as “CSV UTF-8” and upload it again."), field="file")


def refused_file(columns: Columns, rows: Sequence[tuple[int, Row, str]], form: str) -> str:
    """An address that holds the rows with their numbers and the reasons, to be corrected and taken over again."""
    header = [_("Row"), *columns.header(), _("Reason")]
    made = as_file("rows", header, [[str(number), *(row.get(name, "") for name in columns.labels), why] for number, row, why in rows], form)
    return f"data:{str(made.media_type).partition(';')[0]};base64," + b64encode(bytes(made.content)).decode()


def _csv(text: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
        return [[_bare(cell) for cell in line] for line in reader]
    except csv.Error:
        message = _(
            "The file is not well-formed CSV near line %(line)s. Look for a quotation mark that is never closed.", line=reader.line_num
        )
        raise FileUnreadable(message, field="file") from None


def _workbook(content: bytes, rows_max: int) -> list[list[str]]:
    """The cells of the first sheet."""
    try:
        _defuse(content)
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        return [[_cell(cell) for cell in line] for line in sheet.to_python(skip_empty_area=False, nrows=rows_max + 2)]
    except _BROKEN as error:
        raise FileUnreadable(_("The workbook cannot be read. Save it again as XLSX, or as CSV."), field="file") from error


def _defuse(content: bytes) -> None:
    """Sizes are counted, not read from the archive's own directory."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        total = 0
        for member in archive.infolist():
            with archive.open(member) as stream:
                while chunk := stream.read(1 << 20):
                    total += len(chunk)
                    if total > UNPACKED_BYTES_MAX:
                        raise FileUnreadable(_("The workbook unpacks to too much data; split it."), field="file")


def _cell(cell: Any) -> str:
    """As a person sees it: 1002 for a code kept as 1002.0, 2026-03-09 for a day."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{Decimal(repr(cell)):f}"
    return _bare(str(cell))


def _bare(cell: str) -> str:
    """Without the apostrophe by which an export keeps a spreadsheet from running the cell."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
