"""The ledger of an account (明细账): its lines in order, with the balance after each and the totals of each month."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    Integer,
    Select,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
)

from core_finance.books.figures import ZERO, Figures, Months, MonthTotal, figures, year_start
from core_finance.books.moves import POSTED, UNPOSTED, currency_of, draft_numbers, moves, names_value, placed, values_of
from core_finance.chart.model import Account, Ledger
from core_finance.periods.service import code_of, following
from core_finance.posting.model import NO_DIMENSIONS, Balance, DimensionSet, VoucherLine
from core_finance.vouchers.model import Draft, DraftLine
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


class BadCursor(Invalid):
    code = "bad_cursor"


@dataclass(frozen=True)
class Place:
    """Where a page ends: the last line's place in the order, and the balance after it."""

    entry_on: date
    word: str
    number: int
    position: int
    balance: Decimal

    def encode(self) -> str:
        body = json.dumps([self.entry_on.isoformat(), self.word, self.number, self.position, str(self.balance)])
        return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Place":
        """Raises:
        BadCursor: the text was not made by ``encode``.
        """
        try:
            day, word, number, position, balance = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            place = cls(date.fromisoformat(day), str(word), int(number), int(position), Decimal(balance))
            if not place.balance.is_finite():
                raise ValueError(text)
        except (ValueError, TypeError, InvalidOperation) as error:
            raise broken() from error
        return place


def broken() -> BadCursor:
    """What a cursor that nobody gave is answered with."""
    return BadCursor(_("The page's address is broken; start from the first page."), field="after")


@dataclass(frozen=True)
class LedgerLine:
    """A line of a book.  ``posted`` is false for a line of a draft, whose number is the one it would get now."""

    voucher_id: UUID
    entry_on: date
    word: str
    number: int
    position: int
    account: str
    account_name: str
    summary: str
    debit: Decimal
    credit: Decimal
    balance: Decimal
    posted: bool = True
    currency: str = ""
    currency_amount: Decimal | None = None
    rate: Decimal | None = None
    quantity: Decimal | None = None
    value: UUID | None = None

    @property
    def voucher(self) -> str:
        return f"{self.word}-{self.number}"

    @property
    def period(self) -> int:
        return code_of(self.entry_on)


@dataclass(frozen=True)
class AccountLedger:
    """A page of an account's ledger.  ``opening`` is the balance before its first line; ``following`` leads to the next page.

    ``months`` are the totals of the months whose last line stands on this page.
    """

    account: Account
    first: int
    last: int
    figures: Figures
    opening: Decimal
    lines: Sequence[LedgerLine]
    following: str | None
    months: Sequence[MonthTotal] = ()

    @property
    def closing(self) -> Decimal:
        """The balance after the page's last line."""
        return self.lines[-1].balance if self.lines else self.opening


@dataclass(frozen=True)
class Narrowed:
    """Which of an account's lines a book holds: those that name all these values, in this currency.

    ``split`` is the dimension whose value each line tells.
    """

    values: Mapping[str, UUID] = field(default_factory=dict)
    currency: str | None = None
    split: str | None = None


EVERYTHING = Narrowed()


async def account_ledger(
    work: Work,
    ledger: Ledger,
    account: Account,
    *,
    first: int,
    last: int,
    after: str | None = None,
    limit: int = 50,
    unposted: bool = False,
    narrowed: Narrowed = EVERYTHING,
) -> AccountLedger:
    """Lines of an account and of all below it in periods ``first`` to ``last``, in the order of their dates and numbers.

    Raises:
        BadCursor: ``after`` is no place that an earlier page gave.
    """
    place = Place.decode(after) if after else None
    leaves = {a.id: a for a in await leaves_of(work, ledger, account)}
    if unposted or narrowed != EVERYTHING:
        known = await months_of(work, ledger, list(leaves), last, unposted=unposted, narrowed=narrowed)
        sources = [_posted(ledger, list(leaves), narrowed)]
        if unposted:
            sources.append(_drafts(ledger, list(leaves), last, narrowed))
        rows: Sequence[Any] = (await work.session.execute(_page(sources, first, last, place, limit + 1))).all()
    else:
        known, rows = await _read(work, ledger, list(leaves), first, last, place, limit + 1)
    total = known.figures(first, last)
    opening = balance = place.balance if place else total.opening
    lines = []
    for row in rows[:limit]:
        balance += row.debit - row.credit
        value = row.value if narrowed.split else None
        of = leaves[row.account_id]
        lines.append(
            LedgerLine(
                row.voucher_id, row.entry_on, row.word, row.number, row.position, of.code, of.name, row.summary, row.debit,
                row.credit, balance, row.posted, row.currency, row.currency_amount, row.rate, row.quantity, value,
            )
        )  # fmt: skip
    ended = None if len(rows) > limit else last
    next_place = None
    if len(rows) > limit:
        end, ended = lines[-1], code_of(rows[limit].entry_on)
        next_place = Place(end.entry_on, end.word, end.number, end.position, balance).encode()
    months = [known.month(period) for period in dict.fromkeys(line.period for line in lines) if period != ended or next_place is None]
    return AccountLedger(account, first, last, total, opening, lines, next_place, months)


