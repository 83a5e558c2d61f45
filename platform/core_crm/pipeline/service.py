"""What can be done with an opportunity short of moving it: write, change, read, throw away."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from core_crm.pipeline.changes import changes_since, told
from core_crm.pipeline.events import OpportunityCreated
from core_crm.pipeline.lines import lines_of
from core_crm.pipeline.model import Competitor, Opportunity, Stage, StageKind, StageMove
from core_crm.pipeline.setup import REQUIRABLE, get_pipeline, get_stage, pipelines
from core_crm.pricing.lines import LINES_MAX, LineInput
from core_crm.timelines import ActivityInput
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, DomainError, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import CURRENCIES, round_half_up
from kernel.work import Work
from master_data.api import (
    Activity,
    Contact,
    Employee,
    add_activity,
    first_owner,
    get_party,
    require_visible,
)
from vertical.guarding import Act
from vertical.locks import require_unlocked

STEM = "crm.opportunity"

Short = Annotated[str, msgspec.Meta(max_length=80)]


class OpportunityNotFound(NotFound):
    code = "opportunity_not_found"


class OpportunityClosed(DomainError):
    """It is won or lost; reopen it first."""

    code = "opportunity_closed"


class OpportunityInvalid(Invalid):
    code = "opportunity_invalid"


class FieldsMissing(DomainError):
    """The stage requires fields that are empty."""

    code = "fields_missing"


class OpportunityChanged(Conflict):
    """Somebody changed it after the caller read it; ``changes`` says who changed what."""

    code = "version_conflict"


class CompetitorInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    remark: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class OpportunityInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An opportunity.  With ``lines`` the amount is their sum; ``owner_id`` is the caller where it is left out.

    ``custom`` are values of the company's own fields by code; left out, those that are there stay.
    """

    party_id: UUID
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    amount: Decimal = Decimal(0)
    currency: str | None = None
    expected_on: date | None = None
    source: Short | None = None
    contact_id: UUID | None = None
    owner_id: UUID | None = None
    remark: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    lines: Annotated[list[LineInput], msgspec.Meta(max_length=LINES_MAX)] = []
    competitors: Annotated[list[CompetitorInput], msgspec.Meta(max_length=20)] = []
    custom: dict[str, Any] | None = None


async def get_opportunity(work: Work, opportunity_id: UUID, *, act: Act = "read", lock: bool = False) -> Opportunity:
    """The opportunity with its lines and competitors, where the actor may ``act`` on it.

    Raises:
        OpportunityNotFound: there is none, or it is out of the actor's sight.
        UnderApproval: it is to be changed while somebody decides about it.
    """
    query = (
        select(Opportunity)
        .where(Opportunity.id == opportunity_id)
        .options(selectinload(Opportunity.lines), selectinload(Opportunity.competitors))
        .execution_options(populate_existing=lock)
    )
    found = await work.session.scalar(query.with_for_update(of=Opportunity) if lock else query)
    if found is None:
        raise OpportunityNotFound(_("This opportunity does not exist, or was deleted."))
    await require_visible(work, found, STEM, act)
    if act == "edit":
        await require_unlocked(work, STEM, found.id)
    return found


async def create_opportunity(
    work: Work, data: OpportunityInput, *, pipeline_id: UUID | None = None, stage_id: UUID | None = None, lead_id: UUID | None = None
) -> Opportunity:
    """A new opportunity in the first stage of a pipeline, or in another open one.

    Raises:
        OpportunityInvalid, PartyNotFound, PipelineNotFound, StageNotFound
        FieldsMissing: the stage requires more.
    """
    stage = await _first_stage(work, pipeline_id, stage_id)
    now = clock.now()
    opportunity = Opportunity(
        id=new_id(),
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        state=StageKind.OPEN,
        stage_since=now,
        last_activity_at=now,
        rank=await top_rank(work, stage.id),
        lead_id=lead_id,
        made_by=work.actor.name[:80],
        lines=[],
        competitors=[],
        met=[],
    )
    await _write(work, opportunity, data, owner_id=data.owner_id or await first_owner(work, STEM))
    if lead_id is None or data.custom:  # what is made of a lead is asked for when somebody edits it
        opportunity.custom = (await Opportunity.tailor(work, {"custom": data.custom}, None))["custom"]
    require_fields(opportunity, [stage])
    work.session.add(opportunity)
    await work.session.flush()
    note_move(work, opportunity, None, stage)
    await record(work, "opportunity.created", _object(opportunity), name=opportunity.name, after=_values(opportunity))
    await work.publish(OpportunityCreated(**telling(opportunity)))
    return opportunity


