"""Numbers of drafts: counted on after the posted vouchers of the month and word, in the order of ``Draft.place``."""

from sqlalchemy import ColumnElement, func, select

from core_finance.posting.model import Voucher
from core_finance.vouchers.model import Draft


def number_of_draft() -> ColumnElement[int]:
    """The number of each draft, in a query over all drafts of its month and word: a filter goes around it."""
    last = (
        select(Voucher.number)
        .where(Voucher.ledger_id == Draft.ledger_id, Voucher.period == Draft.period, Voucher.word == Draft.word)
        .order_by(Voucher.number.desc())
        .limit(1)
        .correlate(Draft)
        .scalar_subquery()
    )
    rank = func.row_number().over(partition_by=(Draft.period, Draft.word), order_by=(Draft.place, Draft.id))
    return rank + func.coalesce(last, 0)
