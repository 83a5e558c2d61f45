"""Pages of the chart of accounts: the list, a new account, an account's settings."""

from collections.abc import Mapping
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import setup_redirect
from core_finance.chart.cash_items import cash_items
from core_finance.chart.changing import INHERITED, add_account, change_account
from core_finance.chart.ledgers import current_ledger, find_current, the_ledger
from core_finance.chart.model import Account, Category, Ledger, Side
from core_finance.chart.service import AccountNotFound, accounts, dotted, get_account, shown_name, titled
from core_finance.dimensions.service import kinds, labels
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.web import FormRefused, page, toast
from kernel.work import Work

CHART, FORM = (f"core_finance/chart/{name}.html" for name in ("chart", "account_form"))
TYPED = ("parent", "code", "name", "name_en", "category", "side", "currency", "unit", "cash_item_in", "cash_item_out", "note")
TICKED = ("is_cash", "take_over")
DIMENSION = "dimension."

AnyRequest = Request[Any, Any, Any]


class AccountPages(Controller):
    path = "/finance/accounts"
    include_in_schema = False

    @get("/", opt={"permission": "finance.ledger.read"})
    async def chart(
        self, work: NamedDependency[Work], q: FromQuery[str] = "", category: FromQuery[str] = "", use: FromQuery[str] = ""
    ) -> Template | Redirect:
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        shown = [
            account
            for account in await accounts(work, ledger, text=q)
            if (not category or account.category == category) and (not use or account.is_active == (use == "active"))
        ]
        return page(
            CHART, ledger=ledger, accounts=shown, q=q, category=category, use=use, dotted=dotted, shown_name=shown_name,
            labels=await labels(work), category_options=_categories(),
        )  # fmt: skip

    @get("/new", opt={"permission": "finance.ledger.manage"})
    async def new(self, work: NamedDependency[Work], parent: FromQuery[str] = "") -> Template | Redirect:
        """The form for one more account, below ``parent``."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        values: dict[str, Any] = {"parent": parent, "dimensions": {}}
        if parent:
            values |= _inherited(await get_account(work, ledger, parent))
        return page(FORM, errors={}, values=values, **await _new_form(work, ledger))

    @post("/", opt={"permission": "finance.ledger.manage"})
    async def add(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        """Add the account; what was posted to the one above goes over to it where the form says so."""
        data = await request.form()
        values = _typed(data)
        ledger = await the_ledger(work, data)
        try:
            account = await add_account(
                work, ledger, parent=values["parent"], code=values["code"] or None, take_over=values["take_over"],
                category=Category(values["category"]) if values["category"] in set(Category) else None,
                side=Side(values["side"]) if values["side"] in set(Side) else None, **await self._chosen(work, ledger, values, data),
            )  # fmt: skip
        except DomainError as error:
            work.session.expunge_all()
            raise FormRefused.because(error, FORM, values=values, **await _new_form(work, ledger)) from error
        said = toast(_("Account %(code)s added.", code=account.code))
        return Redirect(f"/finance/accounts?q={account.code[: ledger.code_lengths[0]]}", status_code=303, headers=said)

    @get("/{code:str}/edit", opt={"permission": "finance.ledger.manage"})
    async def edit(self, work: NamedDependency[Work], code: FromPath[str]) -> Template:
        """What can be changed of an account."""
        ledger = await current_ledger(work)
        account = await get_account(work, ledger, code)
        values = {"name": account.name, "name_en": account.name_en, "note": account.note, **_inherited(account)}
        return page(FORM, errors={}, values=values, **await _edit_form(work, ledger, account, str(account.version)))

    @post("/{code:str}/edit", opt={"permission": "finance.ledger.manage"})
    async def change(self, request: AnyRequest, work: NamedDependency[Work], code: FromPath[str]) -> Redirect:
        data = await request.form()
        values = _typed(data)
        ledger = await the_ledger(work, data)
        account = await get_account(work, ledger, code)
        version = str(data.get("version", ""))
        try:
            chosen = await self._chosen(work, ledger, values, data)
            await change_account(work, ledger, code, version=int(version) if version.isdecimal() else None, **chosen)
        except DomainError as error:
            work.session.expunge_all()
            raise FormRefused.because(error, FORM, values=values, **await _edit_form(work, ledger, account, version)) from error
        said = toast(_("Account %(code)s saved.", code=account.code))
        return Redirect(f"/finance/accounts?q={account.code[: ledger.code_lengths[0]]}", status_code=303, headers=said)

    @post("/{code:str}/{act:str}", opt={"permission": "finance.ledger.manage"})
    async def switch(self, request: AnyRequest, work: NamedDependency[Work], code: FromPath[str], act: FromPath[str]) -> Redirect:
        """``enable`` or ``disable`` an account, with those below or above it."""
        ledger = await the_ledger(work, await request.form())
        if act not in ("enable", "disable"):
            raise AccountNotFound(_("There is no such command for an account."))
        await change_account(work, ledger, code, is_active=act == "enable")
        return Redirect(f"/finance/accounts?q={code[: ledger.code_lengths[0]]}", status_code=303)

    async def _chosen(self, work: Work, ledger: Ledger, values: Mapping[str, Any], data: Any) -> dict[str, Any]:
        """What the form says of the account.  A form without fields for dimensions leaves them as they are."""
        chosen: dict[str, Any] = {name: values[name] for name in ("name", "name_en", "note", "unit") if name in data}
        if "currency" in data:
            chosen["currency"] = values["currency"].upper() or None
        for name in ("cash_item_in", "cash_item_out"):
            if name in data:
                chosen[name] = int(values[name]) if values[name].isdecimal() else None
        if any(str(name).startswith(DIMENSION) for name in data):
            asked = values["dimensions"]
            chosen["required_dimensions"] = [kind for kind, how in asked.items() if how == "required"]
            chosen["optional_dimensions"] = [kind for kind, how in asked.items() if how == "optional"]
            chosen["is_cash"] = values["is_cash"]
        return chosen


def _typed(data: Any) -> dict[str, Any]:
    values: dict[str, Any] = {name: str(data.get(name, "")).strip() for name in TYPED}
    values |= {name: data.get(name) == "1" for name in TICKED}
    dimensions = {str(name)[len(DIMENSION) :]: str(how) for name, how in data.items() if str(name).startswith(DIMENSION) and how}
    return values | {"dimensions": dimensions}


def _inherited(account: Account) -> dict[str, Any]:
    """The account's settings as the form shows them; a sub-account begins with the same."""
    dimensions = dict.fromkeys(account.optional_dimensions, "optional") | dict.fromkeys(account.required_dimensions, "required")
    return {name: getattr(account, name) for name in INHERITED if not name.endswith("dimensions")} | {"dimensions": dimensions}


