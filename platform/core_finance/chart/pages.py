"""Pages of ledgers: the list, a new one, its settings, and the switch from one to another."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from core_finance.chart.ledgers import create_ledger, find_current, get_ledger, ledgers, switch_ledger
from core_finance.chart.model import WORDS, FilingPeriod, Ledger, Review, Standard, Taxpayer
from core_finance.chart.rules import LedgerRules, rules_of
from core_finance.chart.settings import change_ledger, choose, is_posted
from core_finance.periods.service import text_of
from kernel.errors import DomainError, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page, toast
from kernel.work import Work

SETUP, EDIT, MENU = (f"core_finance/chart/{name}.html" for name in ("setup", "ledger_edit", "menu"))
TYPED = ("name", "standard", "taxpayer", "currency", "start", "code_scheme", "filing_period", "review", "reclassify",
         "exchange_differences", "transfer", "reserve_percent", "registered_capital")  # fmt: skip
TICKED = ("poster_apart", "cashier_signs", "transfer_by_dimension", "parties_required")

AnyRequest = Request[Any, Any, Any]


class LedgerPages(Controller):
    path = "/finance"
    include_in_schema = False

    @get("/setup", opt={"permission": "finance.ledger.read"})
    async def setup(self, work: NamedDependency[Work]) -> Template:
        """The ledgers, and the form for one more."""
        new = Ledger(
            name=work.tenant.name, standard=Standard.SMALL_BUSINESS, taxpayer=Taxpayer.GENERAL, currency=work.tenant.currency,
            start_period=work.today().year * 100 + 1, code_scheme="4-2-2-2", filing_period=FilingPeriod.MONTH, words=list(WORDS),
            review=Review.NONE, poster_apart=False, rules={"parties_required": True},
        )  # fmt: skip
        return page(SETUP, errors={}, values=_values(new), **await _setup(work))

    @post("/setup", opt={"permission": "finance.ledger.manage"})
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        """Set a ledger up, and put it before the person who did."""
        values = _typed(await request.form())
        values["words"] = values["words"] or list(WORDS)
        try:
            ledger = await create_ledger(work, **await _checked(work, values, LedgerRules(), None))
        except DomainError as error:
            raise FormRefused.because(error, SETUP, values=values, **await _setup(work)) from error
        await switch_ledger(work, ledger.id)
        return Redirect("/finance/accounts", status_code=303)

    @get("/ledgers/menu", opt={"permission": "finance.ledger.read"})
    async def menu(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """The ledgers to switch to, for the menu at the top."""
        back = urlsplit(request.headers.get("hx-current-url", ""))
        path = f"{back.path}?{back.query}" if back.query else back.path
        return page(MENU, ledgers=await ledgers(work), current=await find_current(work), back=path)

    @post("/ledgers/{ledger_id:uuid}/switch", opt={"permission": "finance.ledger.read"})
    async def switch(self, request: AnyRequest, work: NamedDependency[Work], ledger_id: FromPath[UUID]) -> Redirect:
        """Put another ledger before the person, on the page they were on."""
        data = await request.form()
        ledger = await switch_ledger(work, ledger_id)
        said = toast(_("You keep %(name)s now.", name=ledger.name))
        return Redirect(own_path(str(data.get("back", ""))), status_code=303, headers=said)

    @get("/ledgers/{ledger_id:uuid}", opt={"permission": "finance.ledger.read"})
    async def settings(self, work: NamedDependency[Work], ledger_id: FromPath[UUID]) -> Template:
        """What the ledger is set to."""
        ledger = await get_ledger(work, ledger_id)
        return page(EDIT, errors={}, values=_values(ledger), version=ledger.version, **await _frame(work, ledger_id))

    @post("/ledgers/{ledger_id:uuid}", opt={"permission": "finance.ledger.manage"})
    async def change(self, request: AnyRequest, work: NamedDependency[Work], ledger_id: FromPath[UUID]) -> Redirect:
        """Change the settings."""
        data = await request.form()
        ledger = await get_ledger(work, ledger_id)
        typed = _typed(data)
        # What is posted fixes some fields, which a browser then does not send.
        sent = {*data, *TICKED, "words"}
        if await is_posted(work, ledger):
            sent.discard("parties_required")
        values = {name: typed[name] if name in sent else value for name, value in _values(ledger).items()}
        version = str(data.get("version", ""))
        try:
            await change_ledger(
                work,
                ledger,
                version=int(version) if version.isdecimal() else None,
                **await _checked(work, values, rules_of(ledger), ledger_id),
            )
        except DomainError as error:
            work.session.expunge_all()
            raise FormRefused.because(error, EDIT, values=values, version=version, **await _frame(work, ledger_id)) from error
        return Redirect("/finance/setup", status_code=303, headers=toast(_("Settings of %(name)s saved.", name=values["name"])))


def own_path(back: str) -> str:
    """``back`` where it is a page of this host, else the ledgers."""
    parts = urlsplit(back)
    is_own = back.startswith("/") and not back.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return back if is_own and back.isprintable() and "\\" not in back else "/finance/setup"


def _typed(data: Any) -> dict[str, Any]:
    values: dict[str, Any] = {name: str(data.get(name, "")).strip() for name in TYPED}
    values |= {name: data.get(name) == "1" for name in TICKED}
    return values | {"words": [str(word) for word in data.getall("words", [])]}


def _values(ledger: Ledger) -> dict[str, Any]:
    """What the ledger's form shows."""
    rules = rules_of(ledger)
    return {
        "name": ledger.name, "standard": ledger.standard.value, "taxpayer": ledger.taxpayer.value, "currency": ledger.currency,
        "start": text_of(ledger.start_period), "code_scheme": ledger.code_scheme, "filing_period": ledger.filing_period.value,
        "review": ledger.review.value, "words": list(ledger.words), "poster_apart": ledger.poster_apart, "reclassify": rules.reclassify,
        "exchange_differences": rules.exchange_differences, "transfer": rules.transfer,
        "transfer_by_dimension": rules.transfer_by_dimension, "reserve_percent": f"{rules.reserve_percent:f}",
        "registered_capital": "" if rules.registered_capital is None else f"{rules.registered_capital:f}",
        "cashier_signs": rules.cashier_signs, "parties_required": rules.parties_required,
    }  # fmt: skip


