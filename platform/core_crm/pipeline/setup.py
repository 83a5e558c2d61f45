"""Pipelines with their stages, and the reasons for which opportunities are lost: read and changed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import selectinload

from core_crm.pipeline.model import LostReason, Opportunity, Pipeline, Stage, StageKind
from identity.audit import record
from kernel import i18n
from kernel.errors import Conflict, DomainError, FieldError, Invalid, NotFound
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work

STAGES_MAX = 20
REQUIRABLE = {
    "amount": N_("Amount"),
    "expected_on": N_("Expected close"),
    "source": N_("Source"),
    "contact_id": N_("Contact person"),
    "lines": N_("Products"),
    "competitors": N_("Competitors"),
    "owner_id": N_("Person in charge"),
}
"""Fields that a stage may require, with their words."""

_FIRST_STAGES = (
    (N_("First contact"), StageKind.OPEN, 10, 14),
    (N_("Need confirmed"), StageKind.OPEN, 30, 14),
    (N_("Proposal and quote"), StageKind.OPEN, 50, 10),
    (N_("Negotiation"), StageKind.OPEN, 80, 7),
    (N_("Deal won"), StageKind.WON, 100, None),
    (N_("Deal lost"), StageKind.LOST, 0, None),
)
_FIRST_REASONS = (N_("Price too high"), N_("Bought from a competitor"), N_("No budget"), N_("No need any more"), N_("Could not be reached"))
_ORDER = {StageKind.OPEN: 0, StageKind.WON: 1, StageKind.LOST: 2}

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class PipelineNotFound(NotFound):
    code = "pipeline_not_found"


class StageNotFound(NotFound):
    code = "stage_not_found"


class StageInUse(DomainError):
    """Opportunities stand in a stage that was to be taken away."""

    code = "stage_in_use"


class PipelineChanged(Conflict):
    code = "version_conflict"


class PipelineInvalid(Invalid):
    code = "pipeline_invalid"


class StageInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A stage; with ``id`` one that is there already.  ``probability`` is in per cent."""

    name: Name
    kind: StageKind = StageKind.OPEN
    probability: Decimal = Decimal(0)
    required: list[str] = []
    criteria: Annotated[list[Annotated[str, msgspec.Meta(max_length=120)]], msgspec.Meta(max_length=20)] = []
    stale_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = None
    id: UUID | None = None


class PipelineInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A pipeline, stages in their order."""

    name: Name
    stages: Annotated[list[StageInput], msgspec.Meta(max_length=STAGES_MAX)]
    active: bool = True


async def pipelines(work: Work, *, all_: bool = False, begin: bool = True) -> Sequence[Pipeline]:
    """Pipelines in use, or all, with their stages.  A company without any gets its first, unless ``begin`` is off."""
    query = select(Pipeline).options(selectinload(Pipeline.stages.and_(Stage.active))).order_by(Pipeline.position, Pipeline.id).limit(100)
    found = (await work.session.scalars(query if all_ else query.where(Pipeline.active))).all()
    if not found and begin and not await work.session.scalar(select(func.count()).select_from(Pipeline)):
        await _begin(work)
        found = (await work.session.scalars(query)).all()
    return found


async def get_pipeline(work: Work, pipeline_id: UUID, *, lock: bool = False) -> Pipeline:
    """A pipeline with its stages in use.

    Raises:
        PipelineNotFound
    """
    query = select(Pipeline).where(Pipeline.id == pipeline_id).options(selectinload(Pipeline.stages.and_(Stage.active)))
    found = await work.session.scalar(query.with_for_update(of=Pipeline).execution_options(populate_existing=True) if lock else query)
    if found is None:
        raise PipelineNotFound(_("This pipeline does not exist, or was deleted."))
    return found


async def get_stage(work: Work, stage_id: UUID) -> Stage:
    """A stage in use.

    Raises:
        StageNotFound
    """
    found = await work.session.get(Stage, stage_id)
    if found is None or not found.active:
        raise StageNotFound(_("This stage does not exist any more. Reload the page."))
    return found


async def save_pipeline(work: Work, data: PipelineInput, pipeline_id: UUID | None = None, *, version: int | None = None) -> Pipeline:
    """Write a pipeline, stages and all; a stage that is left out is taken away.

    Raises:
        PipelineNotFound
        PipelineInvalid: its stages do not make a pipeline.
        PipelineChanged: it has another version than ``version`` by now.
        StageInUse: opportunities stand in a stage that is left out.
    """
    _check(data)
    if pipeline_id is None:
        count = await work.session.scalar(select(func.count()).select_from(Pipeline))
        pipeline = Pipeline(id=new_id(), position=count or 0, stages=[])
        work.session.add(pipeline)
    else:
        pipeline = await get_pipeline(work, pipeline_id, lock=True)
        if version is not None and pipeline.version != version:
            raise PipelineChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    before = _shown(pipeline) if pipeline_id else None
    taken = select(Pipeline.id).where(Pipeline.name == data.name.strip(), Pipeline.id != pipeline.id)
    with work.session.no_autoflush:
        if await work.session.scalar(taken):
            raise PipelineInvalid(_("Another pipeline has this name."), field="name")
    pipeline.name, pipeline.active = data.name.strip(), data.active
    await _write_stages(work, pipeline, data.stages)
    await work.session.flush()
    verb = "changed" if pipeline_id else "created"
    await record(work, f"pipeline.{verb}", f"pipeline:{pipeline.id}", name=pipeline.name, before=before, after=_shown(pipeline))
    return pipeline


async def lost_reasons(work: Work, *, all_: bool = False) -> Sequence[LostReason]:
    """Reasons to choose from, or all."""
    query = select(LostReason).order_by(LostReason.position, LostReason.id).limit(200)
    return (await work.session.scalars(query if all_ else query.where(LostReason.active))).all()


async def save_lost_reason(work: Work, name: str, *, reason_id: UUID | None = None, active: bool = True) -> LostReason:
    """A new reason, or another name for one, or one taken out of use.

    Raises:
        Invalid: it has no name, or one that is taken.
        NotFound: no such reason.
    """
    reason = await work.session.get(LostReason, reason_id) if reason_id else None
    if reason_id and reason is None:
        raise NotFound(_("This record does not exist, or was deleted."))
    clean = name.strip()[:60]
    if not clean:
        raise Invalid(_("Please enter a name."), field="name")
    if await work.session.scalar(select(LostReason.id).where(LostReason.name == clean, LostReason.id != reason_id)):
        raise Invalid(_("This reason is there already."), field="name")
    if reason is None:
        reason = LostReason(id=new_id(), position=len(await lost_reasons(work, all_=True)))
        work.session.add(reason)
    before = {"name": reason.name, "active": reason.active} if reason_id else None
    reason.name, reason.active = clean, active
    await work.session.flush()
    await record(work, "lost_reason.saved", f"lost_reason:{reason.id}", name=clean, before=before, after={"name": clean, "active": active})
    return reason


def _check(data: PipelineInput) -> None:
    kinds = [stage.kind for stage in data.stages]
    if StageKind.OPEN not in kinds or kinds.count(StageKind.WON) != 1 or kinds.count(StageKind.LOST) != 1:
        raise PipelineInvalid(_("A pipeline needs at least one open stage, one that is won and one that is lost."), field="stages")
    errors: list[FieldError] = []
    names: set[str] = set()
    for n, stage in enumerate(data.stages):
        if not stage.name.strip() or stage.name.strip() in names:
            errors.append(FieldError(f"stages.{n}.name", _("Each stage has a name of its own.")))
        names.add(stage.name.strip())
        if not stage.probability.is_finite() or not 0 <= stage.probability <= 100:
            errors.append(FieldError(f"stages.{n}.probability", _("A probability is between 0 and 100 percent.")))
        if set(stage.required) - REQUIRABLE.keys():
            errors.append(FieldError(f"stages.{n}.required", _("Choose one of the list.")))
    if errors:
        raise PipelineInvalid(errors[0].message, errors=errors)


async def _write_stages(work: Work, pipeline: Pipeline, wanted: Sequence[StageInput]) -> None:
    known = {stage.id: stage for stage in pipeline.stages}
    kept = {given.id for given in wanted} & known.keys()
    await _retire(work, [stage for stage_id, stage in known.items() if stage_id not in kept])
    ordered = sorted(wanted, key=lambda given: _ORDER[given.kind])
    for position, given in enumerate(ordered):
        stage = known.get(given.id) if given.id else None
        if stage is None:
            stage = Stage(id=new_id(), pipeline_id=pipeline.id, kind=given.kind)
            pipeline.stages.append(stage)
        elif stage.kind is not given.kind:
            raise PipelineInvalid(_("The stage “%(name)s” cannot change its kind; take it away and add another.", name=stage.name))
        won, lost = given.kind is StageKind.WON, given.kind is StageKind.LOST
        stage.probability = Decimal(100) if won else Decimal(0) if lost else given.probability
        stage.position, stage.name = position, given.name.strip()
        stage.required = [name for name in REQUIRABLE if name in given.required]
        stage.criteria = [] if won or lost else [text.strip() for text in given.criteria if text.strip()]
        stage.stale_days = None if won or lost else given.stale_days


async def _retire(work: Work, stages: Sequence[Stage]) -> None:
    """Take stages out of use; their rows stay, as the history names them."""
    for stage in stages:
        count = await work.session.scalar(select(func.count()).select_from(Opportunity).where(Opportunity.stage_id == stage.id))
        if count:
            raise StageInUse(
                _("%(count)s opportunities stand in “%(name)s”. Move them to another stage first.", count=count, name=stage.name),
                field="stages",
            )
        lowest = await work.session.scalar(select(func.min(Stage.position)).where(Stage.pipeline_id == stage.pipeline_id))
        stage.active, stage.position = False, min(lowest or 0, 0) - 1
        await work.session.flush()


def _shown(pipeline: Pipeline) -> dict[str, object]:
    stages = [stage for stage in pipeline.stages if stage.active]
    return {"name": pipeline.name, "active": pipeline.active, "stages": [f"{s.name} {s.probability.normalize():f}%" for s in stages]}


async def _begin(work: Work) -> None:
    """The first pipeline and the usual reasons, in the company's language; once, however many ask at the same time."""
    await work.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.crm_pipeline', 0))"))
    if await work.session.scalar(select(func.count()).select_from(Pipeline)):
        return
    with i18n.using(work.tenant.locale):
        pipeline = Pipeline(id=new_id(), name=_("Sales"), position=0)
        pipeline.stages = [
            Stage(id=new_id(), position=n, name=_(name), kind=kind, probability=Decimal(chance), stale_days=stale)
            for n, (name, kind, chance, stale) in enumerate(_FIRST_STAGES)
        ]
        work.session.add(pipeline)
        work.session.add_all(LostReason(id=new_id(), name=_(name), position=n) for n, name in enumerate(_FIRST_REASONS))
    await work.session.flush()