async def _new_form(work: Work, ledger: Ledger) -> dict[str, Any]:
    return {
        "title": _("New account"),
        "action": "/finance/accounts",
        "is_new": True,
        "is_active": True,
        "version": "",
        **await _frame(work, ledger),
    }


async def _edit_form(work: Work, ledger: Ledger, account: Account, version: str) -> dict[str, Any]:
    title = titled(account, ledger)
    action = f"/finance/accounts/{account.code}/edit"
    account_facts = {"code": account.code, "is_active": account.is_active}
    return {"title": title, "action": action, "is_new": False, "version": version, **account_facts, **await _frame(work, ledger)}


async def _frame(work: Work, ledger: Ledger) -> dict[str, Any]:
    chinese = locale() == "zh_CN"
    items = [(item.line, f"{item.line} {item.name if chinese else item.name_en}") for item in cash_items(ledger.standard)]
    return {"ledger": ledger, "kinds": await kinds(work), "cash_options": items, "category_options": _categories()}


def _categories() -> list[tuple[str, str]]:
    return [
        ("asset", _("Asset")), ("liability", _("Liability")), ("common", _("Common")), ("equity", _("Equity")), ("cost", _("Cost")),
        ("revenue", _("Revenue")), ("expense", _("Expense")),
    ]  # fmt: skip