async def months_of(
    work: Work, ledger: Ledger, leaves: Sequence[UUID], last: int, *, unposted: bool = False, narrowed: Narrowed = EVERYTHING
) -> Months:
    """What moved some accounts together, month by month up to ``last``."""
    kinds = list(narrowed.values)
    m = moves(ledger, last, unposted=unposted, kinds=kinds)
    query = select(m.c.period, m.c.closing, func.sum(m.c.debit), func.sum(m.c.credit)).where(m.c.account_id.in_(leaves))
    for place, kind in enumerate(kinds):
        query = query.where(m.c[f"value_{place}"] == narrowed.values[kind])
    if narrowed.currency:
        query = query.where(m.c.currency == narrowed.currency)
    return Months((await work.session.execute(query.group_by(m.c.period, m.c.closing))).all())


async def balance_of(work: Work, ledger: Ledger, account: Account) -> Decimal:
    """The balance of an account with all below it, now; debit is positive."""
    known = await figures(work, ledger, year_start(ledger.start_period), 999912)
    return sum((known[a.id].closing for a in await leaves_of(work, ledger, account) if a.id in known), ZERO)


async def leaves_of(work: Work, ledger: Ledger, account: Account) -> Sequence[Account]:
    """The accounts below ``account`` that are posted to; itself where there is none below."""
    if account.is_leaf:
        return [account]
    query = select(Account).where(Account.ledger_id == ledger.id, Account.is_leaf, Account.code.startswith(account.code, autoescape=True))
    return (await work.session.scalars(query)).all()


