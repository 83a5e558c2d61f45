"""Journals of cash and bank accounts (日记账): line by line, with the balance after each and the totals of each day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from sqlalchemy import select

from core_finance.books.figures import ZERO, Figures, MonthTotal
from core_finance.books.ledger import LedgerLine, Place, account_ledger, broken
from core_finance.chart.model import Account, Ledger
from core_finance.posting.model import VoucherLine
from core_finance.vouchers.model import DraftLine
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


class NoCashAccount(Invalid):
    code = "no_cash_account"


@dataclass(frozen=True)
class DayTotal:
    on: date
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True)
class JournalLine:
    """``counter`` names the accounts on the other side of the voucher; ``day`` stands with the last line of a day."""

    line: LedgerLine
    counter: Sequence[str]
    day: DayTotal | None


@dataclass(frozen=True)
class Journal:
    """A page of a journal; ``opening`` is the balance before its first line."""

    account: Account
    first: int
    last: int
    figures: Figures
    opening: Decimal
    lines: Sequence[JournalLine]
    following: str | None
    months: Sequence[MonthTotal] = ()


async def cash_accounts(work: Work, ledger: Ledger) -> Sequence[Account]:
    """Accounts of cash and bank that are posted to."""
    query = select(Account).where(Account.ledger_id == ledger.id, Account.is_cash, Account.is_leaf).order_by(Account.code).limit(500)
    return (await work.session.scalars(query)).all()


async def journal(
    work: Work,
    ledger: Ledger,
    account: Account,
    *,
    first: int,
    last: int,
    after: str | None = None,
    limit: int = 50,
    unposted: bool = False,
) -> Journal:
    """The journal of an account over periods ``first`` to ``last``.

    Raises:
        NoCashAccount: the account is neither cash nor bank.
        BadCursor: ``after`` is no place that an earlier page gave.
    """
    if not account.is_cash:
        raise NoCashAccount(_("Journals are kept of cash and bank accounts; %(code)s is neither.", code=account.code), field="account")
    place, debit, credit = _decode(after) if after else (None, ZERO, ZERO)
    # One line more than is shown tells whether the last day ends here.
    resumed = place.encode() if place else None
    book = await account_ledger(work, ledger, account, first=first, last=last, after=resumed, limit=limit + 1, unposted=unposted)
    shown = book.lines[:limit]
    counters = await _counters(work, shown)
    day = place.entry_on if place else None
    lines = []
    for number, line in enumerate(shown):
        if line.entry_on != day:
            day, debit, credit = line.entry_on, ZERO, ZERO
        debit, credit = debit + line.debit, credit + line.credit
        ends = number + 1 == len(book.lines) or book.lines[number + 1].entry_on != day
        total = DayTotal(line.entry_on, debit, credit, line.balance) if ends else None
        lines.append(JournalLine(line, counters[line.voucher_id, line.position], total))
    ended = {line.period for line in shown} - {line.period for line in book.lines[limit:]}
    following = None
    if len(book.lines) > limit:
        end = shown[-1]
        following = f"{Place(end.entry_on, end.word, end.number, end.position, end.balance).encode()}~{debit}~{credit}"
    return Journal(account, first, last, book.figures, book.opening, lines, following, [m for m in book.months if m.period in ended])


def _decode(text: str) -> tuple[Place, Decimal, Decimal]:
    """Where the page before ended, and what its last day had moved up to there."""
    try:
        place, debit, credit = text.split("~")
        moved = Decimal(debit), Decimal(credit)
        if not (moved[0].is_finite() and moved[1].is_finite()):
            raise ValueError(text)
    except (ValueError, InvalidOperation) as error:
        raise broken() from error
    return Place.decode(place), *moved


async def _counters(work: Work, lines: Sequence[LedgerLine]) -> Mapping[tuple[UUID, int], Sequence[str]]:
    """For each line the codes of the accounts that its voucher moves the other way."""
    other, draft = VoucherLine, DraftLine
    posted = (
        select(other.voucher_id, Account.code, other.debit - other.credit)
        .join(Account, Account.id == other.account_id)
        .where(other.voucher_id.in_({line.voucher_id for line in lines if line.posted}))
    )
    drafts = select(draft.draft_id, draft.account, draft.debit - draft.credit).where(
        draft.draft_id.in_({line.voucher_id for line in lines if not line.posted})
    )
    ways: dict[tuple[UUID, bool], set[str]] = defaultdict(set)
    for query, is_asked in ((posted, any(line.posted for line in lines)), (drafts, any(not line.posted for line in lines))):
        for voucher_id, code, net in await work.session.execute(query) if is_asked else ():
            ways[voucher_id, net > 0].add(code)
    return {
        (line.voucher_id, line.position): sorted(ways[line.voucher_id, line.debit - line.credit < 0] - {line.account}) for line in lines
    }
