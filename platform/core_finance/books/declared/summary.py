"""The voucher summary (凭证汇总表)."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from core_finance.books.book import Asked, Book
from core_finance.books.declared.asking import CODE_FROM, CODE_TO, codes, level, level_parameter
from core_finance.books.sheet import Column, Row, Sheet, amounts
from core_finance.books.summary import VoucherSummary, voucher_summary
from core_finance.chart.service import titled
from kernel.i18n import N_
from kernel.i18n import gettext as _


class SummaryRowRead(msgspec.Struct, kw_only=True):
    account: str
    name: str
    debit: Decimal
    credit: Decimal
    vouchers: int


class WordRead(msgspec.Struct, kw_only=True):
    word: str
    vouchers: int
    attachments: int


class SummaryRead(msgspec.Struct, kw_only=True):
    """``words`` count the vouchers; an account counts each of its vouchers once."""

    first: int
    last: int
    unposted: bool
    debit: Decimal
    credit: Decimal
    words: list[WordRead]
    rows: list[SummaryRowRead]


async def _make(asked: Asked) -> VoucherSummary:
    return await voucher_summary(asked.work, asked.ledger, level=level(asked), codes=codes(asked), **asked.span)


def _sheet(made: VoucherSummary, asked: Asked) -> Sheet:
    columns = [Column(_("Account"), "main"), *amounts(_("Debit"), _("Credit")), Column(_("Number of vouchers"), "count")]
    rows = [
        Row([titled(row.account, asked.ledger), row.debit, row.credit, row.vouchers], asked.ledger_of(row.account.code))
        for row in made.rows
    ]  # fmt: skip
    if rows:
        rows.append(Row([_("Total"), made.debit, made.credit, made.vouchers], tone="sub"))
    return Sheet(columns, rows)


def _answer(made: VoucherSummary, asked: Asked) -> SummaryRead:
    return SummaryRead(
        first=made.first,
        last=made.last,
        unposted=asked.unposted,
        debit=made.debit,
        credit=made.credit,
        words=[WordRead(word=w.word, vouchers=w.vouchers, attachments=w.attachments) for w in made.words],
        rows=[
            SummaryRowRead(account=r.account.code, name=r.account.name, debit=r.debit, credit=r.credit, vouchers=r.vouchers)
            for r in made.rows
        ],
    )


async def _about(made: VoucherSummary, _asked: Asked) -> Sequence[str]:
    return [
        _("%(word)s: %(vouchers)s vouchers, %(papers)s attachments", word=w.word, vouchers=w.vouchers, papers=w.attachments)
        for w in made.words
    ]


SUMMARY = Book(
    key="summary",
    title=N_("Voucher summary"),
    note="What the vouchers moved, and how many there were, account by account (凭证汇总表).",
    operation="VoucherSummary",
    reads=SummaryRead,
    parameters=[level_parameter(1), CODE_FROM, CODE_TO],
    make=_make,
    sheet=_sheet,
    answer=_answer,
    about=_about,
)
