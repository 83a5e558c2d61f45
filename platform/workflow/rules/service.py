"""Writing rules, trying them on what is there, and reading what they did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, func, select, tuple_

from identity.audit import record
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from workflow.changes.noticing import forget_rules
from workflow.conditions import Condition
from workflow.records import Kind, kinds
from workflow.rules.actions import Action, problems, read_actions
from workflow.rules.conditions import condition_of, one
from workflow.rules.fields import Field, day_column, fields_of, given_fields, offered_fields, unknown
from workflow.rules.model import Match, Outcome, Rule, RuleRun, Trigger

MANAGE = "workflow.rule.manage"
RULES_MAX, SAMPLES, PAGE_ROWS = 200, 10, 50
COUNT_MAX = 100_000


class RuleNotFound(NotFound):
    code = "rule_not_found"


class RuleChanged(Conflict):
    code = "version_conflict"


class RuleInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A rule.  ``field`` is for changed (any field where it is left out), became and date; ``days`` after a date, negative before."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    record_kind: Annotated[str, msgspec.Meta(max_length=80)]
    trigger: Trigger
    actions: Annotated[list[Action], msgspec.Meta(max_length=10)]
    field: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    value: Annotated[str, msgspec.Meta(max_length=400)] = ""
    days: Annotated[int, msgspec.Meta(ge=-3650, le=3650)] = 0
    match: Match = Match.ALL
    conditions: Annotated[list[Condition], msgspec.Meta(max_length=10)] = []
    position: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    active: bool = True


@dataclass(frozen=True)
class Trial:
    """How many records fit at this moment, and some of them."""

    count: int
    samples: Sequence[tuple[UUID, str, str]]


def rule_kinds(work: Work) -> Mapping[str, Kind]:
    """Kinds of records that rules may be about: resources, and documents that say which fields they have."""
    return {stem: kind for stem, kind in kinds(work).items() if given_fields(kind)}


async def rules(work: Work) -> Sequence[Rule]:
    query = select(Rule).order_by(Rule.record_kind, Rule.position, Rule.created_at, Rule.id).limit(RULES_MAX)
    return (await work.session.scalars(query)).all()


async def get_rule(work: Work, rule_id: UUID) -> Rule:
    """
    Raises:
        RuleNotFound
    """
    found = await work.session.get(Rule, rule_id)
    if found is None:
        raise RuleNotFound(_("This rule does not exist, or was deleted."))
    return found


async def save_rule(work: Work, data: RuleInput, rule_id: UUID | None = None, *, version: int | None = None) -> Rule:
    """Write a rule.  It runs on what happens from now on.

    Raises:
        RuleNotFound, RuleChanged
        Invalid: names what cannot be read.
    """
    rule = await get_rule(work, rule_id) if rule_id else Rule(id=new_id(), made_by=work.actor.name[:80])
    if rule_id and version is not None and rule.version != version:
        raise RuleChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    await check(work, data)
    before = _values(rule) if rule_id else None
    for name in ("name", "record_kind", "trigger", "field", "value", "days", "match", "position", "active"):
        setattr(rule, name, getattr(data, name))
    rule.conditions, rule.actions = msgspec.to_builtins(data.conditions), msgspec.to_builtins(data.actions)
    work.session.add(rule)
    await work.session.flush()
    forget_rules(work.tenant)
    await record(work, "rule.saved", f"rule:{rule.id}", name=rule.name, before=before, after=_values(rule))
    return rule


async def delete_rule(work: Work, rule_id: UUID) -> None:
    """Take a rule away; what it did stays known.

    Raises:
        RuleNotFound
    """
    rule = await get_rule(work, rule_id)
    await record(work, "rule.deleted", f"rule:{rule.id}", name=rule.name, before=_values(rule))
    await work.session.delete(rule)
    await work.session.flush()
    forget_rules(work.tenant)


async def check(work: Work, data: RuleInput) -> None:
    """
    Raises:
        Invalid: names each part that cannot be read.
    """
    kind = rule_kinds(work).get(data.record_kind)
    if kind is None:
        raise Invalid(_("Choose one of the list."), field="record_kind")
    errors: list[FieldError] = []
    if not data.name.strip():
        errors.append(FieldError("name", _("Please fill in %(label)s.", label=_("Name"))))
    known = await offered_fields(work, kind)
    errors += await _trigger_problems(work, kind, data, known)
    try:
        await condition_of(work, kind, data.match, data.conditions, known)
    except Invalid as error:
        errors += error.errors
    if not data.actions:
        errors.append(FieldError("actions.0.type", _("Say what is to be done.")))
    errors += await problems(work, kind, data.actions, known)
    if errors:
        raise Invalid(errors[0].message, errors=errors)


async def dry_run(work: Work, data: RuleInput) -> Trial:
    """Which records fit at this moment; nothing is done.  For a date: those whose day comes within the next month.

    Raises:
        Invalid
    """
    await check(work, data)
    kind = rule_kinds(work)[data.record_kind]
    wanted = and_(await condition_of(work, kind, data.match, data.conditions), await _now(work, kind, data))
    some = select(kind.model.id).where(wanted).limit(COUNT_MAX).subquery()
    count = await work.session.scalar(select(func.count()).select_from(some)) or 0
    rows = (await work.session.scalars(select(kind.model).where(wanted).order_by(kind.model.id.desc()).limit(SAMPLES))).all()
    return Trial(count, [(row.id, kind.title(row), kind.page(row.id)) for row in rows])


async def runs_of(
    work: Work, rule_id: UUID, *, before: tuple[datetime, UUID] | None = None, outcome: Outcome | None = None
) -> Sequence[RuleRun]:
    """What a rule did, the latest first; one more than a page tells that there are others."""
    query = select(RuleRun).where(RuleRun.rule_id == rule_id)
    if outcome is not None:
        query = query.where(RuleRun.outcome == outcome)
    if before is not None:
        query = query.where(tuple_(RuleRun.at, RuleRun.id) < before)
    return (await work.session.scalars(query.order_by(RuleRun.at.desc(), RuleRun.id.desc()).limit(PAGE_ROWS + 1))).all()


async def run_counts(work: Work) -> Mapping[UUID, tuple[int, int, datetime]]:
    """How often each rule ran in the last three months, how often it failed, and when last."""
    failed = func.count().filter(RuleRun.outcome == Outcome.FAILED)
    query = select(RuleRun.rule_id, func.count(), failed, func.max(RuleRun.at)).group_by(RuleRun.rule_id)
    return {rule_id: (count, bad, at) for rule_id, count, bad, at in await work.session.execute(query)}


def read_conditions(stored: Sequence[Mapping[str, Any]]) -> list[Condition]:
    return msgspec.convert(list(stored), list[Condition])


def input_of(rule: Rule) -> RuleInput:
    """The rule as it was written."""
    names = ("name", "record_kind", "trigger", "field", "value", "days", "match", "position", "active")
    plain = {name: getattr(rule, name) for name in names}
    return RuleInput(**plain, conditions=read_conditions(rule.conditions), actions=read_actions(rule.actions))


async def missing_fields(work: Work, rule: Rule) -> dict[str, str]:
    """Fields that a rule names and that are gone: the part of the rule, ``conditions.0.field``, to the field's name."""
    kind = rule_kinds(work).get(rule.record_kind)
    if kind is None:
        return {}
    named = {"field": rule.field} if rule.field else {}
    named |= {f"conditions.{n}.field": condition["field"] for n, condition in enumerate(rule.conditions)}
    named |= {f"actions.{n}.field": action["field"] for n, action in enumerate(rule.actions) if action.get("type") == "set_field"}
    known = await fields_of(work, kind)
    return {place: name for place, name in named.items() if name not in known}


