"""The multi-column ledger (多栏账): the lines of an account with its sub-accounts, or the values of a dimension, side by side."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core_finance.books.auxiliary import auxiliary_balances
from core_finance.books.figures import Figures, figures
from core_finance.books.ledger import AccountLedger, LedgerLine, Narrowed, account_ledger
from core_finance.chart.model import Account, Ledger, Side
from core_finance.chart.service import titled
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

COLUMNS_MAX = 60
REST = "-"
"""The column of what names no value of the dimension."""


class NoSubAccounts(Invalid):
    code = "no_sub_accounts"


class TooManyColumns(Invalid):
    code = "too_many_columns"


class Analysis(enum.StrEnum):
    """Which amounts the columns show: debits less credits, credits less debits, or both apart."""

    NORMAL = "normal"  # the side where the account normally stands
    DEBIT = "debit"
    CREDIT = "credit"
    BOTH = "both"


@dataclass(frozen=True)
class ColumnFigures:
    """A column.  ``group`` is the code or the value it holds, ``side`` says which amounts: ``net`` counts positive on the book's side.

    A column of one side only has movements, no balances: ``opening`` and ``closing`` are None.
    """

    group: str
    label: str
    side: str
    opening: Decimal | None
    moved: Decimal
    closing: Decimal | None
    account: Account | None = None

    @property
    def key(self) -> str:
        return self.group if self.side == "net" else f"{self.side}:{self.group}"


@dataclass(frozen=True)
class ColumnLedger:
    """A page of the book; ``columns`` are those that have figures."""

    book: AccountLedger
    columns: Sequence[ColumnFigures]
    sign: int
    dimension: str

    def place(self, line: LedgerLine) -> Mapping[str, Decimal]:
        """The line's amount under the key of its column."""
        return {column.key: amount for column in self.columns if self._is_of(line, column) and (amount := self._amount(line, column))}

    def _is_of(self, line: LedgerLine, column: ColumnFigures) -> bool:
        if self.dimension:
            return column.group == (str(line.value) if line.value else REST)
        return line.account.startswith(column.group)

    def _amount(self, line: LedgerLine, column: ColumnFigures) -> Decimal:
        if column.side == "net":
            return self.sign * (line.debit - line.credit)
        return line.debit if column.side == "debit" else line.credit


async def split_accounts(work: Work, ledger: Ledger) -> Sequence[Account]:
    """Accounts that have sub-accounts."""
    query = select(Account).where(Account.ledger_id == ledger.id, ~Account.is_leaf).order_by(Account.code).limit(500)
    return (await work.session.scalars(query)).all()


async def column_ledger(
    work: Work,
    ledger: Ledger,
    account: Account,
    *,
    first: int,
    last: int,
    analysis: Analysis = Analysis.NORMAL,
    dimension: str = "",
    after: str | None = None,
    limit: int = 50,
    unposted: bool = False,
) -> ColumnLedger:
    """Lines below ``account`` in periods ``first`` to ``last``, a column for each sub-account or each value of ``dimension``.

    Raises:
        NoSubAccounts: there is nothing to put into columns.
        TooManyColumns: more than ``COLUMNS_MAX``.
        DimensionNotFound: there is no such dimension.
        BadCursor: ``after`` is no place that an earlier page gave.
    """
    span: dict[str, Any] = {"first": first, "last": last, "unposted": unposted}
    if dimension:
        parts = await _values(work, ledger, account, dimension, **span)
    elif account.is_leaf:
        raise NoSubAccounts(_("Account %(code)s has no sub-accounts; read its own ledger.", code=account.code), field="account")
    else:
        parts = await _sub_accounts(work, ledger, account, **span)
    side = account.side.value if analysis is Analysis.NORMAL else analysis.value
    sign = -1 if side == Side.CREDIT.value else 1
    columns = [column for part in parts for column in _columns(part, sign, apart=analysis is Analysis.BOTH)]
    if analysis is Analysis.BOTH:
        columns.sort(key=lambda column: column.side == "credit")
    if len(columns) > COLUMNS_MAX:
        raise TooManyColumns(
            _("That makes %(count)s columns, and a sheet holds %(most)s; choose fewer periods or an account below.",
              count=len(columns), most=COLUMNS_MAX),
            field="account",
        )  # fmt: skip
    narrowed = Narrowed(split=dimension or None)
    book = await account_ledger(
        work, ledger, account, first=first, last=last, after=after, limit=limit, unposted=unposted, narrowed=narrowed
    )
    return ColumnLedger(book, columns, sign, dimension)


@dataclass(frozen=True)
class _Part:
    group: str
    label: str
    figures: Figures
    account: Account | None = None


def _columns(part: _Part, sign: int, *, apart: bool) -> list[ColumnFigures]:
    of = part.figures
    if not apart:
        moved = sign * (of.debit - of.credit)
        return [ColumnFigures(part.group, part.label, "net", sign * of.opening, moved, sign * of.closing, part.account)]
    return [
        ColumnFigures(part.group, part.label, side, None, moved, None, part.account)
        for side, moved in (("debit", of.debit), ("credit", of.credit))
        if moved
    ]


async def _sub_accounts(work: Work, ledger: Ledger, account: Account, *, first: int, last: int, unposted: bool) -> list[_Part]:
    below = select(Account).where(Account.ledger_id == ledger.id, Account.code.startswith(account.code, autoescape=True))
    chart = (await work.session.scalars(below.order_by(Account.code))).all()
    known = await figures(work, ledger, first, last, unposted=unposted)
    parts = []
    for child in (a for a in chart if a.parent_id == account.id):
        total = sum((known[a.id] for a in chart if a.id in known and a.code.startswith(child.code)), Figures())
        parts.append(_Part(child.code, titled(child, ledger), total, child))
    return [part for part in parts if not part.figures.is_empty]


async def _values(work: Work, ledger: Ledger, account: Account, dimension: str, *, first: int, last: int, unposted: bool) -> list[_Part]:
    made = await auxiliary_balances(work, ledger, account, dimension, first=first, last=last, unposted=unposted)
    return [_Part(_group(row.value), row.name, row.figures) for row in made.rows]


def _group(value: UUID | None) -> str:
    return str(value) if value else REST
