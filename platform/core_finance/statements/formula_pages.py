"""The pages where a company changes formulas of its statements."""

from typing import Any, ClassVar

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import month_options, setup_redirect
from core_finance.chart.ledgers import find_current, the_ledger
from core_finance.chart.model import Ledger
from core_finance.chart.service import accounts, shown_name
from core_finance.periods.service import current_period, periods, text_of
from core_finance.statements.filing import titled_now
from core_finance.statements.formulas import can_change, in_force, layout_for, read_lines, save_formulas, takes_of, versions
from core_finance.statements.layout import UNCLOSED, Kind, Term, layout
from core_finance.statements.pages import KINDS
from core_finance.statements.preview import preview
from core_finance.statements.words import TAKES
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.web import FormRefused, page
from kernel.work import Work

FORMULAS = "core_finance/statements/formulas.html"
EMPTY_ROWS = 2

AnyRequest = Request[Any, Any, Any]
Typed = list[tuple[str, str, str]]


class _FormulaPages(Controller):
    """The formulas of one form."""

    slug: ClassVar[str]
    include_in_schema = False

    @get("/", opt={"permission": "finance.report.read"})
    async def show(self, work: NamedDependency[Work], line: FromQuery[str] = "") -> Template | Redirect:
        """The formulas in force, line by line; ``line`` opens one of them."""
        kind, chosen = self.slug, KINDS[self.slug]
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        number = int(line) if line.isdecimal() else None
        frame = await _frame(work, ledger, kind, number)
        typed = _typed_of(next((r.terms for r in frame["form"].lines if r.number == number), ())) if number else []
        return page(
            FORMULAS,
            **frame,
            typed=_padded(typed, chosen),
            tried=None,
            errors={},
            values={"note": "", "from_period": frame["month"]},
            chosen=chosen,
        )

    @post("/", opt={"permission": "finance.statement.manage"}, status_code=200)
    async def change(self, request: AnyRequest, work: NamedDependency[Work]) -> Template | Redirect:
        """``preview`` the terms of one line, or ``save`` them as a new version; ``official`` takes all lines back."""
        kind, chosen = self.slug, KINDS[self.slug]
        data = await request.form()
        ledger = await the_ledger(work, data)
        act, note, month = (str(data.get(name, "")) for name in ("act", "note", "from_period"))
        number = int(text) if (text := str(data.get("line", ""))).isdecimal() else None
        columns = [[str(value).strip() for value in data.getall(name, [])] for name in ("account", "take", "sign")]
        typed: Typed = list(zip(*columns, strict=False))
        frame = await _frame(work, ledger, kind, number)
        period: int = int(month) if month.isdecimal() else frame["month"]
        values = {"note": note, "from_period": period}
        try:
            lines = {} if act == "official" else await _with_line(work, ledger, chosen, number, typed, period)
            if act == "preview":
                tried = await preview(work, ledger, chosen, lines, period=period)
                return page(FORMULAS, **frame, typed=_padded(typed, chosen), tried=tried, errors={}, values=values, chosen=chosen)
            await save_formulas(work, ledger, chosen, lines, from_period=period, note=note)
        except DomainError as error:
            work.session.expunge_all()
            raise FormRefused.because(
                error, FORMULAS, values=values, typed=_padded(typed, chosen), tried=None, chosen=chosen, **frame
            ) from error
        return Redirect(f"/finance/{kind}/formulas", status_code=303)


class BalanceSheetFormulaPages(_FormulaPages):
    path, slug = "/finance/balance-sheet/formulas", "balance-sheet"


class IncomeStatementFormulaPages(_FormulaPages):
    path, slug = "/finance/income-statement/formulas", "income-statement"


async def _with_line(work: Work, ledger: Ledger, kind: Kind, number: int | None, typed: Typed, period: int) -> dict[int, Any]:
    """The formulas in force in the month with the terms of one line as typed; a line like the official one is none of its own."""
    row = await in_force(work, ledger, kind, period)
    lines = dict(read_lines(row.lines)) if row else {}
    if number is not None:
        terms = tuple(_term(*each) for each in typed if each[0])
        lines[number] = terms
        form = layout(ledger.standard, kind, lengths=ledger.code_lengths)
        if form.has(number) and tuple(form.line(number).terms) == terms:
            del lines[number]
    return lines


def _term(account: str, take: str, sign: str) -> Term:
    code = account.split(" ", maxsplit=1)[0]
    return Term(code if code == UNCLOSED else code.replace(".", ""), take, -1 if sign == "-1" else 1)


def _typed_of(terms: Any) -> Typed:
    return [(term.account, term.take, str(term.sign)) for term in terms]


def _padded(typed: Typed, kind: Kind) -> Typed:
    take = "net_debit" if kind == "balance_sheet" else "period_debit_net"
    return [*(each for each in typed if each[0]), *[("", take, "1")] * EMPTY_ROWS]


async def _frame(work: Work, ledger: Ledger, kind: str, number: int | None) -> dict[str, Any]:
    chosen = KINDS[kind]
    month = await current_period(work, ledger)
    form = await layout_for(work, ledger, chosen, month, month)
    official = layout(ledger.standard, chosen, lengths=ledger.code_lengths)
    chart = await accounts(work, ledger)
    rows = await versions(work, ledger, chosen)
    work.session.expunge_all()
    names = {account.code: shown_name(account) for account in chart} | {UNCLOSED: _("profit and loss not transferred yet")}
    return {
        "ledger": ledger, "kind": kind, "title_of_form": titled_now(chosen), "form": form, "month": month, "line": number,
        "own": {line.number for line in form.lines if tuple(line.terms) != tuple(official.line(line.number).terms)},
        "names": names, "versions": rows, "can_change": can_change, "text_of": text_of, "zh": locale() == "zh_CN",
        "takes": [(take, _(TAKES[take])) for take in takes_of(chosen)], "words": {take: _(label) for take, label in TAKES.items()},
        "months": month_options([p.code for p in await periods(work, ledger)]),
    }  # fmt: skip
