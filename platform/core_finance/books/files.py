"""Books as files: CSV, XLSX and, for paper, PDF."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from litestar import Response

from core_finance.books.book import FILE_ROWS_MAX, PRINTED_ROWS_MAX, Asked, Book
from core_finance.books.printing import sheet_pdf
from core_finance.books.sheet import Value
from core_finance.periods.service import text_of
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.sheets import Cell, as_file


async def book_file(book: Book[Any], asked: Asked, form: str) -> Response[bytes]:
    """A whole book, whatever page was asked for; ``form`` is csv, xlsx or pdf.

    Raises:
        NotFound: it is none of them.
        BookTooLong: it is too long for a file.
    """
    if form not in ("csv", "xlsx", "pdf"):
        raise NotFound(_("Books are handed out as csv, xlsx or pdf."))
    made, sheet = await book.whole(asked, PRINTED_ROWS_MAX if form == "pdf" else FILE_ROWS_MAX)
    name = "-".join([book.key.replace("/", "-"), str(asked.first), str(asked.last), *(["with-unposted"] if asked.unposted else [])])
    if form != "pdf":
        return as_file(name, [column.label for column in sheet.columns], (_plain(row.cells) for row in sheet.rows), form)
    about = await book.about(made, asked) if book.about else ()
    content = await sheet_pdf(sheet, title=_(book.title), heads=_heads(asked, about), paper=book.paper)
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'})


def _heads(asked: Asked, about: Sequence[str]) -> tuple[str, str, str]:
    """Left: whose books; middle: which part of them; right: of which months, in which currency."""
    company, ledger = asked.work.tenant.name, asked.ledger
    whose = company if ledger.name in company else f"{company} · {ledger.name}"
    months = text_of(asked.first) if asked.first == asked.last else f"{text_of(asked.first)} – {text_of(asked.last)}"
    notes = [*about, *([_("including unposted vouchers")] if asked.unposted else [])]
    return _("Company: %(name)s", name=whose), " · ".join(notes), f"{months} · {ledger.currency}"


def _plain(cells: Sequence[Value]) -> list[Cell]:
    return [cell if isinstance(cell, str | int | Decimal) else cell.isoformat() if cell else "" for cell in cells]
