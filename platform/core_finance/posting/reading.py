"""Reading posted vouchers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Subquery, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from core_finance.chart.model import Account, AccountKey, Ledger
from core_finance.posting.model import DimensionSet, Voucher, VoucherLine
from core_finance.posting.voucher import DIMENSIONS
from kernel.work import Work
from vertical import SourceDocument


@dataclass(frozen=True, kw_only=True)
class VoucherRef:
    """Enough to name a voucher and link to it."""

    id: UUID
    period: int
    word: str
    number: int

    @property
    def name(self) -> str:
        """记-12"""
        return f"{self.word}-{self.number}"


@dataclass(frozen=True, kw_only=True)
class LineView:
    position: int
    account: str
    account_name: str
    account_name_en: str
    summary: str
    debit: Decimal
    credit: Decimal
    currency: str
    currency_amount: Decimal | None
    rate: Decimal | None
    quantity: Decimal | None
    dimensions: Mapping[str, UUID]
    cash_item: int | None = None


@dataclass(frozen=True, kw_only=True)
class VoucherView:
    """A posted voucher with its lines and its links.  ``currency`` is the base currency of its ledger."""

    id: UUID
    ledger_id: UUID
    period: int
    word: str
    number: int
    entry_on: date
    kind: str
    summary: str
    total: Decimal
    attachments: int
    made_by: str
    reviewed_by: str | None
    signed_by: str | None
    posted_by: str
    posted_at: datetime
    currency: str
    source: SourceDocument | None
    reverses: VoucherRef | None
    reversed_by: VoucherRef | None
    lines: Sequence[LineView]

    @property
    def name(self) -> str:
        return f"{self.word}-{self.number}"


@dataclass(frozen=True, kw_only=True)
class VoucherRow:
    """A posted voucher in a list."""

    id: UUID
    period: int
    word: str
    number: int
    entry_on: date
    kind: str
    summary: str
    total: Decimal
    made_by: str
    source_number: str | None
    source_path: str | None

    @property
    def name(self) -> str:
        return f"{self.word}-{self.number}"


async def read_voucher(work: Work, voucher_id: UUID) -> VoucherView | None:
    """The posted voucher of that id; None where there is none, or only a draft."""
    query = select(*Voucher.__table__.c, Ledger.currency).join(Ledger, Ledger.id == Voucher.ledger_id).where(Voucher.id == voucher_id)
    voucher = (await work.session.execute(query)).one_or_none()
    if voucher is None:
        return None
    source = None
    if voucher.source_id is not None:
        source = SourceDocument(
            kind=voucher.source_kind, id=voucher.source_id, number=voucher.source_number or "", path=voucher.source_path or ""
        )
    shown = {name: getattr(voucher, name) for name in (
        "id", "ledger_id", "period", "word", "number", "entry_on", "kind", "summary", "total", "attachments", "made_by", "reviewed_by",
        "signed_by", "posted_by", "posted_at", "currency")}  # fmt: skip
    return VoucherView(
        **shown, source=source, lines=(await lines_of(work, [voucher_id]))[voucher_id],
        reverses=await _ref(work, Voucher.id == voucher.reverses_id) if voucher.reverses_id else None,
        reversed_by=await _ref(work, Voucher.reverses_id == voucher_id),
    )  # fmt: skip


async def vouchers_of_source(work: Work, source_id: UUID) -> Sequence[VoucherRef]:
    """The vouchers that a document led to, the first one first."""
    query = _refs().where(Voucher.source_id == source_id).order_by(Voucher.period, Voucher.word, Voucher.number).limit(200)
    return [VoucherRef(**row._mapping) for row in await work.session.execute(query)]


async def list_vouchers(
    work: Work,
    ledger: Ledger,
    *,
    first: int | None = None,
    last: int | None = None,
    word: str | None = None,
    text: str = "",
    kind: str | None = None,
    amount: Decimal | None = None,
    before: tuple[int, str, int] | None = None,
    limit: int = 50,
) -> Sequence[VoucherRow]:
    """Posted vouchers, the latest first: periods from ``first`` to ``last``.

    ``before`` is (period, word, number) of the last row of the page before.  ``text`` is a number, an amount, or part of
    the summary or of the source's number.
    """
    columns = [getattr(Voucher, name) for name in VoucherRow.__dataclass_fields__]
    query = select(*columns).where(Voucher.ledger_id == ledger.id)
    for condition, value in (
        (Voucher.period >= (first or 0), first), (Voucher.period <= (last or 0), last), (Voucher.word == word, word),
        (Voucher.kind == kind, kind),
    ):  # fmt: skip
        if value:
            query = query.where(condition)
    if amount is not None:
        query = query.where(Voucher.total == amount)
    if text := text.strip():
        query = query.where(_matching(text))
    if before is not None:
        query = query.where(tuple_(Voucher.period, Voucher.word, Voucher.number) < before)
    query = query.order_by(Voucher.period.desc(), Voucher.word.desc(), Voucher.number.desc()).limit(limit)
    return [VoucherRow(**row._mapping) for row in await work.session.execute(query)]


def _matching(text: str) -> Any:
    found = [Voucher.summary.contains(text, autoescape=True), Voucher.source_number.contains(text, autoescape=True)]
    bare = text.replace(",", "")
    if bare.isdecimal() and len(bare) < 10:
        found.append(Voucher.number == int(bare))
    if bare.replace(".", "", 1).isdecimal() and len(bare) < 18:
        found.append(Voucher.total == Decimal(bare))
    return or_(*found)


async def lines_of(work: Work, voucher_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[LineView]]:
    """The lines of several posted vouchers, each voucher's in their order."""
    line, sets = VoucherLine, DimensionSet
    query = (
        select(
            line.voucher_id, line.position, Account.code, Account.name, Account.name_en, line.summary, line.debit, line.credit,
            line.currency, line.currency_amount, line.rate, line.quantity, line.cash_item, sets.others,
            *(getattr(sets, f"{kind}_id") for kind in DIMENSIONS),
        )
        .join(Account, Account.id == line.account_id)
        .outerjoin(sets, sets.id == line.dimension_set_id)
        .where(line.voucher_id.in_(voucher_ids))
        .order_by(line.voucher_id, line.position)
    )  # fmt: skip
    found: dict[UUID, list[LineView]] = {voucher_id: [] for voucher_id in voucher_ids}
    for row in await work.session.execute(query):
        found[row.voucher_id].append(
            LineView(
                position=row.position, account=row.code, account_name=row.name, account_name_en=row.name_en, summary=row.summary,
                debit=row.debit, credit=row.credit, currency=row.currency, currency_amount=row.currency_amount, rate=row.rate,
                quantity=row.quantity,
                cash_item=row.cash_item,
                dimensions={kind: value for kind in DIMENSIONS if (value := getattr(row, f"{kind}_id")) is not None} | own_of(row.others),
            )
        )  # fmt: skip
    return found


