"""Setting a ledger up, and finding the one that is meant."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from core_finance.chart.loading import load_chart
from core_finance.chart.model import FilingPeriod, Ledger, Seat, Standard, Taxpayer
from core_finance.chart.settings import NAME_MAX, Choices, choose, facts_of, lock_names
from core_finance.periods.service import open_year
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work


class LedgerNotFound(NotFound):
    code = "ledger_not_found"


class LedgerMissing(Conflict):
    code = "ledger_missing"


class LedgerSwitched(Conflict):
    code = "ledger_switched"


class LedgerMark(NamedTuple):
    """Which ledger a page is about, in plain values: a refused form is drawn after the rollback, when rows cannot be read."""

    id: UUID | str
    name: str


def mark_of(ledger: Ledger) -> LedgerMark:
    """The mark of a ledger, for its pages."""
    return LedgerMark(ledger.id, ledger.name)


async def ledgers(work: Work) -> Sequence[Ledger]:
    """All ledgers, the first one set up first."""
    return (await work.session.scalars(select(Ledger).order_by(Ledger.created_at, Ledger.id).limit(200))).all()


async def find_ledger(work: Work, ledger_id: UUID | None = None) -> Ledger | None:
    """The ledger of that id, or without one the tenant's first."""
    query = select(Ledger).order_by(Ledger.created_at, Ledger.id).limit(1)
    return await work.session.scalar(query.where(Ledger.id == ledger_id) if ledger_id else query)


async def get_ledger(work: Work, ledger_id: UUID | None = None) -> Ledger:
    """As ``find_ledger``.

    Raises:
        LedgerNotFound: there is no ledger of that id.
        LedgerMissing: no ledger was set up.
    """
    ledger = await find_ledger(work, ledger_id)
    if ledger is not None:
        return ledger
    if ledger_id is not None:
        raise LedgerNotFound(_("There is no such ledger; choose one from the list."))
    raise LedgerMissing(_("No ledger is set up yet; set one up under Finance, Ledgers."))


async def find_current(work: Work) -> Ledger | None:
    """The ledger that the person has before them on the pages: the one they switched to, else the first."""
    if work.actor.id is not None:
        seat = select(Ledger).join(Seat, Seat.ledger_id == Ledger.id).where(Seat.person_id == work.actor.id)
        if ledger := await work.session.scalar(seat):
            return ledger
    return await find_ledger(work)


async def current_ledger(work: Work) -> Ledger:
    """As ``find_current``.

    Raises:
        LedgerMissing: no ledger was set up.
    """
    return await find_current(work) or await get_ledger(work)


def company_of(work: Work, ledger: Ledger) -> str:
    """Whose books they are, for the head of a form: the company, with the ledger where it is named otherwise."""
    return work.tenant.name if ledger.name in work.tenant.name else f"{work.tenant.name} · {ledger.name}"


async def switch_ledger(work: Work, ledger_id: UUID) -> Ledger:
    """Put another ledger before the person, on all their pages from now on.

    Raises:
        LedgerNotFound: there is no ledger of that id.
    """
    ledger = await get_ledger(work, ledger_id)
    if work.actor.id is not None:
        stamp = {"created_at": clock.now(), "updated_at": clock.now()}
        seat = upsert(Seat).values(id=new_id(), person_id=work.actor.id, ledger_id=ledger.id, **stamp)
        changed = {"ledger_id": ledger.id, "updated_at": clock.now()}
        await work.session.execute(seat.on_conflict_do_update(index_elements=["person_id"], set_=changed))
    return ledger


async def the_ledger(work: Work, form: Mapping[str, Any]) -> Ledger:
    """The ledger before the person, which must be the one that ``form`` was drawn for.

    A page that stayed open in a second tab would otherwise write into the books that were switched to meanwhile.
    The template puts the mark into the form: ``{{ of_ledger(ledger) }}`` of core_finance/ledger.html.

    Raises:
        LedgerSwitched: it is another one.
        LedgerMissing: no ledger was set up.
    """
    ledger = await current_ledger(work)
    drawn_for = str(form.get("ledger", ""))
    if drawn_for == str(ledger.id):
        return ledger
    known = {str(each.id): each.name for each in await ledgers(work)}
    raise LedgerSwitched(
        _(
            "This page was opened for the ledger %(old)s, but you switched to %(new)s since. Nothing was saved; switch back, "
            "or load the page again.",
            old=known.get(drawn_for, "?"),
            new=ledger.name,
        )
    )


async def create_ledger(
    work: Work,
    *,
    name: str,
    standard: Standard = Standard.SMALL_BUSINESS,
    taxpayer: Taxpayer = Taxpayer.GENERAL,
    start: date | None = None,
    currency: str | None = None,
    code_scheme: str = "4-2-2-2",
    **chosen: Unpack[Choices],
) -> Ledger:
    """A set of books with the official chart, open from the month of ``start`` (this January where it is left out).

    A small-scale taxpayer files VAT by the quarter unless ``chosen`` says otherwise.  The accounts of the tenant's
    verticals are added.

    Raises:
        Invalid: the name, the currency or one of the choices.
        LedgerNameTaken: another ledger has the name.
    """
    start = start or date(work.today().year, 1, 1)
    if taxpayer is Taxpayer.SMALL_SCALE:
        chosen.setdefault("filing_period", FilingPeriod.QUARTER)
    ledger = Ledger(standard=standard, taxpayer=taxpayer)
    await lock_names(work)
    first = {"name": name, "currency": currency or work.tenant.currency, "start": start, "code_scheme": code_scheme}
    await choose(work, ledger, {**first, **chosen})
    work.session.add(ledger)
    await work.session.flush()
    await load_chart(work, ledger)
    await open_year(work, ledger, start.year)
    await open_year(work, ledger, start.year + 1)
    await record(work, "ledger.created", f"ledger:{ledger.id}", name=ledger.name, after=facts_of(ledger))
    return ledger


async def ensure_ledger(work: Work) -> Ledger:
    """The tenant's first ledger; where there is none, one with the ordinary choices, named after the company."""
    ledger = await find_ledger(work)
    if ledger is not None:
        return ledger
    # Two orders confirmed at once must not make two ledgers.
    await lock_names(work)
    return await find_ledger(work) or await create_ledger(work, name=(work.tenant.name or _("Main ledger"))[:NAME_MAX])