async def _trigger_problems(work: Work, kind: Kind, data: RuleInput, known: Mapping[str, Field]) -> list[FieldError]:
    if data.trigger is Trigger.CREATED or (data.trigger is Trigger.CHANGED and data.field is None):
        return []
    field = known.get(data.field or "")
    if field is None and data.field:
        return [FieldError("field", unknown(data.field))]
    if field is None or (data.trigger is Trigger.DATE and field.type not in ("date", "moment")):
        return [FieldError("field", _("Choose one of the list."))]
    if data.trigger is Trigger.BECAME:
        try:
            await one(work, kind, field, Condition(field=field.name, operator="eq", value=data.value))
        except Invalid as error:
            return [FieldError("value", error.message)]
    return []


async def _now(work: Work, kind: Kind, data: RuleInput) -> ColumnElement[bool]:
    """What the trigger would want of a record at this moment."""
    field = (await fields_of(work, kind)).get(data.field or "")
    if data.trigger is Trigger.BECAME and field is not None:
        return await one(work, kind, field, Condition(field=field.name, operator="eq", value=data.value))
    if data.trigger is Trigger.DATE and field is not None:
        day, first = day_column(field.of(kind.model), work.tenant.zone), work.today() - timedelta(days=data.days)
        within: ColumnElement[bool] = day.between(first, first + timedelta(days=30))
        return within
    there: ColumnElement[bool] = kind.model.id.is_not(None)
    return there


def _values(rule: Rule) -> dict[str, Any]:
    names = ("name", "record_kind", "field", "value", "days", "position", "active", "conditions", "actions")
    return {name: getattr(rule, name) for name in names} | {"trigger": rule.trigger.value, "match": rule.match.value}
