"""Pages of statements: the forms, what is behind a cell, what was filed."""

from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, get_args
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import month_options, setup_redirect, span
from core_finance.chart.ledgers import company_of, current_ledger, find_current, the_ledger
from core_finance.chart.model import Ledger
from core_finance.chart.rules import Reclassify, rules_of
from core_finance.chart.service import dotted, shown_name
from core_finance.periods.service import code_of, periods, text_of
from core_finance.statements.explain import explanation
from core_finance.statements.files import statement_file
from core_finance.statements.filing import differences, file_statement, filed_statements, get_filed, titled_now
from core_finance.statements.layout import Kind, span_of
from core_finance.statements.service import View, statement
from core_finance.statements.sheet import LANGS, below, dated, known_lang, sides, titled
from core_finance.statements.words import RECLASSIFY, SPANS, TAKES
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.web import FormRefused, page
from kernel.work import Work

STATEMENT, EXPLAIN, FILED, FILED_ONE = (f"core_finance/statements/{name}.html" for name in ("statement", "explain", "filed", "filed_one"))
KINDS: dict[str, Kind] = {"balance-sheet": "balance_sheet", "income-statement": "income_statement", "cash-flow": "cash_flow"}
FILED_PATH = "/finance/filed"

AnyRequest = Request[Any, Any, Any]


