"""Pages of statements."""

from decimal import Decimal
from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import month_options, setup_redirect, span
from core_finance.chart.ledgers import current_ledger, find_current
from core_finance.chart.model import Ledger
from core_finance.chart.service import dotted, shown_name
from core_finance.periods.service import code_of, periods, text_of
from core_finance.statements.api import known_kind
from core_finance.statements.explain import explain
from core_finance.statements.files import statement_file
from core_finance.statements.service import statement
from kernel.i18n import locale
from kernel.web import page
from kernel.work import Work

STATEMENT, EXPLAIN = (f"core_finance/statements/{name}.html" for name in ("statement", "explain"))
KINDS = {"balance-sheet": "balance_sheet", "income-statement": "income_statement"}


class StatementPages(Controller):
    path = "/finance"
    include_in_schema = False

    @get("/{kind:str}", opt={"permission": "finance.report.read"})
    async def statement(
        self,
        work: NamedDependency[Work],
        kind: FromPath[str],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        form: FromQuery[str] = "",
    ) -> Template | Redirect | Response[bytes]:
        """``balance-sheet`` or ``income-statement``; ``form`` csv or xlsx hands it out as a file."""
        chosen = known_kind(KINDS.get(kind, kind))
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        start, end = await span(work, ledger, _number(first), _number(last))
        made = await statement(work, ledger, chosen, first=start, last=end)
        if form:
            return statement_file(made, form)
        return page(
            STATEMENT, made=made, kind=kind, zh=locale() == "zh_CN", company=work.tenant.name, **await _frame(work, ledger, start, end)
        )

    @get("/{kind:str}/{line:int}", opt={"permission": "finance.report.read"})
    async def explained(
        self,
        work: NamedDependency[Work],
        kind: FromPath[str],
        line: FromPath[int],
        column: FromQuery[str],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
    ) -> Template:
        """The accounts behind a cell."""
        chosen = known_kind(KINDS.get(kind, kind))
        ledger = await current_ledger(work)
        start, end = await span(work, ledger, _number(first), _number(last))
        parts = await explain(work, ledger, chosen, first=start, last=end, line=line, column=column)
        made = await statement(work, ledger, chosen, first=start, last=end)
        cell = next(cell for cell in made.cells if cell.line.number == line)
        return page(
            EXPLAIN,
            parts=parts,
            total=sum((part.amount for part in parts), Decimal(0)),
            cell=cell,
            kind=kind,
            zh=locale() == "zh_CN",
            column=next(c for c in made.columns if c.key == column),
            shown_name=shown_name,
            dotted=dotted,
            **await _frame(work, ledger, start, end),
        )


async def _frame(work: Work, ledger: Ledger, first: int, last: int) -> dict[str, Any]:
    known = [p.code for p in await periods(work, ledger) if p.code <= max(code_of(work.today()), last)]
    return {"ledger": ledger, "first": first, "last": last, "months": month_options(known), "text_of": text_of}


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
