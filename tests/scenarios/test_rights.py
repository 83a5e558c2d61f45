"""Who may do what in the books: every route of finance, pages and API, asked by every role.

The two tables below are the rules; the routes are read off the application, so that a new one cannot escape.
"""

import re
from typing import Any

import pytest
from litestar import Litestar
from tests.scenarios.test_isolation_routes import Entrance, entrances

from core_finance.api import ensure_ledger
from kernel.ids import new_id

ROLES = ("owner", "chief_accountant", "accountant", "reviewer", "cashier", "auditor", "viewer")

# Right -> who holds it: o owner, h chief accountant, a accountant, r reviewer, c cashier, u auditor, v viewer.
RIGHTS = {
    "finance.ledger.read":      "o h a r . u v",
    "finance.ledger.manage":    "o h a . . . .",
    "finance.voucher.read":     "o h a r c u v",
    "finance.voucher.create":   "o h a . . . .",
    "finance.voucher.review":   "o h a r . . .",
    "finance.cash.sign":        "o h . . c . .",
    "finance.voucher.post":     "o h a . . . .",
    "finance.report.read":      "o h a r c u v",
    "finance.statement.manage": "o h a . . . .",
    "finance.period.close":     "o h a . . . .",
    "finance.period.reopen":    "o h . . . . .",
    "finance.invariant.read":   "o h a r . u v",
    "finance.invariant.run":    "o h a . . . .",
    "admin.audit.read":         "o h a . . u .",
}  # fmt: skip

# A word in an address that changes something -> the right it asks for.
ACTS = {
    r"/reopen$": "finance.period.reopen",
    r"/close$": "finance.period.close",
    r"/(review|unreview)": "finance.voucher.review",
    r"/(sign|unsign)": "finance.cash.sign",
    r"/(post|reverse)(/|$)": "finance.voucher.post",
}

# Changes nothing that others see, and so asks for no more than reading.
HARMLESS = re.compile(r"/(switch|preview|check|explain)(/|$)|/print\.pdf$")


@pytest.fixture(scope="module")
def routes(app: Litestar) -> list[Entrance]:
    found = [e for e in entrances(app) if re.match(r"/(api/v1/)?(finance|vouchers)(/|$)", e.path)]
    assert len(found) > 40
    return found


@pytest.fixture(scope="module")
async def company(new_tenant: Any, database: Any) -> Any:
    tenant = await new_tenant()
    async with database.work(tenant) as work:
        await ensure_ledger(work)
    return tenant


def right_of(route: Entrance) -> str:
    return str(route.handler.opt["permission"])


def changes(route: Entrance) -> bool:
    return route.method != "GET"


def holders(right: str) -> list[str]:
    return [role for role, mark in zip(ROLES, RIGHTS[right].split(), strict=True) if mark != "."]


def body_of(route: Entrance) -> dict[str, Any]:
    """An empty body: rights are asked before it is read."""
    if not changes(route):
        return {}
    return {"json": {}} if route.path.startswith("/api") else {"data": {}}


def test_every_route_of_finance_asks_for_a_right_of_the_table(routes: list[Entrance]) -> None:
    assert {right_of(route) for route in routes} <= RIGHTS.keys()


def test_who_may_only_read_changes_nothing(routes: list[Entrance]) -> None:
    wrong = [r for r in routes if changes(r) and right_of(r).endswith(".read") and not HARMLESS.search(r.path)]
    assert [f"{r.method} {r.path}" for r in wrong] == []


def test_acts_ask_for_their_own_right(routes: list[Entrance]) -> None:
    wrong = [
        f"{r.method} {r.path} asks for {right_of(r)}"
        for r in routes
        for act, right in ACTS.items()
        if changes(r) and re.search(act, r.path) and right_of(r) != right
    ]
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_reaches_what_the_table_says_and_nothing_else(
    routes: list[Entrance], company: Any, client_for: Any, role: str
) -> None:
    client = await client_for(company, role=role)
    wrong = []
    for route in routes:
        answer = await client.request(route.method, route.address(new_id()), **body_of(route))
        if (answer.status_code == 403) == (role in holders(right_of(route))) or answer.status_code in (401, 500):
            wrong.append(f"{route.method} {route.path}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("role", ["auditor", "viewer"])
async def test_an_auditor_and_a_viewer_leave_no_trace(
    routes: list[Entrance], company: Any, client_for: Any, state_of: Any, role: str
) -> None:
    client = await client_for(company, role=role)
    before = await state_of(company)
    for route in routes:
        await client.request(route.method, route.address(new_id()), **body_of(route))
    after = await state_of(company)
    # Which ledger stands before the person is theirs alone.
    assert {t for t in after if after[t] != before[t]} <= {"finance_seat"}


@pytest.mark.parametrize("role", ROLES)
async def test_who_may_read_the_audit_log_does(company: Any, client_for: Any, role: str) -> None:
    client = await client_for(company, role=role)
    for address in ("/settings/audit", "/api/v1/audit"):
        assert ((await client.get(address)).status_code == 200) == (role in holders("admin.audit.read")), address