def first_day(period: int) -> date:
    """2026-03-01 for 202603."""
    return date(period // 100, period % 100, 1)


def merged(sources: Sequence[Select[Any]], limit: int) -> Select[Any]:
    """The first rows of several queries in the order of books; each gives its own first ones."""
    if len(sources) == 1:
        return sources[0]
    parts = [source.subquery().select() for source in sources]
    both = parts[0].union_all(*parts[1:]).subquery("lines")
    return select(both).order_by(*(both.c[name] for name in _ORDER)).limit(limit)


_ORDER = ("entry_on", "word", "number", "position")
_KEPT = (
    "voucher_id", *_ORDER, "summary", "debit", "credit", "posted", "currency", "currency_amount", "rate", "quantity",
)  # fmt: skip


async def _read(
    work: Work, ledger: Ledger, leaves: Sequence[UUID], first: int, last: int, place: Place | None, limit: int
) -> tuple[Months, Sequence[Any]]:
    """The months and a page of all posted lines of some accounts, in one round trip."""
    start = place or Place(first_day(first), "", 0, 0, ZERO)
    values = {"leaves": list(leaves), "ledger": ledger.id, "last": last, "end": first_day(following(last)), "limit": limit}
    values |= {f"at_{name}": getattr(start, name) for name in _ORDER}
    found = (await work.session.execute(_WHOLE, values)).all()
    months = [(row.position, row.posted, row.debit, row.credit) for row in found if row.voucher_id is None]
    lines = [row for row in found if row.voucher_id is not None]
    return Months(months), sorted(lines, key=lambda row: (row.entry_on, row.word, row.number, row.position))


def _whole() -> Any:
    """Built once.  Each account gives its first lines from its own range of the index; months have no voucher."""
    line, b = VoucherLine, Balance
    asked = bindparam("leaves", type_=ARRAY(Uuid))
    leaf = func.unnest(asked).table_valued(column("id", Uuid)).render_derived(name="leaf")
    kept = [literal(True).label("posted") if name == "posted" else getattr(line, name).label(name) for name in _KEPT]
    order = [getattr(line, name) for name in _ORDER]
    at = [bindparam(f"at_{name}", type_=getattr(line, name).type) for name in _ORDER]
    limit = bindparam("limit", type_=Integer)
    page = (
        select(*kept, line.account_id)
        .where(line.account_id == leaf.c.id, tuple_(*order) > tuple_(*at), line.entry_on < bindparam("end", type_=Date))
        .order_by(*order)
        .limit(limit)
        .lateral("page")
    )
    lines = select(*page.c).select_from(leaf.join(page, true())).order_by(*(page.c[name] for name in _ORDER)).limit(limit).subquery("lines")
    sums = {"position": b.period, "posted": b.closing, "debit": func.sum(b.debit), "credit": func.sum(b.credit)}
    empty = [sums[c.name].label(c.name) if c.name in sums else cast(null(), c.type).label(c.name) for c in lines.c]
    months = (
        select(*empty)
        .where(
            b.account_id == any_(asked), b.dimension_set_id == NO_DIMENSIONS, b.ledger_id == bindparam("ledger", type_=Uuid),
            b.period <= bindparam("last", type_=Integer),
        )
        .group_by(b.period, b.closing)
    )  # fmt: skip
    return months.union_all(select(*lines.c))


def _posted(ledger: Ledger, leaves: Sequence[UUID], narrowed: Narrowed) -> Select[Any]:
    line = VoucherLine
    own = [getattr(line, name).label(name) for name in _KEPT if name != "posted"]
    query = select(*own, line.account_id, POSTED.label("posted")).where(line.account_id.in_(leaves))
    for kind, value in narrowed.values.items():
        query = query.where(line.dimension_set_id.in_(select(DimensionSet.id).where(names_value(kind, value)[0])))
    if narrowed.split:
        query = query.add_columns(values_of(narrowed.split)[0].label("value"))
        query = query.outerjoin(DimensionSet, DimensionSet.id == line.dimension_set_id)
    return query.where(line.currency == narrowed.currency) if narrowed.currency else query


def _drafts(ledger: Ledger, leaves: Sequence[UUID], last: int, narrowed: Narrowed) -> Select[Any]:
    line, numbers = DraftLine, draft_numbers(ledger)
    own = {name: getattr(line, name) for name in ("position", "summary", "debit", "credit", "currency_amount", "rate", "quantity")}
    own |= {"entry_on": Draft.entry_on, "word": Draft.word, "voucher_id": Draft.id, "number": numbers.c.number}
    own |= {"currency": currency_of(ledger)}
    columns = [own[name].label(name) for name in _KEPT if name != "posted"]
    query: Select[Any] = placed(select(*columns, Account.id.label("account_id"), UNPOSTED.label("posted")), ledger, last)
    query = query.join(numbers, numbers.c.draft_id == Draft.id).where(Account.id.in_(leaves))
    for kind, value in narrowed.values.items():
        query = query.where(names_value(kind, value)[1])
    if narrowed.split:
        query = query.add_columns(cast(values_of(narrowed.split)[1], Uuid).label("value"))
    return query.where(currency_of(ledger) == narrowed.currency) if narrowed.currency else query


def _page(sources: Sequence[Select[Any]], first: int, last: int, place: Place | None, limit: int) -> Select[Any]:
    """The lines after ``place``: of each source so many as a page can take, and of these the first ones."""
    return merged([_cut(source, first, last, place).limit(limit) for source in sources], limit)


def _cut(source: Select[Any], first: int, last: int, place: Place | None) -> Select[Any]:
    column = source.selected_columns
    order = [column[name].element for name in _ORDER]
    query = source.where(order[0] >= first_day(first), order[0] < first_day(following(last))).order_by(*order)
    if place:
        query = query.where(tuple_(*order) > tuple_(place.entry_on, place.word, place.number, place.position))
    return query


_WHOLE = _whole()
