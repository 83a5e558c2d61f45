"""Reads, checks and posts opening balances.

They stand in the books as vouchers of months before the ledger's first one: the balances of January in the December before,
the movements of the year in the month before the start.  So every book reads them without knowing of them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from core_finance.chart.model import Ledger
from core_finance.chart.service import accounts, codes_by_key
from core_finance.opening.checking import find_problems
from core_finance.opening.model import ENTRIES_MAX, KIND, Entry, Opening, OpeningChanged, OpeningLocked, OpeningRefused, Totals
from core_finance.opening.vouchers import entries_of, source_of, vouchers_of
from core_finance.periods.model import Period, PeriodState
from core_finance.periods.service import text_of
from core_finance.posting.engine import post_all
from core_finance.posting.model import Voucher
from core_finance.posting.reading import VoucherView, read_voucher
from core_finance.posting.reversal import red_letter
from core_finance.posting.voucher import NewVoucher
from identity.audit import record
from kernel import clock
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.i18n import using
from kernel.ids import new_id
from kernel.work import Work

PROFIT_OF_YEAR = "profit_of_year"


async def read_opening(work: Work, ledger: Ledger) -> Opening:
    """What the ledger started with, as it stands now, in the order of the accounts."""
    entries = entries_of(ledger, await _standing(work, ledger), {a.code: a for a in await accounts(work, ledger)})
    return Opening(entries=entries, version=await _version(work, ledger), locked=await _locked(work, ledger))


async def save_opening(work: Work, ledger: Ledger, entries: Sequence[Entry], *, version: int | None = None) -> Opening:
    """Make ``entries`` the opening balances, all of them: what stood before is cancelled in red, in its own month.

    Empty entries count as left out.  ``version`` is that of the opening balances that were read; None: whatever stands.

    Raises:
        OpeningLocked: the first month is closed, or they were corrected by hand.
        OpeningChanged: somebody else saved meanwhile.
        OpeningRefused: entries are wrong; each is named by its place.
        OpeningUnbalanced: debits are not credits.
        PostingRefused: an account or a dimension cannot be posted to.
    """
    await _lock(work, ledger)
    if locked := await _locked(work, ledger):
        raise locked
    before = await _version(work, ledger)
    if version is not None and version != before:
        raise OpeningChanged(_("Somebody changed the opening balances meanwhile; load them again."))
    if len(entries) > ENTRIES_MAX:
        raise OpeningRefused(_("A ledger starts with at most %(most)s entries; sum some up.", most=ENTRIES_MAX), field="entries")
    chart = {a.code: a for a in await accounts(work, ledger)}
    if problems := await find_problems(work, ledger, entries, chart):
        raise OpeningRefused(problems[0].message, errors=problems)
    kept = [entry for entry in entries if not entry.is_empty]
    Totals.of(kept).check()
    standing = await _standing(work, ledger)
    stood_before = entries_of(ledger, standing, chart)
    if kept == list(stood_before):
        return await read_opening(work, ledger)
    profit = (await codes_by_key(work, ledger)).get(PROFIT_OF_YEAR)
    with using(work.tenant.locale):
        stamp: dict[str, Any] = {"by_hand": False, "source": source_of(ledger), "made_by": work.actor.name}
        red = [replace(red_letter(voucher, voucher.entry_on), kind=voucher.kind, **stamp) for voucher in standing]
        made = vouchers_of(ledger, kept, chart, profit)
    await _post(work, ledger, [*red, *made])
    saved = await read_opening(work, ledger)
    stood = Opening(entries=stood_before, version=before, locked=None)
    await record(work, "opening.saved", f"ledger:{ledger.id}", name=ledger.name, before=_facts(stood), after=_facts(saved))
    return saved


async def _post(work: Work, ledger: Ledger, vouchers: Sequence[NewVoucher]) -> None:
    """Post into the months before the start, which are open for nobody but this transaction."""
    codes = sorted({voucher.period for voucher in vouchers})
    if not codes:
        return
    stamp = {"ledger_id": ledger.id, "state": PeriodState.OPEN, "created_at": clock.now(), "updated_at": clock.now()}
    rows = [{**stamp, "id": new_id(), "code": code} for code in codes]
    statement = insert(Period).values(rows)
    await work.session.execute(
        statement.on_conflict_do_update(index_elements=["ledger_id", "code"], set_={"state": statement.excluded.state})
    )
    await post_all(work, ledger, vouchers)
    closed = update(Period).where(Period.ledger_id == ledger.id, Period.code.in_(codes))
    await work.session.execute(closed.values(state=PeriodState.CLOSED, closed_at=clock.now(), closed_by=work.actor.name))


async def _lock(work: Work, ledger: Ledger) -> None:
    """Nobody else saves opening balances, and the first month is not closed, before this transaction ends."""
    query = select(Period.id).where(Period.ledger_id == ledger.id, Period.code == ledger.start_period)
    await work.session.execute(query.with_for_update())


async def _locked(work: Work, ledger: Ledger) -> DomainError | None:
    """Why the opening balances cannot be changed any more; None where they can."""
    state = await work.session.scalar(select(Period.state).where(Period.ledger_id == ledger.id, Period.code == ledger.start_period))
    if state == PeriodState.CLOSED:
        return OpeningLocked(
            _(
                "The first period %(period)s is closed: correct opening balances by a voucher in an open period.",
                period=text_of(ledger.start_period),
            )
        )
    mine = select(Voucher.id).where(Voucher.ledger_id == ledger.id, Voucher.source_kind == KIND, Voucher.period < ledger.start_period)
    by_hand = select(Voucher.id).where(Voucher.reverses_id.in_(mine), Voucher.period >= ledger.start_period).limit(1)
    if await work.session.scalar(by_hand):
        return OpeningLocked(_("Opening balances were cancelled in red by a voucher: go on correcting them by vouchers."))
    return None


async def _version(work: Work, ledger: Ledger) -> int:
    query = select(func.count()).select_from(Voucher)
    return await work.session.scalar(query.where(Voucher.ledger_id == ledger.id, Voucher.period < ledger.start_period)) or 0


async def _standing(work: Work, ledger: Ledger) -> list[VoucherView]:
    """The vouchers that hold the opening balances and were not cancelled."""
    cancelled = select(Voucher.reverses_id).where(Voucher.ledger_id == ledger.id, Voucher.reverses_id.is_not(None))
    query = select(Voucher.id).where(
        Voucher.ledger_id == ledger.id, Voucher.period < ledger.start_period, Voucher.reverses_id.is_(None), Voucher.id.not_in(cancelled)
    )
    ids = (await work.session.scalars(query.order_by(Voucher.period, Voucher.number))).all()
    return [voucher for voucher_id in ids if (voucher := await read_voucher(work, voucher_id)) is not None]


def _facts(opening: Opening) -> dict[str, object]:
    """What the audit log keeps: the figures themselves stand in the vouchers."""
    return {"version": opening.version, "entries": len(opening.entries), "opening_debit": str(opening.totals.opening_debit)}
