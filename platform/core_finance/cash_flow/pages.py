"""Pages of cash flows: the workbench, the company's rules, the year before the ledger."""

from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import month_options, setup_redirect, span
from core_finance.cash_flow.items import REOPEN, ItemFilter, apply_rules, choose_item, count_movements, movements, proof
from core_finance.cash_flow.opening import CashOpening, opening_month, read_cash_opening, save_cash_opening
from core_finance.cash_flow.own_rules import delete_rule, own_rules, save_rule
from core_finance.cash_flow.rules import items
from core_finance.chart.ledgers import find_current, the_ledger
from core_finance.chart.model import Ledger
from core_finance.chart.service import accounts, dotted, shown_name
from core_finance.periods.service import code_of, periods, text_of
from core_finance.statements.layout import layout
from core_finance.vouchers.choices import paths
from core_finance.vouchers.form import amount
from kernel.errors import DomainError, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.web import FormRefused, page
from kernel.work import Work

ITEMS, RULES, OPENING = (f"core_finance/cash_flow/{name}.html" for name in ("items", "rules", "opening"))
PATH = "/finance/cash-flow"

AnyRequest = Request[Any, Any, Any]


class CashFlowPages(Controller):
    path = PATH
    include_in_schema = False

    @get("/items", opt={"permission": "finance.report.read"})
    async def items(
        self,
        work: NamedDependency[Work],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        item: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Template | Redirect:
        """Movements of cash, those on no line first, to be put on lines."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        return page(ITEMS, **await _workbench(work, ledger, _asked(first, last, item), after=after), errors={}, values={})

    @post("/items", opt={"permission": "finance.statement.manage"})
    async def choose(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        """Put the ticked movements on a line."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        asked = _asked(*(str(data.get(name, "")) for name in ("first", "last", "shown")))
        target = str(data.get("item", ""))
        try:
            ids = [UUID(str(value)) for value in data.getall("ids", [])]
            if not ids:
                raise Invalid(_("Tick the movements first."), field="ids")
            if not target.isdecimal():
                raise Invalid(_("Choose the line that they belong to."), field="item")
            await choose_item(work, ledger, ids, int(target) or None, filed=bool(data.get("filed")))
        except (DomainError, ValueError) as error:
            refused = error if isinstance(error, DomainError) else Invalid(_("Choose movements from the list."), field="item")
            raise FormRefused.because(refused, ITEMS, values={}, **await _workbench(work, ledger, asked)) from error
        query = urlencode({"first": asked[0] or "", "last": asked[1] or "", "item": "" if asked[2] is None else asked[2]})
        return Redirect(f"{PATH}/items?{query}", status_code=303)

    @get("/rules", opt={"permission": "finance.report.read"})
    async def rules(self, work: NamedDependency[Work]) -> Template | Redirect:
        """The company's own rules."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        return page(RULES, **await _rules(work, ledger), errors={}, values={})

    @post("/rules", opt={"permission": "finance.statement.manage"})
    async def save_rule(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        """Make or change a rule."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        values = {name: str(data.get(name, "")).strip() for name in ("account", "direction", "item")}
        try:
            item = int(values["item"]) if values["item"].isdecimal() else 0
            await save_rule(work, ledger, account=values["account"].split(" ")[0], direction=values["direction"], item=item)
        except DomainError as error:
            raise FormRefused.because(error, RULES, values=values, **await _rules(work, ledger)) from error
        return Redirect(f"{PATH}/rules", status_code=303)

    @post("/rules/{rule_id:uuid}/delete", opt={"permission": "finance.statement.manage"})
    async def delete_rule(self, request: AnyRequest, work: NamedDependency[Work], rule_id: FromPath[UUID]) -> Redirect:
        """Take a rule away."""
        await delete_rule(work, await the_ledger(work, await request.form()), rule_id)
        return Redirect(f"{PATH}/rules", status_code=303)

    @post("/rules/apply", opt={"permission": "finance.statement.manage"})
    async def apply(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        """Ask the rules again for open months."""
        await apply_rules(work, await the_ledger(work, await request.form()))
        return Redirect(f"{PATH}/rules", status_code=303)

    @get("/opening", opt={"permission": "finance.report.read"})
    async def opening(self, work: NamedDependency[Work]) -> Template | Redirect:
        """Cash flows of the year before the ledger."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        found = await read_cash_opening(work, ledger)
        values = {f"item-{item}": f"{value:.2f}" for item, value in found.amounts.items()}
        return page(OPENING, **_opening(ledger, found), errors={}, values=values)

    @post("/opening", opt={"permission": "finance.statement.manage"})
    async def save_opening(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        """Put them in the place of what stood."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        found = await read_cash_opening(work, ledger)
        values = {f"item-{item}": str(data.get(f"item-{item}", "")).strip() for item in items(ledger.standard)}
        try:
            await save_cash_opening(work, ledger, _amounts(values))
        except DomainError as error:
            named = [FieldError(e.field.replace("amounts.", "item-"), e.message) for e in error.errors]
            shown = Invalid(error.message, errors=named)
            work.session.expunge_all()
            raise FormRefused.because(shown, OPENING, values=values, **_opening(ledger, found)) from error
        return Redirect(f"{PATH}?last={ledger.start_period}", status_code=303)


def _asked(first: str, last: str, item: str) -> tuple[int | None, int | None, int | None]:
    return tuple(int(text) if text.isdecimal() else None for text in (first, last, item))  # type: ignore[return-value]


async def _workbench(work: Work, ledger: Ledger, asked: tuple[int | None, int | None, int | None], *, after: str = "") -> dict[str, Any]:
    start, end = await span(work, ledger, asked[0], asked[1])
    wanted = ItemFilter(first=start, last=end, item=asked[2])
    found = await movements(work, ledger, wanted, after=after or None)
    untagged = await count_movements(work, ledger, ItemFilter(first=start, last=end, item=0))
    proved = await proof(work, ledger, start, end)
    query = {"first": start, "last": end, "item": "" if asked[2] is None else asked[2]}
    known = [p.code for p in await periods(work, ledger) if p.code <= max(code_of(work.today()), end)]
    named = paths(await accounts(work, ledger))
    titles = {code: f"{dotted(code, ledger.code_lengths)} {name}" for code, name in named.items()}
    work.session.expunge_all()
    return {
        "ledger": ledger, "rows": found.rows, "is_first": not after, "untagged": untagged, "proof": proved, "first": start, "last": end,
        "item": asked[2], "next": f"{PATH}/items?{urlencode({**query, 'after': found.following})}" if found.following else "",
        "months": month_options(known), "names": dict(_lines(ledger)), "options": [(0, _("On no line")), *_lines(ledger)],
        "text_of": text_of, "titles": titles, "may_reopen": work.actor.may(REOPEN),
    }  # fmt: skip


async def _rules(work: Work, ledger: Ledger) -> dict[str, Any]:
    rules = await own_rules(work, ledger)
    chart = await accounts(work, ledger)
    work.session.expunge_all()
    names = {account.code: shown_name(account) for account in chart}
    return {
        "ledger": ledger, "rules": rules, "names": names, "items": dict(_lines(ledger)), "options": _lines(ledger),
        "directions": [("in", _("Money in")), ("out", _("Money out"))],
    }  # fmt: skip


def _opening(ledger: Ledger, found: CashOpening) -> dict[str, Any]:
    signs = items(ledger.standard)
    return {
        "ledger": ledger, "change": found.change, "month": text_of(opening_month(ledger)), "january": text_of(found.month // 100 * 100 + 1),
        "fields": [(item, name, signs[item]) for item, name in _lines(ledger)],
    }  # fmt: skip


def _amounts(values: dict[str, str]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    problems = []
    for name, text in values.items():
        number = int(name.removeprefix("item-"))
        if not text:
            continue
        try:
            found[number] = amount(text)
        except InvalidOperation:
            problems.append(FieldError(f"amounts.{number}", _("%(text)s is no amount.", text=text)))
    if problems:
        raise Invalid(problems[0].message, errors=problems)
    return found


def _lines(ledger: Ledger) -> list[tuple[int, str]]:
    """The lines that movements stand on, as the form numbers and names them."""
    form = layout(ledger.standard, "cash_flow")
    zh = locale() == "zh_CN"
    return [(n, f"{n} {form.line(n).name if zh else form.line(n).name_en}") for n in sorted(items(ledger.standard))]
