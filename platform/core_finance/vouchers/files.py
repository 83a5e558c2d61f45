"""Vouchers in files: the columns of CSV and XLSX, the members of the JSON, and reading them into texts.

A CSV file has a row a line; the rows of a voucher share a ``key``.  The JSON is

    {"format": "jingwei.vouchers", "version": 1, "vouchers": [
      {"key": "A-1", "date": "2026-03-09", "word": "记", "attachments": 2, "lines": [
        {"summary": "Sale", "account": "1002", "debit": "100.00"},
        {"summary": "Sale", "account": "5001", "credit": "100.00", "party": "某某公司"}]}]}

``number`` tells where a voucher stood and is given anew.  ``kind`` is manual, or closing for the transfer of profit and
loss.  A party is named by its name or credit code, a department or an employee by its code, a product by its code.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core_finance.posting.voucher import DIMENSIONS
from core_finance.vouchers import workbook
from kernel.errors import Invalid
from kernel.i18n import LOCALES, N_, using
from kernel.i18n import gettext as _

FORMAT, VERSION = "jingwei.vouchers", 1
BYTES_MAX = 10 * 1024 * 1024
VOUCHERS_MAX = 5_000
ROWS_MAX = 50_000

HEAD = {
    "key": N_("Key"), "date": N_("Date"), "word": N_("Word"), "number": N_("Number"), "kind": N_("Kind"),
    "attachments": N_("Attachments"),
}  # fmt: skip
LINE = {
    "summary": N_("Summary"), "account": N_("Account"), "debit": N_("Debit"), "credit": N_("Credit"), "currency": N_("Currency"),
    "currency_amount": N_("Amount in currency"), "rate": N_("Rate"), "quantity": N_("Quantity"), "party": N_("Party"),
    "department": N_("Department"), "employee": N_("Employee"), "project": N_("Project"), "product": N_("Inventory item"),
}  # fmt: skip
COLUMNS = HEAD | LINE
NEEDED = ("key", "date", "account", "debit", "credit")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

assert set(DIMENSIONS) <= set(LINE)  # noqa: S101 - a dimension without a column would be lost in a file


class FileRefused(Invalid):
    """The file cannot be read as vouchers."""

    code = "file_refused"


@dataclass(frozen=True)
class RawVoucher:
    """Texts by column, and where each stands in the file: rows.12, or vouchers.0.lines.1."""

    head: Mapping[str, str]
    where: str
    lines: Sequence[tuple[str, Mapping[str, str]]]


def header() -> list[str]:
    """The columns in the reader's language."""
    return [_(label) for label in COLUMNS.values()]


def read(content: bytes) -> list[RawVoucher]:
    """The vouchers of a CSV, XLSX or JSON file.  It takes its time: call it outside of the event loop.

    Raises:
        FileRefused: it is neither, or too large.
    """
    if len(content) > BYTES_MAX:
        raise FileRefused(_("The file is larger than %(most)s MB; split it.", most=BYTES_MAX >> 20), field="file")
    if content.startswith(b"PK"):
        found = list(_from_workbook(content))
    else:
        text = _text(content)
        if not text.strip():
            raise FileRefused(_("The file is empty."), field="file")
        found = list(_from_json(text) if text.lstrip()[:1] in "{[" else _from_csv(text))
    if not found:
        raise FileRefused(_("The file holds no voucher."), field="file")
    if len(found) > VOUCHERS_MAX:
        raise FileRefused(_("The file holds %(count)s vouchers; split it to %(most)s.", count=len(found), most=VOUCHERS_MAX), field="file")
    return found


def _text(content: bytes) -> str:
    if b"\x00" in content:
        raise FileRefused(_("This is neither a workbook nor a text. Save it as XLSX, CSV or JSON."), field="file")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused(_("The file is neither UTF-8 nor GB18030. Save it as “CSV UTF-8” and upload it again."), field="file")


def _from_csv(text: str) -> Iterator[RawVoucher]:
    first = text.partition("\n")[0]
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
        rows = [[_unquoted(cell.strip()) for cell in row] for row in reader]
    except csv.Error as error:
        message = _("The file is not well-formed CSV: %(reason)s. Look for a quotation mark that is never closed.", reason=str(error))
        raise FileRefused(message, field="file") from None
    yield from _from_rows(rows)


