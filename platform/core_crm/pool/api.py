"""REST API of the public pool."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_crm.paging import PAGE_ROWS, check_limit
from core_crm.pool.claims import assign, claim, locked, release
from core_crm.pool.model import Act, Condition, PoolKind, PoolRule
from core_crm.pool.query import DueRow, LogRow, PoolRow, about_to_drop, list_log, list_pool
from core_crm.pool.settings import (
    PoolRuleInput,
    PoolSettingsInput,
    ProtectionInput,
    delete_rule,
    pool_rules,
    protect,
    save_rule,
    save_settings,
    settings_of,
    unprotect,
)
from kernel.work import Work

READ = {"permission": "crm.pool.read"}
CLAIM = {"permission": "crm.pool.claim"}
MANAGE = {"permission": "crm.pool.manage"}


class PoolItem(msgspec.Struct, kw_only=True):
    """A record in the pool.  How to reach it is seen by whoever claims it."""

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

    @classmethod
    def of(cls, row: PoolRow) -> "PoolItem":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class PoolList(msgspec.Struct, kw_only=True):
    items: list[PoolItem]
    next: str | None


class DueItem(msgspec.Struct, kw_only=True):
    kind: PoolKind
    record_id: UUID
    name: str
    drops_on: date
    rule: str

    @classmethod
    def of(cls, row: DueRow) -> "DueItem":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class LogItem(msgspec.Struct, kw_only=True):
    kind: PoolKind
    record_id: UUID
    record_name: str
    act: Act
    from_owner: str | None
    to_owner: str | None
    reason: str
    at: datetime
    by: str

    @classmethod
    def of(cls, row: LogRow) -> "LogItem":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class LogList(msgspec.Struct, kw_only=True):
    items: list[LogItem]
    next: str | None


class PoolRuleRead(msgspec.Struct, kw_only=True):
    id: UUID
    kind: PoolKind
    name: str
    condition: Condition
    days: int
    stage: str | None
    active: bool

    @classmethod
    def of(cls, rule: PoolRule) -> "PoolRuleRead":
        return cls(**{name: getattr(rule, name) for name in cls.__struct_fields__})


class AssignInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    employee_id: UUID


class ReleaseInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class PoolController(Controller):
    path = "/pool"
    tags = ("Public pool",)

    @get("/leads", operation_id="listPooledLeads", opt=READ)
    async def leads(
        self,
        work: NamedDependency[Work],
        search: FromQuery[str] = "",
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> PoolList:
        """Leads in the pool, what came last first."""
        return await _listed(work, PoolKind.LEAD, search, limit, after)

    @get("/parties", operation_id="listPooledParties", opt=READ)
    async def parties(
        self,
        work: NamedDependency[Work],
        search: FromQuery[str] = "",
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> PoolList:
        """Customers in the pool, what came last first."""
        return await _listed(work, PoolKind.PARTY, search, limit, after)

    @get("/due", operation_id="listPoolDue", opt=READ)
    async def due(self, work: NamedDependency[Work]) -> list[DueItem]:
        """The caller's own records that fall into the pool soon."""
        return [DueItem.of(row) for row in await about_to_drop(work)]

    @get("/log", operation_id="listPoolLog", opt=READ)
    async def log(
        self,
        work: NamedDependency[Work],
        kind: FromQuery[PoolKind | None] = None,
        record_id: FromQuery[UUID | None] = None,
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> LogList:
        """What happened in the pool, the newest first."""
        check_limit(limit)
        rows, following = await list_log(work, kind=kind, record_id=record_id, limit=limit, after=after)
        return LogList(items=[LogItem.of(row) for row in rows], next=following)

    @post("/{kind:str}/{record_id:uuid}/claim", operation_id="claimFromPool", opt=CLAIM, status_code=204)
    async def claim(self, work: NamedDependency[Work], kind: FromPath[PoolKind], record_id: FromPath[UUID]) -> None:
        """Take a record (``kind`` is lead or party) for oneself.  409 ``not_in_pool`` when somebody else was faster."""
        await claim(work, kind, record_id)

    @post("/{kind:str}/{record_id:uuid}/assign", operation_id="assignFromPool", opt={"permission": "crm.pool.assign"}, status_code=204)
    async def assign(
        self, work: NamedDependency[Work], kind: FromPath[PoolKind], record_id: FromPath[UUID], data: JSONBody[AssignInput]
    ) -> None:
        """Give a record to an employee."""
        await assign(work, kind, record_id, data.employee_id)

    @post("/{kind:str}/{record_id:uuid}/release", operation_id="releaseToPool", opt=CLAIM, status_code=204)
    async def release(
        self, work: NamedDependency[Work], kind: FromPath[PoolKind], record_id: FromPath[UUID], data: JSONBody[ReleaseInput]
    ) -> None:
        """Let a record go into the pool."""
        await release(work, kind, record_id, data.reason)

    @get("/rules", operation_id="listPoolRules", opt=MANAGE)
    async def rules(self, work: NamedDependency[Work]) -> list[PoolRuleRead]:
        """Rules by which records fall back."""
        return [PoolRuleRead.of(rule) for rule in await pool_rules(work)]

    @post("/rules", operation_id="createPoolRule", opt=MANAGE)
    async def add_rule(self, work: NamedDependency[Work], data: JSONBody[PoolRuleInput]) -> PoolRuleRead:
        """One more rule."""
        return PoolRuleRead.of(await save_rule(work, data))

    @put("/rules/{rule_id:uuid}", operation_id="updatePoolRule", opt=MANAGE)
    async def change_rule(self, work: NamedDependency[Work], rule_id: FromPath[UUID], data: JSONBody[PoolRuleInput]) -> PoolRuleRead:
        """Write a rule anew."""
        return PoolRuleRead.of(await save_rule(work, data, rule_id))

    @delete("/rules/{rule_id:uuid}", operation_id="deletePoolRule", opt=MANAGE)
    async def remove_rule(self, work: NamedDependency[Work], rule_id: FromPath[UUID]) -> None:
        """Take a rule away."""
        await delete_rule(work, rule_id)

    @get("/settings/{kind:str}", operation_id="readPoolSettings", opt=MANAGE)
    async def settings(self, work: NamedDependency[Work], kind: FromPath[PoolKind]) -> PoolSettingsInput:
        """The limits of a pool."""
        found = await settings_of(work, kind)
        return PoolSettingsInput(
            holding_cap=found.holding_cap,
            claims_per_day=found.claims_per_day,
            cooldown_days=found.cooldown_days,
            remind_days=found.remind_days,
        )

    @put("/settings/{kind:str}", operation_id="updatePoolSettings", opt=MANAGE)
    async def change_settings(
        self, work: NamedDependency[Work], kind: FromPath[PoolKind], data: JSONBody[PoolSettingsInput]
    ) -> PoolSettingsInput:
        """Set the limits of a pool."""
        await save_settings(work, kind, data)
        return data

    @post("/protection", operation_id="protectFromPool", opt=MANAGE, status_code=204)
    async def protect(self, work: NamedDependency[Work], data: JSONBody[ProtectionInput]) -> None:
        """Keep a record out of the pool."""
        row = await locked(work, data.kind, data.record_id)
        await protect(work, data, name=row.name)

    @delete("/protection/{kind:str}/{record_id:uuid}", operation_id="unprotectFromPool", opt=MANAGE)
    async def unprotect(self, work: NamedDependency[Work], kind: FromPath[PoolKind], record_id: FromPath[UUID]) -> None:
        """Let it fall into the pool again."""
        await locked(work, kind, record_id)
        await unprotect(work, kind, record_id)


async def _listed(work: Work, kind: PoolKind, search: str, limit: int, after: str | None) -> PoolList:
    check_limit(limit)
    rows, following = await list_pool(work, kind, search=search, limit=limit, after=after)
    return PoolList(items=[PoolItem.of(row) for row in rows], next=following)
