"""The general ledger (总账): every account month by month, from the balances."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from core_finance.books.codes import ALL, Codes
from core_finance.books.figures import ZERO, year_start
from core_finance.books.moves import moves
from core_finance.chart.model import Account, Ledger
from core_finance.periods.service import following
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

MOST_MONTHS = 60

Moves = Mapping[int, tuple[Decimal, Decimal]]


@dataclass(frozen=True)
class GeneralMonth:
    """An account in a month; balances are debit minus credit, ``year_*`` run from January to the end of the month."""

    period: int
    opening: Decimal
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    closing: Decimal


@dataclass(frozen=True)
class GeneralAccount:
    account: Account
    months: Sequence[GeneralMonth]


@dataclass(frozen=True)
class GeneralLedger:
    """A page of the general ledger; ``following`` is the code to go on after."""

    first: int
    last: int
    accounts: Sequence[GeneralAccount]
    following: str | None


async def general_ledger(
    work: Work,
    ledger: Ledger,
    *,
    first: int,
    last: int,
    level: int = 1,
    below: str = "",
    codes: Codes = ALL,
    after: str = "",
    limit: int = 50,
    unposted: bool = False,
) -> GeneralLedger:
    """Accounts of ``codes`` down to ``level`` whose codes begin with ``below``, each with all months from ``first`` to ``last``.

    Accounts that never had a balance are left out.

    Raises:
        Invalid: these are too many months for a page.
    """
    months = _months(first, last)
    query = select(Account).where(Account.ledger_id == ledger.id).order_by(Account.code)
    chart = (await work.session.scalars(query)).all()
    opened, moved = await _sums(work, ledger, chart, (year_start(first), last), unposted=unposted)
    fitting = [
        account
        for account in chart
        if account.level <= level
        and account.code.startswith(below)
        and codes.holds(account.code)
        and account.code > after
        and (account.id in opened or account.id in moved)
    ]
    shown = [GeneralAccount(a, _run(months, opened.get(a.id, ZERO), moved.get(a.id, {}))) for a in fitting[:limit]]
    return GeneralLedger(first, last, shown, shown[-1].account.code if len(fitting) > limit else None)


def _months(first: int, last: int) -> list[int]:
    months = [first]
    while months[-1] < last:
        if len(months) == MOST_MONTHS:
            raise Invalid(_("Choose at most %(most)s months.", most=MOST_MONTHS), field="first")
        months.append(following(months[-1]))
    return months


def _run(months: Sequence[int], balance: Decimal, moved: Moves) -> list[GeneralMonth]:
    """The months one after the other.  ``balance`` stands before January of the first month's year."""
    year_debit = year_credit = ZERO
    run = []
    month = year_start(months[0]) + 1
    while month <= months[-1]:
        if month % 100 == 1:
            year_debit = year_credit = ZERO
            if month > months[0]:
                brought = moved.get(month - 1, (ZERO, ZERO))
                balance += brought[0] - brought[1]
        debit, credit = moved.get(month, (ZERO, ZERO))
        year_debit, year_credit = year_debit + debit, year_credit + credit
        closing = balance + debit - credit
        if month >= months[0]:
            run.append(GeneralMonth(month, balance, debit, credit, year_debit, year_credit, closing))
        month, balance = following(month), closing
    return run


async def _sums(
    work: Work, ledger: Ledger, chart: Sequence[Account], span: tuple[int, int], *, unposted: bool
) -> tuple[Mapping[UUID, Decimal], Mapping[UUID, Moves]]:
    """Of every account with all below it: the balance up to the month the span begins after (month 0), and later movements by month."""
    start, last = span
    m = moves(ledger, last, unposted=unposted).c
    own = select(m.account_id).group_by(m.account_id)
    before = own.add_columns(func.sum(m.debit - m.credit)).where(m.period <= start)
    within = own.add_columns(m.period, func.sum(m.debit), func.sum(m.credit)).where(m.period > start).group_by(m.period)
    above = _above(chart)
    opened: dict[UUID, Decimal] = defaultdict(lambda: ZERO)
    moved: dict[UUID, dict[int, tuple[Decimal, Decimal]]] = defaultdict(dict)
    for account_id, net in await work.session.execute(before):
        for place in above[account_id]:
            opened[place] += net
    for account_id, period, debit, credit in await work.session.execute(within):
        for place in above[account_id]:
            sum_debit, sum_credit = moved[place].get(period, (ZERO, ZERO))
            moved[place][period] = (sum_debit + debit, sum_credit + credit)
    return opened, moved


def _above(chart: Sequence[Account]) -> Mapping[UUID, Sequence[UUID]]:
    """Account id -> itself and all above it."""
    parents = {account.id: account.parent_id for account in chart}
    lines: dict[UUID, Sequence[UUID]] = {}
    for account_id in parents:
        line: list[UUID] = []
        place: UUID | None = account_id
        while place is not None:
            line.append(place)
            place = parents[place]
        lines[account_id] = line
    return lines
