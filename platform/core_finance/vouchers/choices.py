"""What the entry grid offers to choose from: accounts with their balances and what they keep, dimensions, rates, cash flow items."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import select

from core_finance.books.figures import ZERO, figures
from core_finance.cash_flow.rules import items
from core_finance.chart.model import Account, Ledger, Standard
from core_finance.chart.service import accounts, shown_name
from core_finance.currencies.model import Rate, RateKind
from core_finance.dimensions.service import find_items, kinds, names
from core_finance.posting.reading import VoucherView
from core_finance.statements.layout import layout
from kernel.i18n import locale
from kernel.work import Work

ITEMS = 20


class Dimension(msgspec.Struct):
    """``k`` its key, ``l`` its name, ``r`` whether a line must say it."""

    k: str
    l: str  # noqa: E741 - short names: the answer holds hundreds of accounts
    r: bool


class AccountChoice(msgspec.Struct, omit_defaults=True):
    """``c`` code, ``n`` name with those above it, ``p`` initials, ``b`` balance (debit is positive), ``x`` the dimensions it keeps,
    ``f`` its foreign currency, ``u`` its unit of quantity, ``m`` whether it is money.
    """

    c: str
    n: str
    p: str
    b: str
    x: list[Dimension] = []
    f: str = ""
    u: str = ""
    m: bool = False


class ItemChoice(msgspec.Struct):
    """A value to choose: ``n`` its name, ``c`` its code."""

    n: str
    c: str
    id: str


class CashItem(msgspec.Struct):
    n: int
    l: str  # noqa: E741 - as above


class Choices(msgspec.Struct):
    """``items`` is where to ask for the values of a dimension, ``rate`` for a rate of exchange."""

    accounts: list[AccountChoice]
    cash: list[CashItem]
    items: str = "/vouchers/choices/items"
    rate: str = "/vouchers/choices/rate"


class RateChoice(msgspec.Struct):
    rate: Decimal | None


async def grid_choices(work: Work, ledger: Ledger) -> Choices:
    """Everything the grid needs at once; values of dimensions are too many and are asked for as one types.

    An optional dimension of which the company has no value yet is not offered: it would only be in the way.
    """
    chart = await accounts(work, ledger, active=True)
    named_by = paths(chart)
    known = await figures(work, ledger, ledger.start_period, 999912)
    named = {kind.key: kind.label for kind in await kinds(work)}
    filled = {key for key in named if await find_items(work, key, limit=1)}
    rows = []
    for account in chart:
        if not account.is_leaf:
            continue
        kept = [Dimension(k, named.get(k, k), r=True) for k in account.required_dimensions]
        kept += [Dimension(k, named[k], r=False) for k in account.optional_dimensions if k in filled]
        balance = known[account.id].closing if account.id in known else ZERO
        rows.append(
            AccountChoice(
                account.code, named_by[account.code], account.mnemonic, str(balance), kept, account.currency or "", account.unit or "",
                account.is_cash,
            )
        )  # fmt: skip
    return Choices(rows, [CashItem(number, label) for number, label in cash_items(ledger.standard)])


async def item_choices(work: Work, kind: str, text: str) -> list[ItemChoice]:
    """Values of a dimension whose name, code or initials fit."""
    return [ItemChoice(item.name, item.code, str(item.id)) for item in await find_items(work, kind, text, ITEMS)]


async def spot_rate(work: Work, base: str, currency: str, on: date) -> Decimal | None:
    """What an entry of the day takes: the latest rate of booking up to it."""
    query = select(Rate.rate).where(Rate.base == base, Rate.currency == currency, Rate.kind == RateKind.SPOT, Rate.on <= on)
    return await work.session.scalar(query.order_by(Rate.on.desc()).limit(1))


def cash_items(standard: Standard) -> list[tuple[int, str]]:
    """Lines of the cash flow statement that a movement of money can be put on."""
    form, zh = layout(standard, "cash_flow"), locale() == "zh_CN"
    return [(number, form.line(number).name if zh else form.line(number).name_en) for number in sorted(items(standard))]


async def labels(work: Work, vouchers: Sequence[VoucherView]) -> Mapping[UUID, str]:
    """Names of what the vouchers' lines say about themselves."""
    return await names(work, [pair for v in vouchers for line in v.lines for pair in line.dimensions.items()])


def paths(chart: Sequence[Account]) -> Mapping[str, str]:
    """The name of each account by its code, with those above it: 应交税费 / 应交增值税 / 销项税额, as 其他 alone says little."""
    by_id = {account.id: account for account in chart}
    found: dict[str, str] = {}
    for account in chart:
        names, above = [shown_name(account)], account
        while above.parent_id is not None and above.parent_id in by_id:
            above = by_id[above.parent_id]
            names.insert(0, shown_name(above))
        found[account.code] = " / ".join(names)
    return found
