"""Vouchers as programs send and read them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from core_finance.amounts import Foreign, Plain
from core_finance.posting.engine import Posted
from core_finance.posting.reading import LineView, VoucherRef, VoucherView
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.vouchers.listing import Listed
from core_finance.vouchers.model import Draft, DraftLine
from core_finance.vouchers.service import dimensions_of
from kernel.errors import DomainError

Summary = Annotated[str, msgspec.Meta(max_length=200)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
_ZERO = Decimal(0)


class LineInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One line: an amount on one side.  ``dimensions`` names whose it is, e.g. ``{"party": id}``.

    ``cash_item`` is the line of the cash flow statement, where money moves and the rules should not choose it.
    """

    account: Code
    summary: Summary = ""
    debit: Decimal = _ZERO
    credit: Decimal = _ZERO
    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)] | None = None
    currency_amount: Decimal | None = None
    rate: Decimal | None = None
    quantity: Decimal | None = None
    dimensions: dict[str, UUID] = msgspec.field(default_factory=dict)
    cash_item: int | None = None

    def line(self) -> NewLine:
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return NewLine(**{**values, "account": self.account.replace(".", "")})


class VoucherInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    on: date
    lines: Annotated[list[LineInput], msgspec.Meta(min_length=1, max_length=1000)]
    word: Annotated[str, msgspec.Meta(min_length=1, max_length=4)] = "记"
    attachments: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0

    def voucher(self, idempotency_key: str | None = None) -> NewVoucher:
        return NewVoucher(
            on=self.on,
            lines=[line.line() for line in self.lines],
            word=self.word,
            attachments=self.attachments,
            idempotency_key=idempotency_key,
        )


class VoucherCreate(VoucherInput, kw_only=True, forbid_unknown_fields=True):
    """``post``: into the books at once; otherwise it is kept as a draft."""

    post: bool = False


class DraftUpdate(VoucherInput, kw_only=True, forbid_unknown_fields=True):
    """A draft written anew.  ``version`` is that of the draft as it was read: 428 ``version_required`` without it, 409
    ``voucher_changed`` when it is not the present one.
    """

    version: int | None = None


class BatchItem(VoucherInput, kw_only=True, forbid_unknown_fields=True):
    idempotency_key: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Batch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Vouchers to post in one transaction, or to keep as drafts.  ``partial``: take those that can be taken and say what is
    wrong with the others.
    """

    vouchers: Annotated[list[BatchItem], msgspec.Meta(min_length=1, max_length=1000)]
    partial: bool = False
    state: Literal["posted", "draft"] = "posted"


class Chosen(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Drafts to do something with."""

    ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=1000)]


