"""What the REST API of opportunities takes and answers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec

from core_crm.pipeline.history import Stay
from core_crm.pipeline.model import LostReason, Opportunity, OpportunityLine, Pipeline, Stage, StageKind
from core_crm.pipeline.query import Column, ForecastMonth, OpportunityRow, Sum
from core_crm.pipeline.service import CompetitorInput, OpportunityInput
from core_crm.pipeline.setup import PipelineInput

Reason = Annotated[str, msgspec.Meta(max_length=500)]


class OpportunityLineRead(msgspec.Struct, kw_only=True):
    position: int
    product_id: UUID | None
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    discount_percent: Decimal
    tax_code: str
    gross: Decimal

    @classmethod
    def of(cls, line: OpportunityLine) -> "OpportunityLineRead":
        return cls(**{name: getattr(line, name) for name in cls.__struct_fields__})


class OpportunityRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    party_id: UUID
    contact_id: UUID | None
    pipeline_id: UUID
    stage_id: UUID
    state: StageKind
    stage_since: datetime
    amount: Decimal
    currency: str
    expected_on: date | None
    source: str | None
    owner_id: UUID | None
    remark: str | None
    met: list[str]
    last_activity_at: datetime
    closed_at: datetime | None
    lost_reason_id: UUID | None
    lost_remark: str | None
    lead_id: UUID | None
    order_id: UUID | None
    made_by: str
    created_at: datetime
    version: int
    lines: list[OpportunityLineRead]
    competitors: list[CompetitorInput]
    custom: dict[str, Any] | None

    @classmethod
    def of(cls, opportunity: Opportunity) -> "OpportunityRead":
        plain = {name: getattr(opportunity, name) for name in cls.__struct_fields__ if name not in ("lines", "competitors")}
        return cls(
            **plain,
            lines=[OpportunityLineRead.of(line) for line in opportunity.lines],
            competitors=[CompetitorInput(name=each.name, remark=each.remark) for each in opportunity.competitors],
        )


class OpportunitySummary(msgspec.Struct, kw_only=True):
    """One line of a list.  ``stale`` says that nothing happened for longer than its stage allows."""

    id: UUID
    name: str
    party_id: UUID
    party_name: str
    pipeline_id: UUID
    stage_id: UUID
    stage: str
    state: StageKind
    amount: Decimal
    currency: str
    probability: Decimal
    expected_on: date | None
    owner_id: UUID | None
    owner: str | None
    last_activity_at: datetime
    stage_since: datetime
    stale: bool
    version: int

    @classmethod
    def of(cls, row: OpportunityRow) -> "OpportunitySummary":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class OpportunityList(msgspec.Struct, kw_only=True):
    """A page of opportunities, the newest first.  ``next`` is the cursor of the following page, null on the last."""

    items: list[OpportunitySummary]
    next: str | None


class SumRead(msgspec.Struct, kw_only=True):
    """Of one currency; ``weighted`` by the probability of each stage."""

    currency: str
    count: int
    amount: Decimal
    weighted: Decimal

    @classmethod
    def of(cls, each: Sum) -> "SumRead":
        return cls(currency=each.currency, count=each.count, amount=each.amount, weighted=each.weighted)


class ColumnRead(msgspec.Struct, kw_only=True):
    """A column of the board: its first 50 cards, and what all of them come to."""

    stage_id: UUID
    name: str
    kind: StageKind
    probability: Decimal
    sums: list[SumRead]
    cards: list[OpportunitySummary]

    @classmethod
    def of(cls, column: Column) -> "ColumnRead":
        stage = column.stage
        return cls(
            stage_id=stage.id,
            name=stage.name,
            kind=stage.kind,
            probability=stage.probability,
            sums=[SumRead.of(each) for each in column.sums],
            cards=[OpportunitySummary.of(card) for card in column.cards],
        )


class ForecastRead(msgspec.Struct, kw_only=True):
    """What is expected in a month (null: without a day) and what was won in it."""

    month: date | None
    currency: str
    count: int
    amount: Decimal
    weighted: Decimal
    won: Decimal

    @classmethod
    def of(cls, month: ForecastMonth) -> "ForecastRead":
        return cls(**{name: getattr(month, name) for name in cls.__struct_fields__})


class StayRead(msgspec.Struct, kw_only=True):
    """The opportunity came into a stage; ``seconds`` is how long it stayed, or stays until now."""

    stage: str
    kind: StageKind
    at: datetime
    by: str
    amount: Decimal
    reason: str | None
    seconds: int

    @classmethod
    def of(cls, stay: Stay) -> "StayRead":
        return cls(
            stage=stay.stage, kind=stay.kind, at=stay.at, by=stay.by, amount=stay.amount, reason=stay.reason,
            seconds=int(stay.lasted.total_seconds()),
        )  # fmt: skip


class OpportunityCreate(OpportunityInput, kw_only=True, forbid_unknown_fields=True):
    """A new opportunity, in the first stage of the first pipeline where nothing else is said."""

    pipeline_id: UUID | None = None
    stage_id: UUID | None = None


class OpportunityUpdate(OpportunityInput, kw_only=True, forbid_unknown_fields=True):
    """An opportunity written anew.  409 ``version_conflict`` with ``changes`` when ``version`` is not the present one."""

    version: int | None = None


class MoveInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Into which stage, above which card (left out: at the end)."""

    stage_id: UUID
    before: UUID | None = None
    version: int | None = None


class WinInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``with_order``: write a draft order with its lines."""

    with_order: bool = True
    version: int | None = None


class LoseInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    lost_reason_id: UUID
    remark: Reason = ""
    version: int | None = None


class ReopenInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    stage_id: UUID | None = None
    reason: Reason = ""


class CriterionInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    criterion: Annotated[str, msgspec.Meta(max_length=120)]
    met: bool = True


class StageRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    kind: StageKind
    probability: Decimal
    required: list[str]
    criteria: list[str]
    stale_days: int | None

    @classmethod
    def of(cls, stage: Stage) -> "StageRead":
        return cls(**{name: getattr(stage, name) for name in cls.__struct_fields__})


class PipelineRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    active: bool
    version: int
    stages: list[StageRead]

    @classmethod
    def of(cls, pipeline: Pipeline) -> "PipelineRead":
        stages = sorted((stage for stage in pipeline.stages if stage.active), key=lambda stage: stage.position)
        return cls(
            id=pipeline.id, name=pipeline.name, active=pipeline.active, version=pipeline.version, stages=[*map(StageRead.of, stages)]
        )


class PipelineUpdate(PipelineInput, kw_only=True, forbid_unknown_fields=True):
    version: int | None = None


class LostReasonInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    active: bool = True


class LostReasonRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    active: bool

    @classmethod
    def of(cls, reason: LostReason) -> "LostReasonRead":
        return cls(id=reason.id, name=reason.name, active=reason.active)
