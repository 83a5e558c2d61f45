"""The form of a quote: texts in, a version out."""

from datetime import date
from typing import ClassVar

from core_crm.orders.form import OrderForm, discount_text, row_of
from core_crm.pipeline.model import Opportunity
from core_crm.quotes.model import Quote
from core_crm.quotes.service import QuoteInput, QuoteInvalid
from kernel.errors import FieldError
from kernel.i18n import gettext as _


class QuoteForm(OrderForm):
    """What was typed about a quote; its lines are those of an order."""

    HEAD: ClassVar[tuple[str, ...]] = (
        "party_id", "party_name", "quoted_on", "valid_until", "currency", "discount", "remark", "opportunity_id",
    )  # fmt: skip

    @classmethod
    def from_quote(cls, quote: Quote) -> "QuoteForm":
        version = quote.latest
        head = {
            "party_id": str(quote.party_id),
            "party_name": quote.party_name,
            "quoted_on": version.quoted_on.isoformat(),
            "valid_until": version.valid_until.isoformat(),
            "currency": version.currency,
            "discount": discount_text(version),
            "remark": version.remark or "",
            "prices_include_tax": version.prices_include_tax,
            "opportunity_id": str(quote.opportunity_id or ""),
            "version": str(quote.version),
        }
        return cls(head, [row_of(line) for line in version.lines])

    @classmethod
    def from_opportunity(cls, opportunity: Opportunity, party_name: str) -> "QuoteForm":
        head = {
            "party_id": str(opportunity.party_id),
            "party_name": party_name,
            "currency": opportunity.currency,
            "prices_include_tax": True,
            "opportunity_id": str(opportunity.id),
            "version": "",
        }
        return cls(head, [row_of(line) for line in opportunity.lines])

    def quote(self) -> QuoteInput:
        """What the form says.

        Raises:
            QuoteInvalid: something cannot be read.
        """
        self.errors = []
        party_id = self._id("party_id", self.head["party_id"])
        if party_id is None and not self.errors:
            self.errors.append(FieldError("party_id", _("Choose a customer from the list.")))
        discount = self._discount()
        quoted_on, valid_until = self._day("quoted_on"), self._day("valid_until")
        opportunity_id = self._id("opportunity_id", self.head["opportunity_id"])
        remark = self._short("remark", self.head["remark"], 2000)
        lines = self._lines()
        if self.errors or party_id is None:
            raise QuoteInvalid(self.errors[0].message, errors=self.errors)
        return QuoteInput(
            party_id=party_id,
            opportunity_id=opportunity_id,
            quoted_on=quoted_on,
            valid_until=valid_until,
            currency=self.head["currency"] or None,
            prices_include_tax=self.head["prices_include_tax"],
            discount_percent=discount.percent,
            discount_amount=discount.amount,
            remark=remark,
            lines=lines,
        )

    def readable_day(self) -> date | None:
        """The day of the quote, where it can be read."""
        return self._day("quoted_on")
