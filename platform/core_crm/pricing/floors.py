"""Prices below the floor: which lines of a document, and what whoever decides about them must know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, Literal, Protocol, TypeVar

from core_crm.orders.rates import RATES
from core_crm.pricing.amounts import entered_amount, price_as
from core_crm.pricing.finding import floors_of
from core_crm.pricing.model import PricedLine
from kernel.errors import DomainError
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import round_half_up, written
from kernel.work import Work
from vertical import ApprovalFact, ApprovalSummary, ReportColumn, ReportTable

Line_co = TypeVar("Line_co", bound=PricedLine, covariant=True)

FACTS = (
    ApprovalFact(name="amount", label=N_("Amount"), kind="money"),
    ApprovalFact(name="below_percent", label=N_("Per cent below the floor"), kind="number"),
    ApprovalFact(name="customer", label=N_("Customer")),
)
"""What a company's flows may ask about a document with prices below the floor."""


class ApprovalNeeded(DomainError):
    """A price is below the floor and nobody agreed to it."""

    code = "approval_needed"


class NothingToApprove(DomainError):
    code = "nothing_to_approve"


class Priced(Protocol[Line_co]):
    """A document with lines, in one currency and one way of prices."""

    @property
    def currency(self) -> str: ...
    @property
    def prices_include_tax(self) -> bool: ...
    @property
    def gross(self) -> Decimal: ...
    @property
    def lines(self) -> Sequence[Line_co]: ...


@dataclass(frozen=True, kw_only=True)
class BelowFloor(Generic[Line_co]):
    """A line that is sold below its product's floor; both in the way the document means prices, for one unit.

    Without ``floor`` the floor is in the company's money, and no rate tells what that is in the document's.
    """

    line: Line_co
    floor: Decimal | None
    price: Decimal

    @property
    def percent(self) -> Decimal:
        """How far below, in per cent; as far as can be where nobody knows."""
        return round_half_up((1 - self.price / self.floor) * 100) if self.floor else Decimal(100)


async def below_floor(work: Work, document: Priced[Line_co]) -> Sequence[BelowFloor[Line_co]]:
    """Lines that come to less than the floor prices of their products, all discounts taken off.

    A product without a floor in the document's currency has the one in the company's money, at the rate of today.
    """
    ids = {line.product_id for line in document.lines if line.product_id}
    floors = dict(await floors_of(work, ids, document.currency))
    at_home = await floors_of(work, ids - set(floors), work.tenant.currency) if document.currency != work.tenant.currency else {}
    rate = await _rate(work, document.currency) if at_home else None
    if rate:
        floors |= {product_id: (round_half_up(price / rate, 6), included) for product_id, (price, included) in at_home.items()}
    found = []
    for line in document.lines:
        kept = floors.get(line.product_id) if line.product_id else None
        if kept is None:
            if line.product_id in at_home:
                found.append(BelowFloor(line=line, floor=None, price=unit_price(document, line)))
            continue
        floor, included = kept
        floor = price_as(floor, line.tax_rate, included=included, wanted=document.prices_include_tax)
        amount = line.gross if document.prices_include_tax else line.net
        if amount < entered_amount(line.quantity, floor, Decimal(0), document.currency):
            found.append(BelowFloor(line=line, floor=floor, price=unit_price(document, line)))
    return found


async def _rate(work: Work, currency: str) -> Decimal | None:
    try:
        return await RATES.on(work, currency, work.today())
    except DomainError:
        return None


def unit_price(document: Priced[PricedLine], line: PricedLine) -> Decimal:
    """What one costs after all discounts, in the way the document means prices."""
    return (line.gross if document.prices_include_tax else line.net) / line.quantity


def named(low: Sequence[BelowFloor[PricedLine]]) -> str:
    """What is below the floor, for a sentence."""
    return _(", ").join(each.line.description for each in low)


def cheaper(low: Sequence[BelowFloor[Line_co]], agreed: Callable[[Line_co], Decimal | None]) -> list[BelowFloor[Line_co]]:
    """Those of the lines that cost less than what was ``agreed`` to for one of them before tax; all for which nothing was."""
    return [each for each in low if (price := agreed(each.line)) is None or each.line.net / each.line.quantity < price]


async def summary_of(work: Work, document: Priced[PricedLine], customer: str, day: tuple[str, date]) -> ApprovalSummary:
    """What whoever decides must know; ``day`` is the one that counts for the document, with its label."""
    low = await below_floor(work, document)
    return ApprovalSummary(
        facts=[
            (_("Customer"), customer),
            (_("Amount"), f"{written(document.gross, document.currency)} {document.currency}"),
            (_("Prices"), _("include tax") if document.prices_include_tax else _("before tax")),
            (day[0], day[1].isoformat()),
        ],
        warnings=_warnings(low),
        table=_compared(document, low),
    )


def _compared(document: Priced[PricedLine], low: Sequence[BelowFloor[PricedLine]]) -> ReportTable:
    """All lines with their prices, and the floor of those below it."""
    floors = {each.line.position: each.floor for each in low}
    kinds: tuple[tuple[str, Literal["text", "number", "money"]], ...] = (
        (_("Item"), "text"), (_("Quantity"), "number"), (_("Unit price"), "money"), (_("Floor price"), "money"), (_("Total"), "money"),
    )  # fmt: skip
    rows = [
        (line.description, line.quantity, round_half_up(unit_price(document, line)), floors.get(line.position), line.gross)
        for line in document.lines
    ]
    return ReportTable(columns=[ReportColumn(label=label, kind=kind) for label, kind in kinds], rows=rows)


def _warnings(low: Sequence[BelowFloor[PricedLine]]) -> list[str]:
    """A sentence for each line below the floor."""
    return [
        _("%(name)s: %(percent)s%% below the floor.", name=each.line.description, percent=each.percent)
        if each.floor
        else _("%(name)s: its floor is in other money, and no rate is there to compare.", name=each.line.description)
        for each in low
    ]
