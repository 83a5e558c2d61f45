"""REST API of statements: reading, explaining, formulas, filing."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_finance.books.frame import span
from core_finance.cash_flow.schemas import MovementRead
from core_finance.chart.ledgers import get_ledger
from core_finance.chart.rules import Reclassify
from core_finance.statements.explain import Explanation, explanation
from core_finance.statements.files import statement_file
from core_finance.statements.filing import Difference, differences, file_statement, filed_statements, get_filed
from core_finance.statements.formulas import in_force, save_formulas, versions
from core_finance.statements.layout import KINDS, Kind, Term
from core_finance.statements.model import FiledStatement, StatementFormulas
from core_finance.statements.preview import Preview, preview
from core_finance.statements.service import Cell, Statement, View, statement
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


class ColumnRead(msgspec.Struct, kw_only=True):
    key: str
    name: str
    name_en: str


class CellRead(msgspec.Struct, kw_only=True):
    line: int
    name: str
    name_en: str
    kind: str
    amounts: dict[str, Decimal]

    @classmethod
    def of(cls, cell: Cell) -> "CellRead":
        line = cell.line
        return cls(line=line.number, name=line.name, name_en=line.name_en, kind=line.kind, amounts=dict(cell.amounts))


class CheckRead(msgspec.Struct, kw_only=True):
    """``must``: a statement that breaks it cannot be right, and cannot be filed."""

    text: str
    holds: bool
    left: Decimal
    right: Decimal
    must: bool


class StatementRead(msgspec.Struct, kw_only=True):
    """``uncovered`` are accounts with a balance that no line of the form takes.  ``formulas_version`` 0 is the official form.

    ``supplement`` stands below the cash flow statement of enterprises (indirect method); its differences are lines of their own.
    """

    form: str
    kind: str
    first: int
    last: int
    formulas_version: int
    holds: bool
    columns: list[ColumnRead]
    cells: list[CellRead]
    supplement: list[CellRead]
    checks: list[CheckRead]
    uncovered: list[str]

    @classmethod
    def of(cls, made: Statement) -> "StatementRead":
        return cls(
            form=made.layout.form, kind=made.layout.kind, first=made.first, last=made.last, formulas_version=made.layout.version,
            holds=made.holds, columns=[ColumnRead(key=c.key, name=c.name, name_en=c.name_en) for c in made.columns],
            cells=[CellRead.of(cell) for cell in made.cells], supplement=[CellRead.of(cell) for cell in made.supplement],
            checks=[CheckRead(text=c.text, holds=c.holds, left=c.left, right=c.right, must=c.must) for c in made.checks],
            uncovered=[account.code for account in made.uncovered],
        )  # fmt: skip


class PartRead(msgspec.Struct, kw_only=True):
    account: str
    name: str
    take: str
    amount: Decimal


class TermRead(msgspec.Struct, kw_only=True):
    account: str
    take: str
    sign: int
    amount: Decimal


class LinePartRead(msgspec.Struct, kw_only=True):
    line: int
    sign: int
    amount: Decimal


class ExplanationRead(msgspec.Struct, kw_only=True):
    """``first`` and ``last`` are the months that the column speaks of.

    ``terms`` are the formula, ``lines`` what a total sums up, ``accounts`` all accounts behind the cell, ``movements`` the
    first lines against cash of ``movement_count``; the others are listed at ``/finance/cash-flow/movements``.
    """

    line: int
    name: str
    name_en: str
    column: str
    amount: Decimal
    first: int
    last: int
    terms: list[TermRead]
    lines: list[LinePartRead]
    accounts: list[PartRead]
    movements: list[MovementRead]
    movement_count: int

    @classmethod
    def of(cls, why: Explanation) -> "ExplanationRead":
        return cls(
            line=why.line.number, name=why.line.name, name_en=why.line.name_en, column=why.column.key, amount=why.amount,
            first=why.first, last=why.last,
            terms=[TermRead(account=t.term.account, take=t.term.take, sign=t.term.sign, amount=t.amount) for t in why.terms],
            lines=[LinePartRead(line=x.line.number, sign=x.sign, amount=x.amount) for x in why.lines],
            accounts=[PartRead(account=p.account.code, name=p.account.name, take=p.take, amount=p.amount) for p in why.parts],
            movements=[MovementRead.of(each) for each in why.movements], movement_count=why.moved,
        )  # fmt: skip


class TermWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``account`` is a code, or UNCLOSED_PL for all accounts of profit and loss; ``sign`` is 1 or -1."""

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    take: Annotated[str, msgspec.Meta(max_length=30)]
    sign: int = 1


class FormulasWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``lines``: number of the line -> its terms.  All that differ from the official form; none go back to it.

    ``after`` is the version that was read: another one meanwhile is answered 409 ``formulas_changed``.
    """

    lines: dict[str, list[TermWrite]]
    from_period: int
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""
    after: int | None = None

    def terms(self) -> dict[int, list[Term]]:
        """Raises:
        Invalid: a line is no number.
        """
        if wrong := next((number for number in self.lines if not number.isdecimal()), None):
            raise Invalid(_("The form has no line %(line)s.", line=wrong), field=f"lines.{wrong}")
        return {int(number): [Term(t.account, t.take, t.sign) for t in terms] for number, terms in self.lines.items()}


class FormulasRead(msgspec.Struct, kw_only=True):
    version: int
    from_period: int
    note: str
    made_by: str
    made_at: datetime
    in_force: bool
    lines: dict[str, Any]

    @classmethod
    def of(cls, row: StatementFormulas, current: StatementFormulas | None) -> "FormulasRead":
        return cls(
            version=row.version, from_period=row.from_period, note=row.note, made_by=row.made_by, made_at=row.created_at,
            in_force=current is not None and current.version == row.version, lines=row.lines,
        )  # fmt: skip


class ChangeRead(msgspec.Struct, kw_only=True):
    line: int
    column: str
    before: Decimal
    after: Decimal


class PreviewRead(msgspec.Struct, kw_only=True):
    """What would change in the month; ``uncovered`` accounts stand on no line, ``doubled`` ones on more than one."""

    period: int
    changes: list[ChangeRead]
    failing: list[CheckRead]
    uncovered: list[str]
    doubled: list[str]

    @classmethod
    def of(cls, tried: Preview) -> "PreviewRead":
        return cls(
            period=tried.after.last,
            changes=[ChangeRead(line=c.line.number, column=c.column.key, before=c.before, after=c.after) for c in tried.changes],
            failing=[CheckRead(text=c.text, holds=c.holds, left=c.left, right=c.right, must=c.must)
                     for c in tried.after.checks if not c.holds],
            uncovered=[a.code for a in tried.after.uncovered], doubled=[a.code for a in tried.doubled],
        )  # fmt: skip


class StatementFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``first`` is ``last`` where it is left out."""

    last: int
    first: int | None = None
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""


class FiledRead(msgspec.Struct, kw_only=True):
    """``digest`` is SHA-256 of the content."""

    id: UUID
    kind: str
    first: int
    last: int
    formulas_version: int
    digest: str
    note: str
    filed_by: str
    filed_at: datetime

    @classmethod
    def of(cls, filed: FiledStatement) -> "FiledRead":
        return cls(**{name: getattr(filed, name) for name in cls.__struct_fields__})


class FiledList(msgspec.Struct, kw_only=True):
    items: list[FiledRead]
    next: UUID | None


class FiledContent(msgspec.Struct, kw_only=True):
    filed: FiledRead
    content: dict[str, Any]


