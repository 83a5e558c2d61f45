"""The trial balance (科目余额表)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from core_finance.books.figures import ZERO, Figures, figures
from core_finance.chart.model import Account, Ledger
from kernel.work import Work


@dataclass(frozen=True)
class TrialRow:
    """An account and its figures; a balance stands on the side where it is."""

    account: Account
    figures: Figures

    @property
    def code(self) -> str:
        return self.account.code

    @property
    def is_leaf(self) -> bool:
        return self.account.is_leaf

    @property
    def closing(self) -> Decimal:
        """The balance at the end; debit is positive."""
        return self.figures.closing

    @property
    def opening_debit(self) -> Decimal:
        return max(self.figures.opening, ZERO)

    @property
    def opening_credit(self) -> Decimal:
        return max(-self.figures.opening, ZERO)

    @property
    def closing_debit(self) -> Decimal:
        return max(self.figures.closing, ZERO)

    @property
    def closing_credit(self) -> Decimal:
        return max(-self.figures.closing, ZERO)


@dataclass(frozen=True)
class Totals:
    """Sums over the leaves: each pair must be equal."""

    opening_debit: Decimal
    opening_credit: Decimal
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    closing_debit: Decimal
    closing_credit: Decimal

    @property
    def holds(self) -> bool:
        return (
            self.opening_debit == self.opening_credit
            and self.debit == self.credit
            and self.year_debit == self.year_credit
            and self.closing_debit == self.closing_credit
        )


@dataclass(frozen=True)
class TrialBalance:
    first: int
    last: int
    rows: Sequence[TrialRow]
    totals: Totals

    def __iter__(self) -> Iterator[TrialRow]:
        return iter(self.rows)


async def trial_balance(
    work: Work, ledger: Ledger, *, first: int, last: int, level: int = 9, below: str = "", empty: bool = False
) -> TrialBalance:
    """Accounts down to ``level`` whose codes begin with ``below``, over periods ``first`` to ``last``.

    ``empty`` shows accounts without balances too.  The totals are of the leaves shown.
    """
    query = select(Account).where(Account.ledger_id == ledger.id, Account.code.startswith(below, autoescape=True)).order_by(Account.code)
    accounts = (await work.session.scalars(query)).all()
    own = await figures(work, ledger, first, last)
    summed = _with_parents(accounts, own)
    rows = [TrialRow(a, summed[a.id]) for a in accounts if a.level <= level and (empty or not summed[a.id].is_empty)]
    leaves = [TrialRow(a, summed[a.id]) for a in accounts if a.is_leaf]
    return TrialBalance(first, last, rows, _totals(leaves))


def _with_parents(accounts: Sequence[Account], own: Mapping[UUID, Figures]) -> dict[UUID, Figures]:
    """An account's figures and those of all below it."""
    summed: dict[UUID, Figures] = {}
    for account in sorted(accounts, key=lambda a: -a.level):
        mine = summed.get(account.id, Figures()) + own.get(account.id, Figures())
        summed[account.id] = mine
        if account.parent_id is not None:
            summed[account.parent_id] = summed.get(account.parent_id, Figures()) + mine
    return summed


def _totals(rows: Sequence[TrialRow]) -> Totals:
    def total(amounts: Sequence[Decimal]) -> Decimal:
        return sum(amounts, ZERO)

    return Totals(
        total([r.opening_debit for r in rows]), total([r.opening_credit for r in rows]),
        total([r.figures.debit for r in rows]), total([r.figures.credit for r in rows]),
        total([r.figures.year_debit for r in rows]), total([r.figures.year_credit for r in rows]),
        total([r.closing_debit for r in rows]), total([r.closing_credit for r in rows]),
    )  # fmt: skip