async def update_opportunity(work: Work, opportunity_id: UUID, data: OpportunityInput, *, version: int | None = None) -> Opportunity:
    """Write an open opportunity anew, lines and all.

    Raises:
        OpportunityNotFound, OpportunityInvalid, PartyNotFound
        OpportunityClosed: it is won or lost.
        OpportunityChanged: it has another version than ``version`` by now.
        FieldsMissing: its stage requires a field that is empty now.
    """
    opportunity = await get_opportunity(work, opportunity_id, act="edit", lock=True)
    await refuse_stale(work, opportunity, version)
    only_open(opportunity)
    before = _values(opportunity)
    opportunity.lines.clear()
    opportunity.competitors.clear()
    await work.session.flush()  # the old rows go before the new ones take their places
    await _write(work, opportunity, data, owner_id=data.owner_id or opportunity.owner_id)
    if data.custom is not None:
        opportunity.custom = (await Opportunity.tailor(work, {"custom": data.custom}, opportunity.id))["custom"]
    require_fields(opportunity, [await get_stage(work, opportunity.stage_id)])
    opportunity.last_activity_at = opportunity.updated_at = clock.now()
    await work.session.flush()
    after = _values(opportunity)
    changed = {name for name in after if after[name] != before[name]}
    await record(
        work,
        "opportunity.updated",
        _object(opportunity),
        name=opportunity.name,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed} | {"version": opportunity.version},
    )
    return opportunity


async def delete_opportunity(work: Work, opportunity_id: UUID) -> None:
    """Throw an open opportunity away, history and all; one that came to an end is kept.

    Raises:
        OpportunityNotFound, OpportunityClosed
    """
    opportunity = await get_opportunity(work, opportunity_id, act="edit", lock=True)
    only_open(opportunity)
    await record(work, "opportunity.deleted", _object(opportunity), name=opportunity.name, before=_values(opportunity))
    await work.session.delete(opportunity)
    await work.session.flush()
    await Opportunity.clear(work, opportunity_id)


async def follow_opportunity(work: Work, opportunity_id: UUID, data: ActivityInput) -> Activity:
    """Note a contact about an opportunity, which is not stale any more.

    Raises:
        OpportunityNotFound, Invalid
    """
    opportunity = await get_opportunity(work, opportunity_id, lock=True)
    entry = await add_activity(work, opportunity, STEM, **data.given())
    opportunity.last_activity_at = entry.at
    await work.session.flush()
    return entry


async def refuse_stale(work: Work, opportunity: Opportunity, version: int | None) -> None:
    """Refuse a change that rests on an old reading.

    Raises:
        OpportunityChanged
    """
    if version is None or opportunity.version == version:
        return
    changes = await changes_since(work, _object(opportunity), version)
    raise OpportunityChanged(told(changes), changes=[change.plain() for change in changes], version=opportunity.version)


def only_open(opportunity: Opportunity) -> None:
    """Refuse what only an open opportunity can have done to it.

    Raises:
        OpportunityClosed
    """
    if opportunity.state is StageKind.WON:
        raise OpportunityClosed(_("“%(name)s” is won already. Reopen it to change it.", name=opportunity.name))
    if opportunity.state is StageKind.LOST:
        raise OpportunityClosed(_("“%(name)s” is lost. Reopen it to change it.", name=opportunity.name))


def require_fields(opportunity: Opportunity, stages: Sequence[Stage]) -> None:
    """Refuse to stand in the last of ``stages``, which come one after the other, with fields empty that they require.

    Raises:
        FieldsMissing: ``errors`` names the fields.
    """
    errors = []
    for name, label in REQUIRABLE.items():
        stage = next((stage for stage in stages if name in stage.required), None)
        if stage is not None and not getattr(opportunity, name):
            message = _("“%(stage)s” requires: %(field)s.", stage=stage.name, field=_(label))
            errors.append(FieldError(name, message))
    if errors:
        raise FieldsMissing(" ".join(error.message for error in errors), errors=errors)


def note_move(work: Work, opportunity: Opportunity, origin: UUID | None, stage: Stage, reason: str | None = None) -> None:
    """Add a row to the opportunity's way through the stages."""
    work.session.add(
        StageMove(
            id=new_id(),
            opportunity_id=opportunity.id,
            from_stage_id=origin,
            stage_id=stage.id,
            kind=stage.kind,
            at=opportunity.stage_since,
            by=work.actor.name[:80],
            amount=opportunity.amount,
            reason=reason,
        )
    )


async def top_rank(work: Work, stage_id: UUID) -> float:
    """The rank above all others of a stage."""
    first = await work.session.scalar(select(func.min(Opportunity.rank)).where(Opportunity.stage_id == stage_id))
    return (first if first is not None else 1.0) - 1.0


