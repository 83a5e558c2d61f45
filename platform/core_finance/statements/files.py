"""Statements as files."""

from litestar import Response

from core_finance.statements.service import Statement
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.sheets import Cell, as_file


def statement_file(made: Statement, form: str) -> Response[bytes]:
    """A statement as a file, line by line as on the form."""
    zh = locale() == "zh_CN"
    header = [_("Statement item"), _("Line"), *(column.name if zh else column.name_en for column in made.columns)]
    rows: list[list[Cell]] = [
        [cell.line.name if zh else cell.line.name_en, cell.line.number, *(cell.amounts[column.key] for column in made.columns)]
        for cell in made.cells
    ]
    return as_file(f"{made.layout.kind.replace('_', '-')}-{made.last}", header, rows, form)
