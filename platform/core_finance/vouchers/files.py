"""Vouchers in files: the columns of CSV and XLSX, the members of the JSON, and reading them into texts.

A CSV file has a row a line; the rows of a voucher share a ``key``.  The JSON is

    {"format": "jingwei.vouchers", "version": 1, "vouchers": [
      {"key": "A-1", "date": "2026-03-09", "word": "记", "attachments": 2, "lines": [
        {"summary": "Sale", "account": "1002", "debit": "100.00"},
        {"summary": "Sale", "account": "5001", "credit": "100.00", "party": "某某公司", "dim.region": "EAST"}]}]}

``number`` tells where a voucher stood and is given anew.  ``kind`` is manual, closing for the transfer of profit and loss,
or exchange for differences of rates, which move base money alone.  A party is named by its name or credit code, a department
or an employee by its code, a product by its code; what the company adds itself (``dim.`` and the key of the kind) by the code
of the item.  ``cash_item`` is the line of the cash flow statement.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core_finance.dimensions.model import DimensionKind
from core_finance.dimensions.service import shown_name
from core_finance.posting.voucher import DIMENSIONS
from core_finance.tables import BYTES_MAX, Columns, FileUnreadable, decoded, read_table
from kernel.i18n import N_
from kernel.i18n import gettext as _

FORMAT, VERSION = "jingwei.vouchers", 1
VOUCHERS_MAX = 5_000
ROWS_MAX = 50_000
OWN = "dim."

HEAD = {
    "key": N_("Key"), "date": N_("Date"), "word": N_("Word"), "number": N_("Number"), "kind": N_("Kind"),
    "attachments": N_("Attachments"),
}  # fmt: skip
LINE = {
    "summary": N_("Summary"), "account": N_("Account"), "debit": N_("Debit"), "credit": N_("Credit"), "currency": N_("Currency"),
    "currency_amount": N_("Amount in currency"), "rate": N_("Rate"), "quantity": N_("Quantity"), "cash_item": N_("Cash flow line"),
    "party": N_("Party"), "department": N_("Department"), "employee": N_("Employee"), "project": N_("Project"),
    "product": N_("Inventory item"),
}  # fmt: skip
NEEDED = ("key", "date", "account", "debit", "credit")

assert set(DIMENSIONS) <= set(LINE)  # noqa: S101 - a dimension without a column would be lost in a file


@dataclass(frozen=True)
class RawVoucher:
    """Texts by column, and where each stands in the file: rows.12, or vouchers.0.lines.1."""

    head: Mapping[str, str]
    where: str
    lines: Sequence[tuple[str, Mapping[str, str]]]


def columns_of(own: Sequence[DimensionKind]) -> Columns:
    """The columns of a company that has these kinds of dimensions of its own.

    A kind is headed by its name, where that is not what another column is called.
    """
    plain = Columns(HEAD | LINE)
    taken = dict(plain.names())
    given: dict[str, str] = {}
    words: dict[str, str] = {}
    for kind in own:
        name = OWN + kind.key
        free = [word for word in (shown_name(kind), kind.name, kind.name_en) if word and taken.setdefault(word.casefold(), name) == name]
        given[name] = free[0] if free and free[0] == shown_name(kind) else name
        words |= dict.fromkeys(free, name)
    return Columns(HEAD | LINE | given, NEEDED, words, given=given)


def column_of(kind: str) -> str:
    """The column of a dimension."""
    return kind if kind in DIMENSIONS else OWN + kind


def kind_of(column: str) -> str | None:
    """The dimension that a column names; None for other columns."""
    if column in DIMENSIONS:
        return column
    return column.removeprefix(OWN) if column.startswith(OWN) else None


def read(content: bytes, columns: Columns) -> list[RawVoucher]:
    """The vouchers of a CSV, XLSX or JSON file.  It takes its time: call it outside of the event loop.

    Raises:
        FileUnreadable: it is none, or too large.
    """
    if len(content) <= BYTES_MAX and content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        found = list(_from_json(decoded(content), columns))
    else:
        found = list(_from_rows(content, columns))
    if not found:
        raise FileUnreadable(_("The file holds no voucher."), field="file")
    if len(found) > VOUCHERS_MAX:
        message = _("The file holds %(count)s vouchers; split it to %(most)s.", count=len(found), most=VOUCHERS_MAX)
        raise FileUnreadable(message, field="file")
    return found


def _from_rows(content: bytes, columns: Columns) -> Iterator[RawVoucher]:
    groups: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for number, cells in read_table(content, columns, ROWS_MAX, strict=True):
        groups.setdefault(cells.get("key", ""), []).append((f"rows.{number}", cells))
    for lines in groups.values():
        where, cells = lines[0]
        yield RawVoucher(cells, where, lines)


def _from_json(text: str, columns: Columns) -> Iterator[RawVoucher]:
    try:
        document = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise FileUnreadable(_("The file is not well-formed JSON: %(reason)s.", reason=str(error)), field="file") from None
    document = _object(document, "file", {"format", "version", "vouchers", "ledger"})
    if (document.get("format"), document.get("version")) != (FORMAT, str(VERSION)):
        raise FileUnreadable(
            _("The JSON must say \"format\": \"%(format)s\" and \"version\": %(version)s.", format=FORMAT, version=VERSION), field="file"
        )  # fmt: skip
    members = set(columns.labels) - set(HEAD)
    for number, item in enumerate(_list(document.get("vouchers"), "vouchers")):
        where = f"vouchers.{number}"
        voucher = _object(item, where, {*HEAD, "lines"})
        lines = [
            (f"{where}.lines.{place}", _texts(_object(line, f"{where}.lines.{place}", members), f"{where}.lines.{place}"))
            for place, line in enumerate(_list(voucher.pop("lines", None), f"{where}.lines"))
        ]
        yield RawVoucher(_texts(voucher, where), where, lines)


def _object(value: Any, where: str, members: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FileUnreadable(_("%(where)s must be an object.", where=where), field=where)
    if unknown := set(value) - members:
        raise FileUnreadable(_("%(where)s has no member %(name)s.", where=where, name=min(unknown)), field=where)
    return dict(value)


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise FileUnreadable(_("%(where)s must be a list.", where=where), field=where)
    return value


def _texts(value: Mapping[str, Any], where: str) -> dict[str, str]:
    for name, text in value.items():
        if text is not None and not isinstance(text, str):
            raise FileUnreadable(_("%(where)s must be a text or a number.", where=f"{where}.{name}"), field=f"{where}.{name}")
    return {name: (text or "").strip() for name, text in value.items()}
