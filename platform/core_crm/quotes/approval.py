"""Prices below the floor: which lines, and who agrees to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core_crm.pricing.amounts import entered_amount, price_as
from core_crm.pricing.finding import floors_of
from core_crm.quotes.events import QuoteApprovalAsked, QuoteApprovalDecided
from core_crm.quotes.model import Quote, QuoteLine, QuoteState, QuoteVersion
from core_crm.quotes.service import QuoteFixed, become, get_quote, note, telling
from kernel import clock
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.work import Work


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
            found.append(BelowFloor(line=line, floor=floor, price=amount / line.quantity))
    return found


async def ask_approval(work: Work, quote_id: UUID, reason: str) -> Quote:
    """Ask that somebody agrees to prices below the floor; meanwhile the version does not change.

    Raises:
        QuoteNotFound, QuoteFixed
        NothingToApprove: no price is below the floor.
    """
    quote = await get_quote(work, quote_id, act="edit", lock=True)
    version = quote.latest
    if version.state is not QuoteState.DRAFT:
        raise QuoteFixed(_("Only a draft is handed in for approval."))
    if not await below_floor(work, version):
        raise NothingToApprove(_("No price of %(number)s is below the floor. Send it.", number=quote.number))
    version.asked_at, version.asked_by = clock.now(), work.actor.name[:80]
    version.asked_reason = reason.strip()[:500] or None
    version.decided_at = version.decided_by = version.decision_note = None
    become(quote, QuoteState.PENDING)
    await work.session.flush()
    await note(work, quote, "approval_asked", after={"no": version.no, "reason": version.asked_reason})
    await work.publish(QuoteApprovalAsked(**telling(quote), reason=version.asked_reason or ""))
    return quote


async def take_back(work: Work, quote_id: UUID) -> Quote:
    """Ask no more; the version can be changed again.

    Raises:
        QuoteNotFound, NotPending
    """
    quote = await get_quote(work, quote_id, act="edit", lock=True)
    _only_pending(quote)
    become(quote, QuoteState.DRAFT)
    await work.session.flush()
    await note(work, quote, "approval_taken_back", after={"no": quote.current})
    return quote


async def decide(work: Work, quote_id: UUID, *, approved: bool, remark: str = "") -> Quote:
    """Agree to the prices, or send the version back to who wrote it.

    Raises:
        QuoteNotFound, NotPending
    """
    quote = await get_quote(work, quote_id, lock=True)
    _only_pending(quote)
    version = quote.latest
    version.decided_at, version.decided_by = clock.now(), work.actor.name[:80]
    version.decision_note = remark.strip()[:500] or None
    become(quote, QuoteState.APPROVED if approved else QuoteState.DRAFT)
    await work.session.flush()
    await note(work, quote, "approved" if approved else "refused", after={"no": version.no, "note": version.decision_note})
    await work.publish(QuoteApprovalDecided(**telling(quote), approved=approved, note=version.decision_note or ""))
    return quote


def _only_pending(quote: Quote) -> None:
    if quote.latest.state is not QuoteState.PENDING:
        raise NotPending(_("Nobody asks for an approval of %(number)s, or it was decided.", number=quote.number))
