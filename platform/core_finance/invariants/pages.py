"""The page of the invariant centre (勾稽中心)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import setup_redirect
from core_finance.chart.ledgers import find_current, the_ledger
from core_finance.invariants.service import check_ledger, declared, get_run, results_of, runs
from kernel.web import page
from kernel.work import Work

PAGE = "core_finance/invariants/page.html"
PATH = "/finance/invariants"


class InvariantPages(Controller):
    path = PATH
    include_in_schema = False

    @get("/", opt={"permission": "finance.invariant.read"})
    async def show(self, work: NamedDependency[Work], run: FromQuery[UUID | None] = None) -> Template | Redirect:
        """What must hold, and what the latest check found; ``run`` shows an earlier one."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        known = await runs(work, ledger, limit=10)
        shown = await get_run(work, run) if run else (known[0] if known else None)
        found = {result.key: result for result in results_of(shown)} if shown else {}
        rows = [
            {"title": c.item.title, "app": c.vertical if c.vertical in work.tenant.enabled else "", "result": found.get(c.item.key)}
            for c in declared(work)
        ]
        return page(PAGE, ledger=ledger, run=shown, runs=known, rows=rows, latest=not known or shown is known[0])

    @post("/", opt={"permission": "finance.invariant.run"})
    async def check(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Redirect:
        """Check the ledger at hand now."""
        await check_ledger(work, await the_ledger(work, await request.form()))
        return Redirect(PATH, status_code=303)
