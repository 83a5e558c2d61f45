"""The multi-column ledger (多栏账): the lines of an account with its sub-accounts side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from core_finance.books.figures import Figures, figures
from core_finance.books.ledger import AccountLedger, LedgerLine, account_ledger
from core_finance.chart.model import Account, Ledger, Side
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


class NoSubAccounts(Invalid):
    code = "no_sub_accounts"


@dataclass(frozen=True)
class ColumnFigures:
    """A sub-account; amounts count positive on the side where the account above normally stands."""

    account: Account
    opening: Decimal
    moved: Decimal
    closing: Decimal


@dataclass(frozen=True)
class ColumnLedger:
    """A page of the book.  ``columns`` are the sub-accounts that have figures, with those of all below each."""

    book: AccountLedger
    columns: Sequence[ColumnFigures]
    sign: int

    def place(self, line: LedgerLine) -> Mapping[str, Decimal]:
        """The line's amount under the code of its column."""
        code = next((c.account.code for c in self.columns if line.account.startswith(c.account.code)), None)
        return {code: self.sign * (line.debit - line.credit)} if code else {}


async def split_accounts(work: Work, ledger: Ledger) -> Sequence[Account]:
    """Accounts that have sub-accounts."""
    query = select(Account).where(Account.ledger_id == ledger.id, ~Account.is_leaf).order_by(Account.code).limit(500)
    return (await work.session.scalars(query)).all()


async def column_ledger(
    work: Work, ledger: Ledger, account: Account, *, first: int, last: int, after: str | None = None, limit: int = 50
) -> ColumnLedger:
    """Lines below ``account`` in periods ``first`` to ``last``, a column for each sub-account.

    Raises:
        NoSubAccounts: there is nothing to put into columns.
        BadCursor: ``after`` is no place that an earlier page gave.
    """
    if account.is_leaf:
        raise NoSubAccounts(_("Account %(code)s has no sub-accounts; read its own ledger.", code=account.code), field="account")
    below = select(Account).where(Account.ledger_id == ledger.id, Account.code.startswith(account.code, autoescape=True))
    chart = (await work.session.scalars(below.order_by(Account.code))).all()
    known = await figures(work, ledger, first, last)
    sign = 1 if account.side is Side.DEBIT else -1
    columns = []
    for child in (a for a in chart if a.parent_id == account.id):
        total = sum((known[a.id] for a in chart if a.id in known and a.code.startswith(child.code)), Figures())
        if not total.is_empty:
            columns.append(ColumnFigures(child, sign * total.opening, sign * (total.debit - total.credit), sign * total.closing))
    book = await account_ledger(work, ledger, account, first=first, last=last, after=after, limit=limit)
    return ColumnLedger(book, columns, sign)
