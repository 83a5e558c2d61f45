"""Comma-separated files: read in the encodings spreadsheets write, written so that no spreadsheet runs a cell."""

import csv
import io
from collections.abc import Iterable, Sequence

from kernel.i18n import gettext as _
from webapp.resource.table import FileRefused, Sheet, sheet_of

# OWASP, CSV injection; the full-width signs are run by spreadsheets with Chinese input too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BOM = "\ufeff"


def read(content: bytes) -> Sheet:
    """The table in ``content``, UTF-8 or GB18030, separated by commas, semicolons or tabs.

    Raises:
        FileRefused: neither encoding fits, or a quote is never closed.
    """
    text = decode(content)
    csv.field_size_limit(100_000)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        lines = [[unquoted(cell) if cell.startswith("'") else cell for cell in line] for line in reader]
    except csv.Error:
        message = _(
            "The file is not well-formed CSV near line %(line)s. Look for a quotation mark that is never closed.", line=reader.line_num
        )
        raise FileRefused(message, field="file") from None
    return sheet_of(lines)


def decode(content: bytes) -> str:
    """The text of a file from a browser, a script or a Chinese spreadsheet."""
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused(_("This is not a text file. Save it as CSV or XLSX."), field="file")
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused(_("The file is neither UTF-8 nor GB18030. Save it as “CSV UTF-8” and upload it again."), field="file")


def write(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A file that Excel opens with its characters intact and its cells inert."""
    buffer = io.StringIO(newline="")
    buffer.write(_BOM)
    writer = csv.writer(buffer, quoting=csv.QUOTE_MINIMAL)
    writer.writerow([inert(cell) for cell in header])
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode()


def inert(cell: str) -> str:
    """``cell`` with an apostrophe before it where a spreadsheet would run it; numbers stay numbers."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _is_number(cell) else cell


def unquoted(cell: str) -> str:
    """``cell`` without the apostrophe that ``inert`` put there."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _is_number(cell: str) -> bool:
    body = cell[1:] if cell[:1] in "+-" else cell
    whole, _dot, digits = body.partition(".")
    return whole.isascii() and whole.isdigit() and (not digits or (digits.isascii() and digits.isdigit()))


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)
