"""REST API of statements: reading, explaining, formulas, filing."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_finance.amounts import each_in, in_currency
from core_finance.books.frame import span
from core_finance.chart.ledgers import get_ledger
from core_finance.chart.rules import Reclassify
from core_finance.statements.explain import explanation
from core_finance.statements.files import statement_file
from core_finance.statements.filing import differences, file_statement, filed_statements, get_filed
from core_finance.statements.formulas import in_force, save_formulas, versions
from core_finance.statements.layout import KINDS, Kind
from core_finance.statements.preview import preview
from core_finance.statements.schemas import (
    DifferenceRead,
    ExplanationRead,
    FiledContent,
    FiledList,
    FiledRead,
    FormulasRead,
    FormulasWrite,
    PreviewRead,
    StatementFile,
    StatementRead,
)  # fmt: skip
from core_finance.statements.service import View, statement
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


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
        view = View(reclassify=reclassify, unposted=unposted)
        made = await statement(work, books, known_kind(kind), first=start, last=end, view=view)
        return in_currency(StatementRead.of(made), books.currency)

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
        return in_currency(ExplanationRead.of(found), books.currency)

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
        tried = await preview(work, books, known_kind(kind), data.terms(), period=data.from_period)
        return in_currency(PreviewRead.of(tried), books.currency)

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
        found = await differences(work, books, await get_filed(work, books, filed_id))
        return each_in([DifferenceRead.of(each) for each in found], books.currency)


def known_kind(kind: str) -> Kind:
    """Raises:
    Invalid: there is no such statement.
    """
    found = next((each for each in KINDS if each == kind), None)
    if found is None:
        raise Invalid(_("There is no statement %(kind)s; ask for one of %(kinds)s.", kind=kind, kinds=", ".join(KINDS)), field="kind")
    return found