async def _checked(work: Work, values: Mapping[str, Any], before: LedgerRules, ledger_id: UUID | None) -> dict[str, Any]:
    """What was typed, as ``change_ledger`` takes it; what was left out is left out.

    Raises:
        Invalid: with all that is wrong, each beside its field: what cannot be read, and what can but must not be.
    """
    read, problems = _read(values, before)
    if problems:
        try:
            await choose(work, Ledger(id=ledger_id), read)
        except DomainError as error:
            problems = [*problems, *error.errors]
        raise Invalid(problems[0].message, errors=problems)
    return read


def _read(values: Mapping[str, Any], before: LedgerRules) -> tuple[dict[str, Any], list[FieldError]]:
    problems: list[FieldError] = []
    read: dict[str, Any] = {"name": values["name"], "poster_apart": values["poster_apart"]}
    for name, kind in (("standard", Standard), ("taxpayer", Taxpayer), ("filing_period", FilingPeriod), ("review", Review)):
        if values[name] in set(kind):
            read[name] = kind(values[name])
    for name in ("currency", "code_scheme"):
        if values[name]:
            read[name] = values[name].upper()
    read["words"] = values["words"]
    try:
        read["start"] = date.fromisoformat(f"{values['start'][:7]}-01")
    except ValueError:
        problems.append(FieldError("start", _("%(text)s is no month; write it like 2026-01.", text=values["start"] or "-")))
    chosen = {name: values[name] for name in ("reclassify", "exchange_differences", "transfer") if values[name]}
    chosen |= {name: values[name] for name in ("transfer_by_dimension", "cashier_signs", "parties_required")}
    for name in ("reserve_percent", "registered_capital"):
        text = values[name].replace(",", "").strip()
        try:
            chosen[name] = Decimal(text) if text else None if name == "registered_capital" else before.reserve_percent
        except InvalidOperation:
            problems.append(FieldError(name, _("%(text)s is no amount; type digits like 1280.50.", text=values[name][:40])))
    return read | {"rules": _rules(chosen)}, problems


def _rules(chosen: Mapping[str, Any]) -> LedgerRules:
    known = {name: {value for value, _label in options} for name, options in _rule_options().items()}
    return LedgerRules(**{name: value for name, value in chosen.items() if name not in known or value in known[name]})


def _rule_options() -> dict[str, Sequence[tuple[str, str]]]:
    return {
        "reclassify": [
            ("by_counterparty", _("Each party on the side of its balance")),
            ("by_account", _("Each account on the side of its balance")),
            ("none", _("As the accounts stand")),
        ],
        "exchange_differences": [("per_item", _("A line for each item")), ("net", _("One net line"))],
        "transfer": [("separate", _("Revenue and expenses in two vouchers")), ("merged", _("In one voucher"))],
    }  # fmt: skip


def _options() -> dict[str, Any]:
    rules = _rule_options()
    return {
        "standards": [("small_business", _("Small-business standard")), ("enterprise", _("Enterprise standard"))],
        "taxpayers": [("general", _("General VAT taxpayer")), ("small_scale", _("Small-scale VAT taxpayer"))],
        "filings": [("month", _("Monthly")), ("quarter", _("Quarterly"))],
        "reviews": [("none", _("Not needed")), ("anyone", _("By anyone who may review")), ("second_person", _("By a second person"))],
        "word_options": [(word, word) for word in WORDS], "reclassifies": rules["reclassify"],
        "differences": rules["exchange_differences"], "transfers": rules["transfer"], "text_of": text_of,
    }  # fmt: skip


async def _setup(work: Work) -> dict[str, Any]:
    known, current = await ledgers(work), await find_current(work)
    # A refused form is drawn after the rollback, when rows cannot be read again.
    work.session.expunge_all()
    return {"ledgers": known, "ledger": current, "fixed": False, **_options()}


async def _frame(work: Work, ledger_id: UUID) -> dict[str, Any]:
    shown = await get_ledger(work, ledger_id)
    fixed, current = await is_posted(work, shown), await find_current(work)
    work.session.expunge_all()
    return {"shown": shown, "ledger": current, "fixed": fixed, **_options()}
