"""The voucher summary (凭证汇总表): what the vouchers of some periods moved, account by account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer, cast, func, select

from core_finance.books.codes import ALL, Codes
from core_finance.books.figures import ZERO
from core_finance.books.ledger import first_day
from core_finance.books.moves import moves, placed
from core_finance.chart.model import Account, Ledger
from core_finance.periods.service import following
from core_finance.posting.model import Voucher, VoucherLine
from core_finance.vouchers.model import Draft
from kernel.work import Work


@dataclass(frozen=True)
class SummaryRow:
    """``vouchers`` counts each voucher once, however many of its lines stand at the account or below it."""

    account: Account
    debit: Decimal
    credit: Decimal
    vouchers: int


@dataclass(frozen=True)
class WordCount:
    """The vouchers of one word, and the papers attached to them."""

    word: str
    vouchers: int
    attachments: int


@dataclass(frozen=True)
class VoucherSummary:
    first: int
    last: int
    rows: Sequence[SummaryRow]
    words: Sequence[WordCount]

    @property
    def debit(self) -> Decimal:
        return sum((row.debit for row in self.rows), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((row.credit for row in self.rows), ZERO)

    @property
    def vouchers(self) -> int:
        return sum(word.vouchers for word in self.words)


async def voucher_summary(
    work: Work, ledger: Ledger, *, first: int, last: int, level: int = 1, codes: Codes = ALL, unposted: bool = False
) -> VoucherSummary:
    """Accounts of ``codes`` and of ``level``, and those above it that have nothing below, that were moved in periods ``first`` to ``last``.

    Nothing stands twice in the rows, so they add up.
    """
    width = sum(ledger.code_lengths[:level])
    chart = {a.code: a for a in await work.session.scalars(select(Account).where(Account.ledger_id == ledger.id))}
    counts = await _counts(work, ledger, (first, last), width, unposted=unposted)
    m = moves(ledger, last, unposted=unposted).c
    code = func.left(Account.code, width)
    query = (
        select(code, func.sum(m.debit), func.sum(m.credit))
        .join(Account, Account.id == m.account_id)
        .where(m.period >= first, m.period % 100 > 0)
        .group_by(code)
        .order_by(code)
    )
    rows = [
        SummaryRow(chart[code], debit, credit, counts[code])
        for code, debit, credit in await work.session.execute(query)
        if code in counts and codes.holds(code)
    ]
    return VoucherSummary(first, last, rows, await _words(work, ledger, first, last, unposted=unposted))


async def _words(work: Work, ledger: Ledger, first: int, last: int, *, unposted: bool) -> Sequence[WordCount]:
    tables: list[Any] = [Voucher, Draft] if unposted else [Voucher]
    each = [select(t.word, t.attachments).where(t.ledger_id == ledger.id, t.period >= first, t.period <= last) for t in tables]
    both = each[0].union_all(*each[1:]).subquery("papers").c
    words = select(both.word, func.count(), cast(func.sum(both.attachments), Integer)).group_by(both.word).order_by(both.word)
    return [WordCount(*row) for row in await work.session.execute(words)]


async def _counts(work: Work, ledger: Ledger, span: tuple[int, int], width: int, *, unposted: bool) -> Mapping[str, int]:
    """Code -> its vouchers.  Balances do not know how many there were; the lines' index alone answers."""
    line, (first, last) = VoucherLine, span
    code = func.left(Account.code, width).label("code")
    # A day, word and number name a voucher; the index holds them, so the lines themselves are not read.
    posted = (
        select(code, line.entry_on, line.word, line.number)
        .distinct()
        .join(Account, Account.id == line.account_id)
        .where(Account.ledger_id == ledger.id, line.entry_on >= first_day(first), line.entry_on < first_day(following(last)))
        .subquery()
    )
    found: dict[str, int] = dict((await work.session.execute(select(posted.c.code, func.count()).group_by(posted.c.code))).all())
    if unposted:
        drafts = placed(select(code, func.count(Draft.id.distinct())), ledger, last).where(Draft.period >= first).group_by(code)
        for each, count in await work.session.execute(drafts):
            found[each] = found.get(each, 0) + count
    return found
