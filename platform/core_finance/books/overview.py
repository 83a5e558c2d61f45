"""Finance on other pages: tiles of the home page, the palette, the lifecycle of verticals."""

from collections.abc import Sequence
from decimal import Decimal

from core_finance.books.figures import ZERO, Figures, figures
from core_finance.chart import official
from core_finance.chart.ledgers import find_current
from core_finance.chart.model import Category, Ledger
from core_finance.chart.service import accounts
from core_finance.periods.service import code_of, text_of
from core_finance.posting.reading import list_vouchers
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.templates import render
from kernel.work import Work
from vertical import Searcher, SearchHit, Widget

MONTHS = 6


async def draw_position(work: Work) -> str:
    """Cash, what customers owe, what is owed to suppliers, and this month's profit with its trend."""
    ledger = await find_current(work)
    if ledger is None:
        return render("core_finance/books/no_ledger.html")
    month = code_of(work.today())
    chart = await accounts(work, ledger, leaves=True)
    known = await figures(work, ledger, month, month)
    keys = official.keys(ledger.standard, ledger.taxpayer)
    owed = {
        key: sum((known[a.id].closing for a in chart if a.id in known and a.code.startswith(keys[key])), ZERO)
        for key in ("receivable", "payable")
    }
    trend = [await _profit(work, ledger, back) for back in _months(month, MONTHS)]
    return render(
        "core_finance/books/position.html",
        cash=sum((known[a.id].closing for a in chart if a.is_cash and a.id in known), ZERO),
        receivable=owed["receivable"],
        payable=-owed["payable"],
        profit=trend[-1],
        trend=[float(amount) for amount in trend],
        currency=ledger.currency,
        period=month,
        text_of=text_of,
    )


async def search_vouchers(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Vouchers by number, amount, summary or the document's number."""
    ledger = await find_current(work)
    if ledger is None:
        return []
    rows = await list_vouchers(work, ledger, text=text, limit=limit)
    return [
        SearchHit(title=f"{row.name} · {text_of(row.period)}", path=f"/vouchers/{row.id}", hint=row.summary, icon="book-2") for row in rows
    ]


async def search_accounts(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Accounts by code, name or initials."""
    ledger = await find_current(work)
    if ledger is None:
        return []
    found = await accounts(work, ledger, text=text, limit=limit)
    return [
        SearchHit(title=f"{a.code} {a.name}", path=f"/finance/accounts/{a.code}/ledger", hint=_("Account ledger"), icon="list")
        for a in found
    ]


async def _profit(work: Work, ledger: Ledger, month: int) -> Decimal:
    """Revenue less expenses of a month, before they are transferred."""
    known = await figures(work, ledger, month, month)
    chart = [a for a in await accounts(work, ledger, leaves=True) if a.category in (Category.REVENUE, Category.EXPENSE)]
    return sum((_earned(known[a.id]) for a in chart if a.id in known), ZERO)


def _earned(of: Figures) -> Decimal:
    return of.open_credit - of.open_debit


def _months(last: int, count: int) -> list[int]:
    """The months up to ``last``, the earliest first."""
    serial = last // 100 * 12 + last % 100 - 1
    return [(serial - back) // 12 * 100 + (serial - back) % 12 + 1 for back in range(count - 1, -1, -1)]


WIDGETS = (Widget(key="core_finance.position", title=N_("Money at a glance"), render=draw_position, permission="finance.report.read"),)
SEARCHERS = (
    Searcher(key="core_finance.voucher", label=N_("Vouchers"), permission="finance.voucher.read", search=search_vouchers),
    Searcher(key="core_finance.account", label=N_("Accounts"), permission="finance.ledger.read", search=search_accounts),
)
