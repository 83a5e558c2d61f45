"""Hands vouchers to the posting statement."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import msgspec

from core_finance.chart.model import Standard
from core_finance.posting import errors
from core_finance.posting.voucher import DIMENSIONS, NewLine, NewVoucher, body_hash, dimension_set_id
from kernel import clock
from kernel.i18n import gettext as _
from kernel.work import Actor

_SQL = "SELECT * FROM finance_post($1, $2, $3, $4, $5, $6)"


class Books(Protocol):
    """What posting must know of a ledger."""

    @property
    def id(self) -> UUID: ...

    @property
    def currency(self) -> str: ...

    @property
    def standard(self) -> Standard: ...


@dataclass(frozen=True)
class Item:
    """A voucher to send and who posts it.  ``ordinal`` is how the answer names it."""

    ordinal: int
    voucher: NewVoucher
    poster: Actor


async def send(fetch: Callable[..., Awaitable[Sequence[Any]]], books: Books, items: Sequence[Item]) -> dict[int, Any]:
    """What the posting statement answers to each item, by ordinal: a place in the books, or the number of a problem.

    ``fetch(statement, *arguments)`` runs it in the tenant's transaction.  A constraint may refuse what another
    transaction posts at this moment, or a dimension that does not exist; ``collision`` says what.
    """
    vouchers, lines = [], []
    sets: dict[UUID, Mapping[str, UUID]] = {}
    measured = False
    for item in items:
        vouchers.append(_voucher_row(item))
        for position, line in enumerate(item.voucher.lines, 1):
            set_id = dimension_set_id(line.dimensions)
            if set_id is not None:
                sets[set_id] = line.dimensions
            measured = measured or line.currency_amount is not None or line.quantity is not None
            lines.append(_line_row(item.ordinal, position, line, books.currency, set_id))
    dimensions = _json(_set_row(key, value) for key, value in sets.items()) if sets else None
    rows = await fetch(_SQL, books.id, clock.now(), _json(vouchers), _json(lines), dimensions, measured)
    return {row["ordinal"]: row for row in rows}


def collision(error: BaseException | None) -> errors.PostingRefused:
    """What a constraint refused that the statement could not see."""
    text = str(error)
    if "finance_dimension_set" in text:
        return errors.DimensionUnknown(
            _("A line names a customer, supplier, department, employee or product that does not exist; choose another."), field="lines"
        )
    if "reverses_id" in text:
        return errors.AlreadyReversed(_("This voucher was reversed already; it cannot be reversed twice."))
    if "idempotency_key" in text:
        return errors.IdempotencyMismatch(_("The same idempotency key was used for another voucher at this moment; take a new key."))
    return errors.AlreadyPosted(_("This voucher was posted already; open it in the list of vouchers."))


def _set_row(key: UUID, dimensions: Mapping[str, UUID]) -> dict[str, Any]:
    own = ";".join(f"{kind}={dimensions[kind]}" for kind in sorted(dimensions) if kind not in DIMENSIONS)
    return {"id": key, **{kind: value for kind, value in dimensions.items() if kind in DIMENSIONS}, "others": own}


def _voucher_row(item: Item) -> dict[str, Any]:
    voucher, poster = item.voucher, item.poster
    row: dict[str, Any] = {
        "ordinal": item.ordinal, "id": voucher.id, "period": voucher.period, "word": voucher.word, "entry_on": voucher.on,
        "kind": voucher.kind, "summary": voucher.lines[0].summary, "attachments": voucher.attachments,
        "made_by": voucher.made_by or poster.name, "made_by_id": voucher.made_by_id or poster.id, "reviewed_by": voucher.reviewed_by,
        "signed_by": voucher.signed_by, "posted_by": poster.name, "posted_by_id": poster.id, "reverses_id": voucher.reverses_id,
        "by_hand": voucher.by_hand,
    }  # fmt: skip
    if voucher.source is not None:
        row |= {
            "source_kind": voucher.source.kind, "source_id": voucher.source.id, "source_number": voucher.source.number,
            "source_path": voucher.source.path,
        }  # fmt: skip
    if voucher.idempotency_key is not None:
        row |= {"idempotency_key": voucher.idempotency_key, "body_hash": voucher.sent_hash or body_hash(voucher)}
    return row


def _line_row(ordinal: int, position: int, line: NewLine, base: str, set_id: UUID | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ordinal": ordinal, "position": position, "account": line.account, "summary": line.summary, "debit": line.debit,
        "credit": line.credit, "currency": line.currency or base,
    }  # fmt: skip
    if set_id is not None:
        row |= {"dimension_set_id": set_id, "dimensions": ",".join(sorted(line.dimensions))}
    for name in ("currency_amount", "rate", "quantity", "cash_item"):
        if (value := getattr(line, name)) is not None:
            row[name] = value
    return row


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return msgspec.json.encode(list(rows)).decode()
