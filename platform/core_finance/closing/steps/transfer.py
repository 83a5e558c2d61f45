"""Transfer of profit and loss (结转损益): what revenue and expense accounts hold goes to the profit of the year."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core_finance.chart.model import PROFIT_AND_LOSS, Account, Category, Ledger
from core_finance.chart.rules import rules_of
from core_finance.closing.lines import CODE, ZERO, Chart, kept_dimensions, read_chart
from core_finance.posting.model import NO_DIMENSIONS, Balance, DimensionSet, Voucher, VoucherLine
from core_finance.posting.reading import own_of
from core_finance.posting.voucher import DIMENSIONS, dimension_set_id
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Calculation, JournalLine, PeriodEnd, ReportColumn, ReportTable

KEY = "core_finance.transfer"
CLOSING = "closing"
"""Kind of the vouchers that transfer."""


@dataclass(frozen=True)
class Held:
    """What an account holds under one combination of dimensions; debit is positive."""

    account: Account
    dimensions: dict[str, UUID]
    balance: Decimal

    @property
    def is_revenue(self) -> bool:
        return self.account.category is Category.REVENUE


async def calculate(work: Work, end: PeriodEnd) -> Calculation:
    """By balance: revenue is debited and expenses are credited, in red where the balance is on the unusual side."""
    ledger = await work.session.get_one(Ledger, end.ledger_id)
    rules = rules_of(ledger)
    held = await profit_and_loss(work, end, apart=rules.transfer_by_dimension)
    chart = await read_chart(work, ledger)
    parts = [[h for h in held if h.is_revenue], [h for h in held if not h.is_revenue]]
    vouchers = [lines for part in parts if (lines := _lines(part, chart))]
    if rules.transfer == "merged" and vouchers:
        vouchers = [[line for lines in vouchers for line in lines]]
    return Calculation(
        summary=_("Transfer of profit and loss"), vouchers=vouchers, table=_table(held, await _transferred(work, end), chart)
    )


async def profit_and_loss(work: Work, end: PeriodEnd, *, apart: bool) -> list[Held]:
    """What accounts of profit and loss hold at the end of the period, ``apart``: each combination of dimensions by itself.

    An account that demands dimensions is always taken apart: no line can be posted to it without.
    """
    b, s = Balance, DimensionSet
    named = [getattr(s, f"{kind}_id") for kind in DIMENSIONS]
    query = (
        select(Account, b.dimension_set_id, s.others, func.sum(b.debit - b.credit), *named)
        .join(Account, Account.id == b.account_id)
        .outerjoin(s, s.id == b.dimension_set_id)
        .where(b.ledger_id == end.ledger_id, b.period <= end.period, Account.category.in_(PROFIT_AND_LOSS))
        .group_by(Account.id, b.dimension_set_id, s.id)
        .order_by(Account.code, b.dimension_set_id)
    )
    whole: dict[str, Held] = {}
    found: list[Held] = []
    named_sum: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for account, set_id, others, balance, *ids in await work.session.execute(query):
        if set_id == NO_DIMENSIONS:
            whole[account.code] = Held(account, {}, balance)
        elif apart or account.required_dimensions:
            dimensions = {kind: value for kind, value in zip(DIMENSIONS, ids, strict=True) if value} | own_of(others)
            found.append(Held(account, dimensions, balance))
            named_sum[account.code] += balance
    rest = [replace(h, balance=h.balance - named_sum[code]) for code, h in whole.items()]
    return sorted((h for h in (*found, *rest) if h.balance), key=lambda h: h.account.code)


def _lines(held: Sequence[Held], chart: Chart) -> list[JournalLine]:
    """The lines that empty the accounts, and those of the profit of the year against them."""
    profit = chart.find("profit_of_year")
    emptied = [
        JournalLine(account=CODE + h.account.code, amount=-h.balance, dimensions=h.dimensions, red=(h.balance > 0) is h.is_revenue)
        for h in held
    ]  # fmt: skip
    sums: dict[UUID | None, Decimal] = defaultdict(lambda: ZERO)
    named: dict[UUID | None, JournalLine] = {}
    for h in held:
        line = JournalLine(account=CODE + profit.code, amount=h.balance, dimensions=h.dimensions)
        line = replace(line, dimensions=kept_dimensions(line, profit))
        key = dimension_set_id(line.dimensions)
        sums[key] += h.balance
        named.setdefault(key, line)
    revenue = bool(held) and held[0].is_revenue
    return emptied + [replace(named[key], amount=amount, red=(amount > 0) is revenue) for key, amount in sums.items() if amount]


async def _transferred(work: Work, end: PeriodEnd) -> dict[str, tuple[Account, Decimal]]:
    """What transfers moved on accounts of profit and loss in the period by code, those by hand and reversals of them included."""
    n, v, undone = VoucherLine, Voucher, aliased(Voucher)
    query = (
        select(Account, func.sum(n.debit - n.credit))
        .join(v, v.id == n.voucher_id)
        .join(Account, Account.id == n.account_id)
        .outerjoin(undone, undone.id == v.reverses_id)
        .where(v.ledger_id == end.ledger_id, v.period == end.period, Account.category.in_(PROFIT_AND_LOSS))
        .where((v.kind == CLOSING) | ((undone.kind == CLOSING) & (undone.period == end.period)))
        .group_by(Account.id)
    )
    return {account.code: (account, moved) for account, moved in await work.session.execute(query)}


def _table(held: Iterable[Held], transferred: Mapping[str, tuple[Account, Decimal]], chart: Chart) -> ReportTable:
    """By account the whole of the period, what was transferred of it before, and what is left to be transferred."""
    left: dict[str, Decimal] = defaultdict(lambda: ZERO)
    accounts = {code: account for code, (account, _moved) in transferred.items()}
    for h in held:
        left[h.account.code] += h.balance
        accounts[h.account.code] = h.account
    rows = []
    for code in sorted(accounts):
        account = accounts[code]
        before, now = -transferred[code][1] if code in transferred else ZERO, left[code]
        if not (before or now):
            continue
        earns = account.category is Category.REVENUE
        sign, whole = (-1 if earns else 1), before + now
        rows.append((chart.title(account), sign * whole if earns else None, None if earns else sign * whole, sign * before, sign * now))
    revenue, expenses = sum((row[1] or ZERO for row in rows), ZERO), sum((row[2] or ZERO for row in rows), ZERO)
    before = sum((moved for _account, moved in transferred.values()), ZERO)
    notes = [_("Profit of the period: %(amount)s", amount=f"{revenue - expenses:,.2f}")]
    if before:
        notes.append(
            _("Transferred before: %(before)s; still to be transferred: %(left)s",
              before=f"{before:,.2f}", left=f"{revenue - expenses - before:,.2f}")
        )  # fmt: skip
    return ReportTable(
        columns=[
            ReportColumn(label=_("Account")),
            ReportColumn(label=_("Revenue"), kind="money"),
            ReportColumn(label=_("Expense"), kind="money"),
            ReportColumn(label=_("Transferred before"), kind="money"),
            ReportColumn(label=_("To be transferred"), kind="money"),
        ],
        rows=rows,
        totals=[_("Total"), revenue, expenses, None, None] if rows else (),
        notes=notes if rows else (),
    )
