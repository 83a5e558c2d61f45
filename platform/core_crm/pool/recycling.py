"""The nightly round: who did nothing for a customer or lead is reminded, then it falls into the pool."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select

from core_crm.leads.model import OPEN_STATES, Lead
from core_crm.orders.model import Order, OrderState
from core_crm.pipeline.model import Opportunity, StageKind
from core_crm.pool.claims import MODELS
from core_crm.pool.events import PoolDropNear, PoolDropped
from core_crm.pool.holding import into_pool, log
from core_crm.pool.model import Act, Condition, PoolKind, PoolLog, PoolProtection, PoolRule
from core_crm.pool.settings import pool_rules, settings_of
from kernel import clock
from kernel.work import Work
from master_data.api import Activity, ActivityKind, Party

BATCH = 500


async def recycle(work: Work) -> None:
    """Drop what rules say, remind of what they will say soon.  Run twice, it does nothing the second time."""
    for kind in PoolKind:
        limits = await settings_of(work, kind)
        for rule in await pool_rules(work, kind):
            await _drop(work, rule)
            if limits.remind_days:
                await _remind(work, rule, limits.remind_days)


def due(work: Work, rule: PoolRule, before: datetime) -> Select[Any]:
    """Records in somebody's hands, unprotected, for which the rule's clock ran out by ``before``; with the moment it started."""
    model, started = MODELS[rule.kind], since(rule)
    protected = exists().where(
        PoolProtection.kind == rule.kind,
        PoolProtection.record_id == model.id,
        or_(PoolProtection.until.is_(None), PoolProtection.until >= work.today()),
    )
    return (
        select(model, started.label("started"))
        .where(
            _subject(rule), model.present(), model.owner_id.is_not(None), ~protected, started < literal(before - timedelta(days=rule.days))
        )
        .order_by(model.id)
    )


def since(rule: PoolRule) -> ColumnElement[datetime]:
    """When the rule's clock started for a record: with the last contact, or the last success."""
    if rule.kind is PoolKind.LEAD:
        return func.greatest(Lead.last_activity_at, func.coalesce(Lead.held_since, Lead.created_at))
    held = _latest(PoolLog.at, PoolLog.record_id == Party.id, PoolLog.to_owner_id == Party.owner_id, PoolLog.act != Act.REMINDED)
    if rule.condition is Condition.NOT_WON:
        won = _latest(Opportunity.closed_at, Opportunity.party_id == Party.id, Opportunity.state == StageKind.WON)
        ordered = _latest(Order.confirmed_at, Order.party_id == Party.id, Order.state == OrderState.CONFIRMED)
        return func.greatest(Party.created_at, held, won, ordered)
    noted = _latest(
        Activity.at, Activity.record_kind == "master.party", Activity.record_id == Party.id, Activity.kind != ActivityKind.SYSTEM
    )
    moved = _latest(Opportunity.last_activity_at, Opportunity.party_id == Party.id)
    ordered = _latest(Order.created_at, Order.party_id == Party.id)
    return func.greatest(Party.created_at, held, noted, moved, ordered)


async def _drop(work: Work, rule: PoolRule) -> None:
    while True:
        # Who is being worked on at this moment is left for the next night.
        query = due(work, rule, clock.now()).limit(BATCH).with_for_update(of=MODELS[rule.kind], skip_locked=True)
        rows = (await work.session.execute(query.execution_options(populate_existing=True))).all()
        for row, _started in rows:
            former = row.owner_id
            await into_pool(work, rule.kind, row, act=Act.DROPPED, reason=rule.name)
            await work.publish(PoolDropped(kind=rule.kind.value, record_id=row.id, former_owner_id=former, rule=rule.name))
        if len(rows) < BATCH:
            return


async def _remind(work: Work, rule: PoolRule, days: int) -> None:
    """Once for each time the clock runs, ``days`` before it runs out."""
    model = MODELS[rule.kind]
    told = exists().where(
        PoolLog.kind == rule.kind,
        PoolLog.record_id == model.id,
        PoolLog.act == Act.REMINDED,
        PoolLog.to_owner_id == model.owner_id,
        PoolLog.reason == rule.name,
        PoolLog.at >= since(rule),
    )
    while True:
        rows = (await work.session.execute(due(work, rule, clock.now() + timedelta(days=days)).where(~told).limit(BATCH))).all()
        for row, started in rows:
            drops_on = (started + timedelta(days=rule.days)).astimezone(ZoneInfo(work.tenant.zone)).date() + timedelta(days=1)
            log(work, rule.kind, row, Act.REMINDED, from_owner=None, to_owner=row.owner_id, reason=rule.name)
            await work.publish(
                PoolDropNear(kind=rule.kind.value, record_id=row.id, owner_id=row.owner_id, drops_on=drops_on, rule=rule.name)
            )
        await work.session.flush()
        if len(rows) < BATCH:
            return


def _subject(rule: PoolRule) -> ColumnElement[bool]:
    """Which records the rule is about."""
    if rule.kind is PoolKind.LEAD:
        return Lead.state == rule.stage if rule.stage else Lead.state.in_(OPEN_STATES)
    return and_(Party.is_customer, Party.stage == rule.stage) if rule.stage else Party.is_customer.is_(True)


def _latest(column: Any, *where: ColumnElement[bool]) -> Any:
    return select(func.max(column)).where(*where).correlate(Party).scalar_subquery()
