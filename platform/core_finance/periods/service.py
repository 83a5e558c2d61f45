"""Opening, closing and reopening months."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from core_finance.chart.model import Ledger
from core_finance.periods.model import Period, PeriodState
from core_finance.posting.model import Voucher
from core_finance.vouchers.model import Draft
from kernel import clock
from kernel.errors import Conflict, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work


class PeriodNotFound(NotFound):
    code = "period_not_found"


class PeriodNotNext(Conflict):
    code = "period_not_next"


class PeriodHasDrafts(Conflict):
    code = "period_has_drafts"


class PeriodHasGaps(Conflict):
    code = "period_has_gaps"


def code_of(on: date) -> int:
    """202611 for a day in November 2026."""
    return on.year * 100 + on.month


def text_of(code: int) -> str:
    """2026-11 for 202611; what is no month stays as it was written."""
    return f"{code // 100}-{code % 100:02}" if 1 <= code % 100 <= 12 and 1 <= code // 100 <= 9999 else str(code)


def following(code: int) -> int:
    """The month after."""
    return code + 1 if code % 100 < 12 else code + 89


async def periods(work: Work, ledger: Ledger) -> Sequence[Period]:
    """All months of a ledger, the first one first; those before, which hold its opening balances, are nobody's to see."""
    query = select(Period).where(Period.ledger_id == ledger.id, Period.code >= ledger.start_period)
    return (await work.session.scalars(query.order_by(Period.code).limit(1200))).all()


async def open_year(work: Work, ledger: Ledger, year: int) -> None:
    """Make the months of ``year``, from the ledger's first month on; what is there stays as it is."""
    codes = [year * 100 + month for month in range(1, 13) if year * 100 + month >= ledger.start_period]
    if not codes:
        return
    stamp = {"ledger_id": ledger.id, "state": PeriodState.OPEN, "created_at": clock.now(), "updated_at": clock.now()}
    rows = [{**stamp, "id": new_id(), "code": code} for code in codes]
    await work.session.execute(insert(Period).values(rows).on_conflict_do_nothing(index_elements=["ledger_id", "code"]))


async def current_period(work: Work, ledger: Ledger) -> int:
    """The month to show first: today's, or the last one with vouchers where today's has none."""
    today = code_of(work.today())
    kept = Voucher.period.between(ledger.start_period, today)
    last = await work.session.scalar(select(func.max(Voucher.period)).where(Voucher.ledger_id == ledger.id, kept))
    return last or max(today, ledger.start_period)


async def close_period(work: Work, ledger: Ledger, code: int) -> Period:
    """Close a month: nothing can be posted to it any more.

    Whoever is posting to it at this moment finishes first; whoever comes later is refused.

    Raises:
        PeriodNotNext: an earlier month is still open.
        PeriodHasDrafts: vouchers of the month wait to be posted; all must be posted before (财会〔2024〕12号, art. 24).
        PeriodHasGaps: numbers are not continuous.
    """
    period = await lock_period(work, ledger, code)
    if period.state is PeriodState.CLOSED:
        return period
    earlier = await work.session.scalar(
        select(func.min(Period.code)).where(Period.ledger_id == ledger.id, Period.code < code, Period.state == PeriodState.OPEN)
    )
    if earlier is not None:
        raise PeriodNotNext(
            _("Period %(earlier)s is still open; close it before %(period)s.", earlier=text_of(earlier), period=text_of(code))
        )
    drafts = await work.session.scalar(select(func.count()).select_from(Draft).where(Draft.ledger_id == ledger.id, Draft.period == code))
    if drafts:
        raise PeriodHasDrafts(
            _("%(count)s vouchers of %(period)s are not posted; post or delete them before closing.", count=drafts, period=text_of(code))
        )
    await _check_numbers(work, ledger.id, code)
    period.state, period.closed_at, period.closed_by = PeriodState.CLOSED, clock.now(), work.actor.name
    await open_year(work, ledger, following(code) // 100)
    await work.session.flush()
    return period


async def reopen_period(work: Work, ledger: Ledger, code: int) -> Period:
    """Open the latest closed month again.

    Raises:
        PeriodNotNext: a later month is closed too.
    """
    period = await lock_period(work, ledger, code)
    later = await work.session.scalar(
        select(func.max(Period.code)).where(Period.ledger_id == ledger.id, Period.code > code, Period.state == PeriodState.CLOSED)
    )
    if later is not None:
        raise PeriodNotNext(_("Period %(later)s is closed too; reopen it before %(period)s.", later=text_of(later), period=text_of(code)))
    period.state, period.closed_at, period.closed_by = PeriodState.OPEN, None, None
    await work.session.flush()
    return period


async def lock_period(work: Work, ledger: Ledger, code: int) -> Period:
    """The month, locked: who posts to it at this moment has finished, and who comes later waits until this transaction ends.

    Raises:
        PeriodNotFound: the ledger does not keep it.
    """
    found = select(Period).where(Period.ledger_id == ledger.id, Period.code == code).with_for_update()
    period = await work.session.scalar(found, execution_options={"populate_existing": True})
    if period is None or code < ledger.start_period:
        raise PeriodNotFound(_("The ledger has no period %(period)s.", period=text_of(code)))
    return period


async def _check_numbers(work: Work, ledger_id: UUID, code: int) -> None:
    series = select(Voucher.word, func.max(Voucher.number), func.count()).where(Voucher.ledger_id == ledger_id, Voucher.period == code)
    for word, last, count in await work.session.execute(series.group_by(Voucher.word)):
        if last != count:
            raise PeriodHasGaps(
                _("The numbers of %(word)s in %(period)s are not continuous; tell the administrator.", word=word, period=text_of(code))
            )
