"""The voucher summary (凭证汇总表): what the vouchers of some periods moved, account by account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Integer, cast, func, select

from core_finance.books.figures import ZERO
from core_finance.books.ledger import first_day
from core_finance.chart.model import Account, Ledger
from core_finance.periods.service import following
from core_finance.posting.model import NO_DIMENSIONS, Balance, Voucher, VoucherLine
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


async def voucher_summary(work: Work, ledger: Ledger, *, first: int, last: int, level: int = 1) -> VoucherSummary:
    """Accounts of ``level``, and those above it that have nothing below, that were moved in periods ``first`` to ``last``.

    Nothing stands twice in the rows, so they add up.
    """
    width = sum(ledger.code_lengths[:level])
    chart = {a.code: a for a in await work.session.scalars(select(Account).where(Account.ledger_id == ledger.id))}
    counts = await _counts(work, ledger, first, last, width)
    b = Balance
    code = func.left(Account.code, width)
    query = (
        select(code, func.sum(b.debit), func.sum(b.credit))
        .join(Account, Account.id == b.account_id)
        .where(b.ledger_id == ledger.id, b.dimension_set_id == NO_DIMENSIONS, b.period >= first, b.period <= last, b.period % 100 > 0)
        .group_by(code)
        .order_by(code)
    )
    rows = [
        SummaryRow(chart[code], debit, credit, counts[code]) for code, debit, credit in await work.session.execute(query) if code in counts
    ]
    v = Voucher
    words = (
        select(v.word, func.count(), cast(func.sum(v.attachments), Integer))
        .where(v.ledger_id == ledger.id, v.period >= first, v.period <= last)
        .group_by(v.word)
        .order_by(v.word)
    )
    return VoucherSummary(first, last, rows, [WordCount(*row) for row in await work.session.execute(words)])


async def _counts(work: Work, ledger: Ledger, first: int, last: int, width: int) -> Mapping[str, int]:
    """Code -> its vouchers.  Balances do not know how many there were; the lines' index alone answers."""
    line = VoucherLine
    code = func.left(Account.code, width).label("code")
    each = (
        select(code, line.entry_on, line.word, line.number)
        .distinct()
        .join(Account, Account.id == line.account_id)
        .where(Account.ledger_id == ledger.id, line.entry_on >= first_day(first), line.entry_on < first_day(following(last)))
        .subquery()
    )
    return dict((await work.session.execute(select(each.c.code, func.count()).group_by(each.c.code))).all())
