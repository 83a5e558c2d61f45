"""The ledger of an account (明细账): its lines in order, with the balance after each."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_

from core_finance.books.figures import ZERO, Figures, figures, year_start
from core_finance.chart.model import Account, Ledger
from core_finance.periods.service import following
from core_finance.posting.model import VoucherLine
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


class BadCursor(Invalid):
    code = "bad_cursor"


@dataclass(frozen=True)
class Place:
    """Where a page ends: the last line's place in the order, and the balance after it."""

    entry_on: date
    word: str
    number: int
    position: int
    balance: Decimal

    def encode(self) -> str:
        body = json.dumps([self.entry_on.isoformat(), self.word, self.number, self.position, str(self.balance)])
        return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Place":
        """Raises:
        BadCursor: the text was not made by ``encode``.
        """
        try:
            day, word, number, position, balance = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            return cls(date.fromisoformat(day), str(word), int(number), int(position), Decimal(balance))
        except (ValueError, TypeError, InvalidOperation) as error:
            raise BadCursor(_("The page's address is broken; start from the first page.")) from error


@dataclass(frozen=True)
class LedgerLine:
    voucher_id: UUID
    entry_on: date
    word: str
    number: int
    position: int
    account: str
    summary: str
    debit: Decimal
    credit: Decimal
    balance: Decimal

    @property
    def voucher(self) -> str:
        return f"{self.word}-{self.number}"


@dataclass(frozen=True)
class AccountLedger:
    """A page of an account's ledger.  ``opening`` is the balance before its first line; ``following`` leads to the next page."""

    account: Account
    first: int
    last: int
    figures: Figures
    opening: Decimal
    lines: Sequence[LedgerLine]
    following: str | None

    @property
    def closing(self) -> Decimal:
        """The balance after the page's last line."""
        return self.lines[-1].balance if self.lines else self.opening


@dataclass(frozen=True)
class Part:
    """A part of an account's lines: which they are, and what the balances say of them."""

    condition: ColumnElement[bool]
    figures: Figures


async def account_ledger(
    work: Work,
    ledger: Ledger,
    account: Account,
    *,
    first: int,
    last: int,
    after: str | None = None,
    limit: int = 50,
    part: Part | None = None,
) -> AccountLedger:
    """Lines of an account and of all below it in periods ``first`` to ``last``, in the order of their dates and numbers.

    ``part`` narrows them down.

    Raises:
        BadCursor: ``after`` is no place that an earlier page gave.
    """
    leaves = {a.id: a for a in await leaves_of(work, ledger, account)}
    total = part.figures if part else await _total(work, ledger, list(leaves), first, last)
    place = Place.decode(after) if after else None
    opening = place.balance if place else total.opening
    line = VoucherLine
    order = (line.entry_on, line.word, line.number, line.position)
    query = (
        select(line.voucher_id, *order, line.account_id, line.summary, line.debit, line.credit)
        .where(line.account_id.in_(leaves), line.entry_on >= first_day(first), line.entry_on < first_day(following(last)))
        .order_by(*order)
        .limit(limit + 1)
    )
    if part:
        query = query.where(part.condition)
    if place:
        query = query.where(tuple_(*order) > (place.entry_on, place.word, place.number, place.position))
    rows = (await work.session.execute(query)).all()
    lines, balance = [], opening
    for row in rows[:limit]:
        balance += row.debit - row.credit
        lines.append(
            LedgerLine(
                row.voucher_id, row.entry_on, row.word, row.number, row.position, leaves[row.account_id].code, row.summary, row.debit,
                row.credit,                balance,
            )
        )  # fmt: skip
    next_place = None
    if len(rows) > limit:
        end = lines[-1]
        next_place = Place(end.entry_on, end.word, end.number, end.position, balance).encode()
    return AccountLedger(account, first, last, total, opening, lines, next_place)


async def balance_of(work: Work, ledger: Ledger, account: Account) -> Decimal:
    """The balance of an account with all below it, now; debit is positive."""
    known = await figures(work, ledger, year_start(ledger.start_period), 999912)
    return sum((known[a.id].closing for a in await leaves_of(work, ledger, account) if a.id in known), ZERO)


async def leaves_of(work: Work, ledger: Ledger, account: Account) -> Sequence[Account]:
    """The accounts below ``account`` that are posted to; itself where there is none below."""
    if account.is_leaf:
        return [account]
    query = select(Account).where(Account.ledger_id == ledger.id, Account.is_leaf, Account.code.startswith(account.code, autoescape=True))
    return (await work.session.scalars(query)).all()


async def _total(work: Work, ledger: Ledger, leaves: Sequence[UUID], first: int, last: int) -> Figures:
    known = await figures(work, ledger, first, last)
    return sum((known[i] for i in leaves if i in known), Figures())


def first_day(period: int) -> date:
    """2026-03-01 for 202603."""
    return date(period // 100, period % 100, 1)
