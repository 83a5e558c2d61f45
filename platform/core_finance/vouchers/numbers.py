"""Numbers of drafts: counted on after the posted vouchers of the month and word, in the order of ``Draft.place``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_, update

from core_finance.chart.model import Ledger
from core_finance.periods.service import text_of
from core_finance.posting.model import Voucher
from core_finance.vouchers.model import Draft
from identity.audit import record
from kernel.work import Work

Series = tuple[int, str]


def number_of_draft() -> ColumnElement[int]:
    """The number of each draft, in a query over all drafts of its month and word: a filter goes around it."""
    last = (
        select(Voucher.number)
        .where(Voucher.ledger_id == Draft.ledger_id, Voucher.period == Draft.period, Voucher.word == Draft.word)
        .order_by(Voucher.number.desc())
        .limit(1)
        .correlate(Draft)
        .scalar_subquery()
    )
    rank = func.row_number().over(partition_by=(Draft.period, Draft.word), order_by=(Draft.place, Draft.id))
    return rank + func.coalesce(last, 0)


async def numbers_of(work: Work, ledger: Ledger, drafts: Iterable[Draft]) -> Mapping[UUID, int]:
    """The numbers that the drafts would get if all before them were posted."""
    series = {(draft.period, draft.word) for draft in drafts}
    if not series:
        return {}
    query = select(Draft.id, number_of_draft()).where(Draft.ledger_id == ledger.id, tuple_(Draft.period, Draft.word).in_(sorted(series)))
    return dict((await work.session.execute(query)).all())


async def number_of(work: Work, ledger: Ledger, draft: Draft) -> int:
    """As ``numbers_of``, of one draft."""
    return (await numbers_of(work, ledger, [draft]))[draft.id]


async def next_number(work: Work, ledger: Ledger, period: int, word: str) -> int:
    """The number that the next voucher to be saved gets."""
    posted = select(func.coalesce(func.max(Voucher.number), 0)).where(
        Voucher.ledger_id == ledger.id, Voucher.period == period, Voucher.word == word
    )
    drafts = select(func.count()).select_from(Draft).where(Draft.ledger_id == ledger.id, Draft.period == period, Draft.word == word)
    return 1 + await _int(work, posted) + await _int(work, drafts)


async def order_by_date(work: Work, ledger: Ledger, period: int, word: str | None = None) -> int:
    """Number the drafts of a month anew in the order of their days (断号整理); how many got another number.

    Posted vouchers keep theirs: their numbers can never change.
    """
    query = select(Draft.id).where(Draft.ledger_id == ledger.id, Draft.period == period)
    if word:
        query = query.where(Draft.word == word)
    held = (await work.session.scalars(query.order_by(Draft.id).with_for_update())).all()
    before = await _numbers(work, ledger, period)
    rank = func.row_number().over(partition_by=Draft.word, order_by=(Draft.entry_on, Draft.place, Draft.id)) - 1
    first = func.min(Draft.place).over(partition_by=Draft.word)
    fresh = select(Draft.id, (first + rank).label("place")).where(Draft.id.in_(held)).subquery()
    # Not through the objects: whoever has such a draft open may still save it.
    await work.session.execute(
        update(Draft).where(Draft.id == fresh.c.id).values(place=fresh.c.place).execution_options(synchronize_session=False)
    )
    after = await _numbers(work, ledger, period)
    moved = [draft_id for draft_id in held if before[draft_id] != after[draft_id]]
    if moved:
        await record(
            work, "voucher.renumbered", f"period:{ledger.id}/{period}", name=f"{text_of(period)} {word or ''}".strip(),
            before={str(draft_id): before[draft_id] for draft_id in moved}, after={str(draft_id): after[draft_id] for draft_id in moved},
        )  # fmt: skip
    return len(moved)


async def _numbers(work: Work, ledger: Ledger, period: int) -> Mapping[UUID, str]:
    query = select(Draft.id, Draft.word, number_of_draft()).where(Draft.ledger_id == ledger.id, Draft.period == period)
    return {draft_id: f"{word}-{number}" for draft_id, word, number in await work.session.execute(query)}


async def _int(work: Work, query: Any) -> int:
    return int(await work.session.scalar(query) or 0)


def in_order(drafts: Sequence[Draft]) -> list[Draft]:
    """Drafts in the order of their numbers."""
    return sorted(drafts, key=lambda draft: (draft.period, draft.word, draft.place, draft.id))
