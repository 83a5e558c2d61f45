"""A statement as it is laid out on paper: headings, two sides of the balance sheet, dates and units in words."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from core_finance.chart.model import Ledger
from core_finance.statements.layout import Kind, Layout, span_of
from core_finance.statements.service import Cell, Statement
from core_finance.statements.supplement import heading
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.i18n import locale

Lang = Literal["zh", "en", "both"]
LANGS: tuple[Lang, ...] = ("zh", "en", "both")

TITLES: dict[Kind, tuple[str, str]] = {
    "balance_sheet": ("资产负债表", "Balance sheet"),
    "income_statement": ("利润表", "Income statement"),
    "cash_flow": ("现金流量表", "Cash flow statement"),
}
SECTIONS = {
    "current_assets": ("流动资产：", "Current assets"),
    "non_current_assets": ("非流动资产：", "Non-current assets"),
    "current_liabilities": ("流动负债：", "Current liabilities"),
    "non_current_liabilities": ("非流动负债：", "Non-current liabilities"),
    "equity": ("所有者权益（或股东权益）：", "Equity"),
    "operating": ("一、经营活动产生的现金流量：", "Operating activities"),
    "investing": ("二、投资活动产生的现金流量：", "Investing activities"),
    "financing": ("三、筹资活动产生的现金流量：", "Financing activities"),
}
ASSET_TOTAL = "资产总计"


@dataclass(frozen=True)
class Row:
    """A row of the form: a heading without a cell, or a line with its amounts."""

    name: str
    name_en: str
    cell: Cell | None = None

    @property
    def amounts(self) -> Sequence[Decimal]:
        return list(self.cell.amounts.values()) if self.cell else []

    @property
    def tone(self) -> str:
        """head, total, or under for what stands indented below another line."""
        if self.cell is None:
            return "head"
        kind = self.cell.line.kind
        return "total" if kind == "total" else "under" if kind == "of_which" else ""


def rows_of(made: Statement) -> list[Row]:
    """The lines with the headings of their sections."""
    found: list[Row] = []
    section = ""
    for cell in made.cells:
        if cell.line.section != section:
            section = cell.line.section
            if section:
                found.append(Row(*SECTIONS[section]))
        found.append(Row(cell.line.name, cell.line.name_en, cell))
    return found


def below(made: Statement) -> list[Row]:
    """The supplement with its heading; nothing where there is none."""
    return [Row(*heading()), *(Row(cell.line.name, cell.line.name_en, cell) for cell in made.supplement)] if made.supplement else []


def sides(made: Statement) -> tuple[list[Row], list[Row]]:
    """Assets, and liabilities with equity; everything on the first side where a form has one only."""
    rows = rows_of(made)
    cut = next((place for place, row in enumerate(rows, 1) if row.name == ASSET_TOTAL), len(rows))
    return rows[:cut], rows[cut:]


def known_lang(lang: str) -> Lang:
    """The language of a statement: the reader's own where none is asked for.

    Raises:
        Invalid: there is no such language.
    """
    if not lang:
        return "zh" if locale() == "zh_CN" else "en"
    found = next((each for each in LANGS if each == lang), None)
    if found is None:
        raise Invalid(_("Statements come in zh, en or both; %(lang)s is none of them.", lang=lang), field="lang")
    return found


def worded(zh: str, en: str, lang: Lang) -> str:
    """A word of the form; both languages one after the other where both are wanted."""
    return zh if lang == "zh" or not en else en if lang == "en" else f"{zh} {en}"


def titled(kind: Kind, lang: Lang) -> str:
    return worded(*TITLES[kind], lang)


def dated(form: Layout, first: int, last: int, lang: Lang) -> str:
    """The day of a balance sheet, or the month, quarter or year of the others, as the forms have it."""
    year, month = divmod(last, 100)
    if form.kind == "balance_sheet":
        day = monthrange(year, month)[1]
        return worded(f"{year}年{month}月{day}日", f"{year}-{month:02}-{day:02}", lang)
    span = span_of(first, last)
    if span == "month":
        return worded(f"{year}年{month}月", f"{year}-{month:02}", lang)
    if span == "annual":
        return worded(f"{year}年度", f"Year {year}", lang)
    begun, start = divmod(first, 100)
    if begun == year and start % 3 == 1 and month == start + 2:
        return worded(f"{year}年第{month // 3}季度", f"{year} Q{month // 3}", lang)
    return worded(f"{begun}年{start}月至{year}年{month}月", f"{begun}-{start:02} to {year}-{month:02}", lang)


def unit(ledger: Ledger, lang: Lang) -> str:
    zh = "单位：元" if ledger.currency == "CNY" else f"单位：{ledger.currency}"
    return worded(zh, f"Unit: {ledger.currency}", lang)
