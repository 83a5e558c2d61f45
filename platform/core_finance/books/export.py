"""Books and statements as CSV and XLSX files."""

from litestar import Response

from core_finance.books.trial import TrialBalance
from core_finance.chart.service import shown_name
from core_finance.statements.service import Statement
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.sheets import Cell, as_file

__all__ = ["Cell", "as_file", "statement", "trial"]


def trial(book: TrialBalance, form: str) -> Response[bytes]:
    """The trial balance as a file."""
    header = [
        _("Code"), _("Account"), _("Opening debit"), _("Opening credit"), _("Debit"), _("Credit"), _("Debit of the year"),
        _("Credit of the year"), _("Closing debit"), _("Closing credit"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [r.account.code, shown_name(r.account), r.opening_debit, r.opening_credit, r.figures.debit, r.figures.credit, r.figures.year_debit,
         r.figures.year_credit, r.closing_debit, r.closing_credit]
        for r in book.rows
    ]  # fmt: skip
    return as_file(f"trial-balance-{book.last}", header, rows, form)


def statement(made: Statement, form: str) -> Response[bytes]:
    """A statement as a file, line by line as on the form."""
    zh = locale() == "zh_CN"
    header = [_("Statement item"), _("Line"), *(column.name if zh else column.name_en for column in made.columns)]
    rows: list[list[Cell]] = [
        [cell.line.name if zh else cell.line.name_en, cell.line.number, *(cell.amounts[column.key] for column in made.columns)]
        for cell in made.cells
    ]
    return as_file(f"{made.layout.kind.replace('_', '-')}-{made.last}", header, rows, form)
