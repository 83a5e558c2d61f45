"""The trial balance (科目余额表)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from core_finance.books.auxiliary import names_of
from core_finance.books.codes import ALL, Codes
from core_finance.books.figures import BUCKETS, ZERO, Figures, Measured, buckets, figures, gathered, measured
from core_finance.books.moves import moves
from core_finance.chart.model import Account, Ledger
from core_finance.dimensions.service import labels
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

PARTS_MAX = 5000
BUCKETS_MAX = 6  # parts of the time that figures are gathered of


class TooManyParts(Invalid):
    code = "too_many_parts"


class TrialAccount(NamedTuple):
    """An account as the trial balance tells it."""

    id: UUID
    code: str
    name: str
    name_en: str
    level: int
    parent_id: UUID | None
    is_leaf: bool
    unit: str | None


class Standing:
    """A balance that stands on the side where it is."""

    figures: Figures

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
class TrialPart(Standing):
    """What an account's lines say of one combination of parties, departments and so on (辅助核算)."""

    names: Sequence[str]
    figures: Figures


@dataclass(frozen=True)
class TrialRow(Standing):
    """An account and its figures.

    ``parts`` stand below an account that is posted to, ``quantity`` where it keeps one, ``currencies`` are its foreign ones.
    """

    account: TrialAccount
    figures: Figures
    parts: Sequence[TrialPart] = ()
    quantity: Measured | None = None
    currencies: Sequence[tuple[str, Measured]] = ()

    @property
    def code(self) -> str:
        return self.account.code

    @property
    def is_leaf(self) -> bool:
        return self.account.is_leaf


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
    """``whole``: all accounts are in it, so debits must be credits."""

    first: int
    last: int
    rows: Sequence[TrialRow]
    totals: Totals
    whole: bool = True

    def __iter__(self) -> Iterator[TrialRow]:
        return iter(self.rows)


@dataclass(frozen=True)
class Detail:
    """What a trial balance shows beside its accounts: zero rows, combinations of dimensions, quantities, foreign currencies."""

    empty: bool = False
    auxiliary: bool = False
    quantity: bool = False
    currency: bool = False


PLAIN = Detail()


async def trial_balance(
    work: Work,
    ledger: Ledger,
    *,
    first: int,
    last: int,
    level: int = 9,
    below: str = "",
    codes: Codes = ALL,
    detail: Detail = PLAIN,
    unposted: bool = False,
) -> TrialBalance:
    """Accounts of ``codes`` down to ``level`` whose codes begin with ``below``, over periods ``first`` to ``last``.

    The totals are of the leaves shown.
    """
    chart = [TrialAccount(*row) for row in await work.session.execute(_CHART, {"ledger": ledger.id})]
    nothing = Figures()
    summed = _with_parents(chart, await figures(work, ledger, first, last, unposted=unposted))
    shown = [a for a in chart if a.code.startswith(below) and codes.holds(a.code)]
    drawn = [(a, summed.get(a.id, nothing)) for a in shown if a.level <= level]
    rows = [TrialRow(a, of) for a, of in drawn if detail.empty or not of.is_empty]
    if detail.quantity or detail.currency or detail.auxiliary:
        rows = await _detailed(work, ledger, rows, chart, (first, last), detail, unposted=unposted)
    totals = _totals(summed[a.id] for a in shown if a.is_leaf and a.id in summed)
    return TrialBalance(first, last, rows, totals, whole=len(shown) == len(chart))


# Built once, and without objects of the ORM: most of the time of a trial balance would go into them.
_CHART = (
    select(*(Account.__table__.c[name] for name in TrialAccount._fields))
    .where(Account.__table__.c.ledger_id == bindparam("ledger", type_=Uuid))
    .order_by(Account.__table__.c.code)
)

Sum = TypeVar("Sum", Figures, Measured)


