"""Pages of the books: set-up, chart, periods, trial balance, account ledger, statements."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books import export
from core_finance.books.api import known_kind, span
from core_finance.books.ledger import account_ledger
from core_finance.books.trial import trial_balance
from core_finance.chart.ledgers import create_ledger, current_ledger, find_current, ledgers
from core_finance.chart.model import Ledger, Standard, Taxpayer
from core_finance.chart.service import accounts, add_account, change_account, dotted, get_account, shown_name
from core_finance.periods.service import close_period, code_of, periods, reopen_period, text_of
from core_finance.statements.service import explain, statement
from core_finance.vouchers.form import VoucherForm
from kernel.errors import DomainError
from kernel.i18n import N_, locale
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work

SETUP, CHART, PERIODS = (f"core_finance/books/{name}.html" for name in ("setup", "chart", "periods"))
TRIAL, ACCOUNT, STATEMENT, EXPLAIN = (f"core_finance/books/{name}.html" for name in ("trial", "account", "statement", "explain"))

STANDARDS = {Standard.SMALL_BUSINESS: N_("Small-business standard"), Standard.ENTERPRISE: N_("Enterprise standard")}
TAXPAYERS = {Taxpayer.GENERAL: N_("General VAT taxpayer"), Taxpayer.SMALL_SCALE: N_("Small-scale VAT taxpayer")}
KINDS = {"balance-sheet": "balance_sheet", "income-statement": "income_statement"}

AnyRequest = Request[Any, Any, Any]
Row = TypeVar("Row")


def setup_redirect() -> Redirect:
    """Where a company without a ledger is sent first."""
    return Redirect("/finance/setup", status_code=303)


class FinancePages(Controller):
    path = "/finance"
    include_in_schema = False

    @get("/setup", opt={"permission": "finance.ledger.read"})
    async def setup(self, work: NamedDependency[Work]) -> Template:
        """The ledgers, and the form for one more."""
        today = work.today()
        values = {"name": work.tenant.name, "standard": "small_business", "taxpayer": "general", "currency": work.tenant.currency,
                  "start": f"{today.year}-01"}  # fmt: skip
        return page(SETUP, errors={}, **await _setup(work, values))

    @post("/setup", opt={"permission": "finance.ledger.manage"})
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        data = await request.form()
        values = {name: str(data.get(name, "")) for name in ("name", "standard", "taxpayer", "currency", "start")}
        try:
            start = VoucherForm({"on": f"{values['start'][:7]}-01", "attachments": "0", "word": "", "version": "", "draft_id": ""})
            await create_ledger(
                work, name=values["name"], currency=values["currency"], start=start.voucher().on,
                standard=Standard(values["standard"]) if values["standard"] in set(Standard) else Standard.SMALL_BUSINESS,
                taxpayer=Taxpayer(values["taxpayer"]) if values["taxpayer"] in set(Taxpayer) else Taxpayer.GENERAL,
            )  # fmt: skip
        except DomainError as error:
            raise FormRefused.because(error, SETUP, **await _setup(work, values)) from error
        return Redirect("/finance/accounts", status_code=303)

    @get("/accounts", opt={"permission": "finance.ledger.read"})
    async def chart(self, work: NamedDependency[Work], q: FromQuery[str] = "") -> Template | Redirect:
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        return page(CHART, **await _chart(work, ledger, q), errors={}, values={})

    @post("/accounts", opt={"permission": "finance.ledger.manage"})
    async def add(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        data = await request.form()
        values = {name: str(data.get(name, "")).strip() for name in ("parent", "name", "name_en", "code")}
        ledger = await current_ledger(work)
        try:
            await add_account(
                work, ledger, parent=values["parent"], name=values["name"], name_en=values["name_en"], code=values["code"] or None
            )
        except DomainError as error:
            raise FormRefused.because(error, CHART, values=values, **await _chart(work, ledger, "")) from error
        return Redirect(f"/finance/accounts?q={values['parent']}", status_code=303)

    @post("/accounts/{code:str}/{act:str}", opt={"permission": "finance.ledger.manage"})
    async def switch(self, work: NamedDependency[Work], code: FromPath[str], act: FromPath[str]) -> Redirect:
        """``enable`` or ``disable`` an account."""
        await change_account(work, await current_ledger(work), code, is_active=act == "enable")
        return Redirect(f"/finance/accounts?q={code[:4]}", status_code=303)

    @get("/periods", opt={"permission": "finance.ledger.read"})
    async def periods(self, work: NamedDependency[Work]) -> Template | Redirect:
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        return page(PERIODS, ledger=ledger, periods=await periods(work, ledger), text_of=text_of, current=code_of(work.today()))

    @post("/periods/{code:int}/close", opt={"permission": "finance.period.close"})
    async def close(self, work: NamedDependency[Work], code: FromPath[int]) -> Redirect:
        await close_period(work, await current_ledger(work), code)
        return Redirect("/finance/periods", status_code=303)

    @post("/periods/{code:int}/reopen", opt={"permission": "finance.period.reopen"})
    async def reopen(self, work: NamedDependency[Work], code: FromPath[int]) -> Redirect:
        await reopen_period(work, await current_ledger(work), code)
        return Redirect("/finance/periods", status_code=303)

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
            return export.statement(made, form)
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


def month_options(codes: Sequence[int]) -> list[tuple[int, str]]:
    """Months to choose from, the latest first."""
    return [(code, text_of(code)) for code in sorted(codes, reverse=True)]


async def _setup(work: Work, values: dict[str, str]) -> dict[str, Any]:
    return {
        "values": values,
        "ledgers": _apart(work, await ledgers(work)),
        "standards": [(key.value, _(label)) for key, label in STANDARDS.items()],
        "taxpayers": [(key.value, _(label)) for key, label in TAXPAYERS.items()],
        "text_of": text_of,
    }


async def _chart(work: Work, ledger: Ledger, text: str) -> dict[str, Any]:
    chart = _apart(work, await accounts(work, ledger, text=text))
    return {"ledger": ledger, "accounts": chart, "q": text, "dotted": dotted, "shown_name": shown_name}


def _apart(work: Work, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows, readable also when the transaction was rolled back: a refused form is drawn after that."""
    work.session.expunge_all()
    return rows


async def _frame(work: Work, ledger: Ledger, first: int, last: int) -> dict[str, Any]:
    """What every book shows: whose it is, of which months, and which months there are."""
    known = [p.code for p in await periods(work, ledger) if p.code <= max(code_of(work.today()), last)]
    return {"ledger": ledger, "first": first, "last": last, "months": month_options(known), "text_of": text_of}


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