def _from_workbook(content: bytes) -> Iterator[RawVoucher]:
    try:
        rows = workbook.rows(content, ROWS_MAX)
    except workbook.Unreadable:
        raise FileRefused(_("The workbook cannot be read. Save it again as XLSX, or as CSV."), field="file") from None
    if len(rows) > ROWS_MAX:
        raise FileRefused(_("The file has more than %(most)s rows; split it.", most=ROWS_MAX), field="file")
    filled = [[_unquoted(cell) for cell in row] for row in rows]
    width = max((place for row in filled[:1] for place, cell in enumerate(row, 1) if cell), default=0)
    if not width:
        raise FileRefused(_("The file is empty."), field="file")
    yield from _from_rows([row[:width] if not any(row[width:]) else row for row in filled])


def _from_rows(rows: Sequence[Sequence[str]]) -> Iterator[RawVoucher]:
    names = _names(rows[0])
    groups: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) > len(names):
            raise FileRefused(_("Row %(row)s has more cells than there are columns.", row=number), field=f"rows.{number}")
        cells = dict(zip(names, row, strict=False))
        groups.setdefault(cells.get("key", ""), []).append((f"rows.{number}", cells))
    for lines in groups.values():
        where, cells = lines[0]
        yield RawVoucher(cells, where, lines)


def _names(titles: Sequence[str]) -> list[str]:
    """The columns that the first row names, in any language."""
    known = {name: name for name in COLUMNS}
    for language in LOCALES:
        with using(language):
            known |= {_(label).casefold(): name for name, label in COLUMNS.items()}
    if unknown := [title for title in titles if title.casefold() not in known]:
        message = _("There is no column %(name)s; the columns are: %(names)s.", name=unknown[0] or "“”", names="、".join(header()))
        raise FileRefused(message, field="file")
    names = [known[title.casefold()] for title in titles]
    if missing := [name for name in NEEDED if name not in names]:
        raise FileRefused(_("The column %(name)s is missing.", name=_(COLUMNS[missing[0]])), field="file")
    if len(set(names)) < len(names):
        raise FileRefused(_("A column stands twice in the first row."), field="file")
    return names


def _from_json(text: str) -> Iterator[RawVoucher]:
    try:
        document = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise FileRefused(_("The file is not well-formed JSON: %(reason)s.", reason=str(error)), field="file") from None
    document = _object(document, "file", {"format", "version", "vouchers", "ledger"})
    if (document.get("format"), document.get("version")) != (FORMAT, str(VERSION)):
        raise FileRefused(
            _("The JSON must say \"format\": \"%(format)s\" and \"version\": %(version)s.", format=FORMAT, version=VERSION), field="file"
        )  # fmt: skip
    for number, item in enumerate(_list(document.get("vouchers"), "vouchers")):
        where = f"vouchers.{number}"
        voucher = _object(item, where, {*HEAD, "lines"})
        lines = [
            (f"{where}.lines.{place}", _texts(_object(line, f"{where}.lines.{place}", set(LINE)), f"{where}.lines.{place}"))
            for place, line in enumerate(_list(voucher.pop("lines", None), f"{where}.lines"))
        ]
        yield RawVoucher(_texts(voucher, where), where, lines)


def _object(value: Any, where: str, members: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FileRefused(_("%(where)s must be an object.", where=where), field=where)
    if unknown := set(value) - members:
        raise FileRefused(_("%(where)s has no member %(name)s.", where=where, name=min(unknown)), field=where)
    return dict(value)


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise FileRefused(_("%(where)s must be a list.", where=where), field=where)
    return value


def _texts(value: Mapping[str, Any], where: str) -> dict[str, str]:
    for name, text in value.items():
        if text is not None and not isinstance(text, str):
            raise FileRefused(_("%(where)s must be a text or a number.", where=f"{where}.{name}"), field=f"{where}.{name}")
    return {name: (text or "").strip() for name, text in value.items()}


def _unquoted(cell: str) -> str:
    """Without the apostrophe by which an export keeps a spreadsheet from running the cell."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
