"""The page of exchange rates."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import setup_redirect
from core_finance.chart.ledgers import current_ledger, find_current, mark_of
from core_finance.chart.model import Ledger
from core_finance.currencies.model import RateKind
from core_finance.currencies.service import PATH, get_rate, rates, remove_rate, save_rate
from kernel.errors import DomainError, Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES
from kernel.web import FormRefused, page, toast
from kernel.work import Work

RATES = "core_finance/currencies/rates.html"
PAGE_ROWS = 50
KINDS = {RateKind.CLOSING: N_("Closing rate"), RateKind.SPOT: N_("Rate of the day"), RateKind.AVERAGE: N_("Average rate")}
FIELDS = ("currency", "kind", "on", "rate", "note")


class RatePages(Controller):
    path = "/finance/rates"
    include_in_schema = False

    @get("/", opt={"permission": "finance.ledger.read"})
    async def show(
        self,
        work: NamedDependency[Work],
        currency: FromQuery[str] = "",
        kind: FromQuery[str] = "",
        on: FromQuery[str] = "",
        before: FromQuery[UUID | None] = None,
    ) -> Template | Redirect:
        """The rates by day and kind; ``on`` fills the day of the form in."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        values = {"currency": currency or "USD", "kind": kind or RateKind.CLOSING, "on": on or str(work.today()), "rate": "", "note": ""}
        return page(
            RATES, values=values, errors={}, **await _table(work, ledger, currency if not on else "", kind if not on else "", before)
        )

    @post("/", opt={"permission": "finance.period.close"})
    async def save(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Redirect:
        ledger = await current_ledger(work)
        data = await request.form()
        values = {name: str(data.get(name, "")).strip() for name in FIELDS}
        table = await _table(work, ledger, "", "", None)
        try:
            saved = await save_rate(
                work, base=ledger.currency, currency=values["currency"], kind=_kind(values["kind"]), on=_day(values["on"]),
                rate=_rate(values["rate"]), note=values["note"],
            )  # fmt: skip
        except DomainError as error:
            raise FormRefused.because(error, RATES, values=values, **table) from error
        done = _("The rate of %(currency)s on %(day)s is saved.", currency=saved.currency, day=str(saved.on))
        return Redirect(PATH, status_code=303, headers=toast(done))

    @post("/{rate_id:uuid}/remove", opt={"permission": "finance.period.close"})
    async def remove(self, work: NamedDependency[Work], rate_id: FromPath[UUID]) -> Redirect:
        await remove_rate(work, rate_id)
        return Redirect(PATH, status_code=303, headers=toast(_("The rate is removed.")))


async def _table(work: Work, ledger: Ledger, currency: str, kind: str, before: UUID | None) -> dict[str, Any]:
    last = await get_rate(work, before) if before else None
    chosen = _kind(kind) if kind else None
    found = await rates(
        work, ledger.currency, currency=currency.upper(), kind=chosen, before=(last.on, last.id) if last else None, limit=PAGE_ROWS + 1
    )
    rows = [
        {"id": r.id, "currency": r.currency, "kind": _(KINDS[r.kind]), "on": r.on, "rate": f"{r.rate.normalize():f}", "note": r.note}
        for r in found[:PAGE_ROWS]
    ]
    more = f"{PATH}?currency={currency}&kind={kind}&before={rows[-1]['id']}" if len(found) > PAGE_ROWS else ""
    return {
        "ledger": mark_of(ledger),
        "base": ledger.currency, "rates": rows, "next": more, "kinds": [(key.value, _(label)) for key, label in KINDS.items()],
        "currencies": [(code, code) for code in sorted(CURRENCIES) if code != ledger.currency],
        "chosen": {"currency": currency, "kind": kind},
    }  # fmt: skip


def _kind(text: str) -> RateKind:
    if text not in set(RateKind):
        raise Invalid(_("Choose what the rate is for."), field="kind")
    return RateKind(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(_("Enter a day, 2026-12-31 for instance."), field="on") from error


def _rate(text: str) -> Decimal:
    try:
        found = Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise Invalid(_("Enter a rate, 7.0812 for instance."), field="rate") from error
    if not found.is_finite():
        raise Invalid(_("Enter a rate, 7.0812 for instance."), field="rate")
    return found
