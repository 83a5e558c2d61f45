"""What a ledger is set to: at its creation, and later as far as its books allow."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypedDict, Unpack
from uuid import UUID

import msgspec
from sqlalchemy import delete, exists, select, text

from core_finance.chart.loading import ask_for_parties, fit_vat, load_chart, unload_chart
from core_finance.chart.model import WORDS, FilingPeriod, Ledger, Review, Standard, Taxpayer
from core_finance.chart.rules import LedgerRules, check_rules, keep_rules, rules_of
from core_finance.periods.model import Period, PeriodState
from core_finance.periods.service import open_year
from core_finance.posting.model import Voucher
from core_finance.vouchers.model import Draft
from identity.audit import record
from kernel.errors import Conflict, DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES
from kernel.work import Work

NAME_MAX = 100
SCHEME = re.compile(r"4(-[2-4]){2,5}")


class LedgerNameTaken(Conflict):
    code = "ledger_name_taken"


class LedgerInUse(Conflict):
    code = "ledger_in_use"


class LedgerEdited(Conflict):
    code = "ledger_changed"


class Choices(TypedDict, total=False):
    """Choices that can be changed while the books are kept."""

    filing_period: FilingPeriod
    words: Sequence[str]
    review: Review
    poster_apart: bool
    rules: LedgerRules


class Founding(Choices, total=False):
    """And those that stand as soon as anything is posted, but for name and taxpayer."""

    name: str
    taxpayer: Taxpayer
    standard: Standard
    currency: str
    start: date
    code_scheme: str


async def change_ledger(work: Work, ledger: Ledger, *, version: int | None = None, **changes: Unpack[Founding]) -> Ledger:
    """Change what is given.

    Standard, base currency, first period and code scheme stand once anything is posted.  A new standard or code scheme
    loads the chart of accounts anew, so drafts, which name accounts, must not wait then.

    Raises:
        Invalid: a value is wrong by itself.
        LedgerNameTaken: another ledger has the name.
        LedgerInUse: the change is not possible any more, and why.
        LedgerEdited: ``version`` is not the present one.
    """
    await lock_names(work)
    await work.session.refresh(ledger, with_for_update=True)
    if version is not None and version != ledger.version:
        raise LedgerEdited(_("Somebody changed the settings of this ledger meanwhile; load them again."))
    before = facts_of(ledger)
    await choose(work, ledger, changes)
    after = facts_of(ledger)
    changed = {name for name in after if after[name] != before[name]}
    if not changed:
        return ledger
    asked_before, asks = (facts["rules"]["parties_required"] for facts in (before, after))
    if asks != asked_before:
        if await is_posted(work, ledger):
            message = _("Vouchers of this ledger are posted: say it of each account in the chart of accounts.")
            raise LedgerInUse(message, field="parties_required")
        await ask_for_parties(work, ledger, required=asks)
    if founding := changed & {"standard", "currency", "start_period", "code_scheme"}:
        await _refound(work, ledger, founding)
    elif "taxpayer" in changed:
        await work.session.flush()
        await fit_vat(work, ledger)
    await work.session.flush()
    await record(
        work, "ledger.changed", f"ledger:{ledger.id}", name=ledger.name,
        before={name: before[name] for name in sorted(changed)}, after={name: after[name] for name in sorted(changed)},
    )  # fmt: skip
    return ledger


async def choose(work: Work, ledger: Ledger, chosen: Mapping[str, Any]) -> None:
    """Put the choices into the ledger's row, each checked by itself; the caller flushes.

    Raises:
        Invalid: some are wrong; ``errors`` names each.
        LedgerNameTaken: another ledger has the name, and nothing else is wrong.
    """
    refused: list[DomainError] = []
    for name, value in chosen.items():
        try:
            await _put(work, ledger, name, value)
        except DomainError as error:
            refused.append(error)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        raise Invalid(refused[0].message, errors=[told for error in refused for told in error.errors])


async def _put(work: Work, ledger: Ledger, name: str, value: Any) -> None:
    match name:
        case "name":
            ledger.name = await _free_name(work, ledger.id, value)
        case "currency":
            if value not in CURRENCIES:
                raise Invalid(_("%(currency)s is no currency we know; use a code like CNY.", currency=value), field="currency")
            ledger.currency = value
        case "start":
            if not 1990 <= value.year <= 2100:
                raise Invalid(_("The first period must lie between 1990 and 2100."), field="start")
            ledger.start_period = value.year * 100 + value.month
        case "code_scheme":
            ledger.code_scheme = _scheme(value)
        case "words":
            ledger.words = _words(value)
        case "rules":
            check_rules(value)
            keep_rules(ledger, value)
        case "standard" | "taxpayer" | "filing_period" | "review" | "poster_apart":
            setattr(ledger, name, value)


def facts_of(ledger: Ledger) -> dict[str, Any]:
    """All settings in values that JSON has."""
    return {
        "name": ledger.name, "standard": ledger.standard.value, "taxpayer": ledger.taxpayer.value, "currency": ledger.currency,
        "start_period": ledger.start_period, "code_scheme": ledger.code_scheme,
        "filing_period": ledger.filing_period.value, "words": list(ledger.words),
        "review": ledger.review.value, "poster_apart": ledger.poster_apart,
        "rules": msgspec.to_builtins(rules_of(ledger)),
    }  # fmt: skip


async def is_posted(work: Work, ledger: Ledger) -> bool:
    """Whether the ledger holds any posted voucher, opening balances among them."""
    return bool(await work.session.scalar(select(exists().where(Voucher.ledger_id == ledger.id))))


async def lock_names(work: Work) -> None:
    """Until the end of the transaction nobody else makes or renames a ledger of the tenant."""
    await work.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/finance_ledger', 0))"))


async def _free_name(work: Work, ledger_id: UUID | None, name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_MAX:
        raise Invalid(_("Give the ledger a name of at most %(max)s characters.", max=NAME_MAX), field="name")
    with work.session.no_autoflush:
        taken = await work.session.scalar(select(Ledger.id).where(Ledger.name == name))
    if taken is not None and taken != ledger_id:
        raise LedgerNameTaken(_("There is a ledger named %(name)s already; choose another name.", name=name), field="name")
    return name


def _scheme(scheme: str) -> str:
    if not SCHEME.fullmatch(scheme) or sum(map(int, scheme.split("-"))) > 30:
        message = _("A code scheme is like 4-2-2-2 or 4-3-2: four digits at first, then two to five levels of two to four digits.")
        raise Invalid(message, field="code_scheme")
    return scheme


def _words(words: Sequence[str]) -> list[str]:
    chosen = [word for word in WORDS if word in words]
    if unknown := [word for word in words if word not in WORDS]:
        message = _("%(word)s is no voucher word; use one of %(words)s.", word=unknown[0], words="、".join(WORDS))
        raise Invalid(message, field="words")
    if WORDS[0] not in chosen and len(chosen) < len(WORDS) - 1:
        raise Invalid(_("Use 记 for all vouchers, or 收, 付 and 转 together: otherwise some vouchers would have no word."), field="words")
    return chosen


async def _refound(work: Work, ledger: Ledger, changed: set[str]) -> None:
    """Apply a change of what the books stand on, as long as there are none."""
    with work.session.no_autoflush:
        # Whoever is posting finishes first, and whoever comes later finds what was chosen here.
        months = (
            await work.session.scalars(select(Period).where(Period.ledger_id == ledger.id).order_by(Period.code).with_for_update())
        ).all()
        field = {"start_period": "start"}.get(name := min(changed), name)
        if await is_posted(work, ledger):
            message = _(
                "Vouchers or opening balances of this ledger are posted, so its standard, base currency, first period and code scheme "
                "stand. Open another ledger for the new ones."
            )
            raise LedgerInUse(message, field=field)
        if any(month.state is PeriodState.CLOSED for month in months):
            raise LedgerInUse(_("A period of this ledger is closed; reopen it first."), field=field)
        reloads = changed & {"standard", "code_scheme"}
        if reloads and await work.session.scalar(select(exists().where(Draft.ledger_id == ledger.id))):
            raise LedgerInUse(_("Drafts wait in this ledger and name its accounts; delete them first."), field=field)
    await work.session.flush()
    if reloads:
        await unload_chart(work, ledger)
        await load_chart(work, ledger)
    if "start_period" in changed:
        await work.session.execute(delete(Period).where(Period.ledger_id == ledger.id))
        for year in (ledger.start_period // 100, ledger.start_period // 100 + 1):
            await open_year(work, ledger, year)
