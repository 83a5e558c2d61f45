"""What orders in foreign money ask of the books: the rate of their day, and an account that takes it."""

from datetime import date
from decimal import Decimal

from core_crm.api import RATES
from core_finance.api import booking_rate, ensure_ledger, place_for
from kernel.errors import Conflict
from kernel.i18n import gettext as _
from kernel.work import Work

RECEIVABLE = "receivable"


class BooksInOtherCurrency(Conflict):
    """The books are not kept in the company's currency: its orders in others cannot be converted into both."""

    code = "books_in_other_currency"


async def rate_in_books(work: Work, currency: str, on: date) -> Decimal:
    """Units of the company's currency for one of ``currency`` on ``on``, where the books can take a claim in it.

    Raises:
        RateMissing: there is no rate of the day.
        PostingRefused: no account of receivables keeps the currency.
        BooksInOtherCurrency
    """
    ledger = await ensure_ledger(work)
    if ledger.currency != work.tenant.currency:
        raise BooksInOtherCurrency(
            _(
                "The books %(ledger)s are kept in %(kept)s, the company's orders in %(own)s; an order in %(currency)s cannot be posted "
                "to them.",
                ledger=ledger.name,
                kept=ledger.currency,
                own=work.tenant.currency,
                currency=currency,
            )
        )
    await place_for(work, ledger, RECEIVABLE, currency)
    return await booking_rate(work, ledger, currency, on)


RATES.given_by(rate_in_books)
