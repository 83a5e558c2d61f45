"""What foreign money is worth in the company's own.  Whoever keeps the books tells it; orders fix it and never ask again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core_crm.orders.model import PAR
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.work import Work

Rating = Callable[[Work, str, date], Awaitable[Decimal]]
"""Answers the rate of a currency on a day, or raises a ``DomainError`` that names the way out: no rate, no account for it."""


class NoRates(DomainError):
    """Nobody here knows rates of exchange."""

    code = "rate_missing"


@dataclass
class Rates:
    """Where rates come from: one place, given by another package when it is loaded."""

    ask: Rating | None = None

    def given_by(self, ask: Rating) -> None:
        self.ask = ask

    async def on(self, work: Work, currency: str, day: date) -> Decimal:
        """Units of the company's currency for one of ``currency`` on ``day``.

        Raises:
            DomainError: the books have no rate, or cannot take the currency.
        """
        if currency == work.tenant.currency:
            return PAR
        if self.ask is None:
            raise NoRates(_("There are no books that know a rate for %(currency)s.", currency=currency))
        return await self.ask(work, currency, day)


RATES = Rates()