def _with_parents(chart: Sequence[TrialAccount], own: Mapping[UUID, Sum]) -> Mapping[UUID, Sum]:
    """What each account has with all below it; those without anything are left out."""
    parents = {account.id: account.parent_id for account in chart}
    summed: dict[UUID, Sum] = {}
    for account_id, amount in own.items():
        place: UUID | None = account_id
        while place is not None:
            summed[place] = summed[place] + amount if place in summed else amount
            place = parents[place]
    return summed


async def _detailed(
    work: Work,
    ledger: Ledger,
    rows: Sequence[TrialRow],
    chart: Sequence[TrialAccount],
    span: tuple[int, int],
    detail: Detail,
    *,
    unposted: bool,
) -> list[TrialRow]:
    known = await measured(work, ledger, None, *span, unposted=unposted) if detail.quantity or detail.currency else {}
    quantities = _with_parents(chart, _summed(known, lambda _currency: True))
    foreign = {currency for _account, currency in known if currency != ledger.currency} if detail.currency else set()
    by_currency = {each: _with_parents(chart, _summed(known, each.__eq__)) for each in sorted(foreign)}
    parts = await _parts(work, ledger, [row.account.id for row in rows], span, unposted=unposted) if detail.auxiliary else {}
    return [
        replace(
            row,
            parts=parts.get(row.account.id, ()),
            quantity=quantities.get(row.account.id, Measured()) if detail.quantity and row.account.unit else None,
            currencies=[(name, of[row.account.id]) for name, of in by_currency.items() if row.account.id in of],
        )
        for row in rows
    ]


def _summed(known: Mapping[tuple[UUID, str], Measured], counts: Callable[[str], bool]) -> dict[UUID, Measured]:
    found: dict[UUID, Measured] = {}
    for (account_id, currency), of in known.items():
        if counts(currency):
            found[account_id] = found.get(account_id, Measured()) + of
    return found


async def _parts(
    work: Work, ledger: Ledger, accounts: Sequence[UUID], span: tuple[int, int], *, unposted: bool
) -> Mapping[UUID, Sequence[TrialPart]]:
    """The combinations of dimensions below each account, by their names.

    Raises:
        TooManyParts: more than ``PARTS_MAX``.
    """
    kinds = list(await labels(work))
    m = moves(ledger, span[1], unposted=unposted, kinds=kinds)
    values = [m.c[f"value_{place}"] for place in range(len(kinds))]
    query = select(m.c.account_id, *values, *buckets(m.c, *span)).where(m.c.account_id.in_(accounts))
    query = query.group_by(m.c.account_id, *values, *BUCKETS).limit(BUCKETS_MAX * PARTS_MAX + 1)
    known = gathered(await work.session.execute(query))
    if len(known) > PARTS_MAX:
        raise TooManyParts(
            _("Those are more than %(most)s lines of parties, departments and so on; choose a range of accounts.", most=PARTS_MAX),
            field="auxiliary",
        )
    said = {key: [(kind, value) for kind, value in zip(kinds, key[1:], strict=True) if value] for key in known}
    called = await names_of(work, [pair for pairs in said.values() for pair in pairs])
    found: dict[UUID, list[TrialPart]] = defaultdict(list)
    for key, of in known.items():
        if not of.is_empty:
            found[key[0]].append(TrialPart([called[value] for _kind, value in said[key]], of))
    for parts in found.values():
        parts.sort(key=lambda part: list(part.names))
    return found


def _totals(leaves: Iterable[Figures]) -> Totals:
    found = list(leaves)
    closings = [of.closing for of in found]
    return Totals(
        opening_debit=sum((of.opening for of in found if of.opening > 0), ZERO),
        opening_credit=-sum((of.opening for of in found if of.opening < 0), ZERO),
        debit=sum((of.debit for of in found), ZERO),
        credit=sum((of.credit for of in found), ZERO),
        year_debit=sum((of.year_debit for of in found), ZERO),
        year_credit=sum((of.year_credit for of in found), ZERO),
        closing_debit=sum((closing for closing in closings if closing > 0), ZERO),
        closing_credit=-sum((closing for closing in closings if closing < 0), ZERO),
    )
