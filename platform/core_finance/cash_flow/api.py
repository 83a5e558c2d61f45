"""REST API of cash flows: movements by line, rules, what the year brought before the ledger."""

from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_finance.amounts import in_currency
from core_finance.books.frame import span
from core_finance.cash_flow.items import ItemFilter, apply_rules, choose_item, movements, proof
from core_finance.cash_flow.opening import read_cash_opening, save_cash_opening
from core_finance.cash_flow.own_rules import delete_rule, own_rules, save_rule
from core_finance.cash_flow.rules import items
from core_finance.cash_flow.schemas import (
    ChangedRead,
    ItemChoice,
    ItemRead,
    MovementList,
    MovementRead,
    OpeningFlowsRead,
    OpeningWrite,
    ProofRead,
    RuleRead,
    RuleWrite,
)
from core_finance.chart.ledgers import get_ledger
from core_finance.chart.service import account_names
from core_finance.statements.layout import layout
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.versions import OF_WHAT_IS_THERE, VERSION
from kernel.work import Work


class CashFlowController(Controller):
    path = "/finance/cash-flow"
    tags = ("Finance",)

    @get("/items", operation_id="listCashFlowItems", opt={"permission": "finance.report.read"})
    async def items(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> list[ItemRead]:
        """The lines of the ledger's form that movements of cash stand on."""
        standard = (await get_ledger(work, ledger)).standard
        form = layout(standard, "cash_flow")
        return [
            ItemRead(line=n, name=form.line(n).name, name_en=form.line(n).name_en, direction="in" if sign > 0 else "out")
            for n, sign in sorted(items(standard).items())
        ]

    @get("/movements", operation_id="listCashMovements", opt={"permission": "finance.report.read"})
    async def movements(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        item: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> MovementList:
        """Movements line by line, those on no line first.  ``item`` is a line of the form, 0 for those on none."""
        if not 1 <= limit <= 500:
            raise Invalid(_("limit is between 1 and %(most)s.", most=500), field="limit")
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        page = await movements(work, books, ItemFilter(first=start, last=end, item=item), after=after, limit=limit)
        return in_currency(MovementList(items=[MovementRead.of(row) for row in page.rows], next=page.following), books.currency)

    @post("/movements/choose", operation_id="chooseCashFlowItem", opt={"permission": "finance.statement.manage"}, status_code=200)
    async def choose(self, work: NamedDependency[Work], data: JSONBody[ItemChoice], ledger: FromQuery[UUID | None] = None) -> ChangedRead:
        """Put movements on a line, also those of closed months.  409 ``cash_flow_filed`` for months that were filed."""
        books = await get_ledger(work, ledger)
        return ChangedRead(changed=await choose_item(work, books, data.ids, data.item, filed=data.filed))

    @get("/proof", operation_id="proveCashFlow", opt={"permission": "finance.report.read"})
    async def proof(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
    ) -> ProofRead:
        """The movements of the months against the change of cash."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        found = await proof(work, books, start, end)
        told = ProofRead(first=start, last=end, tagged=found.tagged, untagged=found.untagged, change=found.change, holds=found.holds)
        return in_currency(told, books.currency)

    @get("/rules", operation_id="listCashFlowRules", opt={"permission": "finance.report.read"})
    async def rules(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> list[RuleRead]:
        """The company's own rules, asked before the official ones."""
        books = await get_ledger(work, ledger)
        rules = await own_rules(work, books)
        names = await account_names(work, books, [rule.account for rule in rules])
        return [RuleRead.of(rule, names) for rule in rules]

    @put("/rules", operation_id="saveCashFlowRule", opt={"permission": "finance.statement.manage", VERSION: OF_WHAT_IS_THERE})
    async def save_rule(self, work: NamedDependency[Work], data: JSONBody[RuleWrite], ledger: FromQuery[UUID | None] = None) -> RuleRead:
        """Make or change the rule of an account and a direction."""
        books = await get_ledger(work, ledger)
        said = {"account": data.account, "direction": data.direction}
        rule = await save_rule(work, books, **said, item=data.item, version=data.version, checked=True)
        return RuleRead.of(rule, await account_names(work, books, [rule.account]))

    @delete("/rules/{rule_id:uuid}", operation_id="deleteCashFlowRule", opt={"permission": "finance.statement.manage"})
    async def delete_rule(self, work: NamedDependency[Work], rule_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None) -> None:
        """Take a rule away."""
        await delete_rule(work, await get_ledger(work, ledger), rule_id)

    @post("/rules/apply", operation_id="applyCashFlowRules", opt={"permission": "finance.statement.manage"}, status_code=200)
    async def apply(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> ChangedRead:
        """Ask the rules again for movements of open months that nobody chose a line for."""
        return ChangedRead(changed=await apply_rules(work, await get_ledger(work, ledger)))

    @get("/opening", operation_id="readOpeningCashFlows", opt={"permission": "finance.report.read"})
    async def opening(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> OpeningFlowsRead:
        """Cash flows of the year before a ledger that starts in the middle of it."""
        books = await get_ledger(work, ledger)
        return in_currency(OpeningFlowsRead.of(await read_cash_opening(work, books)), books.currency)

    @put("/opening", operation_id="saveOpeningCashFlows", opt={"permission": "finance.statement.manage"})
    async def save_opening(
        self, work: NamedDependency[Work], data: JSONBody[OpeningWrite], ledger: FromQuery[UUID | None] = None
    ) -> OpeningFlowsRead:
        """Put them in the place of what was entered before; they must add up to the change of cash."""
        books = await get_ledger(work, ledger)
        saved = await save_cash_opening(work, books, data.amounts, version=data.version)
        return in_currency(OpeningFlowsRead.of(saved), books.currency)
