"""Prices below the floor in a quote: who agrees to them."""

from uuid import UUID

from core_crm.pricing.floors import FACTS, NothingToApprove, below_floor, summary_of
from core_crm.quotes.events import QuoteApprovalAsked, QuoteApprovalDecided
from core_crm.quotes.model import Quote, QuoteState
from core_crm.quotes.service import STEM, QuoteFixed, become, get_quote, note, telling
from kernel import clock
from kernel.errors import DomainError
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import ApprovalKind, ApprovalOutcome, ApprovalStep, ApprovalSummary
from workflow.api import pending_for, request_approval, withdraw

KIND = "core_crm.quote_below_floor"


class NotPending(DomainError):
    """Nobody asked for an approval, or it was decided."""

    code = "approval_not_pending"


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
    return await summary_of(work, quote.latest, quote.party_name, (_("Valid until"), quote.latest.valid_until))


APPROVAL_KINDS = (
    ApprovalKind(
        key=KIND,
        label=N_("Quote below the floor price"),
        stem=STEM,
        facts=FACTS,
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
