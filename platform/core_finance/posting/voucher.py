"""A voucher on its way into the books."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

import msgspec

from kernel.ids import new_id
from vertical import SourceDocument

DIMENSIONS = ("party", "department", "employee", "project", "product")
"""Kinds that every company has; its own kinds are named in ``finance_dimension_kind``."""

DIMENSION_KEY = re.compile(r"[a-z][a-z0-9_]{0,19}")

_ZERO = Decimal(0)
_DIMENSION_SETS = UUID("7c0f1f3e-5d0a-5c3e-9a57-2f6d3f0f8a11")


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """A line to post.  ``account`` is its code; red letters are negative amounts on the same side.

    ``debit`` and ``credit`` are in the base currency; ``currency_amount`` is in ``currency``, at ``rate``.
    """

    account: str
    summary: str = ""
    debit: Decimal = _ZERO
    credit: Decimal = _ZERO
    currency: str | None = None
    currency_amount: Decimal | None = None
    rate: Decimal | None = None
    quantity: Decimal | None = None
    dimensions: Mapping[str, UUID] = field(default_factory=dict)
    cash_item: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewVoucher:
    """A voucher to post.  The same ``idempotency_key`` with the same content posts once, however often it is sent.

    ``by_hand``: a person answers for it, so the ledger's rules of review and voucher words hold.  What the platform makes
    of a document or at the end of a period is not.  ``sent_hash`` is the ``body_hash`` of the request that made a draft
    under the key, as the draft may have been edited since.
    """

    on: date
    lines: Sequence[NewLine]
    word: str = "记"
    kind: str = "manual"
    attachments: int = 0
    made_by: str = ""
    made_by_id: UUID | None = None
    reviewed_by: str | None = None
    signed_by: str | None = None
    reverses_id: UUID | None = None
    source: SourceDocument | None = None
    idempotency_key: str | None = None
    sent_hash: str | None = None
    id: UUID = field(default_factory=new_id)
    by_hand: bool = True

    @property
    def period(self) -> int:
        return self.on.year * 100 + self.on.month


def dimension_set_id(dimensions: Mapping[str, UUID]) -> UUID | None:
    """The id of a combination of dimensions: the same combination has the same id everywhere."""
    if not dimensions:
        return None
    return uuid5(_DIMENSION_SETS, ";".join(f"{kind}={dimensions[kind]}" for kind in sorted(dimensions)))


def body_hash(voucher: NewVoucher) -> str:
    """Digest of what is posted, without ids and names: equal when a request is sent again."""
    lines = [
        [x.account, x.summary, _plain(x.debit), _plain(x.credit), x.currency, _plain(x.currency_amount), _plain(x.quantity),
         sorted((kind, str(value)) for kind, value in x.dimensions.items()), *([x.cash_item] if x.cash_item is not None else [])]
        for x in voucher.lines
    ]  # fmt: skip
    body = [str(voucher.on), voucher.word, voucher.kind, voucher.attachments, str(voucher.reverses_id), lines]
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