class DifferenceRead(msgspec.Struct, kw_only=True):
    line: int
    name: str
    column: str
    filed: Decimal
    today: Decimal

    @classmethod
    def of(cls, found: Difference) -> "DifferenceRead":
        return cls(line=found.line, name=found.name, column=found.column, filed=found.filed, today=found.today)


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
        reclassify: FromQuery[Reclassify | None] = None,
        *,
        unposted: FromQuery[bool] = False,
    ) -> StatementRead:
        """``balance_sheet``, ``income_statement`` or ``cash_flow`` in the official form of the ledger's standard.

        One month, January to December, or anything between have the columns of the month, the year or the quarter.
        ``reclassify`` moves receivables and payables by_counterparty, by_account or none, else as the ledger's rules say.
        ``unposted`` counts drafts as if they were posted, except in the cash flow statement.
        """
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        return StatementRead.of(
            await statement(work, books, known_kind(kind), first=start, last=end, view=View(reclassify=reclassify, unposted=unposted))
        )

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
        reclassify: FromQuery[Reclassify | None] = None,
        *,
        unposted: FromQuery[bool] = False,
    ) -> ExplanationRead:
        """Everything behind a cell; the accounts, or all movements, add up to it."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        view = View(reclassify=reclassify, unposted=unposted)
        found = await explanation(work, books, known_kind(kind), first=start, last=end, line=line, column=column, view=view)
        return ExplanationRead.of(found)

    @get("/{kind:str}/file", operation_id="exportStatement", opt={"permission": "finance.report.read"})
    async def file(
        self,
        work: NamedDependency[Work],
        kind: FromPath[str],
        ledger: FromQuery[UUID | None] = None,
        first: FromQuery[int | None] = None,
        last: FromQuery[int | None] = None,
        reclassify: FromQuery[Reclassify | None] = None,
        *,
        unposted: FromQuery[bool] = False,
        form: FromQuery[str] = "xlsx",
        lang: FromQuery[str] = "",
    ) -> Response[bytes]:
        """The statement as xlsx or pdf in the official form, or as csv; ``lang`` is zh, en or both."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, first, last)
        made = await statement(work, books, known_kind(kind), first=start, last=end, view=View(reclassify=reclassify, unposted=unposted))
        return await statement_file(work, books, made, form, lang)

    @get("/{kind:str}/formulas", operation_id="listStatementFormulas", opt={"permission": "finance.report.read"})
    async def formulas(
        self,
        work: NamedDependency[Work],
        kind: FromPath[str],
        ledger: FromQuery[UUID | None] = None,
        period: FromQuery[int | None] = None,
    ) -> list[FormulasRead]:
        """The versions of the company's own formulas, the latest first; which is in force in ``period``."""
        books = await get_ledger(work, ledger)
        _first, month = await span(work, books, None, period)
        current = await in_force(work, books, known_kind(kind), month)
        return [FormulasRead.of(row, current) for row in await versions(work, books, known_kind(kind))]

    @post("/{kind:str}/formulas", operation_id="saveStatementFormulas", opt={"permission": "finance.statement.manage"})
    async def save_formulas(
        self, work: NamedDependency[Work], kind: FromPath[str], data: JSONBody[FormulasWrite], ledger: FromQuery[UUID | None] = None
    ) -> FormulasRead:
        """Keep formulas as a new version from a period on.  422 ``formula_refused`` names every term that cannot be."""
        books = await get_ledger(work, ledger)
        made = await save_formulas(
            work, books, known_kind(kind), data.terms(), from_period=data.from_period, note=data.note, after=data.after
        )
        return FormulasRead.of(made, made)

    @post(
        "/{kind:str}/formulas/preview",
        operation_id="previewStatementFormulas",
        opt={"permission": "finance.report.read"},
        status_code=200,
    )
    async def preview(
        self, work: NamedDependency[Work], kind: FromPath[str], data: JSONBody[FormulasWrite], ledger: FromQuery[UUID | None] = None
    ) -> PreviewRead:
        """What the formulas would change in ``from_period``; nothing is kept."""
        books = await get_ledger(work, ledger)
        return PreviewRead.of(await preview(work, books, known_kind(kind), data.terms(), period=data.from_period))

    @get("/filed", operation_id="listFiledStatements", opt={"permission": "finance.report.read"})
    async def filed(
        self,
        work: NamedDependency[Work],
        ledger: FromQuery[UUID | None] = None,
        kind: FromQuery[str | None] = None,
        after: FromQuery[UUID | None] = None,
        limit: FromQuery[int] = 50,
    ) -> FiledList:
        """Statements as they were filed, the latest first."""
        if not 1 <= limit <= 200:
            raise Invalid(_("limit is between 1 and %(most)s.", most=200), field="limit")
        books = await get_ledger(work, ledger)
        page = await filed_statements(work, books, kind=known_kind(kind) if kind else None, after=after, limit=limit)
        return FiledList(items=[FiledRead.of(row) for row in page.rows], next=page.following)

    @post("/{kind:str}/filed", operation_id="fileStatement", opt={"permission": "finance.statement.manage"})
    async def file_statement(
        self, work: NamedDependency[Work], kind: FromPath[str], data: JSONBody[StatementFile], ledger: FromQuery[UUID | None] = None
    ) -> FiledRead:
        """Keep the statement as filed.  Sent twice with the same figures it is filed once."""
        books = await get_ledger(work, ledger)
        start, end = await span(work, books, data.first, data.last)
        return FiledRead.of(await file_statement(work, books, known_kind(kind), first=start, last=end, note=data.note))

    @get("/filed/{filed_id:uuid}", operation_id="readFiledStatement", opt={"permission": "finance.report.read"})
    async def read_filed(
        self, work: NamedDependency[Work], filed_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> FiledContent:
        """A statement exactly as it was filed."""
        filed = await get_filed(work, await get_ledger(work, ledger), filed_id)
        return FiledContent(filed=FiledRead.of(filed), content=filed.content)

    @get("/filed/{filed_id:uuid}/differences", operation_id="compareFiledStatement", opt={"permission": "finance.report.read"})
    async def differences(
        self, work: NamedDependency[Work], filed_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> list[DifferenceRead]:
        """The cells that say something else today."""
        books = await get_ledger(work, ledger)
        return [DifferenceRead.of(each) for each in await differences(work, books, await get_filed(work, books, filed_id))]


def known_kind(kind: str) -> Kind:
    """Raises:
    Invalid: there is no such statement.
    """
    found = next((each for each in KINDS if each == kind), None)
    if found is None:
        raise Invalid(_("There is no statement %(kind)s; ask for one of %(kinds)s.", kind=kind, kinds=", ".join(KINDS)), field="kind")
    return found
