"""REST API of rules."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from kernel.i18n import gettext as _
from kernel.work import Work
from workflow.conditions import Condition
from workflow.places import place, place_of
from workflow.rules.actions import Action, read_actions
from workflow.rules.fields import offered_fields
from workflow.rules.model import Match, Outcome, Rule, RuleRun, Trigger
from workflow.rules.service import (
    MANAGE,
    PAGE_ROWS,
    RuleInput,
    delete_rule,
    dry_run,
    get_rule,
    missing_fields,
    read_conditions,
    rule_kinds,
    rules,
    runs_of,
    save_rule,
)

SET_UP = {"permission": MANAGE}


class RuleRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    record_kind: str
    position: int
    active: bool
    trigger: Trigger
    field: str | None
    value: str
    days: int
    match: Match
    conditions: list[Condition]
    actions: list[Action]
    made_by: str
    version: int
    missing_fields: Annotated[list[str], msgspec.Meta(description="Fields that it names and that are gone.")]

    @classmethod
    async def of(cls, work: Work, rule: Rule) -> "RuleRead":
        apart = ("conditions", "actions", "missing_fields")
        plain = {name: getattr(rule, name) for name in cls.__struct_fields__ if name not in apart}
        gone = sorted(set((await missing_fields(work, rule)).values()))
        return cls(**plain, conditions=read_conditions(rule.conditions), actions=read_actions(rule.actions), missing_fields=gone)


class RuleUpdate(RuleInput, kw_only=True, forbid_unknown_fields=True):
    version: int | None = None


class SampleRead(msgspec.Struct, kw_only=True):
    id: UUID
    title: str
    path: str


class TrialRead(msgspec.Struct, kw_only=True):
    """How many records fit at this moment, 100,000 at most, and the newest of them."""

    count: int
    samples: list[SampleRead]


class RuleRunRead(msgspec.Struct, kw_only=True):
    id: UUID
    record_kind: str
    record_id: UUID
    title: str
    outcome: Outcome
    reason: str
    done: list[str]
    at: datetime

    @classmethod
    def of(cls, run: RuleRun) -> "RuleRunRead":
        return cls(**{name: getattr(run, name) for name in cls.__struct_fields__})


class RuleRunList(msgspec.Struct, kw_only=True):
    """``next`` goes into ``before`` for the following page; null on the last."""

    items: list[RuleRunRead]
    next: str | None


class RuleFieldRead(msgspec.Struct, kw_only=True):
    """``writable``: a rule may set it.  ``choices`` are the values of a choice with their words."""

    name: str
    label: str
    type: str
    writable: bool
    choices: list[tuple[str, str]]


class RuleKindRead(msgspec.Struct, kw_only=True):
    record_kind: str
    label: str
    fields: list[RuleFieldRead]


class RuleController(Controller):
    path = "/rules"
    tags = ("Rules",)

    @get("/", operation_id="listRules", opt=SET_UP)
    async def listed(self, work: NamedDependency[Work]) -> list[RuleRead]:
        """All rules, by kind of record, in the order in which they run."""
        return [await RuleRead.of(work, rule) for rule in await rules(work)]

    @get("/kinds", operation_id="listRuleKinds", opt=SET_UP)
    async def kinds(self, work: NamedDependency[Work]) -> list[RuleKindRead]:
        """What rules may be about, with the fields they may look at and set."""
        found: list[RuleKindRead] = []
        for stem, kind in rule_kinds(work).items():
            fields: list[Any] = [
                RuleFieldRead(name=f.name, label=f.label, type=f.type, writable=f.writable, choices=f.choices)
                for f in (await offered_fields(work, kind)).values()
            ]
            found.append(RuleKindRead(record_kind=stem, label=_(kind.label), fields=fields))
        return found

    @post("/", operation_id="createRule", opt=SET_UP)
    async def create(self, work: NamedDependency[Work], data: JSONBody[RuleInput]) -> RuleRead:
        """A new rule; it runs on what happens from now on."""
        return await RuleRead.of(work, await save_rule(work, data))

    @post("/dry-run", operation_id="tryRule", opt=SET_UP, status_code=200)
    async def trial(self, work: NamedDependency[Work], data: JSONBody[RuleInput]) -> TrialRead:
        """Which records a rule would fit at this moment; nothing is done."""
        found = await dry_run(work, data)
        samples = [SampleRead(id=record_id, title=title, path=path) for record_id, title, path in found.samples]
        return TrialRead(count=found.count, samples=samples)

    @get("/{rule_id:uuid}", operation_id="readRule", opt=SET_UP)
    async def read(self, work: NamedDependency[Work], rule_id: FromPath[UUID]) -> RuleRead:
        """One rule."""
        return await RuleRead.of(work, await get_rule(work, rule_id))

    @put("/{rule_id:uuid}", operation_id="updateRule", opt=SET_UP)
    async def update(self, work: NamedDependency[Work], rule_id: FromPath[UUID], data: JSONBody[RuleUpdate]) -> RuleRead:
        """Write a rule anew."""
        plain = RuleInput(**{name: getattr(data, name) for name in RuleInput.__struct_fields__})
        return await RuleRead.of(work, await save_rule(work, plain, rule_id, version=data.version))

    @delete("/{rule_id:uuid}", operation_id="deleteRule", opt=SET_UP)
    async def remove(self, work: NamedDependency[Work], rule_id: FromPath[UUID]) -> None:
        """Take a rule away."""
        await delete_rule(work, rule_id)

    @get("/{rule_id:uuid}/runs", operation_id="listRuleRuns", opt=SET_UP)
    async def runs(self, work: NamedDependency[Work], rule_id: FromPath[UUID], before: FromQuery[str] = "") -> RuleRunList:
        """What the rule did in the last three months, the latest first, and why it failed."""
        await get_rule(work, rule_id)
        found = await runs_of(work, rule_id, before=place_of(before))
        page = found[:PAGE_ROWS]
        more = place(page[-1].at, page[-1].id) if len(found) > PAGE_ROWS else None
        return RuleRunList(items=[RuleRunRead.of(run) for run in page], next=more)
