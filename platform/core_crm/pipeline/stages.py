"""The way of an opportunity: forward and back, won, lost, reopened."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from core_crm.orders.model import Order
from core_crm.orders.service import OrderInput, create_order
from core_crm.pipeline.events import OpportunityLost, OpportunityMoved, OpportunityReopened, OpportunityWon
from core_crm.pipeline.model import LostReason, Opportunity, Stage, StageKind
from core_crm.pipeline.service import (
    OpportunityInvalid,
    get_opportunity,
    note_move,
    only_open,
    refuse_stale,
    require_fields,
    telling,
    top_rank,
)
from core_crm.pipeline.setup import get_pipeline, get_stage
from core_crm.pricing.lines import LineInput
from identity.audit import record
from kernel import clock
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import Party, PartyStage, update_party

_GAP_MIN = 1e-6  # below this a column's ranks are spread anew


class CriteriaOpen(DomainError):
    """Exit criteria of a stage are not ticked yet."""

    code = "criteria_open"


class LostReasonNeeded(DomainError):
    """A lost opportunity says why; ``lose`` asks for the reason."""

    code = "lost_reason_needed"


class OpportunityNotClosed(DomainError):
    """Only what was won or lost can be reopened."""

    code = "opportunity_not_closed"


async def move_opportunity(
    work: Work, opportunity_id: UUID, stage_id: UUID, *, before: UUID | None = None, version: int | None = None
) -> Opportunity:
    """Put an open opportunity into an open stage of its pipeline, above the card ``before`` or at the end; within its stage it is ranked.

    Raises:
        OpportunityNotFound, OpportunityClosed, OpportunityChanged, StageNotFound
        OpportunityInvalid: the stage is of another pipeline.
        CriteriaOpen, FieldsMissing: a stage on the way forward asks for more.
        LostReasonNeeded: the stage is the lost one.
    """
    opportunity = await get_opportunity(work, opportunity_id, act="edit", lock=True)
    await refuse_stale(work, opportunity, version)
    target = await _target(work, opportunity, stage_id)
    if target.id != opportunity.stage_id:
        only_open(opportunity)
        if target.kind is StageKind.LOST:
            raise LostReasonNeeded(_("Say why “%(name)s” was lost: open it and choose “Lost”.", name=opportunity.name))
        if target.kind is StageKind.WON:
            return await _win(work, opportunity, target, with_order=True)
        origin = await _pass(work, opportunity, target)
        await _enter(work, opportunity, target)
        await work.publish(OpportunityMoved(**telling(opportunity), from_stage=origin.name, stage=target.name))
    opportunity.rank = await _rank_above(work, opportunity, target.id, before)
    await work.session.flush()
    return opportunity


async def win_opportunity(work: Work, opportunity_id: UUID, *, with_order: bool = True, version: int | None = None) -> Opportunity:
    """The customer buys: the opportunity is won, the party a customer, and a draft order holds the lines; all of it or nothing.

    Raises:
        OpportunityNotFound, OpportunityClosed, OpportunityChanged, CriteriaOpen, FieldsMissing
        Forbidden: the actor may not write orders.
    """
    opportunity = await get_opportunity(work, opportunity_id, act="edit", lock=True)
    await refuse_stale(work, opportunity, version)
    only_open(opportunity)
    return await _win(work, opportunity, await _of_kind(work, opportunity, StageKind.WON), with_order=with_order)


async def win_with_order(work: Work, opportunity_id: UUID, order_id: UUID | None) -> Opportunity:
    """The customer has agreed already: an open opportunity is won by that order, whatever its stages still ask for.

    Raises:
        OpportunityNotFound, OpportunityClosed
    """
    opportunity = await get_opportunity(work, opportunity_id, lock=True)
    only_open(opportunity)
    opportunity.order_id = order_id or opportunity.order_id
    return await _won(work, opportunity, await _of_kind(work, opportunity, StageKind.WON))


async def lose_opportunity(
    work: Work, opportunity_id: UUID, reason_id: UUID | None, *, remark: str = "", version: int | None = None
) -> Opportunity:
    """It came to nothing, for a reason of the list.

    Raises:
        OpportunityNotFound, OpportunityClosed, OpportunityChanged
        LostReasonNeeded: no reason, or one that is not in use.
    """
    opportunity = await get_opportunity(work, opportunity_id, act="edit", lock=True)
    await refuse_stale(work, opportunity, version)
    only_open(opportunity)
    reason = await work.session.get(LostReason, reason_id) if reason_id else None
    if reason is None or not reason.active:
        raise LostReasonNeeded(_("Choose why it was lost."), field="lost_reason_id")
    opportunity.lost_reason_id, opportunity.lost_remark = reason.id, remark.strip()[:500] or None
    await _enter(work, opportunity, await _of_kind(work, opportunity, StageKind.LOST), reason=reason.name)
    await work.publish(OpportunityLost(**telling(opportunity), reason=reason.name))
    return opportunity


async def reopen_opportunity(work: Work, opportunity_id: UUID, stage_id: UUID | None = None, *, reason: str = "") -> Opportunity:
    """Take up again what was won or lost, in the stage it came from or another open one.  Its history stays.

    Raises:
        OpportunityNotFound, StageNotFound
        OpportunityNotClosed: it is open.
        OpportunityInvalid: the stage is of another pipeline, or is not open; or a confirmed order came of it.
    """
    opportunity = await get_opportunity(work, opportunity_id, act="edit", lock=True)
    if opportunity.state is StageKind.OPEN:
        raise OpportunityNotClosed(_("“%(name)s” is open.", name=opportunity.name))
    order = await work.session.get(Order, opportunity.order_id) if opportunity.order_id else None
    if order is not None and order.number is not None and order.cancelled_at is None:
        raise OpportunityInvalid(_("Order %(number)s came of it and is confirmed. Cancel the order first.", number=order.number))
    stages = (await get_pipeline(work, opportunity.pipeline_id)).stages
    fallback = [stage for stage in stages if stage.kind is StageKind.OPEN][-1]
    target = await _target(work, opportunity, stage_id) if stage_id else fallback
    if target.kind is not StageKind.OPEN:
        raise OpportunityInvalid(_("Choose an open stage."), field="stage_id")
    opportunity.lost_reason_id = opportunity.lost_remark = None
    await _enter(work, opportunity, target, reason=reason.strip()[:500] or None)
    await work.publish(OpportunityReopened(**telling(opportunity), stage=target.name))
    return opportunity


async def tick_criterion(work: Work, opportunity_id: UUID, criterion: str, *, met: bool) -> Opportunity:
    """Tick an exit criterion of the stage at hand, or take the tick away.

    Raises:
        OpportunityNotFound, OpportunityClosed
        OpportunityInvalid: the stage has no such criterion.
    """
    opportunity = await get_opportunity(work, opportunity_id, act="edit", lock=True)
    only_open(opportunity)
    stage = await get_stage(work, opportunity.stage_id)
    if criterion not in stage.criteria:
        raise OpportunityInvalid(_("This stage has no such criterion; it was changed. Reload the page."), field="criterion")
    others = [text for text in opportunity.met if text != criterion]
    opportunity.met = [*others, criterion] if met else others
    opportunity.last_activity_at = clock.now()
    await work.session.flush()
    return opportunity


def open_criteria(opportunity: Opportunity, stages: Sequence[Stage]) -> list[str]:
    """Exit criteria of ``stages`` that are not ticked."""
    return [criterion for stage in stages for criterion in stage.criteria if criterion not in opportunity.met]


async def _target(work: Work, opportunity: Opportunity, stage_id: UUID) -> Stage:
    target = await get_stage(work, stage_id)
    if target.pipeline_id != opportunity.pipeline_id:
        raise OpportunityInvalid(_("This stage belongs to another pipeline."), field="stage_id")
    return target


async def _of_kind(work: Work, opportunity: Opportunity, kind: StageKind) -> Stage:
    pipeline = await get_pipeline(work, opportunity.pipeline_id)
    return next(stage for stage in pipeline.stages if stage.kind is kind)


async def _pass(work: Work, opportunity: Opportunity, target: Stage) -> Stage:
    """Check what the stages on the way to ``target`` ask for; going back asks for nothing.  Answers the stage at hand."""
    stages = (await get_pipeline(work, opportunity.pipeline_id)).stages
    here = next((stage for stage in stages if stage.id == opportunity.stage_id), target)
    if target.position > here.position:
        passed = [stage for stage in stages if here.position <= stage.position < target.position]
        if left := open_criteria(opportunity, passed):
            raise CriteriaOpen(_("Not done yet: %(criteria)s.", criteria=_(", ").join(left)), criteria=left)
        require_fields(opportunity, [*passed, target])
    return here


async def _enter(work: Work, opportunity: Opportunity, target: Stage, reason: str | None = None) -> None:
    """Put the opportunity into the stage, with a row of history and one of the log."""
    origin, state = opportunity.stage_id, opportunity.state
    origin_stage = await work.session.get(Stage, origin)
    now = clock.now()
    opportunity.stage_id, opportunity.state, opportunity.stage_since = target.id, target.kind, now
    opportunity.closed_at = None if target.kind is StageKind.OPEN else now
    opportunity.last_activity_at = now
    opportunity.rank = await top_rank(work, target.id)
    await work.session.flush()
    note_move(work, opportunity, origin, target, reason)
    before: dict[str, Any] = {"stage": origin_stage.name if origin_stage else "", "state": state.value}
    after: dict[str, Any] = {"stage": target.name, "state": target.kind.value, "version": opportunity.version}
    verb = {StageKind.WON: "won", StageKind.LOST: "lost"}.get(target.kind, "moved" if state is StageKind.OPEN else "reopened")
    if reason:
        after["reason"] = reason
    await record(work, f"opportunity.{verb}", f"opportunity:{opportunity.id}", name=opportunity.name, before=before, after=after)


async def _win(work: Work, opportunity: Opportunity, target: Stage, *, with_order: bool) -> Opportunity:
    await _pass(work, opportunity, target)
    if with_order and opportunity.order_id is None:
        opportunity.order_id = await _order(work, opportunity)
    return await _won(work, opportunity, target)


async def _won(work: Work, opportunity: Opportunity, target: Stage) -> Opportunity:
    await _enter(work, opportunity, target)
    party = await work.session.get(Party, opportunity.party_id)
    if party is not None and party.stage is not PartyStage.CUSTOMER:
        await update_party(work, party.id, {"stage": PartyStage.CUSTOMER, "is_customer": True})
    await work.publish(OpportunityWon(**telling(opportunity), order_id=opportunity.order_id))
    return opportunity


async def _order(work: Work, opportunity: Opportunity) -> UUID:
    """A draft order with what was agreed."""
    work.require("crm.order.create")
    lines = [
        LineInput(
            product_id=line.product_id,
            description=line.description,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.unit_price,
            discount_percent=line.discount_percent,
            tax_code=line.tax_code,
        )
        for line in opportunity.lines
    ]
    if not lines and opportunity.amount:
        lines = [LineInput(description=opportunity.name, quantity=Decimal(1), unit_price=opportunity.amount)]
    order = await create_order(work, OrderInput(party_id=opportunity.party_id, currency=opportunity.currency, lines=lines))
    return order.id


async def _rank_above(work: Work, opportunity: Opportunity, stage_id: UUID, before: UUID | None) -> float:
    """The rank between the card ``before`` and the one above it: one row is written, none is renumbered."""
    others = select(Opportunity.rank).where(Opportunity.stage_id == stage_id, Opportunity.id != opportunity.id)
    below = await work.session.scalar(others.where(Opportunity.id == before)) if before else None
    if below is None:
        last = await work.session.scalar(others.order_by(Opportunity.rank.desc()).limit(1))
        return (last if last is not None else 0.0) + 1.0
    above = await work.session.scalar(others.where(Opportunity.rank < below).order_by(Opportunity.rank.desc()).limit(1))
    if above is None:
        return below - 1.0
    if below - above < _GAP_MIN:
        await _spread(work, stage_id)
        return await _rank_above(work, opportunity, stage_id, before)
    return (below + above) / 2


async def _spread(work: Work, stage_id: UUID) -> None:
    """Give the cards of a column whole numbers as ranks, in their order."""
    places = (
        select(Opportunity.id, func.row_number().over(order_by=(Opportunity.rank, Opportunity.id)).label("place"))
        .where(Opportunity.stage_id == stage_id)
        .subquery()
    )
    await work.session.execute(
        update(Opportunity).where(Opportunity.id == places.c.id).values(rank=places.c.place),
        execution_options={"synchronize_session": False},
    )
