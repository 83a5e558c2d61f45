"""Exchange differences (期末调汇): monetary items in foreign money are valued at the closing rate."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from core_finance.chart import official
from core_finance.chart.model import Account, Category, Ledger
from core_finance.chart.rules import rules_of
from core_finance.closing.lines import CODE, ZERO, Chart, posted_by_step, read_chart, still_missing
from core_finance.currencies.service import closing_rates
from core_finance.posting.model import NO_DIMENSIONS, Balance, DimensionSet, Measure
from core_finance.posting.reading import own_of
from core_finance.posting.voucher import DIMENSIONS, dimension_set_id
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES, round_half_up
from kernel.work import Work
from vertical import Calculation, JournalLine, PeriodEnd, ReportColumn, ReportTable

KEY = "core_finance.exchange"
GAIN, LOSS = "exchange_gain", "exchange_loss"

Place = tuple[str, UUID, str]
"""Code of the account, combination of dimensions (all zeros: the whole account), currency."""


@dataclass(frozen=True)
class Item:
    """Foreign money on an account under one combination; debit is positive.  ``base`` is without what this step posted."""

    account: Account
    dimensions: Mapping[str, UUID]
    currency: str
    amount: Decimal
    base: Decimal
    rate: Decimal
    places: int

    @property
    def value(self) -> Decimal:
        return round_half_up(self.amount * self.rate, self.places)

    @property
    def difference(self) -> Decimal:
        """A gain is positive."""
        return self.value - self.base


async def calculate(work: Work, end: PeriodEnd) -> Calculation:
    """Each item to foreign amount times closing rate; gains and losses to where the standard puts them.

    Raises:
        RateMissing: a currency has no closing rate.
    """
    ledger = await work.session.get_one(Ledger, end.ledger_id)
    chart = await read_chart(work, ledger)
    items = await _items(work, end, chart)
    lines = [
        JournalLine(
            account=CODE + i.account.code, amount=i.difference, dimensions=i.dimensions, currency=i.currency,
            memo=_("Exchange difference %(currency)s at %(rate)s", currency=i.currency, rate=f"{i.rate.normalize():f}"),
        )
        for i in items
        if i.difference
    ]  # fmt: skip
    lines += _results(items, chart, net=rules_of(ledger).exchange_differences == "net")
    missing = await still_missing(work, end, KEY, lines)
    return Calculation(
        summary=_("Exchange differences of %(period)s", period=f"{end.first_on:%Y-%m}"), vouchers=[missing] if missing else (),
        table=_table(items, chart),
    )  # fmt: skip


def _results(items: Sequence[Item], chart: Chart, *, net: bool) -> list[JournalLine]:
    """Gains and losses: a line for each item or one net line; the enterprise standard has one account for both."""
    gain, loss = chart.find(GAIN), chart.find(LOSS)
    found = [(i.difference, i.dimensions, f"{i.currency} {i.account.name}") for i in items if i.difference]
    if net or gain.id == loss.id:
        total = sum((difference for difference, *_more in found), ZERO)
        found = [(total, {}, "")] if total else []
    lines = []
    for difference, dimensions, of in found:
        account = gain if difference > 0 else loss
        memo = _("Exchange gain %(of)s", of=of) if difference > 0 else _("Exchange loss %(of)s", of=of)
        # A gain on an account of expenses stands there in red, so that its turnover stays clean.
        red = difference > 0 and account.category is Category.EXPENSE
        lines.append(JournalLine(account=CODE + account.code, amount=-difference, memo=memo.strip(), dimensions=dimensions, red=red))
    return lines


async def _items(work: Work, end: PeriodEnd, chart: Chart) -> list[Item]:
    foreign, combinations = await _foreign(work, end)
    base = await _base(work, end, foreign)
    for line in await posted_by_step(work, end, KEY):
        if line.currency:
            code = line.account.removeprefix(CODE)
            set_id = dimension_set_id(line.dimensions) or NO_DIMENSIONS
            base[code, set_id, line.currency] -= line.amount
            if set_id != NO_DIMENSIONS:
                base[code, NO_DIMENSIONS, line.currency] -= line.amount
    amounts, values = _apart(foreign), _apart(base)
    wanted = sorted({place for place in {**amounts, **values} if amounts.get(place) or values.get(place)}, key=_order)
    if not wanted:
        return []
    rates = await closing_rates(work, end.currency, sorted({currency for _c, _s, currency in wanted}), end.first_on, end.last_on)
    return [
        Item(
            account=chart.by_code[code], dimensions=combinations.get(set_id, {}), currency=currency,
            amount=amounts.get((code, set_id, currency), ZERO), base=values.get((code, set_id, currency), ZERO), rate=rates[currency],
            places=CURRENCIES.get(end.currency, 2),
        )
        for code, set_id, currency in wanted
    ]  # fmt: skip


async def _foreign(work: Work, end: PeriodEnd) -> tuple[dict[Place, Decimal], dict[UUID, dict[str, UUID]]]:
    """The foreign amounts of monetary accounts, and what each combination says."""
    m, s = Measure, DimensionSet
    named = [getattr(s, f"{kind}_id") for kind in DIMENSIONS]
    query = (
        select(Account.code, m.dimension_set_id, m.currency, func.sum(m.currency_debit - m.currency_credit), s.others, *named)
        .join(Account, Account.id == m.account_id)
        .outerjoin(s, s.id == m.dimension_set_id)
        .where(
            Account.ledger_id == end.ledger_id, m.period <= end.period, m.currency != end.currency,
            Account.category.in_((Category.ASSET, Category.LIABILITY)),
        )
        .group_by(Account.code, m.dimension_set_id, m.currency, s.id)
    )  # fmt: skip
    foreign: dict[Place, Decimal] = {}
    combinations: dict[UUID, dict[str, UUID]] = {}
    for code, set_id, currency, amount, others, *ids in await work.session.execute(query):
        if official.is_monetary(code):
            foreign[code, set_id, currency] = amount
            combinations[set_id] = {kind: value for kind, value in zip(DIMENSIONS, ids, strict=True) if value} | own_of(others)
    return foreign, combinations


async def _base(work: Work, end: PeriodEnd, foreign: Mapping[Place, Decimal]) -> dict[Place, Decimal]:
    """What stands in base currency against those amounts.

    On an account that keeps one foreign currency all lines count, also those that name none; elsewhere the currency's own.
    """
    b = Balance
    query = (
        select(Account.code, Account.currency, b.dimension_set_id, b.currency, func.sum(b.debit - b.credit))
        .join(Account, Account.id == b.account_id)
        .where(b.ledger_id == end.ledger_id, b.period <= end.period, Account.code.in_({code for code, *_more in foreign}))
        .group_by(Account.code, Account.currency, b.dimension_set_id, b.currency)
    )
    found: dict[Place, Decimal] = defaultdict(lambda: ZERO)
    if foreign:
        for code, kept, set_id, currency, amount in await work.session.execute(query):
            if kept or currency != end.currency:
                found[code, set_id, kept or currency] += amount
    return found


def _apart(amounts: Mapping[Place, Decimal]) -> dict[Place, Decimal]:
    """By combination; what names none is the account's whole less all that do."""
    found = {place: amount for place, amount in amounts.items() if place[1] != NO_DIMENSIONS}
    rest: dict[Place, Decimal] = {place: amount for place, amount in amounts.items() if place[1] == NO_DIMENSIONS}
    for (code, _set, currency), amount in found.items():
        whole = (code, NO_DIMENSIONS, currency)
        rest[whole] = rest.get(whole, ZERO) - amount
    return {**found, **rest}


def _order(place: Place) -> tuple[str, str, str]:
    return place[0], place[2], str(place[1])


def _table(items: Sequence[Item], chart: Chart) -> ReportTable:
    rows = [
        (
            chart.title(i.account),
            i.currency,
            i.amount,
            f"{i.rate.normalize():f}",
            i.value,
            i.base,
            i.difference,
        )
        for i in items
    ]
    return ReportTable(
        columns=[
            ReportColumn(label=_("Account")),
            ReportColumn(label=_("Currency")),
            ReportColumn(label=_("Foreign amount"), kind="money"),
            ReportColumn(label=_("Closing rate")),
            ReportColumn(label=_("Value at the closing rate"), kind="money"),
            ReportColumn(label=_("In the books"), kind="money"),
            ReportColumn(label=_("Difference"), kind="money"),
        ],
        rows=rows,
        totals=[_("Total"), "", None, None, *(sum((row[at] for row in rows), ZERO) for at in (4, 5, 6))] if rows else (),
    )
