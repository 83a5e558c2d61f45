"""Prices below the floor: which lines, and who agrees to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from core_crm.pricing.amounts import entered_amount, price_as
from core_crm.pricing.finding import floors_of
from core_crm.quotes.events import QuoteApprovalAsked, QuoteApprovalDecided
from core_crm.quotes.model import Quote, QuoteLine, QuoteState, QuoteVersion
from core_crm.quotes.service import STEM, QuoteFixed, become, get_quote, note, telling
from kernel import clock
from kernel.errors import DomainError
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work
from vertical import ApprovalFact, ApprovalKind, ApprovalOutcome, ApprovalStep, ApprovalSummary, ReportColumn, ReportTable
from workflow.api import pending_for, request_approval, withdraw

KIND = "core_crm.quote_below_floor"


class NothingToApprove(DomainError):
    code = "nothing_to_approve"


class NotPending(DomainError):
    """Nobody asked for an approval, or it was decided."""

    code = "approval_not_pending"


@dataclass(frozen=True, kw_only=True)
class BelowFloor:
    """A line that is sold below its product's floor; both in the way the quote means prices, for one unit."""

    line: QuoteLine
    floor: Decimal
    price: Decimal

    @property
    def percent(self) -> Decimal:
        """How far below, in per cent."""
        return round_half_up((1 - self.price / self.floor) * 100)


async def below_floor(work: Work, version: QuoteVersion) -> Sequence[BelowFloor]:
    """Lines that come to less than the floor prices of their products, all discounts taken off."""
    floors = await floors_of(work, {line.product_id for line in version.lines if line.product_id}, version.currency)
    found = []
    for line in version.lines:
        kept = floors.get(line.product_id) if line.product_id else None
        if kept is None:
            continue
        floor, included = kept
        floor = price_as(floor, line.tax_rate, included=included, wanted=version.prices_include_tax)
        amount = line.gross if version.prices_include_tax else line.net
        if amount < entered_amount(line.quantity, floor, Decimal(0), version.currency):
            found.append(BelowFloor(line=line, floor=floor, price=_price(version, line)))
    return found


async def ask_approval(work: Work, quote_id: UUID, reason: str) -> Quote:
    """Ask that somebody agrees to prices below the floor; meanwhile the version does not change.

    Who decides, and from which amount on, is what the company has set up; where it wants nobody to, it is agreed to at once.

    Raises:
        QuoteNotFound, QuoteFixed
        NothingToApprove: no price is below the floor.
    """
    quote = await get_quote(work, quote_id, act="edit", lock=True)
    version = quote.latest
    if version.state is not QuoteState.DRAFT:
        raise QuoteFixed(_("Only a draft is handed in for approval."))
    low = await below_floor(work, version)
    if not low:
        raise NothingToApprove(_("No price of %(number)s is below the floor. Send it.", number=quote.number))
    version.asked_at, version.asked_by = clock.now(), work.actor.name[:80]
    version.asked_reason = reason.strip()[:500] or None
    version.decided_at = version.decided_by = version.decision_note = None
    become(quote, QuoteState.PENDING)
    await work.session.flush()
    await note(work, quote, "approval_asked", after={"no": version.no, "reason": version.asked_reason})
    await work.publish(QuoteApprovalAsked(**telling(quote), reason=version.asked_reason or ""))
    facts = {"amount": version.gross, "below_percent": max(each.percent for each in low), "customer": quote.party_name}
    if await request_approval(work, kind=KIND, record=(STEM, quote.id), facts=facts, note=version.asked_reason or "") is None:
        await _decide(work, quote, approved=True, by=_("the company's rules"))
    return quote


async def take_back(work: Work, quote_id: UUID) -> Quote:
    """Ask no more; the version can be changed again.

    Raises:
        QuoteNotFound, NotPending
        ApprovalNotYours: somebody else asked.
    """
    quote = await get_quote(work, quote_id, lock=True)
    waiting = await pending_for(work, STEM, quote.id)
    if waiting is None:
        raise NotPending(_("Nobody asks for an approval of %(number)s, or it was decided.", number=quote.number))
    await withdraw(work, waiting.id)
    return quote


async def approved(work: Work, outcome: ApprovalOutcome) -> None:
    """The last one agreed: the version can be sent."""
    await _decide(work, await get_quote(work, outcome.record_id, lock=True), approved=True, by=outcome.by)


async def refused(work: Work, outcome: ApprovalOutcome) -> None:
    """Somebody did not agree, or who asked took it back: the version is a draft again."""
    quote = await get_quote(work, outcome.record_id, lock=True)
    if outcome.reason:
        await _decide(work, quote, approved=False, by=outcome.by, remark=outcome.reason)
        return
    become(quote, QuoteState.DRAFT)
    await work.session.flush()
    await note(work, quote, "approval_taken_back", after={"no": quote.current})


async def summary(work: Work, quote_id: UUID) -> ApprovalSummary:
    """What whoever decides must know."""
    quote = await get_quote(work, quote_id)
    version = quote.latest
    low = {each.line.id: each for each in await below_floor(work, version)}
    way = _("include tax") if version.prices_include_tax else _("before tax")
    kinds: tuple[tuple[str, Literal["text", "number", "money"]], ...] = (
        (_("Item"), "text"), (_("Quantity"), "number"), (_("Unit price"), "money"), (_("Floor price"), "money"), (_("Total"), "money"),
    )  # fmt: skip
    rows = [
        (line.description, line.quantity, round_half_up(_price(version, line)), low[line.id].floor if line.id in low else None, line.gross)
        for line in version.lines
    ]
    return ApprovalSummary(
        facts=[
            (_("Customer"), quote.party_name),
            (_("Amount"), f"{version.gross:,.2f} {version.currency}"),
            (_("Prices"), way),
            (_("Valid until"), version.valid_until.isoformat()),
        ],
        warnings=[_("%(name)s: %(percent)s%% below the floor.", name=each.line.description, percent=each.percent) for each in low.values()],
        table=ReportTable(columns=[ReportColumn(label=label, kind=kind) for label, kind in kinds], rows=rows),
    )


APPROVAL_KINDS = (
    ApprovalKind(
        key=KIND,
        label=N_("Quote below the floor price"),
        stem=STEM,
        facts=(
            ApprovalFact(name="amount", label=N_("Amount"), kind="money"),
            ApprovalFact(name="below_percent", label=N_("Per cent below the floor"), kind="number"),
            ApprovalFact(name="customer", label=N_("Customer")),
        ),
        usual=(ApprovalStep(by="role:sales_manager"),),
        summary=summary,
        approved=approved,
        refused=refused,
    ),
)


async def _decide(work: Work, quote: Quote, *, approved: bool, by: str, remark: str = "") -> None:
    """The version is approved, or goes back to who wrote it."""
    if quote.latest.state is not QuoteState.PENDING:
        raise NotPending(_("Nobody asks for an approval of %(number)s, or it was decided.", number=quote.number))
    version = quote.latest
    version.decided_at, version.decided_by = clock.now(), by[:80]
    version.decision_note = remark.strip()[:500] or None
    become(quote, QuoteState.APPROVED if approved else QuoteState.DRAFT)
    await work.session.flush()
    await note(work, quote, "approved" if approved else "refused", after={"no": version.no, "note": version.decision_note})
    await work.publish(QuoteApprovalDecided(**telling(quote), approved=approved, note=version.decision_note or ""))


def _price(version: QuoteVersion, line: QuoteLine) -> Decimal:
    """What one costs after all discounts, in the way the quote means prices."""
    return (line.gross if version.prices_include_tax else line.net) / line.quantity
