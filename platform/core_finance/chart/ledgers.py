"""Setting a ledger up, and finding the one that is meant."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from core_finance.chart import official
from core_finance.chart.model import Account, AccountKey, Ledger, Seat, Standard, Taxpayer
from core_finance.chart.seeding import seed_accounts
from core_finance.periods.service import open_year
from kernel import clock
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import CURRENCIES
from kernel.work import Work

NAME_MAX = 100


class LedgerNotFound(NotFound):
    code = "ledger_not_found"


class LedgerMissing(Conflict):
    code = "ledger_missing"


class LedgerNameTaken(Conflict):
    code = "ledger_name_taken"


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


async def create_ledger(
    work: Work,
    *,
    name: str,
    standard: Standard = Standard.SMALL_BUSINESS,
    taxpayer: Taxpayer = Taxpayer.GENERAL,
    start: date | None = None,
    currency: str | None = None,
) -> Ledger:
    """A set of books with the official chart, open from the month of ``start`` (this January where it is left out).

    The accounts of the tenant's verticals are added.

    Raises:
        Invalid: the name or the currency.
        LedgerNameTaken: another ledger has the name.
    """
    start = start or date(work.today().year, 1, 1)
    currency = currency or work.tenant.currency
    _check(name, currency, start)
    if await work.session.scalar(select(Ledger.id).where(Ledger.name == name.strip())):
        raise LedgerNameTaken(_("There is a ledger named %(name)s already; choose another name.", name=name), field="name")
    ledger = Ledger(name=name.strip(), standard=standard, taxpayer=taxpayer, currency=currency, start_period=start.year * 100 + start.month)
    work.session.add(ledger)
    await work.session.flush()
    await _load_chart(work, ledger)
    await open_year(work, ledger, start.year)
    await open_year(work, ledger, start.year + 1)
    await seed_accounts(work, [c.item for c in work.contributions("accounts")], ledger=ledger)
    return ledger


async def ensure_ledger(work: Work) -> Ledger:
    """The tenant's first ledger; where there is none, one with the ordinary choices, named after the company."""
    ledger = await find_ledger(work)
    if ledger is not None:
        return ledger
    # Two orders confirmed at once must not make two ledgers.
    await work.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/finance_ledger', 0))"))
    return await find_ledger(work) or await create_ledger(work, name=(work.tenant.name or _("Main ledger"))[:NAME_MAX])


def _check(name: str, currency: str, start: date) -> None:
    if not name.strip() or len(name) > NAME_MAX:
        raise Invalid(_("Give the ledger a name of at most %(max)s characters.", max=NAME_MAX), field="name")
    if currency not in CURRENCIES:
        raise Invalid(_("%(currency)s is no currency we know; use a code like CNY.", currency=currency), field="currency")
    if not 1990 <= start.year <= 2100:
        raise Invalid(_("The first period must lie between 1990 and 2100."), field="start")


async def _load_chart(work: Work, ledger: Ledger) -> None:
    accounts = official.chart(ledger.standard, ledger.taxpayer)
    ids = {account.code: new_id() for account in accounts}
    parents = {account.parent for account in accounts}
    stamp = {"created_at": clock.now(), "updated_at": clock.now(), "ledger_id": ledger.id}
    rows = [
        {
            **stamp, "id": ids[a.code], "version": 1, "code": a.code, "name": a.name, "name_en": a.name_en,
            "mnemonic": official.mnemonic(a.name), "category": a.category, "side": a.side, "level": a.level,
            "parent_id": ids.get(a.parent), "is_leaf": a.code not in parents,
            "is_active": True, "is_cash": official.is_cash(a.code), "required_dimensions": [], "note": a.note,
            "optional_dimensions": ["party"] if official.keeps_party(a.code) else ["department", "project"],
        }
        for a in accounts
    ]  # fmt: skip
    await work.session.execute(insert(Account), rows)
    keys = official.keys(ledger.standard, ledger.taxpayer)
    await work.session.execute(
        insert(AccountKey), [{**stamp, "id": new_id(), "key": key, "account_id": ids[code]} for key, code in keys.items() if code in ids]
    )
