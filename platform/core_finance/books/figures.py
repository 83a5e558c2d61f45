"""What the maintained balances say of each account over some periods.  Lines are never summed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select

from core_finance.chart.model import Ledger
from core_finance.posting.model import NO_DIMENSIONS, Balance, DimensionSet
from kernel.work import Work

ZERO = Decimal(0)


@dataclass(frozen=True)
class Figures:
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

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(a + b for a, b in zip(self.values(), other.values(), strict=True)))

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(*(a - b for a, b in zip(self.values(), other.values(), strict=True)))

    def values(self) -> tuple[Decimal, ...]:
        return (
            self.opening, self.debit, self.credit, self.year_opening, self.year_debit, self.year_credit,
            self.open_debit, self.open_credit, self.open_year_debit, self.open_year_credit,
        )  # fmt: skip


def year_start(period: int) -> int:
    """202600 for 202611: month 0, before all movements of the year."""
    return period // 100 * 100


async def figures(work: Work, ledger: Ledger, first: int, last: int) -> Mapping[UUID, Figures]:
    """Account id -> its figures; accounts without any balance are left out."""
    b = Balance
    query = (
        select(b.account_id, *sums(first, last))
        .where(b.ledger_id == ledger.id, b.dimension_set_id == NO_DIMENSIONS, b.period <= last)
        .group_by(b.account_id)
    )
    return {row[0]: Figures(*row[1:]) for row in await work.session.execute(query)}


def sums(first: int, last: int) -> list[ColumnElement[Decimal]]:
    """Over balances up to ``last``: the values of ``Figures``, in their order."""
    b, january = Balance, year_start(last)
    net = b.debit - b.credit
    within = b.period >= first
    # Month 0 of the year is brought forward, not moved in the year.
    in_year = b.period > january

    def total(condition: ColumnElement[bool], amount: Any) -> ColumnElement[Decimal]:
        return func.coalesce(func.sum(case((condition, amount), else_=0)), 0)

    return [
        total(b.period < first, net),
        total(within, b.debit),
        total(within, b.credit),
        total(b.period <= january, net),
        total(in_year, b.debit),
        total(in_year, b.credit),
        total(within & ~b.closing, b.debit),
        total(within & ~b.closing, b.credit),
        total(in_year & ~b.closing, b.debit),
        total(in_year & ~b.closing, b.credit),
    ]


async def party_balances(work: Work, ledger: Ledger, accounts: Sequence[UUID], last: int) -> Mapping[UUID, Sequence[Decimal]]:
    """Account id -> the balance of each of its parties at the end of ``last``.  What names no party counts as one more."""
    if not accounts:
        return {}
    b, s = Balance, DimensionSet
    net = func.sum(b.debit - b.credit)
    named = (
        select(b.account_id, s.party_id, net)
        .join(s, s.id == b.dimension_set_id)
        .where(b.ledger_id == ledger.id, b.account_id.in_(accounts), b.period <= last, s.party_id.is_not(None))
        .group_by(b.account_id, s.party_id)
    )
    whole = (
        select(b.account_id, net)
        .where(b.ledger_id == ledger.id, b.dimension_set_id == NO_DIMENSIONS, b.account_id.in_(accounts), b.period <= last)
        .group_by(b.account_id)
    )
    found: dict[UUID, list[Decimal]] = {}
    for account_id, _party, amount in await work.session.execute(named):
        found.setdefault(account_id, []).append(amount)
    for account_id, amount in await work.session.execute(whole):
        parts = found.setdefault(account_id, [])
        parts.append(amount - sum(parts, ZERO))
    return found
