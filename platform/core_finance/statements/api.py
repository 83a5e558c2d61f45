"""REST API of statements."""

from decimal import Decimal
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core_finance.books.frame import span
from core_finance.chart.ledgers import get_ledger
from core_finance.statements.explain import explain
from core_finance.statements.layout import Kind
from core_finance.statements.service import Statement, statement
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


class CellRead(msgspec.Struct, kw_only=True):
    line: int
    name: str
    name_en: str
    kind: str
    amounts: dict[str, Decimal]


class CheckRead(msgspec.Struct, kw_only=True):
    text: str
    holds: bool
    left: Decimal
    right: Decimal


class StatementRead(msgspec.Struct, kw_only=True):
    """``uncovered`` are accounts with a balance that no line of the form takes."""

    form: str
    first: int
    last: int
    columns: dict[str, str]
    cells: list[CellRead]
    checks: list[CheckRead]
    uncovered: list[str]

    @classmethod
    def of(cls, made: Statement) -> "StatementRead":
        return cls(
            form=made.layout.form, first=made.first, last=made.last, columns={column.key: column.name for column in made.columns},
            cells=[CellRead(line=c.line.number, name=c.line.name, name_en=c.line.name_en, kind=c.line.kind, amounts=dict(c.amounts))
                   for c in made.cells],
            checks=[CheckRead(text=c.text, holds=c.holds, left=c.left, right=c.right) for c in made.checks],
            uncovered=[account.code for account in made.uncovered],
        )  # fmt: skip


class PartRead(msgspec.Struct, kw_only=True):
    account: str
    name: str
    take: str
    amount: Decimal


class StatementController(Controller):
    path = "/finance/statements"
    tags = ("Finance",)

    @get("/{kind:str}", operation_id="readStatement", opt={"permission": "finance.report.read"})
    async def statement(
        self,
        work: NamedDependency[Work],
        kind: FromPath[str],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
    ) -> StatementRead:
        """``balance_sheet`` or ``income_statement`` in the official form of the ledger's standard."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        return StatementRead.of(await statement(work, books, known_kind(kind), first=start, last=end))

    @get("/{kind:str}/lines/{line:int}", operation_id="explainStatementLine", opt={"permission": "finance.report.read"})
    async def explain(
        self,
        work: NamedDependency[Work],
        kind: FromPath[str],
        line: FromPath[int],
        column: FromQuery[str],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
    ) -> list[PartRead]:
        """The accounts behind a cell; their amounts add up to it."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        parts = await explain(work, books, known_kind(kind), first=start, last=end, line=line, column=column)
        return [PartRead(account=p.account.code, name=p.account.name, take=p.take, amount=p.amount) for p in parts]


def known_kind(kind: str) -> Kind:
    """Raises:
    Invalid: there is no such statement.
    """
    if kind == "balance_sheet":
        return "balance_sheet"
    if kind == "income_statement":
        return "income_statement"
    raise Invalid(_("There is no statement %(kind)s; ask for balance_sheet or income_statement.", kind=kind), field="kind")
