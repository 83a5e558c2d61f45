"""The chronological book (序时账): the lines of all vouchers, in the order of their dates and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, select, tuple_

from core_finance.books.figures import ZERO
from core_finance.books.ledger import Place, first_day, merged
from core_finance.books.moves import currency_of, draft_numbers, moves, placed
from core_finance.chart.model import Account, Ledger
from core_finance.periods.service import following
from core_finance.posting.model import Voucher, VoucherLine
from core_finance.vouchers.model import Draft, DraftLine
from kernel.work import Work


@dataclass(frozen=True)
class ChronicleLine:
    """A line of a voucher; ``posted`` is false for one of a draft."""

    voucher_id: UUID
    entry_on: date
    word: str
    number: int
    position: int
    account: str
    account_name: str
    account_name_en: str
    summary: str
    debit: Decimal
    credit: Decimal
    currency: str
    currency_amount: Decimal | None
    quantity: Decimal | None
    posted: bool

    @property
    def voucher(self) -> str:
        return f"{self.word}-{self.number}"


@dataclass(frozen=True)
class Chronicle:
    """A page of the book; ``debit`` and ``credit`` are those of all its periods."""

    first: int
    last: int
    lines: Sequence[ChronicleLine]
    debit: Decimal
    credit: Decimal
    following: str | None


async def chronicle(
    work: Work, ledger: Ledger, *, first: int, last: int, after: str | None = None, limit: int = 50, unposted: bool = False
) -> Chronicle:
    """Lines of all vouchers in periods ``first`` to ``last``.

    Raises:
        BadCursor: ``after`` is no place that an earlier page gave.
    """
    place = Place.decode(after) if after else None
    sources = [_posted(ledger, first, last, place, limit + 1)]
    if unposted:
        sources.append(_drafts(ledger, first, last, place, limit + 1))
    rows = (await work.session.execute(merged(sources, limit + 1))).all()
    m = moves(ledger, last, unposted=unposted).c
    debit, credit = (await work.session.execute(select(func.sum(m.debit), func.sum(m.credit)).where(m.period >= first))).one()
    lines = [ChronicleLine(**row._mapping) for row in rows[:limit]]
    next_place = None
    if len(rows) > limit:
        end = lines[-1]
        next_place = Place(end.entry_on, end.word, end.number, end.position, ZERO).encode()
    return Chronicle(first, last, lines, debit or ZERO, credit or ZERO, next_place)


_ACCOUNT = (Account.code.label("account"), Account.name.label("account_name"), Account.name_en.label("account_name_en"))


def _posted(ledger: Ledger, first: int, last: int, place: Place | None, limit: int) -> Select[Any]:
    """Each voucher has a line at least, so as many vouchers as lines are wanted are enough, beside the one that was begun."""
    v, line = Voucher, VoucherLine
    chosen = select(v.id, v.entry_on, v.word, v.number).where(v.ledger_id == ledger.id, *_within(v.entry_on, first, last))
    if place:
        chosen = chosen.where(tuple_(v.entry_on, v.word, v.number) >= tuple_(place.entry_on, place.word, place.number))
    h = chosen.order_by(v.entry_on, v.word, v.number).limit(limit + 1).subquery("chosen").c
    query = (
        select(
            line.voucher_id, h.entry_on, h.word, h.number, line.position, *_ACCOUNT, line.summary, line.debit, line.credit,
            line.currency, line.currency_amount, line.quantity, literal(True).label("posted"),
        )
        .join(h.id.table, h.id == line.voucher_id)
        .join(Account, Account.id == line.account_id)
    )  # fmt: skip
    return _cut(query, (h.entry_on, h.word, h.number, line.position), place, limit)


def _drafts(ledger: Ledger, first: int, last: int, place: Place | None, limit: int) -> Select[Any]:
    line, numbers = DraftLine, draft_numbers(ledger)
    query = select(
        Draft.id.label("voucher_id"), Draft.entry_on, Draft.word, numbers.c.number, line.position, *_ACCOUNT, line.summary,
        line.debit, line.credit, currency_of(ledger).label("currency"), line.currency_amount, line.quantity,
        literal(False).label("posted"),
    )  # fmt: skip
    query = placed(query, ledger, last).join(numbers, numbers.c.draft_id == Draft.id).where(*_within(Draft.entry_on, first, last))
    return _cut(query, (Draft.entry_on, Draft.word, numbers.c.number, line.position), place, limit)


def _within(day: Any, first: int, last: int) -> tuple[Any, Any]:
    return day >= first_day(first), day < first_day(following(last))


def _cut(query: Select[Any], order: tuple[Any, ...], place: Place | None, limit: int) -> Select[Any]:
    if place:
        query = query.where(tuple_(*order) > tuple_(place.entry_on, place.word, place.number, place.position))
    return query.order_by(*order).limit(limit)
