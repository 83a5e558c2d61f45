"""What targets ask of the books: money that came in."""

from datetime import date

from core_crm.api import METERS, Meter, Reached, by_owner_of
from core_finance.api import receipts_by_party
from kernel.i18n import N_
from kernel.work import Work


async def received(work: Work, since: date, until: date) -> Reached:
    """Receipts of customers, to whoever looks after them."""
    return await by_owner_of(work, await receipts_by_party(work, since, until))


METERS.add(
    "cash",
    Meter(read=received, note=N_("Money received is what the posted books took off customers' debts, of whoever looks after them.")),
)
