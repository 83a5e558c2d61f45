"""What the entry grid offers to choose from: accounts with their balances, parties, departments."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from core_finance.books.figures import ZERO, figures
from core_finance.chart.model import Account, Ledger
from core_finance.chart.service import accounts, shown_name
from core_finance.dimensions.service import find_items, label_of, names
from core_finance.posting.reading import VoucherView
from kernel.work import Work
from master_data.api import initials

OFFERED = ("party", "department")
PARTIES = 20


class AccountChoice(msgspec.Struct):
    """``c`` code, ``n`` name with those above it, ``p`` initials, ``b`` balance (debit is positive), ``x`` the dimension it keeps."""

    c: str
    n: str
    p: str
    b: str
    x: str
    xl: str


class DimensionChoice(msgspec.Struct):
    n: str
    p: str
    id: str


class Choices(msgspec.Struct):
    """``aux`` lists the values of a dimension, or says at which address to ask for them."""

    accounts: list[AccountChoice]
    aux: dict[str, list[DimensionChoice] | str]


async def grid_choices(work: Work, ledger: Ledger) -> Choices:
    """Everything the grid needs at once; parties are too many and are asked for as one types."""
    chart = await accounts(work, ledger, active=True)
    by_id = {account.id: account for account in chart}
    known = await figures(work, ledger, ledger.start_period, 999912)
    departments = await _departments(work)
    offered = {"party"} | ({"department"} if departments else set())
    rows = []
    for account in chart:
        if not account.is_leaf:
            continue
        kept = [k for k in (*account.required_dimensions, *account.optional_dimensions) if k in offered]
        balance = known[account.id].closing if account.id in known else ZERO
        rows.append(
            AccountChoice(
                account.code,
                _path(account, by_id),
                account.mnemonic,
                str(balance),
                kept[0] if kept else "",
                label_of(kept[0]) if kept else "",
            )
        )
    return Choices(rows, {"party": "/vouchers/choices/parties", "department": departments})


async def party_choices(work: Work, text: str) -> list[DimensionChoice]:
    """Parties whose name, code or initials fit."""
    found = await find_items(work, "party", text, PARTIES)
    return [DimensionChoice(party.name, initials(party.name), str(party.id)) for party in found]


async def labels(work: Work, vouchers: Sequence[VoucherView]) -> Mapping[UUID, str]:
    """Names of the parties and departments on the vouchers' lines."""
    return await names(work, [pair for v in vouchers for line in v.lines for pair in line.dimensions.items()])


def _path(account: Account, by_id: Mapping[UUID, Account]) -> str:
    """应交税费 / 应交增值税 / 销项税额"""
    names = [shown_name(account)]
    while account.parent_id is not None and account.parent_id in by_id:
        account = by_id[account.parent_id]
        names.insert(0, shown_name(account))
    return " / ".join(names)


async def _departments(work: Work) -> list[DimensionChoice]:
    return [DimensionChoice(item.name, initials(item.name), str(item.id)) for item in await find_items(work, "department", limit=500)]
