"""The chronological book (序时账)."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from core_finance.amounts import Foreign, Plain
from core_finance.books.book import Asked, Book
from core_finance.books.chronological import Chronicle, chronicle
from core_finance.books.declared.lines import state_column, state_of
from core_finance.books.sheet import Column, Row, Sheet, amounts
from core_finance.chart.service import dotted
from kernel.i18n import N_, locale
from kernel.i18n import gettext as _


class ChronicleLineRead(msgspec.Struct, kw_only=True):
    """``posted`` is false for a line of a draft; its number is the one that the draft would get now."""

    voucher_id: UUID
    voucher: str
    position: int
    on: date
    account: str
    account_name: str
    summary: str
    debit: Decimal
    credit: Decimal
    currency: str
    currency_amount: Foreign | None
    quantity: Plain | None
    posted: bool


class ChronicleRead(msgspec.Struct, kw_only=True):
    """``debit`` and ``credit`` are the totals of the periods; ``next`` is the cursor of the following page, null on the last."""

    first: int
    last: int
    unposted: bool
    debit: Decimal
    credit: Decimal
    lines: list[ChronicleLineRead]
    next: str | None


async def _make(asked: Asked) -> Chronicle:
    return await chronicle(asked.work, asked.ledger, **asked.page)


def _sheet(made: Chronicle, asked: Asked) -> Sheet:
    columns = [
        Column(_("Date"), "date"), Column(_("Voucher number")), *state_column(asked), Column(_("Summary"), "main"), Column(_("Account")),
        *amounts(_("Debit"), _("Credit"), carried="sum"),
    ]  # fmt: skip
    zh, lengths = locale() == "zh_CN", asked.ledger.code_lengths
    rows = [
        Row(
            [
                x.entry_on, x.voucher, *state_of(asked, posted=x.posted), x.summary,
                f"{dotted(x.account, lengths)} {x.account_name if zh or not x.account_name_en else x.account_name_en}", x.debit, x.credit,
            ],
            f"/vouchers/{x.voucher_id}",
        )
        for x in made.lines
    ]  # fmt: skip
    if made.following is None and (made.lines or not asked.begins):
        rows.append(Row([None, None, *state_of(asked, posted=True), _("Total"), None, made.debit, made.credit], tone="sub"))
    return Sheet(columns, rows)


def _answer(made: Chronicle, asked: Asked) -> ChronicleRead:
    same = [name for name in ChronicleLineRead.__struct_fields__ if name != "on"]
    lines = [
        ChronicleLineRead(on=x.entry_on, **{name: getattr(x, name) for name in same}) for x in made.lines
    ]  # fmt: skip
    return ChronicleRead(
        first=made.first, last=made.last, unposted=asked.unposted, debit=made.debit, credit=made.credit, lines=lines, next=made.following
    )


CHRONICLE = Book(
    key="chronicle",
    title=N_("Chronological book"),
    note="The lines of all vouchers in the order of their dates and numbers (序时账).",
    operation="Chronicle",
    reads=ChronicleRead,
    make=_make,
    sheet=_sheet,
    answer=_answer,
    following=lambda made: made.following,
)
