"""Statements as files: CSV for programs, XLSX and PDF in the official form with its head."""

import io
from collections.abc import Sequence
from decimal import Decimal
from importlib.resources import files
from typing import Any

import xlsxwriter
from litestar import Response

from core_finance.chart.ledgers import company_of
from core_finance.chart.model import Ledger
from core_finance.statements.service import Statement
from core_finance.statements.sheet import Lang, Row, below, dated, known_lang, sides, titled, unit, worded
from kernel.documents import render_pdf
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.sheets import XLSX, Cell, as_file
from kernel.work import Work

LINE_NO = ("行次", "Line")
ITEM = ("项目", "Item")
SIDES = (("资产", "Assets"), ("负债和所有者权益（或股东权益）", "Liabilities and equity"))
SIGNED = (("单位负责人：", "Head of the company:"), ("会计机构负责人：", "Chief accountant:"), ("制表人：", "Prepared by:"))


async def statement_file(work: Work, ledger: Ledger, made: Statement, form: str, lang: str = "") -> Response[bytes]:
    """``form`` is csv, xlsx or pdf; ``lang`` is zh, en or both, the reader's own where it is empty.

    Raises:
        NotFound: statements have no such form.
        Invalid: no such language.
    """
    chosen = known_lang(lang)
    name = f"{made.layout.kind.replace('_', '-')}-{made.last}"
    head = _Head(work, ledger, made, chosen)
    if form == "csv":
        header = [worded(*ITEM, chosen), worded(*LINE_NO, chosen), *head.columns]
        return as_file(name, header, _table(made, chosen), form)
    if form == "xlsx":
        return _answer(_xlsx(head, made), XLSX, f'attachment; filename="{name}.xlsx"')
    if form == "pdf":
        content = await render_pdf(files("core_finance") / "statements" / "statement.typ", _paper(head, made))
        return _answer(content, "application/pdf", f'inline; filename="{name}.pdf"')
    raise NotFound(_("Statements are handed out as csv, xlsx or pdf."))


def _table(made: Statement, lang: Lang) -> list[list[Cell]]:
    """The lines for programs, those of the supplement below their heading."""
    shown = [Row(c.line.name, c.line.name_en, c) for c in made.cells] + below(made)
    return [
        [worded(row.name, row.name_en, lang), row.cell.line.number, *(row.cell.amounts[column.key] for column in made.columns)]
        if row.cell
        else [worded(row.name, row.name_en, lang), *[""] * (1 + len(made.columns))]
        for row in shown
    ]


class _Head:
    """The words over a form."""

    def __init__(self, work: Work, ledger: Ledger, made: Statement, lang: Lang) -> None:
        company = company_of(work, ledger)
        self.lang = lang
        self.title = titled(made.layout.kind, lang)
        self.form = made.layout.form
        self.company = f"{worded('编制单位：', 'Company: ', lang)}{company}"
        self.date = dated(made.layout, made.first, made.last, lang)
        self.unit = unit(ledger, lang)
        self.columns = [worded(column.name, column.name_en, lang) for column in made.columns]

    def over(self, side: tuple[str, str]) -> list[str]:
        return [worded(*side, self.lang), worded(*LINE_NO, self.lang), *self.columns]


def _pairs(made: Statement) -> tuple[list[tuple[Row | None, Row | None]], bool]:
    """The rows side by side; the totals of both sides stand on one line at the end."""
    left, right = sides(made)
    if not right:
        return [(row, None) for row in [*left, *below(made)]], False
    height = max(len(left), len(right))

    def filled(rows: Sequence[Row]) -> list[Row | None]:
        return [*rows[:-1], *[None] * (height - len(rows)), rows[-1]]

    return list(zip(filled(left), filled(right), strict=True)), True


def _paper(head: _Head, made: Statement) -> dict[str, Any]:
    pairs, two = _pairs(made)

    def shown(row: Row | None) -> dict[str, Any]:
        if row is None:
            return {"tone": "", "name": "", "name_en": "", "number": "", "amounts": ["" for _c in made.columns]}
        return {
            "tone": row.tone,
            "name": row.name_en if head.lang == "en" else row.name,
            "name_en": row.name_en if head.lang == "both" else "",
            "number": str(row.cell.line.number) if row.cell else "",
            "amounts": [f"{a:,.2f}" if a else "" for a in row.amounts] or ["" for _c in made.columns],
        }

    return {
        "lang": "en" if head.lang == "en" else "zh", "title": head.title, "form": head.form, "company": head.company, "date": head.date,
        "unit": head.unit, "two": two, "heads": [*head.over(SIDES[0]), *head.over(SIDES[1])] if two else head.over(ITEM),
        "rows": [[shown(left), shown(right)] if two else [shown(left)] for left, right in pairs],
        "signed": [worded(*each, head.lang) for each in SIGNED],
    }  # fmt: skip


def _xlsx(head: _Head, made: Statement) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet(head.title[:31])
    pairs, two = _pairs(made)
    heads = [*head.over(SIDES[0]), *head.over(SIDES[1])] if two else head.over(ITEM)
    width, half = len(heads), 2 + len(made.columns)
    plain = {"font_size": 10, "valign": "vcenter"}
    title = book.add_format({**plain, "bold": True, "font_size": 16, "align": "center"})
    right, left, centre = (book.add_format({**plain, "align": align}) for align in ("right", "left", "center"))
    page.merge_range(0, 0, 0, width - 1, head.title, title)
    page.write_string(1, width - 1, head.form, right)
    page.write_string(2, 0, head.company, left)
    page.write_string(2, width // 2 - 1, head.date, centre)
    page.write_string(2, width - 1, head.unit, right)
    ruled = {**plain, "border": 1}
    over = book.add_format({**ruled, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#f4f2ee"})
    for column, words in enumerate(heads):
        page.write_string(3, column, words, over)
    formats = {
        tone: (
            book.add_format({**ruled, "bold": tone in ("total", "head"), "indent": tone == "under", "text_wrap": True}),
            book.add_format({**ruled, "align": "center"}),
            book.add_format({**ruled, "bold": tone == "total", "num_format": "#,##0.00;-#,##0.00;"}),
        )
        for tone in ("", "total", "head", "under")
    }
    for place, pair in enumerate(pairs, 4):
        for side, row in enumerate(pair[: 2 if two else 1]):
            _write(page, place, side * half, row, head.lang, formats[row.tone if row else ""], len(made.columns))
    for start in range(0, width, half):
        page.set_column(start, start, 44 if head.lang == "both" else 34)
        page.set_column(start + 1, start + 1, 6)
        page.set_column(start + 2, start + half - 1, 18)
    page.freeze_panes(4, 0)
    page.set_paper(9)
    page.fit_to_pages(1, 1)
    page.set_footer("&L" + "　　　　".join(worded(*each, head.lang) for each in SIGNED))
    book.close()
    return buffer.getvalue()


def _write(page: Any, place: int, start: int, row: Row | None, lang: Lang, formats: Sequence[Any], columns: int) -> None:
    name, number, money = formats
    page.write_string(place, start, worded(row.name, row.name_en, lang) if row else "", name)
    cell = row.cell if row else None
    if cell is None:
        for column in range(1, columns + 2):
            page.write_blank(place, start + column, None, number)
        return
    page.write_number(place, start + 1, cell.line.number, number)
    for column, amount in enumerate(row.amounts if row else [], 2):
        page.write_number(place, start + column, amount or Decimal(0), money)


def _answer(content: bytes, media: str, disposition: str) -> Response[bytes]:
    return Response(content, media_type=media, headers={"Content-Disposition": disposition, "Cache-Control": "no-store"})
