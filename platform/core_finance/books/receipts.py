"""Money that customers paid, by customer and month, as the posted books have it."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Date, cast, exists, func, select
from sqlalchemy.orm import aliased

from core_finance.chart.ledgers import find_ledger
from core_finance.chart.model import Account
from core_finance.chart.service import codes_by_key
from core_finance.posting.model import DimensionSet, Voucher, VoucherLine
from kernel.work import Work

RECEIVABLE = "receivable"


async def receipts_by_party(work: Work, since: date, until: date) -> dict[tuple[UUID, date], Decimal]:
    """What came off the customers' debts by vouchers that move money too, by party and first day of the month.

    In the base currency of the company's first ledger; a refund counts against it.  Nothing where there are no books yet.
    """
    ledger = await find_ledger(work)
    receivable = (await codes_by_key(work, ledger)).get(RECEIVABLE) if ledger else None
    if ledger is None or receivable is None:
        return {}
    line, money, other = VoucherLine, aliased(VoucherLine), aliased(Account)
    above = await work.session.get(Account, receivable.parent_id) if receivable.parent_id else None
    whole = above or receivable  # claims in a foreign currency may stand beside it
    owed = select(Account.id).where(Account.ledger_id == ledger.id, Account.code.startswith(whole.code, autoescape=True))
    paid = exists().where(money.voucher_id == line.voucher_id, money.account_id == other.id, other.is_cash)
    month: Any = cast(func.date_trunc("month", line.entry_on), Date)
    found = await work.session.execute(
        select(DimensionSet.party_id, month, func.sum(line.credit - line.debit))
        .join(Voucher, Voucher.id == line.voucher_id)
        .join(DimensionSet, DimensionSet.id == line.dimension_set_id)
        .where(line.account_id.in_(owed), line.entry_on >= since, line.entry_on <= until, DimensionSet.party_id.is_not(None), paid)
        .group_by(DimensionSet.party_id, month)
    )
    return {(party_id, at): Decimal(amount) for party_id, at, amount in found}
