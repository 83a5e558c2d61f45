"""Who answers for a draft: its reviewer (审核), and the cashier where money moves (出纳签字).  Both only while it is not posted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from core_finance.chart.model import Ledger, Review
from core_finance.chart.rules import rules_of
from core_finance.posting import errors
from core_finance.posting.engine import Posted, try_each
from core_finance.vouchers.form import summary_missing
from core_finance.vouchers.model import Draft, DraftState
from core_finance.vouchers.service import get_draft, get_drafts, missing, moves_cash, name_of, voucher_of
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work


class ReviewerIsMaker(Conflict):
    code = "reviewer_is_maker"


class VoucherNotReviewed(Conflict):
    code = "voucher_not_reviewed"


class ReasonMissing(Invalid):
    code = "reason_missing"


class NothingToSign(Conflict):
    code = "nothing_to_sign"


class AlreadySigned(Conflict):
    code = "already_signed"


class NotSigned(Conflict):
    code = "not_signed"


@dataclass(frozen=True)
class Outcome:
    """How it went with one voucher; ``problem`` is None where it was done."""

    id: UUID
    problem: DomainError | None


async def review(work: Work, ledger: Ledger, draft_id: UUID) -> Draft:
    """Say that a draft is right; from now on it cannot be changed.

    Raises:
        VoucherReviewed: it was reviewed before.
        ReviewerIsMaker: the ledger wants a second person.
        PostingRefused: it could not be posted as it is.
    """
    draft = await get_draft(work, ledger, draft_id, lock=True)
    [refused] = await _problems(work, ledger, [draft])
    if refused:
        raise refused
    return await _reviewed(work, draft)


async def review_each(work: Work, ledger: Ledger, draft_ids: Sequence[UUID]) -> list[Outcome]:
    """Review those drafts that can be reviewed, and say for each how it went."""
    drafts = await get_drafts(work, ledger, draft_ids)
    outcomes = []
    for draft, refused in zip(drafts, await _problems(work, ledger, drafts), strict=True):
        if refused is None:
            await _reviewed(work, draft)
        outcomes.append(Outcome(draft.id, refused))
    return outcomes + [Outcome(*lost) for lost in await missing(work, ledger, draft_ids, drafts)]


async def take_back(work: Work, ledger: Ledger, draft_id: UUID, *, reason: str = "") -> Draft:
    """Take a review back (反审核), so that the draft can be changed; whoever did not give it says why.

    Raises:
        VoucherNotReviewed: there is none.
        ReasonMissing: somebody else reviewed it, and no reason is given.
        AlreadyPosted: it is in the books.
    """
    draft = await get_draft(work, ledger, draft_id, lock=True)
    if draft.state is not DraftState.REVIEWED:
        raise VoucherNotReviewed(_("This voucher is not reviewed; there is nothing to take back."))
    if not _is(work, draft.reviewed_by_id, draft.reviewed_by) and not reason.strip():
        raise ReasonMissing(_("%(name)s reviewed this voucher; say why the review is taken back.", name=draft.reviewed_by), field="reason")
    before = {"state": "reviewed", "reviewed_by": draft.reviewed_by}
    draft.state, draft.reviewed_by, draft.reviewed_by_id, draft.reviewed_at = DraftState.DRAFT, None, None, None
    await _note(work, draft, "voucher.unreviewed", before, {"state": "draft", "reason": reason.strip()[:300]})
    return draft


async def take_back_each(work: Work, ledger: Ledger, draft_ids: Sequence[UUID], *, reason: str = "") -> list[Outcome]:
    """As ``take_back``, of several."""
    return await _each(draft_ids, lambda draft_id: take_back(work, ledger, draft_id, reason=reason))


async def sign(work: Work, ledger: Ledger, draft_id: UUID) -> Draft:
    """Sign a voucher of cash or bank as the cashier, before or after its review.

    Raises:
        NothingToSign: it moves no money, or the ledger keeps no signatures.
        AlreadySigned: it is signed.
    """
    draft = await get_draft(work, ledger, draft_id, lock=True)
    if not rules_of(ledger).cashier_signs:
        raise NothingToSign(_("In this ledger the cashier does not sign; it is chosen with the ledger's rules."))
    if not await moves_cash(work, ledger, draft.lines):
        raise NothingToSign(_("This voucher moves neither cash nor bank; it needs no signature."))
    if draft.signed_by is not None:
        raise AlreadySigned(_("%(name)s has signed this voucher already.", name=draft.signed_by))
    draft.signed_by, draft.signed_by_id = work.actor.name, work.actor.id
    await _note(work, draft, "voucher.signed", {"signed_by": None}, {"signed_by": draft.signed_by})
    return draft


async def sign_each(work: Work, ledger: Ledger, draft_ids: Sequence[UUID]) -> list[Outcome]:
    """As ``sign``, of several."""
    return await _each(draft_ids, lambda draft_id: sign(work, ledger, draft_id))


async def take_signature_back(work: Work, ledger: Ledger, draft_id: UUID) -> Draft:
    """Raises:
    NotSigned: there is none.
    """
    draft = await get_draft(work, ledger, draft_id, lock=True)
    if draft.signed_by is None:
        raise NotSigned(_("The cashier has not signed this voucher."))
    before = {"signed_by": draft.signed_by}
    draft.signed_by = draft.signed_by_id = None
    await _note(work, draft, "voucher.unsigned", before, {"signed_by": None})
    return draft


async def _problems(work: Work, ledger: Ledger, drafts: Sequence[Draft]) -> list[DomainError | None]:
    """Why each draft cannot be reviewed.  What could not be posted is not right either."""
    found: dict[UUID, DomainError] = {}
    for draft in drafts:
        if draft.state is DraftState.REVIEWED:
            found[draft.id] = errors.VoucherReviewed(_("%(name)s has reviewed this voucher already.", name=draft.reviewed_by or ""))
        elif ledger.review is Review.SECOND_PERSON and _is(work, draft.made_by_id, draft.made_by):
            found[draft.id] = ReviewerIsMaker(_("You made this voucher yourself; in this ledger somebody else reviews it."))
        elif draft.kind == "manual" and (silent := summary_missing(draft.lines)):
            found[draft.id] = silent
    rest = [draft for draft in drafts if draft.id not in found]
    # As if it had been reviewed and signed, and were posted by a third person.
    whole = [replace(voucher_of(draft), reviewed_by="-", signed_by="-", made_by_id=new_id()) for draft in rest]
    for draft, result in zip(rest, await try_each(work, ledger, whole), strict=True):
        if not isinstance(result, Posted):
            found[draft.id] = result
    return [found.get(draft.id) for draft in drafts]


async def _reviewed(work: Work, draft: Draft) -> Draft:
    draft.state, draft.reviewed_at = DraftState.REVIEWED, clock.now()
    draft.reviewed_by, draft.reviewed_by_id = work.actor.name, work.actor.id
    await _note(work, draft, "voucher.reviewed", {"state": "draft"}, {"state": "reviewed", "reviewed_by": draft.reviewed_by})
    return draft


async def _each(draft_ids: Sequence[UUID], act: Callable[[UUID], Awaitable[Draft]]) -> list[Outcome]:
    outcomes = []
    for draft_id in sorted(set(draft_ids)):
        try:
            await act(draft_id)
            outcomes.append(Outcome(draft_id, None))
        except DomainError as error:
            outcomes.append(Outcome(draft_id, error))
    return outcomes


async def _note(work: Work, draft: Draft, action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    await work.session.flush()
    await record(work, action, f"voucher:{draft.id}", name=name_of(draft), before=before, after=after)


def _is(work: Work, person_id: UUID | None, name: str | None) -> bool:
    """Whether the actor is that person; a token acts for whoever made it."""
    return work.actor.id == person_id if person_id is not None else work.actor.id is None and work.actor.name == name
