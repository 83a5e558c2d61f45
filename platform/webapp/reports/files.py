"""A report's table as a file."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from kernel.i18n import gettext as _
from vertical import ReportTable
from webapp.resource import csv, xlsx
from webapp.resource.fields import plain_decimal


def as_csv(table: ReportTable, zone: str) -> bytes:
    """Rows and totals as text, moments in ``zone``."""
    return csv.write([column.label for column in table.columns], [[_word(value, zone) for value in row] for row in _lines(table)])


def as_xlsx(table: ReportTable, zone: str) -> bytes:
    """Rows and totals with numbers as numbers."""
    return xlsx.write([column.label for column in table.columns], [[_cell(value, zone) for value in row] for row in _lines(table)])


def _lines(table: ReportTable) -> list[Any]:
    return [*table.rows, *([table.totals] if table.totals else [])]


def _word(value: Any, zone: str) -> str:
    cell = _cell(value, zone)
    return plain_decimal(cell) if isinstance(cell, Decimal) else str(cell)


def _cell(value: Any, zone: str) -> str | Decimal | int:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | Decimal):
        return value
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)
