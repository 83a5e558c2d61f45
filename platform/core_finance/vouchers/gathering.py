"""Vouchers with everything on them, for paper and for files: posted ones of a range, ticked ones, or a draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from core_finance.books.frame import check_months
from core_finance.chart.model import Account, Ledger
from core_finance.posting.model import Voucher
from core_finance.posting.reading import LineView, lines_of
from core_finance.vouchers.model import Draft
from core_finance.vouchers.numbers import in_order, numbers_of
from core_finance.vouchers.service import dimensions_of
from kernel.errors import Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.work import Work

_AT_ONCE = 1000


class NoVouchers(NotFound):
    """Nothing is in the range asked for."""

    code = "no_vouchers"


class TooManyVouchers(Invalid):
    """More than one file holds."""

    code = "too_many_vouchers"


@dataclass(frozen=True, kw_only=True)
class WholeVoucher:
    """A voucher with its lines.  ``posted_by`` is None for a draft, whose number is not settled."""

    id: UUID
    period: int
    word: str
    number: int
    entry_on: date
    kind: str
    attachments: int
    made_by: str
    reviewed_by: str | None
    signed_by: str | None
    posted_by: str | None
    lines: Sequence[LineView]

    @property
    def debit(self) -> Decimal:
        return sum((line.debit for line in self.lines), Decimal(0))

    @property
    def credit(self) -> Decimal:
        return sum((line.credit for line in self.lines), Decimal(0))


async def gather(
    work: Work, ledger: Ledger, *, most: int, first: int | None = None, last: int | None = None, word: str | None = None,
    ids: Sequence[UUID] = (),
) -> list[WholeVoucher]:  # fmt: skip
    """Posted vouchers of the periods from ``first`` to ``last``, or those of ``ids``; in the order of the books.

    Raises:
        Invalid: neither a range nor vouchers are named, or the range is none.
        NoVouchers: there are none.
        TooManyVouchers: there are more than ``most``.
    """
    check_months(first=first, last=last)
    if not ids and first is None and last is None:
        raise Invalid(_("Say which vouchers: periods from first to last, or vouchers one by one."), field="first")
    columns = [getattr(Voucher, name) for name in WholeVoucher.__dataclass_fields__ if name != "lines"]
    query = select(*columns).where(Voucher.ledger_id == ledger.id)
    for condition, value in (
        (Voucher.period >= (first or 0), first), (Voucher.period <= (last or 0), last), (Voucher.word == word, word),
        (Voucher.id.in_(ids[: most + 1]), ids),
    ):  # fmt: skip
        if value:
            query = query.where(condition)
    count = await work.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if count > most:
        raise TooManyVouchers(
            _("These are %(count)s vouchers; at most %(most)s go into one file. Take fewer periods.", count=count, most=most), field="first"
        )
    rows = (await work.session.execute(query.order_by(Voucher.period, Voucher.word, Voucher.number))).all()
    if not rows:
        raise NoVouchers(_("There is no posted voucher in this range; choose other periods."))
    lines: dict[UUID, Sequence[LineView]] = {}
    for start in range(0, len(rows), _AT_ONCE):
        lines |= await lines_of(work, [row.id for row in rows[start : start + _AT_ONCE]])
    return [WholeVoucher(**row._mapping, lines=lines[row.id]) for row in rows]


async def gather_drafts(work: Work, ledger: Ledger, ids: Sequence[UUID]) -> list[WholeVoucher]:
    """Those of ``ids`` that are not posted, in the order of their numbers."""
    query = select(Draft).where(Draft.ledger_id == ledger.id, Draft.id.in_(ids)).options(selectinload(Draft.lines))
    drafts = in_order((await work.session.scalars(query.limit(_AT_ONCE))).all())
    numbers = await numbers_of(work, ledger, drafts)
    return [whole_draft(draft, ledger.currency, numbers[draft.id]) for draft in drafts]


def whole_draft(draft: Draft, base: str, number: int) -> WholeVoucher:
    """A draft as if it were posted, with the number that it has now."""
    return WholeVoucher(
        id=draft.id, period=draft.period, word=draft.word, number=number, entry_on=draft.entry_on, kind=draft.kind,
        attachments=draft.attachments, made_by=draft.made_by, reviewed_by=draft.reviewed_by, signed_by=draft.signed_by, posted_by=None,
        lines=draft_lines(draft, base),
    )  # fmt: skip


def draft_lines(draft: Draft, base: str, names: Mapping[str, str] | None = None) -> list[LineView]:
    """The lines of a draft as posted ones are read; ``names`` are account names by code."""
    return [
        LineView(
            position=line.position, account=line.account, account_name=(names or {}).get(line.account, ""), account_name_en="",
            summary=line.summary, debit=line.debit, credit=line.credit, currency=line.currency or base,
            currency_amount=line.currency_amount, rate=line.rate, quantity=line.quantity, dimensions=dimensions_of(line),
            cash_item=line.cash_item,
        )
        for line in draft.lines
    ]  # fmt: skip


async def account_paths(work: Work, ledger: Ledger) -> Mapping[str, str]:
    """The name of each account by code, behind the names of those above it: 应交税费/应交增值税/销项税额."""
    english = locale() != "zh_CN"
    query = select(Account.id, Account.parent_id, Account.code, Account.name, Account.name_en).where(Account.ledger_id == ledger.id)
    rows = {row.id: row for row in await work.session.execute(query)}
    by_code = {row.code: row for row in rows.values()}
    paths: dict[str, str] = {}
    for code in sorted(row.code for row in rows.values()):
        row = by_code[code]
        above = rows[row.parent_id].code if row.parent_id in rows else None
        name = (english and row.name_en) or row.name
        paths[code] = f"{paths[above]}/{name}" if above in paths else name
    return paths