def own_of(others: str | None) -> dict[str, UUID]:
    """The company's own dimensions of a combination, as ``finance_dimension_set.others`` holds them."""
    return {kind: UUID(value) for pair in (others or "").split(";") if pair for kind, value in [pair.split("=")]}


def _refs() -> Select[UUID, int, str, int]:
    return select(Voucher.id, Voucher.period, Voucher.word, Voucher.number)


async def _ref(work: Work, condition: Any) -> VoucherRef | None:
    row = (await work.session.execute(_refs().where(condition))).first()
    return VoucherRef(**row._mapping) if row else None


def standing_by_source(ledger_id: UUID, kind: str) -> Subquery:
    """Documents of ``kind`` (``source_id``) and the ``total`` of the vouchers that stand for each: neither red nor cancelled in red.

    For statements that compare documents with the books.
    """
    red = aliased(Voucher)
    query = (
        select(Voucher.source_id, func.sum(Voucher.total).label("total"))
        .outerjoin(red, red.reverses_id == Voucher.id)
        .where(Voucher.ledger_id == ledger_id, Voucher.source_kind == kind, Voucher.reverses_id.is_(None), red.id.is_(None))
    )
    return query.group_by(Voucher.source_id).subquery()


def foreign_by_source(ledger_id: UUID, kind: str) -> Subquery:
    """As ``standing_by_source``, of lines in foreign money: documents, ``currency`` and the ``amount`` in it."""
    red, line = aliased(Voucher), VoucherLine
    query = (
        select(
            Voucher.source_id,
            line.currency,
            func.sum(case((line.debit != 0, line.currency_amount), else_=-line.currency_amount)).label("amount"),
        )
        .join(line, line.voucher_id == Voucher.id)
        .outerjoin(red, red.reverses_id == Voucher.id)
        .where(Voucher.ledger_id == ledger_id, Voucher.source_kind == kind, Voucher.reverses_id.is_(None), red.id.is_(None))
        .where(line.currency_amount.is_not(None))
    )
    return query.group_by(Voucher.source_id, line.currency).subquery()


def moved_by_source(ledger_id: UUID, kind: str, key: str) -> Subquery:
    """Documents of ``kind`` (``source_id``) and the ``amount`` that their vouchers moved on the account of ``key``; debit is positive."""
    query = (
        select(Voucher.source_id, func.sum(VoucherLine.debit - VoucherLine.credit).label("amount"))
        .join(VoucherLine, VoucherLine.voucher_id == Voucher.id)
        .join(AccountKey, and_(AccountKey.account_id == VoucherLine.account_id, AccountKey.ledger_id == Voucher.ledger_id))
        .where(Voucher.ledger_id == ledger_id, Voucher.source_kind == kind, AccountKey.key == key)
    )
    return query.group_by(Voucher.source_id).subquery()


def voucher_title(voucher: Voucher) -> str:
    """What a posted voucher is called: 记-12."""
    return f"{voucher.word}-{voucher.number}"
