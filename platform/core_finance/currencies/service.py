"""Exchange rates: keeping them, and the one that counts on a day."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from core_finance.chart.model import Ledger
from core_finance.currencies.model import Rate, RateKind
from core_finance.periods.model import Period, PeriodState
from identity.audit import record
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES
from kernel.work import Work

RATE_MAX = Decimal(10) ** 9
PATH = "/finance/rates"


class RateNotFound(NotFound):
    code = "rate_not_found"


class RateMissing(Conflict):
    code = "rate_missing"


class RateInUse(Conflict):
    code = "rate_in_use"


async def rates(
    work: Work,
    base: str,
    *,
    currency: str = "",
    kind: RateKind | None = None,
    before: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> Sequence[Rate]:
    """Rates against ``base``, the latest day first; ``before`` is the day and id of the last one of the page before."""
    query = select(Rate).where(Rate.base == base)
    if currency:
        query = query.where(Rate.currency == currency)
    if kind is not None:
        query = query.where(Rate.kind == kind)
    if before is not None:
        query = query.where(tuple_(Rate.on, Rate.id) < before)
    return (await work.session.scalars(query.order_by(Rate.on.desc(), Rate.id.desc()).limit(limit))).all()


async def get_rate(work: Work, rate_id: UUID) -> Rate:
    """Raises:
    RateNotFound: there is none of that id.
    """
    found = await work.session.get(Rate, rate_id)
    if found is None:
        raise RateNotFound(_("There is no such rate; it was removed perhaps."))
    return found


async def save_rate(work: Work, *, base: str, currency: str, kind: RateKind, on: date, rate: Decimal, note: str = "") -> Rate:
    """Enter the rate of a day; one that was entered for the same currency, kind and day before is replaced.

    Raises:
        Invalid: with the field that is wrong.
    """
    currency = currency.strip().upper()
    _check(base, currency, on, rate)
    query = select(Rate).where(Rate.base == base, Rate.currency == currency, Rate.kind == kind, Rate.on == on)
    found = await work.session.scalar(query.with_for_update())
    before = _facts(found) if found else None
    if kind is RateKind.CLOSING and not (found and found.rate == rate):
        await _refuse_closed(work, base, on)
    if found is None:
        found = Rate(base=base, currency=currency, kind=kind, on=on)
        work.session.add(found)
    found.rate, found.note = rate, note.strip()[:200]
    await work.session.flush()
    await record(work, "rate.saved", f"rate:{found.id}", name=f"{currency} {on}", before=before, after=_facts(found))
    return found


async def remove_rate(work: Work, rate_id: UUID) -> None:
    """Take a rate out of the table; what was posted with it stays."""
    found = await get_rate(work, rate_id)
    if found.kind is RateKind.CLOSING:
        await _refuse_closed(work, found.base, found.on)
    await record(work, "rate.removed", f"rate:{found.id}", name=f"{found.currency} {found.on}", before=_facts(found))
    await work.session.delete(found)
    await work.session.flush()


async def _refuse_closed(work: Work, base: str, on: date) -> None:
    """What a closed month was valued at stays."""
    query = select(Ledger.name).join(Period, Period.ledger_id == Ledger.id)
    query = query.where(Ledger.currency == base, Period.code == on.year * 100 + on.month, Period.state == PeriodState.CLOSED)
    if name := await work.session.scalar(query.where(Period.code >= Ledger.start_period).limit(1)):
        raise RateInUse(
            _(
                "%(period)s is closed in %(ledger)s: its closing rate stays. Reopen the period to change it.",
                period=f"{on:%Y-%m}",
                ledger=name,
            ),
            field="on",
        )


async def rate_on(work: Work, base: str, currency: str, on: date, kind: RateKind = RateKind.SPOT) -> Decimal | None:
    """The rate that counts on a day: the latest one up to it."""
    query = select(Rate.rate).where(Rate.base == base, Rate.currency == currency, Rate.kind == kind, Rate.on <= on)
    found: Decimal | None = await work.session.scalar(query.order_by(Rate.on.desc()).limit(1))
    return found


async def booking_rate(work: Work, ledger: Ledger, currency: str, on: date) -> Decimal:
    """What a document of the day is converted with: the latest rate of the day (记账汇率) up to it; 1 for the ledger's own currency.

    Raises:
        RateMissing: there is none; its detail ``path`` is the page to enter it.
    """
    if currency == ledger.currency:
        return Decimal(1)
    found = await rate_on(work, ledger.currency, currency, on)
    if found is None:
        raise RateMissing(
            _("There is no rate of the day for %(currency)s on %(day)s or before; enter it under Exchange rates.",
              currency=currency, day=str(on)),
            path=f"{PATH}?currency={currency}&kind=spot&on={on}", currencies=[currency], on=str(on),
        )  # fmt: skip
    return found


async def closing_rates(work: Work, base: str, currencies: Sequence[str], first_on: date, last_on: date) -> dict[str, Decimal]:
    """Currency -> the closing rate of the period: the latest that was entered for a day of it.

    Raises:
        RateMissing: a currency has none; its detail ``path`` is the page to enter it.
    """
    query = (
        select(Rate.currency, Rate.rate)
        .where(Rate.base == base, Rate.kind == RateKind.CLOSING, Rate.currency.in_(currencies), Rate.on.between(first_on, last_on))
        .order_by(Rate.on)
    )
    found: dict[str, Decimal] = {row[0]: row[1] for row in await work.session.execute(query)}
    missing = sorted(set(currencies) - set(found))
    if missing:
        names = ", ".join(missing)
        raise RateMissing(
            _("The closing rate of %(currency)s on %(day)s is missing; enter it.", currency=names, day=str(last_on)),
            path=f"{PATH}?currency={missing[0]}&kind=closing&on={last_on}", currencies=missing, on=str(last_on),
        )  # fmt: skip
    return found


def _check(base: str, currency: str, on: date, rate: Decimal) -> None:
    if currency not in CURRENCIES:
        raise Invalid(_("%(currency)s is no currency we know; use a code like CNY.", currency=currency), field="currency")
    if currency == base:
        raise Invalid(_("%(currency)s is the base currency; its rate is always 1.", currency=currency), field="currency")
    exponent = rate.as_tuple().exponent
    if not isinstance(exponent, int) or not 0 < rate < RATE_MAX or exponent < -8:
        raise Invalid(_("Enter a rate above zero with at most eight decimals."), field="rate")
    if not 1990 <= on.year <= 2100:
        raise Invalid(_("Enter a day between 1990 and 2100."), field="on")


def _facts(rate: Rate) -> dict[str, Any]:
    return {"base": rate.base, "currency": rate.currency, "kind": rate.kind.value, "on": str(rate.on), "rate": str(rate.rate),
            "note": rate.note}  # fmt: skip
