"""Books by dimension (辅助余额表, 辅助明细账): what an account's lines say about parties, departments and so on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select

from core_finance.books.figures import BUCKETS, Figures, buckets, gathered
from core_finance.books.ledger import AccountLedger, Narrowed, account_ledger, leaves_of, months_of
from core_finance.books.moves import moves, names_value
from core_finance.chart.model import Account, Ledger
from core_finance.dimensions.service import DimensionNotFound, labels, names
from core_finance.posting.model import DimensionSet
from core_finance.vouchers.model import Draft, DraftLine
from kernel.errors import Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work


class NothingSaid(NotFound):
    code = "dimension_value_not_found"


@dataclass(frozen=True)
class AuxiliaryRow:
    """A party or the like, or two of different kinds together, with its figures; None for what names none."""

    values: tuple[UUID | None, ...]
    names: tuple[str, ...]
    figures: Figures

    @property
    def value(self) -> UUID | None:
        return self.values[0]

    @property
    def name(self) -> str:
        return self.names[0]


@dataclass(frozen=True)
class AuxiliaryBalances:
    account: Account
    kinds: tuple[str, ...]
    first: int
    last: int
    rows: Sequence[AuxiliaryRow]
    total: Figures

    @property
    def kind(self) -> str:
        return self.kinds[0]


async def auxiliary_balances(
    work: Work, ledger: Ledger, account: Account, *kinds: str, first: int, last: int, unposted: bool = False
) -> AuxiliaryBalances:
    """The figures of an account, with all below it, for each value of a dimension, or each pair of two; they add up to the account's.

    Raises:
        DimensionNotFound: there is no such dimension.
        Invalid: a dimension stands beside itself.
    """
    await check_kinds(work, *kinds)
    leaves = [leaf.id for leaf in await leaves_of(work, ledger, account)]
    m = moves(ledger, last, unposted=unposted, kinds=kinds)
    values = [m.c[f"value_{place}"] for place in range(len(kinds))]
    query = select(*values, *buckets(m.c, first, last)).where(m.c.account_id.in_(leaves)).group_by(*values, *BUCKETS)
    found = gathered(await work.session.execute(query))
    total = (await months_of(work, ledger, leaves, last, unposted=unposted)).figures(first, last)
    called = await names_of(work, [(kind, value) for each in found for kind, value in zip(kinds, each, strict=True) if value])
    rows = [AuxiliaryRow(each, tuple(_name(called, value) for value in each), of) for each, of in found.items() if not of.is_empty]
    rows.sort(key=lambda row: [(value is None, name, str(value)) for name, value in zip(row.names, row.values, strict=True)])
    rest = total - sum(found.values(), Figures())
    if any(rest):
        rows.append(AuxiliaryRow((None,) * len(kinds), (_name(called, None),) * len(kinds), rest))
    return AuxiliaryBalances(account, kinds, first, last, rows, total)


async def auxiliary_ledger(
    work: Work,
    ledger: Ledger,
    account: Account,
    values: Mapping[str, UUID],
    *,
    first: int,
    last: int,
    after: str | None = None,
    limit: int = 50,
    unposted: bool = False,
) -> AccountLedger:
    """The lines of an account that name all ``values``, with the balance after each.

    Raises:
        DimensionNotFound: there is no such dimension.
        NothingSaid: no line of any account names one of the values.
        BadCursor: ``after`` is no place that an earlier page gave.
    """
    await check_kinds(work, *values)
    for kind, value in values.items():
        posted, draft = names_value(kind, value)
        said: ColumnElement[bool] = exists(select(DimensionSet.id).where(posted))
        if unposted:
            said = or_(said, exists(select(DraftLine.id).join(Draft).where(Draft.ledger_id == ledger.id, draft)))
        if not await work.session.scalar(select(said)):
            raise NothingSaid(_("No voucher names that; choose one from the balances by dimension."), field="value")
    return await account_ledger(
        work, ledger, account, first=first, last=last, after=after, limit=limit, unposted=unposted, narrowed=Narrowed(values=values)
    )


async def check_kinds(work: Work, *kinds: str) -> None:
    """Raises:
    DimensionNotFound: one of them is no dimension.
    Invalid: one stands there twice.
    """
    known = await labels(work)
    for kind in kinds:
        if kind not in known:
            raise DimensionNotFound(_("There is no dimension %(name)s.", name=kind), field="dimension")
    if len(set(kinds)) < len(kinds):
        raise Invalid(_("Choose two different dimensions."), field="second")


async def names_of(work: Work, pairs: Sequence[tuple[str, UUID]]) -> Mapping[UUID, str]:
    """What the values are called; the id's end where no record tells."""
    found = await names(work, pairs)
    return {value: found.get(value, f"…{str(value)[-8:]}") for _kind, value in pairs}


def _name(called: Mapping[UUID, str], value: UUID | None) -> str:
    return called[value] if value else _("Not stated")
