"""The limits of the pools and the rules by which records fall back."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from core_crm.leads.model import LeadState
from core_crm.pool.model import Condition, PoolKind, PoolProtection, PoolRule, PoolSettings
from identity.audit import record
from kernel import clock
from kernel.errors import Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from master_data.api import PartyStage

RULES_MAX = 100
STAGES = {
    PoolKind.LEAD: (LeadState.NEW, LeadState.WORKING),
    PoolKind.PARTY: (PartyStage.POTENTIAL, PartyStage.INTERESTED, PartyStage.CUSTOMER),
}

Count = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class PoolSettingsInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Limits of one pool; null: none."""

    holding_cap: Count | None = None
    claims_per_day: Count | None = None
    cooldown_days: Days = 0
    remind_days: Days = 3


class PoolRuleInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A record falls back when ``condition`` holds for ``days``; with ``stage`` only one of that stage."""

    kind: PoolKind
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    condition: Condition
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)]
    stage: str | None = None
    active: bool = True


class ProtectionInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``until`` null: for good."""

    kind: PoolKind
    record_id: UUID
    until: date | None = None
    reason: Annotated[str, msgspec.Meta(max_length=200)] | None = None


async def settings_of(work: Work, kind: PoolKind) -> PoolSettings:
    """The limits of a pool; the usual ones where nobody has set any."""
    found = await work.session.scalar(select(PoolSettings).where(PoolSettings.kind == kind))
    return found or PoolSettings(kind=kind, holding_cap=None, claims_per_day=None, cooldown_days=0, remind_days=3)


async def save_settings(work: Work, kind: PoolKind, data: PoolSettingsInput) -> None:
    """Set the limits of a pool."""
    before, values = await settings_of(work, kind), msgspec.structs.asdict(data)
    old = {name: getattr(before, name) for name in values}
    now = clock.now()
    statement = insert(PoolSettings).values(id=new_id(), kind=kind, created_at=now, updated_at=now, **values)
    await work.session.execute(statement.on_conflict_do_update(index_elements=["kind"], set_=values | {"updated_at": now}))
    work.session.expire_all()
    await record(work, "pool.settings_changed", f"pool:{kind.value}", name=kind.value, before=old, after=values)


async def pool_rules(work: Work, kind: PoolKind | None = None) -> Sequence[PoolRule]:
    """All rules; with ``kind`` those in use for one pool."""
    query = select(PoolRule).order_by(PoolRule.kind, PoolRule.name, PoolRule.id).limit(RULES_MAX)
    return (await work.session.scalars(query.where(PoolRule.kind == kind, PoolRule.active) if kind else query)).all()


async def save_rule(work: Work, data: PoolRuleInput, rule_id: UUID | None = None) -> PoolRule:
    """Write a rule.

    Raises:
        Invalid: there is no such stage.
        NotFound: no such rule.
    """
    if data.stage is not None and data.stage not in STAGES[data.kind]:
        raise Invalid(_("Choose one of the list."), field="stage")
    if data.kind is PoolKind.LEAD and data.condition is Condition.NOT_WON:
        raise Invalid(_("A lead is not won; choose “not followed”."), field="condition")
    rule = await work.session.get(PoolRule, rule_id) if rule_id else PoolRule(id=new_id())
    if rule is None:
        raise NotFound(_("This record does not exist, or was deleted."))
    before = _values(rule) if rule_id else None
    for name in ("kind", "name", "condition", "days", "stage", "active"):
        setattr(rule, name, getattr(data, name))
    work.session.add(rule)
    await work.session.flush()
    await record(work, "pool.rule_saved", f"pool_rule:{rule.id}", name=rule.name, before=before, after=_values(rule))
    return rule


async def delete_rule(work: Work, rule_id: UUID) -> None:
    """Take a rule away.

    Raises:
        NotFound: no such rule.
    """
    rule = await work.session.get(PoolRule, rule_id)
    if rule is None:
        raise NotFound(_("This record does not exist, or was deleted."))
    await record(work, "pool.rule_deleted", f"pool_rule:{rule.id}", name=rule.name, before=_values(rule))
    await work.session.delete(rule)
    await work.session.flush()


async def protect(work: Work, data: ProtectionInput, *, name: str) -> None:
    """Keep a record out of the pool, for good or until a day."""
    now = clock.now()
    values = {"until": data.until, "reason": data.reason, "updated_at": now}
    statement = insert(PoolProtection).values(id=new_id(), kind=data.kind, record_id=data.record_id, created_at=now, **values)
    await work.session.execute(statement.on_conflict_do_update(index_elements=["kind", "record_id"], set_=values))
    after = {"until": data.until.isoformat() if data.until else None, "reason": data.reason}
    await record(work, "pool.protected", f"{data.kind.value}:{data.record_id}", name=name, after=after)


async def unprotect(work: Work, kind: PoolKind, record_id: UUID) -> None:
    """The record may fall into the pool again."""
    gone = await work.session.execute(
        delete(PoolProtection).where(PoolProtection.kind == kind, PoolProtection.record_id == record_id).returning(PoolProtection.reason)
    )
    if (row := gone.first()) is not None:
        await record(work, "pool.unprotected", f"{kind.value}:{record_id}", before={"reason": row.reason})


def _values(rule: PoolRule) -> dict[str, object]:
    return {
        "kind": rule.kind.value,
        "name": rule.name,
        "condition": rule.condition.value,
        "days": rule.days,
        "stage": rule.stage,
        "active": rule.active,
    }
