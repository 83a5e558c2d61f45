"""The balances of a ledger as the terms of formulas ask for them."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, takewhile
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from core_finance.books.figures import ZERO, Figures, figures, party_balances
from core_finance.chart.model import PROFIT_AND_LOSS, Account, Category, Ledger, Side
from core_finance.chart.rules import Reclassify, rules_of
from core_finance.statements.layout import UNCLOSED, Layout, Term
from kernel.work import Work


class ChartAccount(NamedTuple):
    """An account as statements ask for it."""

    id: UUID
    code: str
    name: str
    name_en: str
    category: Category
    side: Side
    is_leaf: bool
    is_cash: bool


@dataclass(frozen=True)
class Part:
    """What one account gives to a cell."""

    account: ChartAccount
    take: str
    amount: Decimal


@dataclass(frozen=True)
class Basis:
    """The figures behind one column."""

    figures: Mapping[UUID, Figures]
    parties: Mapping[UUID, Sequence[Decimal]]
    moment: str

    def take(self, take: str, account_id: UUID) -> Decimal:
        found = self.figures.get(account_id)
        if found is None:
            return ZERO
        if take in ("net_debit", "net_credit"):
            balance = found.year_opening if self.moment == "year_opening" else found.closing
            return balance if take == "net_debit" else -balance
        if take == "period_credit":
            return found.open_year_credit if self.moment == "year" else found.open_credit
        if self.moment == "year":
            moved = found.open_year_debit - found.open_year_credit
        else:
            moved = found.open_debit - found.open_credit
        return moved if take == "period_debit_net" else -moved


class Source:
    """The balances of a ledger, as terms ask for them, for the columns of one statement."""

    def __init__(
        self, accounts: Sequence[ChartAccount], by_column: Mapping[str, Basis], reclassify: Reclassify, lengths: tuple[int, ...]
    ) -> None:
        self.accounts = sorted(accounts, key=lambda a: a.code)
        self._leaves = [a for a in self.accounts if a.is_leaf]
        self._codes = [a.code for a in self._leaves]
        self.by_column = by_column
        self.reclassify = reclassify
        self.lengths = lengths

    def below(self, term: Term) -> Sequence[ChartAccount]:
        """The leaves that a term reaches: the account itself or all below it."""
        if term.account == UNCLOSED:
            return [a for a in self._leaves if a.category in PROFIT_AND_LOSS]
        start = bisect_left(self._codes, term.account)
        return list(takewhile(lambda a: a.code.startswith(term.account), self._leaves[start:]))

    def parts(self, term: Term, column: str) -> list[Part]:
        """What each account gives to the term; together they are its amount."""
        basis = self.by_column[column]
        leaves = self.below(term)
        if term.take.startswith("aux_"):
            taken = [(a, self._reclassified(term.take, a, basis)) for a in leaves]
        elif term.take in ("sub_debit", "sub_credit", "debit_balance", "credit_balance"):
            taken = self._by_group(term, leaves, basis)
        else:
            taken = [(a, basis.take(term.take, a.id)) for a in leaves]
        return [Part(account, term.take, term.sign * amount) for account, amount in taken if amount]

    def amount(self, terms: Sequence[Term], column: str) -> Decimal:
        return sum((part.amount for term in terms for part in self.parts(term, column)), ZERO)

    def _reclassified(self, take: str, account: ChartAccount, basis: Basis) -> Decimal:
        """Receivables and payables: by the sign of each party, of each account, or wherever the account stands anyway (重分类)."""
        side = 1 if take == "aux_debit" else -1
        if self.reclassify == "by_counterparty":
            return sum((max(ZERO, side * part) for part in basis.parties.get(account.id, ())), ZERO)
        balance = side * basis.take("net_debit", account.id)
        if self.reclassify == "by_account":
            return max(ZERO, balance)
        at_home = account.side is (Side.DEBIT if take == "aux_debit" else Side.CREDIT)
        return balance if at_home else ZERO

    def _by_group(self, term: Term, leaves: Sequence[ChartAccount], basis: Basis) -> list[tuple[ChartAccount, Decimal]]:
        """Debit balances or credit balances of whole groups: the account itself, or each of its direct sub-accounts."""
        width = len(term.account) + (self._below(term.account) if term.take.startswith("sub_") else 0)
        side = 1 if "debit" in term.take else -1
        groups: dict[str, list[tuple[ChartAccount, Decimal]]] = {}
        for account in leaves:
            groups.setdefault(account.code[:width], []).append((account, side * basis.take("net_debit", account.id)))
        return [pair for group in groups.values() if sum((amount for _a, amount in group), ZERO) > 0 for pair in group]

    def _below(self, code: str) -> int:
        """Digits of the level below ``code``."""
        return next((length for length, end in zip(self.lengths, accumulate(self.lengths), strict=True) if end > len(code)), 0)


@dataclass(frozen=True, kw_only=True)
class View:
    """How a reader wants a statement.  ``reclassify`` None is as the ledger's rules say; ``unposted`` counts drafts too."""

    reclassify: Reclassify | None = None
    unposted: bool = False


async def chart_of(work: Work, ledger: Ledger) -> Sequence[ChartAccount]:
    """All accounts of the ledger."""
    return [ChartAccount(*row) for row in await work.session.execute(_CHART, {"ledger": ledger.id})]


# Built once, and without objects of the ORM: most of the time of a statement would go into them.
_CHART = (
    select(*(Account.__table__.c[name] for name in ChartAccount._fields))
    .where(Account.__table__.c.ledger_id == bindparam("ledger", type_=Uuid))
    .order_by(Account.__table__.c.code)
)


async def source_of(work: Work, ledger: Ledger, form: Layout, first: int, last: int, view: View) -> Source:
    """What the columns of ``form`` are computed from, over periods ``first`` to ``last``."""
    accounts = await chart_of(work, ledger)
    reclassify = view.reclassify or rules_of(ledger).reclassify
    now = await figures(work, ledger, first, last, unposted=view.unposted)
    prefixes = tuple(term.account for line in form.lines for term in line.terms if term.take.startswith("aux_"))
    kept = [a.id for a in accounts if prefixes and a.is_leaf and a.code.startswith(prefixes)]
    owed = await party_balances(work, ledger, kept, last, unposted=view.unposted) if reclassify == "by_counterparty" else {}

    def parties(moment: str) -> Mapping[UUID, Sequence[Decimal]]:
        place = 1 if moment == "year_opening" else 0
        named = {account_id: [both[place] for both in owed.get(account_id, ())] for account_id in kept if account_id in now}
        # What names no party counts as one more.
        whole = {key: now[key].year_opening if place else now[key].closing for key in named}
        return {key: [*parts, whole[key] - sum(parts, ZERO)] for key, parts in named.items()}

    by_column: dict[str, Basis] = {}
    for column in form.columns:
        if column.key == "prior":
            before = (
                await figures(work, ledger, first - 100, last - 100, unposted=view.unposted)
                if is_known(ledger, first - 100, last - 100)
                else {}
            )
            by_column["prior"] = Basis(before, {}, "period")
        else:
            by_column[column.key] = Basis(now, parties(column.key), column.key)
    return Source(accounts, by_column, reclassify, ledger.code_lengths)


def is_known(ledger: Ledger, first: int, last: int) -> bool:
    """Whether the books tell what moved in just these months.

    Of the months before the ledger's first one they only hold the sum since January.
    """
    return first >= ledger.start_period or (first % 100 == 1 and _next(last) >= ledger.start_period > first)


def _next(period: int) -> int:
    return period + 1 if period % 100 < 12 else period + 89