class _StatementPages(Controller):
    """The pages of one form."""

    slug: ClassVar[str]
    include_in_schema = False

    @get("/", opt={"permission": "finance.report.read"})
    async def statement(
        self,
        work: NamedDependency[Work],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        by: FromQuery[str] = "",
        form: FromQuery[str] = "",
        lang: FromQuery[str] = "",
        reclassify: FromQuery[str] = "",
        unposted: FromQuery[str] = "",
    ) -> Template | Redirect | Response[bytes]:
        """The form of a month, quarter or year; ``form`` csv, xlsx or pdf hands it out as a file."""
        chosen = KINDS[self.slug]
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        start, end = await months_of(work, ledger, first, last, by)
        made = await statement(work, ledger, chosen, first=start, last=end, view=view_of(reclassify, unposted))
        if form:
            return await statement_file(work, ledger, made, form, lang)
        return page(STATEMENT, **await _statement(work, ledger, made, self.slug, lang, reclassify), errors={}, values={})

    @post("/filed", opt={"permission": "finance.statement.manage"})
    async def file(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        """Keep the statement as filed."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        start, end = await months_of(work, ledger, str(data.get("first", "")), str(data.get("last", "")), "")
        seen = str(data.get("reclassify", ""))
        try:
            filed = await file_statement(
                work, ledger, KINDS[self.slug], first=start, last=end, note=str(data.get("note", "")), view=view_of(seen)
            )
        except DomainError as error:
            made = await statement(work, ledger, KINDS[self.slug], first=start, last=end, view=view_of(seen))
            frame = await _statement(work, ledger, made, self.slug, "", seen)
            work.session.expunge_all()
            raise FormRefused.because(error, STATEMENT, values={"note": str(data.get("note", ""))}, **frame) from error
        return Redirect(f"{FILED_PATH}/{filed.id}", status_code=303)

    @get("/{line:int}", opt={"permission": "finance.report.read"})
    async def explained(
        self,
        work: NamedDependency[Work],
        line: FromPath[int],
        column: FromQuery[str],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        reclassify: FromQuery[str] = "",
        unposted: FromQuery[str] = "",
    ) -> Template:
        """What is behind a cell."""
        ledger = await current_ledger(work)
        start, end = await months_of(work, ledger, first, last, "")
        why = await explanation(
            work, ledger, KINDS[self.slug], first=start, last=end, line=line, column=column, view=view_of(reclassify, unposted)
        )
        return page(
            EXPLAIN, why=why,
            names={a.code: shown_name(a) for a in why.chart}, kind=self.slug, zh=locale() == "zh_CN", shown_name=shown_name,
            dotted=partial(dotted, lengths=ledger.code_lengths),
            title_of_form=titled_now(KINDS[self.slug]),
            takes={take: _(label) for take, label in TAKES.items()}, first=start, last=end, reclassify=reclassify,
            unposted=unposted, text_of=text_of,
            ledger=ledger, date=dated(why.made.layout, start, end, known_lang("")),
        )  # fmt: skip


class BalanceSheetPages(_StatementPages):
    path, slug = "/finance/balance-sheet", "balance-sheet"


class IncomeStatementPages(_StatementPages):
    path, slug = "/finance/income-statement", "income-statement"


class CashFlowStatementPages(_StatementPages):
    path, slug = "/finance/cash-flow", "cash-flow"


class FiledPages(Controller):
    path = FILED_PATH
    include_in_schema = False

    @get("/", opt={"permission": "finance.report.read"})
    async def filed(
        self, work: NamedDependency[Work], kind: FromQuery[str] = "", after: FromQuery[UUID | None] = None
    ) -> Template | Redirect:
        """Statements as they were filed, the latest first."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        found = await filed_statements(work, ledger, kind=KINDS.get(kind), after=after)
        following = f"{FILED_PATH}?kind={kind}&after={found.following}" if found.following else ""
        return page(FILED, rows=found.rows, kind=kind, next=following, ledger=ledger, text_of=text_of, titled=titled_now, kinds=_kinds())

    @get("/{filed_id:uuid}", opt={"permission": "finance.report.read"})
    async def filed_one(self, work: NamedDependency[Work], filed_id: FromPath[UUID]) -> Template:
        """A statement as it was filed, and what says something else today."""
        ledger = await current_ledger(work)
        filed = await get_filed(work, ledger, filed_id)
        return page(
            FILED_ONE, ledger=ledger, filed=filed, changed=await differences(work, ledger, filed), title=titled_now(filed.kind),
            amount=Decimal, path=next(path for path, kind in KINDS.items() if kind == filed.kind), zh=locale() == "zh_CN", text_of=text_of,
        )  # fmt: skip


def view_of(reclassify: str, unposted: str = "") -> View:
    """The reader's own view; the ledger's rules where the address names none."""
    return View(reclassify=next((each for each in get_args(Reclassify) if each == reclassify), None), unposted=bool(unposted))


async def months_of(work: Work, ledger: Ledger, first: str, last: str, by: str) -> tuple[int, int]:
    """The months asked for; ``by`` quarter or annual widens to the whole one that ``last`` lies in, month narrows to it."""
    start, end = await span(work, ledger, _number(first), _number(last))
    year, month = divmod(end, 100)
    if by == "month":
        return end, end
    if by == "quarter":
        begun = (month - 1) // 3 * 3 + 1
        return year * 100 + begun, year * 100 + begun + 2
    if by == "annual":
        return year * 100 + 1, year * 100 + 12
    return start, end


async def _statement(work: Work, ledger: Ledger, made: Any, kind: str, lang: str, reclassify: str) -> dict[str, Any]:
    chosen = known_lang(lang)
    left, right = sides(made)
    known = [p.code for p in await periods(work, ledger) if p.code <= max(code_of(work.today()), made.last)]
    return {
        "ledger": ledger, "made": made, "kind": kind, "left": left, "right": right, "below": below(made), "lang": chosen,
        "company": company_of(work, ledger),
        "title": titled(made.layout.kind, known_lang("")), "date": dated(made.layout, made.first, made.last, chosen),
        "months": month_options(known), "first": made.first, "last": made.last, "by": span_of(made.first, made.last),
        "spans": [(key, _(label)) for key, label in SPANS.items()],
        "langs": list(zip(LANGS, ("中文", "English", "中文 / English"), strict=True)),
        "views": [(key, _(label)) for key, label in RECLASSIFY.items()], "reclassify": reclassify,
        "unposted": made.view.unposted, "rule": rules_of(ledger).reclassify,
        "text_of": text_of, "kinds": _kinds(),
    }  # fmt: skip


def _kinds() -> list[tuple[str, str]]:
    return [(path, titled_now(kind)) for path, kind in KINDS.items()]


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
