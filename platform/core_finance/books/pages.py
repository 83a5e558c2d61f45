"""Pages of the books: trial balance, account ledger."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books import export
from core_finance.books.api import span
from core_finance.books.ledger import account_ledger
from core_finance.books.trial import trial_balance
from core_finance.chart.ledgers import current_ledger, find_current
from core_finance.chart.model import Ledger
from core_finance.chart.service import dotted, get_account, shown_name
from core_finance.periods.service import code_of, periods, text_of
from kernel.web import page
from kernel.work import Work

TRIAL, ACCOUNT = (f"core_finance/books/{name}.html" for name in ("trial", "account"))


def setup_redirect() -> Redirect:
    """Where a company without a ledger is sent first."""
    return Redirect("/finance/setup", status_code=303)


class FinancePages(Controller):
    path = "/finance"
    include_in_schema = False

    @get("/trial-balance", opt={"permission": "finance.report.read"})
    async def trial(
        self,
        work: NamedDependency[Work],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        level: FromQuery[str] = "",
        form: FromQuery[str] = "",
    ) -> Template | Redirect | Response[bytes]:
        """The trial balance; ``form`` csv or xlsx hands it out as a file."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        start, end = await span(work, ledger, _number(first), _number(last))
        book = await trial_balance(work, ledger, first=start, last=end, level=_number(level) or 9)
        if form:
            return export.trial(book, form)
        return page(TRIAL, book=book, level=level, dotted=dotted, shown_name=shown_name, **await _frame(work, ledger, start, end))

    @get("/accounts/{code:str}/ledger", opt={"permission": "finance.report.read"})
    async def account(
        self,
        work: NamedDependency[Work],
        code: FromPath[str],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
    ) -> Template:
        """The ledger of one account."""
        ledger = await current_ledger(work)
        start, end = await span(work, ledger, _number(first), _number(last))
        account = await get_account(work, ledger, code)
        book = await account_ledger(work, ledger, account, first=start, last=end, after=after)
        following = ""
        if book.following:
            following = f"/finance/accounts/{code}/ledger?" + urlencode({"first": start, "last": end, "after": book.following})
        return page(
            ACCOUNT,
            book=book,
            name=shown_name(account),
            is_first=not after,
            next=following,
            dotted=dotted,
            **await _frame(work, ledger, start, end),
        )


def month_options(codes: Sequence[int]) -> list[tuple[int, str]]:
    """Months to choose from, the latest first."""
    return [(code, text_of(code)) for code in sorted(codes, reverse=True)]


async def _frame(work: Work, ledger: Ledger, first: int, last: int) -> dict[str, Any]:
    """What every book shows: whose it is, of which months, and which months there are."""
    known = [p.code for p in await periods(work, ledger) if p.code <= max(code_of(work.today()), last)]
    return {"ledger": ledger, "first": first, "last": last, "months": month_options(known), "text_of": text_of}


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
