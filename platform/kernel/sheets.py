"""A table as a CSV or XLSX file, for lists and books that are handed out."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

import xlsxwriter
from litestar import Response

from kernel.errors import NotFound
from kernel.i18n import gettext as _

Cell = str | int | Decimal
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_file(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], form: str) -> Response[bytes]:
    """``form`` is csv or xlsx.

    Raises:
        NotFound: it is neither.
    """
    if form not in ("csv", "xlsx"):
        raise NotFound(_("Tables are handed out as csv or xlsx."))
    content = _csv(header, rows) if form == "csv" else _xlsx(header, rows)
    return Response(
        content,
        media_type="text/csv; charset=utf-8" if form == "csv" else XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )


def _csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    # With its mark Excel reads the Chinese as what it is.
    return buffer.getvalue().encode("utf-8-sig")


def _safe(cell: Cell) -> str:
    """A text that a spreadsheet would run as a formula is quoted (OWASP, CSV injection)."""
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{cell}"
    return str(cell)


def _xlsx(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    bold, money = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "#,##0.00"})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(header) - 1, 18)
    for column, label in enumerate(header):
        sheet.write_string(0, column, label, bold)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(number, column, cell)
            else:
                sheet.write_number(number, column, cell, money if isinstance(cell, Decimal) else None)
    book.close()
    return buffer.getvalue()
