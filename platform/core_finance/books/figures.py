"""What the maintained balances say of each account over some periods.  Posted lines are never summed here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import add, sub
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, Uuid, bindparam, case, func, select

from core_finance.books.moves import measures, moves
from core_finance.chart.model import Ledger
from core_finance.posting.model import NO_DIMENSIONS, Balance
from kernel.work import Work

ZERO = Decimal(0)


class Figures(NamedTuple):
    """An account over periods ``first`` to ``last``.  Balances are debit minus credit; ``open_*`` leave closing vouchers out.

    ``opening`` stands before ``first``, ``year_opening`` before January of ``last``'s year.
    """

    opening: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    year_opening: Decimal = ZERO
    year_debit: Decimal = ZERO
    year_credit: Decimal = ZERO
    open_debit: Decimal = ZERO
    open_credit: Decimal = ZERO
    open_year_debit: Decimal = ZERO
    open_year_credit: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debit - self.credit

    @property
    def is_empty(self) -> bool:
        return not (self.opening or self.debit or self.credit or self.year_debit or self.year_credit or self.year_opening)

    def __add__(self, other: "Figures") -> "Figures":  # type: ignore[override]
        return Figures(*map(add, self, other))

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(*map(sub, self, other))


class Measured(NamedTuple):
    """What is kept beside the base currency over periods: foreign money of one currency, and quantities of all."""

    currency_opening: Decimal = ZERO
    currency_debit: Decimal = ZERO
    currency_credit: Decimal = ZERO
    quantity_opening: Decimal = ZERO
    quantity_debit: Decimal = ZERO
    quantity_credit: Decimal = ZERO

    @property
    def currency_closing(self) -> Decimal:
        return self.currency_opening + self.currency_debit - self.currency_credit

    @property
    def quantity_closing(self) -> Decimal:
        return self.quantity_opening + self.quantity_debit - self.quantity_credit

    def __add__(self, other: "Measured") -> "Measured":  # type: ignore[override]
        return Measured(*map(add, self, other))


@dataclass(frozen=True)
class MonthTotal:
    """An account at the end of a month (本月合计, 本年累计); ``balance`` is debit minus credit."""

    period: int
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    balance: Decimal


class Months:
    """What moved an account, or a part of it, month by month."""

    def __init__(self, rows: Iterable[tuple[int, bool, Decimal, Decimal]]) -> None:
        self._rows = list(rows)

    def figures(self, first: int, last: int) -> Figures:
        """Over periods ``first`` to ``last``."""
        january = year_start(last)

        rows = ((period < first, period <= january, is_closing, *sides) for period, is_closing, *sides in self._rows if period <= last)
        return gathered(rows).get((), Figures())

    def month(self, period: int) -> MonthTotal:
        """The totals of a month and of its year up to it."""
        of = self.figures(period, period)
        return MonthTotal(period, of.debit, of.credit, of.year_debit, of.year_credit, of.closing)


def year_start(period: int) -> int:
    """202600 for 202611: month 0, before all movements of the year."""
    return period // 100 * 100


async def figures(work: Work, ledger: Ledger, first: int, last: int, *, unposted: bool = False) -> Mapping[UUID, Figures]:
    """Account id -> its figures; accounts without any balance are left out.  ``unposted`` counts drafts as if they were posted."""
    if unposted:
        m = moves(ledger, last, unposted=True)
        query, values = select(m.c.account_id, *buckets(m.c, first, last)).group_by(m.c.account_id, *BUCKETS), {}
    else:
        query, values = _POSTED, {"ledger": ledger.id, "first": first, "last": last, "january": year_start(last)}
    return {key: of for (key,), of in gathered(await work.session.execute(query, values)).items()}


BUCKETS = ("is_before", "is_brought", "is_closing")


def buckets(source: Any, first: Any, last: Any) -> list[ColumnElement[Any]]:
    """What to select from ``moves`` up to ``last``, grouped by ``BUCKETS``, for ``gathered`` to make figures of.

    Two sums for each part of the time are half the work of ten conditional ones over all of it.
    """
    # Month 0 of the year is brought forward, not moved in the year.
    january = year_start(last) if isinstance(last, int) else bindparam("january", type_=Integer)
    return [
        (source.period < first).label("is_before"),
        (source.period <= january).label("is_brought"),
        source.closing.label("is_closing"),
        func.sum(source.debit),
        func.sum(source.credit),
    ]


def gathered(rows: Iterable[Any]) -> dict[tuple[Any, ...], Figures]:
    """The figures by the columns that stand before ``buckets`` in each row."""
    found: dict[tuple[Any, ...], list[Decimal]] = {}
    for row in rows:
        *names, is_before, is_brought, is_closing, debit, credit = row
        key = tuple(names)
        amounts = found.get(key)
        if amounts is None:
            amounts = found[key] = [ZERO] * 10
        if is_before:
            amounts[0] += debit - credit
        else:
            amounts[1] += debit
            amounts[2] += credit
        if is_brought:
            amounts[3] += debit - credit
        else:
            amounts[4] += debit
            amounts[5] += credit
        if not is_closing and not is_before:
            amounts[6] += debit
            amounts[7] += credit
        if not is_closing and not is_brought:
            amounts[8] += debit
            amounts[9] += credit
    return {key: Figures(*amounts) for key, amounts in found.items()}


def _posted() -> Select[Any]:
    """Built once, of bare columns: it is what every trial balance and statement begins with."""
    b, (first, last) = Balance.__table__.c, (bindparam(name, type_=Integer) for name in ("first", "last"))
    return (
        select(b.account_id, *buckets(b, first, last))
        .where(b.ledger_id == bindparam("ledger", type_=Uuid), b.dimension_set_id == NO_DIMENSIONS, b.period <= last)
        .group_by(b.account_id, *BUCKETS)
    )


_POSTED = _posted()


async def measured(
    work: Work, ledger: Ledger, accounts: Sequence[UUID] | None, first: int, last: int, *, unposted: bool = False
) -> Mapping[tuple[UUID, str], Measured]:
    """(account id, currency) -> what it keeps beside the base currency; None: of all accounts."""
    m = measures(ledger, accounts, last, unposted=unposted)
    within = m.c.period >= first
    query = select(
        m.c.account_id, m.c.currency,
        _total(m.c.period < first, m.c.currency_debit - m.c.currency_credit),
        _total(within, m.c.currency_debit),
        _total(within, m.c.currency_credit),
        _total(m.c.period < first, m.c.quantity_debit - m.c.quantity_credit),
        _total(within, m.c.quantity_debit),
        _total(within, m.c.quantity_credit),
    ).group_by(m.c.account_id, m.c.currency)  # fmt: skip
    return {(row[0], row[1]): Measured(*row[2:]) for row in await work.session.execute(query)}


def _total(condition: ColumnElement[bool], amount: Any) -> ColumnElement[Decimal]:
    return func.coalesce(func.sum(case((condition, amount), else_=0)), 0)


async def party_balances(
    work: Work, ledger: Ledger, accounts: Sequence[UUID], last: int, *, unposted: bool = False
) -> Mapping[UUID, Sequence[tuple[Decimal, Decimal]]]:
    """Account id -> the balance of each of its parties at the end of ``last``, and before January of its year."""
    if not accounts:
        return {}
    m = moves(ledger, last, unposted=unposted, kinds=("party",))
    net = m.c.debit - m.c.credit
    query = select(m.c.account_id, func.sum(net), _total(m.c.period <= year_start(last), net)).group_by(m.c.account_id, m.c.value_0)
    found: dict[UUID, list[tuple[Decimal, Decimal]]] = {}
    for account_id, closing, year_opening in await work.session.execute(query.where(m.c.account_id.in_(accounts))):
        found.setdefault(account_id, []).append((closing, year_opening))
    return found
