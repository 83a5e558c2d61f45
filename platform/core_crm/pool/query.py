"""What lies in the pool, what is about to fall into it, and its log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from core_crm.leads.model import Lead
from core_crm.paging import PAGE_ROWS, cursor, matches, read_cursor
from core_crm.pool.claims import MODELS, STEMS
from core_crm.pool.model import Act, PoolEntry, PoolKind, PoolLog, PoolProtection
from core_crm.pool.recycling import due
from core_crm.pool.settings import pool_rules, settings_of
from kernel import clock
from kernel.work import Work
from master_data.api import Employee, employee_of, open_text, rights_of, visible


@dataclass(frozen=True, kw_only=True)
class PoolRow:
    """A record in the pool: enough to choose it, not enough to call it without claiming."""

    entry_id: UUID
    record_id: UUID
    name: str
    company: str | None
    region: str | None
    industry: str | None
    source: str | None
    stage: str
    since: datetime
    reason: str
    former_owner: str | None


@dataclass(frozen=True, kw_only=True)
class DueRow:
    """A record of the actor's that falls into the pool on ``drops_on``, by ``rule``."""

    kind: PoolKind
    record_id: UUID
    name: str
    drops_on: date
    rule: str


@dataclass(frozen=True, kw_only=True)
class LogRow:
    id: UUID
    kind: PoolKind
    record_id: UUID
    record_name: str
    act: Act
    from_owner: str | None
    to_owner: str | None
    reason: str
    at: datetime
    by: str


async def list_pool(
    work: Work, kind: PoolKind, *, search: str = "", limit: int = PAGE_ROWS, after: str | None = None
) -> tuple[Sequence[PoolRow], str | None]:
    """A page of the pool, what fell last first; everybody who may claim sees it, whosever it was.

    Nobody is found by phone or address, of which a stranger to the record could so learn digit by digit.
    """
    model, e = MODELS[kind], PoolEntry
    text = open_text(model, {*(await rights_of(work, STEMS[kind])).unread, "phone", "email"})
    stage = model.state if kind is PoolKind.LEAD else model.stage
    company = Lead.company if kind is PoolKind.LEAD else literal(None)
    query = (
        select(
            e.id.label("entry_id"), e.record_id, model.name, company.label("company"), model.region, model.industry, model.source,
            stage.label("stage"), e.since, e.reason, Employee.name.label("former_owner"),
        )
        .join(model, model.id == e.record_id)
        .outerjoin(Employee, Employee.id == e.former_owner_id)
        .where(e.kind == kind, model.present(), *matches(search, text))
    )  # fmt: skip
    if after:
        since, entry_id = read_cursor(after, tuple[datetime, UUID])
        query = query.where(tuple_(e.since, e.id) < tuple_(literal(since, e.since.type), literal(entry_id, e.id.type)))
    found = await work.session.execute(query.order_by(e.since.desc(), e.id.desc()).limit(limit + 1))
    rows = [PoolRow(**row) for row in found.mappings()]
    more = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], cursor(more.since, more.entry_id) if more else None


async def about_to_drop(work: Work) -> Sequence[DueRow]:
    """The actor's own records that fall into the pool within the days of the reminder, the nearest first."""
    me = await employee_of(work)
    if me is None:
        return []
    found: dict[tuple[PoolKind, UUID], DueRow] = {}
    for kind in PoolKind:
        limits = await settings_of(work, kind)
        for rule in await pool_rules(work, kind):
            query = due(work, rule, clock.now() + timedelta(days=limits.remind_days)).where(MODELS[kind].owner_id == me.id)
            for row, started in await work.session.execute(query.limit(PAGE_ROWS)):
                day = (started + timedelta(days=rule.days)).astimezone(ZoneInfo(work.tenant.zone)).date() + timedelta(days=1)
                name = getattr(row, "company", None) or row.name
                known = found.get((kind, row.id))
                if known is None or day < known.drops_on:
                    found[kind, row.id] = DueRow(kind=kind, record_id=row.id, name=name, drops_on=day, rule=rule.name)
    return sorted(found.values(), key=lambda row: (row.drops_on, row.name))


async def list_log(
    work: Work, *, kind: PoolKind | None = None, record_id: UUID | None = None, limit: int = PAGE_ROWS, after: str | None = None
) -> tuple[Sequence[LogRow], str | None]:
    """A page of the log, the newest first: of records within the actor's reach, of those in the pool, and of what they held."""
    g = PoolLog
    former, later = aliased(Employee), aliased(Employee)
    query = (
        select(
            g.id, g.kind, g.record_id, g.record_name, g.act, former.name.label("from_owner"), later.name.label("to_owner"), g.reason,
            g.at, g.by,
        )
        .outerjoin(former, former.id == g.from_owner_id)
        .outerjoin(later, later.id == g.to_owner_id)
    )  # fmt: skip
    query = query.where(or_(*[await _told(work, each) for each in PoolKind]))
    if kind is not None:
        query = query.where(g.kind == kind)
    if record_id is not None:
        query = query.where(g.record_id == record_id)
    if after:
        at, row_id = read_cursor(after, tuple[datetime, UUID])
        query = query.where(tuple_(g.at, g.id) < tuple_(literal(at, g.at.type), literal(row_id, g.id.type)))
    found = await work.session.execute(query.order_by(g.at.desc(), g.id.desc()).limit(limit + 1))
    rows = [LogRow(**row) for row in found.mappings()]
    more = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], cursor(more.at, more.id) if more else None


async def _told(work: Work, kind: PoolKind) -> ColumnElement[bool]:
    """Which of the log's lines about a kind the actor may read."""
    g, model, rights = PoolLog, MODELS[kind], await rights_of(work, STEMS[kind])
    if rights.whole:
        return g.kind == kind
    me = await employee_of(work)
    lying = select(PoolEntry.record_id).where(PoolEntry.kind == kind)
    own = or_(g.from_owner_id == me.id, g.to_owner_id == me.id) if me else false()
    reached = select(model.id).where(rights.condition(model))
    return and_(g.kind == kind, or_(own, g.record_id.in_(reached), g.record_id.in_(lying)))


async def protection_of(work: Work, kind: PoolKind, record_id: UUID) -> PoolProtection | None:
    """Whether a record is protected."""
    return await work.session.scalar(select(PoolProtection).where(PoolProtection.kind == kind, PoolProtection.record_id == record_id))


async def protected(work: Work) -> Sequence[tuple[PoolProtection, str]]:
    """The protection list with the records' names, as far as the actor may see them; 200 at most."""
    rows: list[tuple[PoolProtection, str]] = []
    for kind, model in MODELS.items():
        found = await work.session.execute(
            select(PoolProtection, model.name)
            .join(model, model.id == PoolProtection.record_id)
            .where(PoolProtection.kind == kind, await visible(work, model, STEMS[kind]))
            .order_by(model.name, model.id)
            .limit(100)
        )
        rows += [(protection, name) for protection, name in found]
    return rows


async def in_pool(work: Work, kind: PoolKind, record_id: UUID) -> PoolEntry | None:
    """The record's entry in the pool."""
    return await work.session.scalar(select(PoolEntry).where(PoolEntry.kind == kind, PoolEntry.record_id == record_id))


def paths(kind: PoolKind, record_id: Any) -> str:
    """The record's page."""
    return f"/leads/{record_id}" if kind is PoolKind.LEAD else f"/parties/{record_id}"