def telling(opportunity: Opportunity) -> dict[str, Any]:
    """What every event of an opportunity says."""
    return {
        "opportunity_id": opportunity.id,
        "party_id": opportunity.party_id,
        "name": opportunity.name,
        "amount": opportunity.amount,
        "currency": opportunity.currency,
        "owner_id": opportunity.owner_id,
    }


def _object(opportunity: Opportunity) -> str:
    return f"opportunity:{opportunity.id}"


async def _first_stage(work: Work, pipeline_id: UUID | None, stage_id: UUID | None) -> Stage:
    if stage_id is not None:
        stage = await get_stage(work, stage_id)
        if stage.kind is not StageKind.OPEN or (pipeline_id and stage.pipeline_id != pipeline_id):
            raise OpportunityInvalid(_("An opportunity begins in an open stage of its pipeline."), field="stage_id")
        return stage
    pipeline = await get_pipeline(work, pipeline_id) if pipeline_id else next(iter(await pipelines(work)), None)
    if pipeline is None:
        raise OpportunityInvalid(_("No pipeline is in use; switch one on in the settings."), field="pipeline_id")
    return next(stage for stage in pipeline.stages if stage.kind is StageKind.OPEN)


async def _write(work: Work, opportunity: Opportunity, data: OpportunityInput, *, owner_id: UUID | None) -> None:
    """Fill ``opportunity`` from ``data``."""
    if data.party_id != opportunity.party_id:
        await get_party(work, data.party_id)
    opportunity.party_id, opportunity.name = data.party_id, data.name.strip()
    opportunity.currency = (data.currency or work.tenant.currency).upper()
    opportunity.expected_on = data.expected_on
    opportunity.source = (data.source or "").strip() or None
    opportunity.remark = (data.remark or "").strip() or None
    await _check(work, data, opportunity)
    opportunity.contact_id = data.contact_id
    await _give_to(work, opportunity, owner_id)
    opportunity.lines = await lines_of(work, opportunity, data.lines, refusal=OpportunityInvalid)
    amount = sum((line.gross for line in opportunity.lines), Decimal(0)) if opportunity.lines else data.amount
    opportunity.amount = round_half_up(amount, CURRENCIES[opportunity.currency])
    names = {given.name.strip(): (given.remark or "").strip() or None for given in data.competitors if given.name.strip()}
    opportunity.competitors = [
        Competitor(id=new_id(), opportunity_id=opportunity.id, name=name, remark=remark) for name, remark in names.items()
    ]


async def _check(work: Work, data: OpportunityInput, opportunity: Opportunity) -> None:
    errors = []
    if not opportunity.name:
        errors.append(FieldError("name", _("Please enter a name.")))
    if opportunity.currency not in CURRENCIES:
        errors.append(FieldError("currency", _("“%(code)s” is no currency; enter for example CNY.", code=data.currency)))
    if not data.amount.is_finite() or not 0 <= data.amount < Decimal(10) ** 15:
        errors.append(FieldError("amount", _("An amount is zero or more, for example 128000.00.")))
    if data.contact_id is not None:
        contact = await work.session.get(Contact, data.contact_id)
        if contact is None or contact.party_id != data.party_id:
            errors.append(FieldError("contact_id", _("Choose a contact of this customer.")))
    if errors:
        raise OpportunityInvalid(errors[0].message, errors=errors)


async def _give_to(work: Work, opportunity: Opportunity, owner_id: UUID | None) -> None:
    """The owner, with whose department the opportunity goes."""
    if owner_id == opportunity.owner_id and owner_id is not None:
        return
    owner = await work.session.get(Employee, owner_id) if owner_id else None
    if owner_id is not None and owner is None:
        raise OpportunityInvalid(_("This employee does not exist, or was deleted."), field="owner_id")
    opportunity.owner_id = owner_id
    opportunity.department_id = owner.department_id if owner else None


def _values(opportunity: Opportunity) -> dict[str, Any]:
    """The opportunity's fields as the log keeps them."""
    return {
        "name": opportunity.name,
        "party_id": str(opportunity.party_id),
        "amount": f"{opportunity.amount:.2f} {opportunity.currency}",
        "expected_on": opportunity.expected_on.isoformat() if opportunity.expected_on else None,
        "source": opportunity.source,
        "contact_id": str(opportunity.contact_id) if opportunity.contact_id else None,
        "owner_id": str(opportunity.owner_id) if opportunity.owner_id else None,
        "remark": opportunity.remark,
        "lines": [f"{line.description} × {line.quantity.normalize():f}" for line in opportunity.lines],
        "competitors": [competitor.name for competitor in opportunity.competitors],
        "custom": dict(opportunity.custom or {}),
    }
