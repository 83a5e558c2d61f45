"""Books by dimension (辅助余额表, 辅助明细账): what an account's lines say about parties, departments and so on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, select

from core_finance.books.figures import Figures, sums
from core_finance.books.ledger import AccountLedger, Part, account_ledger, leaves_of
from core_finance.chart.model import Account, Ledger
from core_finance.dimensions.service import DimensionNotFound, names
from core_finance.posting.model import NO_DIMENSIONS, Balance, DimensionSet, VoucherLine
from core_finance.posting.voucher import DIMENSIONS
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.work import Work


class NothingSaid(NotFound):
    code = "dimension_value_not_found"


@dataclass(frozen=True)
class AuxiliaryRow:
    """A party or the like, with its figures; ``value`` is None for what names none."""

    value: UUID | None
    name: str
    figures: Figures


@dataclass(frozen=True)
class AuxiliaryBalances:
    account: Account
    kind: str
    first: int
    last: int
    rows: Sequence[AuxiliaryRow]
    total: Figures


async def auxiliary_balances(work: Work, ledger: Ledger, account: Account, kind: str, *, first: int, last: int) -> AuxiliaryBalances:
    """The figures of an account, with all below it, for each value of the dimension ``kind``; they add up to the account's.

    Raises:
        DimensionNotFound: there is no such dimension.
    """
    column = _column(kind)
    leaves = [leaf.id for leaf in await leaves_of(work, ledger, account)]
    b, s = Balance, DimensionSet
    mine = (b.ledger_id == ledger.id, b.account_id.in_(leaves), b.period <= last)
    named = select(column, *sums(first, last)).join(s, s.id == b.dimension_set_id).where(*mine, column.is_not(None)).group_by(column)
    whole = select(*sums(first, last)).where(*mine, b.dimension_set_id == NO_DIMENSIONS)
    found = {row[0]: Figures(*row[1:]) for row in await work.session.execute(named)}
    total = await _one(work, whole)
    names = await names_of(work, kind, list(found))
    rows = [AuxiliaryRow(value, names[value], of) for value, of in found.items() if not of.is_empty]
    rows.sort(key=lambda row: (row.name, str(row.value)))
    rest = total - sum(found.values(), Figures())
    if any(rest.values()):
        rows.append(AuxiliaryRow(None, _("Not stated"), rest))
    return AuxiliaryBalances(account, kind, first, last, rows, total)


async def auxiliary_ledger(
    work: Work,
    ledger: Ledger,
    account: Account,
    kind: str,
    value: UUID,
    *,
    first: int,
    last: int,
    after: str | None = None,
    limit: int = 50,
) -> AccountLedger:
    """The lines of an account that name ``value``, with the balance after each.

    Raises:
        DimensionNotFound: there is no such dimension.
        NothingSaid: no line of any account names the value.
        BadCursor: ``after`` is no place that an earlier page gave.
    """
    column = _column(kind)
    if await work.session.scalar(select(DimensionSet.id).where(column == value).limit(1)) is None:
        raise NothingSaid(_("No voucher names that; choose one from the balances by dimension."))
    leaves = [leaf.id for leaf in await leaves_of(work, ledger, account)]
    b = Balance
    query = select(*sums(first, last)).where(
        b.ledger_id == ledger.id, b.account_id.in_(leaves), b.period <= last, b.dimension_set_id == DimensionSet.id, column == value
    )
    part = Part(
        VoucherLine.dimension_set_id.in_(select(DimensionSet.id).where(column == value)),
        await _one(work, query),
    )
    return await account_ledger(work, ledger, account, first=first, last=last, after=after, limit=limit, part=part)


async def names_of(work: Work, kind: str, values: Sequence[UUID]) -> Mapping[UUID, str]:
    """What the values are called; the id's end where no master record tells."""
    found = await names(work, [(kind, value) for value in values])
    return {value: found.get(value, f"…{str(value)[-8:]}") for value in values}


async def _one(work: Work, query: Executable) -> Figures:
    (row,) = (await work.session.execute(query)).all()
    return Figures(*tuple(row))


def _column(kind: str) -> Any:
    if kind not in DIMENSIONS:
        raise DimensionNotFound(_("There is no dimension %(name)s.", name=kind), field="dimension")
    return getattr(DimensionSet, f"{kind}_id")