class TakeBack(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``reason`` is needed of whoever did not give the review."""

    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


class TakeBackChosen(Chosen, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


class OrderInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A month, written as 202611, and one voucher word or all of them."""

    period: int
    word: Annotated[str, msgspec.Meta(min_length=1, max_length=4)] | None = None


class Ordered(msgspec.Struct, kw_only=True):
    """How many drafts got another number."""

    renumbered: int


class ReverseInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    on: date | None = None
    summary: Summary | None = None


class RefRead(msgspec.Struct, kw_only=True):
    id: UUID
    period: int
    word: str
    number: int

    @classmethod
    def of(cls, ref: VoucherRef | None) -> "RefRead | None":
        return None if ref is None else cls(id=ref.id, period=ref.period, word=ref.word, number=ref.number)


class SourceRead(msgspec.Struct, kw_only=True):
    """The document that led to a voucher; ``path`` is its page."""

    kind: str
    id: UUID
    number: str
    path: str


class LineRead(msgspec.Struct, kw_only=True):
    position: int
    account: str
    account_name: str
    summary: str
    debit: Decimal
    credit: Decimal
    currency: str | None
    currency_amount: Foreign | None
    rate: Plain | None
    quantity: Plain | None
    dimensions: dict[str, UUID]
    cash_item: int | None

    @classmethod
    def of(cls, line: LineView) -> "LineRead":
        return cls(**{name: getattr(line, name) for name in cls.__struct_fields__})

    @classmethod
    def of_draft(cls, line: DraftLine, account_name: str) -> "LineRead":
        names = (name for name in cls.__struct_fields__ if name not in ("account_name", "dimensions"))
        return cls(**{name: getattr(line, name) for name in names}, account_name=account_name, dimensions=dimensions_of(line))


class VoucherRead(msgspec.Struct, kw_only=True):
    """``state`` is draft, reviewed or posted.  The ``number`` of one that is not posted yet is where it stands now: it moves up
    when another before it is deleted, and is settled when it is posted.
    """

    id: UUID
    state: str
    period: int
    word: str
    number: int
    on: date
    kind: str
    summary: str
    total: Decimal
    attachments: int
    made_by: str
    reviewed_by: str | None
    signed_by: str | None
    posted_by: str | None
    posted_at: datetime | None
    source: SourceRead | None
    reverses: RefRead | None
    reversed_by: RefRead | None
    version: int | None
    lines: list[LineRead]

    @classmethod
    def of(cls, voucher: VoucherView) -> "VoucherRead":
        same = (
            "id",
            "period",
            "word",
            "number",
            "kind",
            "summary",
            "total",
            "attachments",
            "made_by",
            "reviewed_by",
            "signed_by",
            "posted_by",
            "posted_at",
        )
        source = voucher.source
        return cls(
            **{name: getattr(voucher, name) for name in same},
            state="posted",
            on=voucher.entry_on,
            source=SourceRead(kind=source.kind, id=source.id, number=source.number, path=source.path) if source else None,
            reverses=RefRead.of(voucher.reverses),
            reversed_by=RefRead.of(voucher.reversed_by),
            version=None,
            lines=[LineRead.of(line) for line in voucher.lines],
        )

    @classmethod
    def of_draft(cls, draft: Draft, number: int, names: Mapping[str, str], reverses: VoucherRef | None = None) -> "VoucherRead":
        """``names`` are account names by code; a draft may name an account that is not there."""
        same = ("id", "period", "word", "kind", "attachments", "made_by", "reviewed_by", "signed_by", "version")
        return cls(
            **{name: getattr(draft, name) for name in same},
            state=draft.state.value, number=number, on=draft.entry_on, summary=draft.lines[0].summary if draft.lines else "",
            total=sum((line.debit for line in draft.lines), _ZERO), posted_by=None, posted_at=None, source=None,
            reverses=RefRead.of(reverses), reversed_by=None,
            lines=[LineRead.of_draft(line, names.get(line.account, "")) for line in draft.lines],
        )  # fmt: skip


class VoucherSummary(msgspec.Struct, kw_only=True):
    id: UUID
    state: str
    period: int
    word: str
    number: int
    on: date
    kind: str
    summary: str
    total: Decimal
    made_by: str
    source_number: str | None

    @classmethod
    def of(cls, row: Listed) -> "VoucherSummary":
        same = (name for name in cls.__struct_fields__ if name != "on")
        return cls(**{name: getattr(row, name) for name in same}, on=row.entry_on)


class VoucherList(msgspec.Struct, kw_only=True):
    """Vouchers, the latest first.  ``next`` is the cursor of the following page, null on the last."""

    items: list[VoucherSummary]
    next: str | None


class PostedRead(msgspec.Struct, kw_only=True):
    id: UUID
    period: int
    word: str
    number: int
    replayed: bool

    @classmethod
    def of(cls, posted: Posted) -> "PostedRead":
        return cls(id=posted.id, period=posted.period, word=posted.word, number=posted.number, replayed=posted.replayed)


class DraftRead(msgspec.Struct, kw_only=True):
    """``replayed``: it was kept before, under the same key."""

    id: UUID
    state: str
    period: int
    word: str
    number: int
    replayed: bool


class BatchProblem(msgspec.Struct, kw_only=True):
    code: str
    title: str
    field: str | None

    @classmethod
    def of(cls, error: DomainError) -> "BatchProblem":
        return cls(code=error.code, title=error.message, field=error.errors[0].field if error.errors else None)


class BatchResult(msgspec.Struct, kw_only=True):
    """One of the three is filled."""

    posted: PostedRead | None = None
    draft: DraftRead | None = None
    problem: BatchProblem | None = None


class BatchRead(msgspec.Struct, kw_only=True):
    results: list[BatchResult]


class ChosenResult(msgspec.Struct, kw_only=True):
    """How it went with one voucher: ``state`` where it was done, else ``problem``.  ``posted`` tells its final number."""

    id: UUID
    state: str | None = None
    posted: PostedRead | None = None
    problem: BatchProblem | None = None


class ChosenRead(msgspec.Struct, kw_only=True):
    results: list[ChosenResult]


class DraftList(msgspec.Struct, kw_only=True):
    """Vouchers that wait to be posted.  ``next`` is the cursor of the following page, null on the last."""

    items: list[VoucherRead]
    next: UUID | None
