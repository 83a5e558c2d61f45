"""Vouchers of every state in one list, the latest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Integer, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import array

from core_finance.chart.model import WORDS, Ledger
from core_finance.posting.model import Voucher
from core_finance.posting.reading import VoucherRef, VoucherRow, list_vouchers
from core_finance.vouchers.model import Draft, DraftLine
from core_finance.vouchers.numbers import number_of_draft
from kernel.work import Work

State = Literal["all", "draft", "reviewed", "posted"]
Place = tuple[int, str, int]
"""Period, word and number: where a voucher stands, and the cursor of a list."""


@dataclass(frozen=True, kw_only=True)
class Listed(VoucherRow):
    """A voucher in a list.  ``state`` is draft, reviewed or posted; the number of one that is not posted is not settled."""

    state: str = "posted"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a list shows; what is None does not narrow it."""

    state: State = "all"
    first: int | None = None
    last: int | None = None
    word: str | None = None
    kind: str | None = None
    text: str = ""
    amount: Decimal | None = None


async def list_all(work: Work, ledger: Ledger, wanted: Wanted, *, before: Place | None = None, limit: int) -> list[Listed]:
    """Vouchers, the latest first, beginning after the place ``before``."""
    rows: list[Listed] = []
    if wanted.state in ("all", "posted"):
        rows += await _posted(work, ledger, wanted, before, limit)
    if wanted.state != "posted":
        rows += await _drafts(work, ledger, wanted, before, limit)
    order = await _order(work)
    return sorted(rows, key=lambda row: (row.period, order[row.word], row.number), reverse=True)[:limit]


async def counts(work: Work, ledger: Ledger) -> dict[str, int]:
    """How many vouchers wait to be reviewed, and how many to be posted."""
    query = select(Draft.state, func.count()).where(Draft.ledger_id == ledger.id).group_by(Draft.state)
    found = {state.value: count for state, count in (await work.session.execute(query)).all()}
    return {state: found.get(state, 0) for state in ("draft", "reviewed")}


async def neighbours(work: Work, ledger: Ledger, place: Place) -> tuple[UUID | None, UUID | None]:
    """The vouchers before and after one, of any state."""
    return await _beside(work, ledger, place, -1), await _beside(work, ledger, place, 1)


async def reference(work: Work, voucher_id: UUID | None) -> VoucherRef | None:
    """Enough of a posted voucher to name it."""
    if voucher_id is None:
        return None
    row = (
        await work.session.execute(select(Voucher.id, Voucher.period, Voucher.word, Voucher.number).where(Voucher.id == voucher_id))
    ).first()
    return VoucherRef(**row._mapping) if row else None


async def named(work: Work, ledger: Ledger, draft_ids: Sequence[UUID]) -> list[Listed]:
    """Those of the drafts that are there, as the list shows them."""
    if not draft_ids:
        return []
    return await _drafts(work, ledger, Wanted(), None, len(draft_ids), only=draft_ids)


async def _posted(work: Work, ledger: Ledger, wanted: Wanted, before: Place | None, limit: int) -> list[Listed]:
    rows: Sequence[VoucherRow] = await list_vouchers(
        work, ledger, first=wanted.first, last=wanted.last, word=wanted.word, kind=wanted.kind, text=wanted.text, amount=wanted.amount,
        before=before, limit=limit,
    )  # fmt: skip
    return [Listed(**vars(row)) for row in rows]


async def _drafts(
    work: Work, ledger: Ledger, wanted: Wanted, before: Place | None, limit: int, *, only: Sequence[UUID] = ()
) -> list[Listed]:
    debit = select(func.coalesce(func.sum(DraftLine.debit), 0)).where(DraftLine.draft_id == Draft.id).correlate(Draft).scalar_subquery()
    summary = (
        select(DraftLine.summary)
        .where(DraftLine.draft_id == Draft.id)
        .order_by(DraftLine.position)
        .limit(1)
        .correlate(Draft)
        .scalar_subquery()
    )
    inner = select(
        Draft.id, Draft.period, Draft.word, number_of_draft().cast(Integer).label("number"), Draft.entry_on, Draft.kind, Draft.made_by,
        Draft.state, debit.label("total"), func.coalesce(summary, "").label("summary"),
    ).where(Draft.ledger_id == ledger.id)  # fmt: skip
    if wanted.first:
        inner = inner.where(Draft.period >= wanted.first)
    if wanted.last:
        inner = inner.where(Draft.period <= wanted.last)
    rows = inner.subquery()
    query = select(rows)
    if only:
        query = query.where(rows.c.id.in_(only))
    if wanted.state != "all":
        query = query.where(rows.c.state == wanted.state)
    if wanted.word:
        query = query.where(rows.c.word == wanted.word)
    if wanted.kind:
        query = query.where(rows.c.kind == wanted.kind)
    if wanted.amount is not None:
        query = query.where(rows.c.total == wanted.amount)
    if before:
        query = query.where(tuple_(rows.c.period, rows.c.word, rows.c.number) < before)
    if text := wanted.text.strip():
        query = query.where(_matching(rows, text))
    query = query.order_by(rows.c.period.desc(), rows.c.word.desc(), rows.c.number.desc()).limit(limit)
    return [
        Listed(**{**row._mapping, "state": row.state.value}, source_number=None, source_path=None)
        for row in await work.session.execute(query)
    ]


def _matching(rows: Any, text: str) -> Any:
    """As for posted vouchers: a part of a summary, a number, or the amount."""
    line = select(DraftLine.id).where(DraftLine.draft_id == rows.c.id, DraftLine.summary.contains(text, autoescape=True))
    found = [exists(line)]
    bare = text.replace(",", "")
    if bare.isascii() and bare.isdecimal() and len(bare) < 10:
        found.append(rows.c.number == int(bare))
    if bare.isascii() and bare.replace(".", "", 1).isdecimal() and len(bare) < 18:
        found.append(rows.c.total == Decimal(bare))
    return or_(*found)


async def _beside(work: Work, ledger: Ledger, place: Place, step: int) -> UUID | None:
    posted = select(Voucher.id, Voucher.period, Voucher.word, Voucher.number).where(Voucher.ledger_id == ledger.id)
    drafts = select(Draft.id, Draft.period, Draft.word, number_of_draft().label("number")).where(Draft.ledger_id == ledger.id).subquery()
    order = await _order(work)
    best: list[tuple[tuple[int, int, int], UUID]] = []
    table: Any
    for table, query in ((Voucher, posted), (drafts.c, select(drafts))):
        columns = (table.period, table.word, table.number)
        further = tuple_(*columns) > place if step > 0 else tuple_(*columns) < place
        nearest = query.where(further).order_by(*(c.asc() if step > 0 else c.desc() for c in columns)).limit(1)
        best += [((row.period, order[row.word], row.number), row.id) for row in await work.session.execute(nearest)]
    if not best:
        return None
    return (min(best) if step > 0 else max(best))[1]


async def _order(work: Work) -> dict[str, int]:
    """The voucher words as the database sorts them."""
    words = await work.session.scalars(select(func.unnest(array(WORDS)).label("word")).order_by("word"))
    return {word: place for place, word in enumerate(words)}
