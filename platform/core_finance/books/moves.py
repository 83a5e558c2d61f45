"""What books are read from: balances and measures, and with the unposted switch (包含未记账) the lines of drafts beside them.

Each source has the same columns for what is posted and for drafts, so a book is one query whether it includes drafts or not.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, Uuid, and_, case, cast, func, literal, or_, select

from core_finance.chart.model import Account, Ledger
from core_finance.posting.model import NO_DIMENSIONS, Balance, DimensionSet, Measure
from core_finance.posting.voucher import DIMENSIONS
from core_finance.vouchers.model import Draft, DraftLine
from core_finance.vouchers.numbers import number_of_draft


def moves(ledger: Ledger, last: int, *, unposted: bool = False, kinds: Sequence[str] = ()) -> Subquery:
    """``account_id, period, currency, closing, debit, credit`` up to the end of ``last``.

    With ``kinds`` only what names a value of one of these dimensions, the values as ``value_0``, ``value_1``.
    """
    b, s = Balance, DimensionSet
    posted: Any = select(b.account_id, b.period, b.currency, b.closing, b.debit, b.credit).where(b.ledger_id == ledger.id, b.period <= last)
    if kinds:
        values = [_of_set(kind) for kind in kinds]
        posted = posted.add_columns(*_named(values)).join(s, s.id == b.dimension_set_id).where(_any(values))
    else:
        posted = posted.where(b.dimension_set_id == NO_DIMENSIONS)
    if not unposted:
        return _named_source(posted, "moves")
    line = DraftLine
    drafts = placed(select(Account.id, Draft.period, currency_of(ledger), Draft.kind == "closing", line.debit, line.credit), ledger, last)
    if kinds:
        values = [_of_draft(kind) for kind in kinds]
        drafts = drafts.add_columns(*_named(values)).where(_any(values))
    return _named_source(posted.union_all(drafts), "moves")


def _named_source(query: Any, name: str) -> Subquery:
    found: Subquery = query.subquery(name)
    return found


def measures(ledger: Ledger, accounts: Sequence[UUID] | None, last: int, *, unposted: bool = False) -> Subquery:
    """``account_id, period, currency, currency_debit, currency_credit, quantity_debit, quantity_credit`` up to the end of ``last``."""
    m, line = Measure, DraftLine
    posted = (
        select(m.account_id, m.period, m.currency, m.currency_debit, m.currency_credit, m.quantity_debit, m.quantity_credit)
        .join(Account, Account.id == m.account_id)
        .where(Account.ledger_id == ledger.id, m.dimension_set_id == NO_DIMENSIONS, m.period <= last)
    )
    if accounts is not None:
        posted = posted.where(m.account_id.in_(accounts))
    if not unposted:
        return posted.subquery("measures")

    def on(side: Any, amount: Any) -> ColumnElement[Any]:
        return case((side != 0, func.coalesce(amount, 0)), else_=0)

    drafts = placed(
        select(
            Account.id, Draft.period, currency_of(ledger), on(line.debit, line.currency_amount), on(line.credit, line.currency_amount),
            on(line.debit, line.quantity), on(line.credit, line.quantity),
        ),
        ledger, last,
    ).where(or_(line.currency_amount.is_not(None), line.quantity.is_not(None)))  # fmt: skip
    if accounts is not None:
        drafts = drafts.where(Account.id.in_(accounts))
    return posted.union_all(drafts).subquery("measures")


def placed(query: Any, ledger: Ledger, last: int) -> Any:
    """Of drafts up to ``last``, the lines whose account exists and can be posted to: others stand nowhere yet."""
    return (
        query.select_from(DraftLine)
        .join(Draft, Draft.id == DraftLine.draft_id)
        .join(Account, and_(Account.ledger_id == Draft.ledger_id, Account.code == DraftLine.account, Account.is_leaf))
        .where(Draft.ledger_id == ledger.id, Draft.period <= last, or_(DraftLine.debit != 0, DraftLine.credit != 0))
    )


def currency_of(ledger: Ledger) -> ColumnElement[str]:
    """Of a draft's line: what it will be posted in."""
    return func.coalesce(DraftLine.currency, ledger.currency)


def draft_numbers(ledger: Ledger) -> Subquery:
    """``draft_id`` -> the ``number`` that the draft would get now."""
    return select(Draft.id.label("draft_id"), number_of_draft().label("number")).where(Draft.ledger_id == ledger.id).subquery("numbers")


def names_value(kind: str, value: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """That a set of dimensions, and that a draft's line, names ``value``."""
    return _of_set(kind) == value, _of_draft(kind) == value


def values_of(kind: str) -> tuple[ColumnElement[UUID | None], ColumnElement[UUID | None]]:
    """The value of ``kind`` in a set of dimensions, and in a draft's line."""
    return _of_set(kind), _of_draft(kind)


def _of_set(kind: str) -> ColumnElement[Any]:
    if kind in DIMENSIONS:
        column: ColumnElement[Any] = getattr(DimensionSet, f"{kind}_id")
        return column
    # The key is made of letters, digits and _ only, so it is no pattern itself.
    return cast(func.substring(DimensionSet.others, f"(?:^|;){kind}=([0-9a-f-]+)"), Uuid)


def _of_draft(kind: str) -> ColumnElement[Any]:
    if kind in DIMENSIONS:
        column: ColumnElement[Any] = getattr(DraftLine, f"{kind}_id")
        return column
    return cast(DraftLine.others[kind].astext, Uuid)


def _named(values: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [value.label(f"value_{place}") for place, value in enumerate(values)]


def _any(values: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    return or_(*(value.is_not(None) for value in values))


POSTED, UNPOSTED = literal(True), literal(False)
