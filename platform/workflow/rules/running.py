"""Running rules on what was written, and on days that have come.

A rule runs after the commit of what it looks at, in a savepoint: all of its actions are done, or none and the reason is
kept.  What a rule writes may set off others, five deep at most, and never the same one again for the same record.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from kernel import clock
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from vertical.changes import CHAIN
from workflow.changes.model import Change
from workflow.records import Kind, kinds
from workflow.rules.actions import Case, act, as_rule, read_actions
from workflow.rules.conditions import condition_of
from workflow.rules.fields import OWN, Field, day_column, fields_of, value_of
from workflow.rules.model import Outcome, Rule, RuleRun, Trigger
from workflow.rules.service import read_conditions

log = structlog.get_logger(__name__)

DEPTH_MAX = 5
BATCH = 500
CATCH_UP = timedelta(days=3)
"""Days that a date rule looks back, for mornings on which no worker ran."""
KEPT = timedelta(days=90)


async def run_rules(work: Work, change: Change) -> None:
    """Run the rules that a change sets off, in their order; each sees what those before it did."""
    kind = kinds(work).get(change.record_kind)
    if kind is None:
        return
    for rule in await rules_for(work, change.record_kind):
        if rule.trigger is Trigger.DATE or not await _set_off(work, kind, rule, change):
            continue
        if str(rule.id) in change.rules or change.depth >= DEPTH_MAX:
            await _log(work, rule, kind, change.record_id, Outcome.STOPPED, reason=_("It would go round in a circle."))
            continue
        await run_rule(work, kind, rule, change.record_id, chain=[*change.rules, str(rule.id)])


async def run_rule(work: Work, kind: Kind, rule: Rule, record_id: UUID, *, chain: Sequence[str], key: str | None = None) -> None:
    """Run one rule on one record that fits, and keep what it did."""
    try:
        condition = await condition_of(work, kind, rule.match, read_conditions(rule.conditions))
    except DomainError as error:  # a field or an employee that the rule names is gone
        await _log(work, rule, kind, record_id, Outcome.FAILED, reason=error.message, key=key)
        return
    row = await work.session.scalar(
        select(kind.model).where(kind.model.id == record_id, condition).execution_options(populate_existing=True)
    )
    if row is None:
        return
    if key is not None and not await _claim(work, rule, kind, row, key):
        return
    done: list[str] = []
    outcome, reason, title = Outcome.DONE, "", kind.title(row)
    try:
        async with work.session.begin_nested():
            with _chained(work, chain):
                acting, case = as_rule(work, rule), Case(rule, kind, row)
                done = [await act(acting, case, action) for action in read_actions(rule.actions)]
                await work.session.flush()
    except DomainError as error:
        outcome, reason = Outcome.FAILED, error.message
    except Exception:
        log.exception("a rule failed", rule=str(rule.id), record=str(record_id))
        outcome, reason = Outcome.FAILED, _("It failed for a reason that only the log of the server knows.")
    await _log(work, rule, kind, record_id, outcome, reason=reason, done=done, key=key, title=title)


async def look_at_dates(work: Work) -> None:
    """Run date rules on records whose day has come; each day once."""
    today = work.today()
    for rule in await work.session.scalars(select(Rule).where(Rule.active, Rule.trigger == Trigger.DATE).order_by(Rule.position, Rule.id)):
        kind = kinds(work).get(rule.record_kind)
        field = (await fields_of(work, kind)).get(rule.field or "") if kind is not None else None
        if kind is None or field is None:
            continue
        day = day_column(field.of(kind.model), work.tenant.zone)
        wanted = today - timedelta(days=rule.days)
        ran = select(RuleRun.record_id).where(RuleRun.rule_id == rule.id, RuleRun.at > clock.now() - CATCH_UP * 2)
        query = select(kind.model.id, day).where(day <= wanted, day > wanted - CATCH_UP, kind.model.id.not_in(ran))
        for record_id, on in (await work.session.execute(query.order_by(kind.model.id).limit(BATCH))).all():
            await run_rule(work, kind, rule, record_id, chain=[str(rule.id)], key=str(on))


async def forget_runs(work: Work) -> None:
    """What rules did is kept for three months."""
    await work.session.execute(delete(RuleRun).where(RuleRun.at < clock.now() - KEPT))


async def rules_for(work: Work, stem: str) -> Sequence[Rule]:
    """The rules in use for a kind of record, in their order; read once in each unit of work."""
    known: dict[str, Sequence[Rule]] = work.session.info.setdefault("rules", {})
    if stem not in known:
        query = select(Rule).where(Rule.record_kind == stem, Rule.active).order_by(Rule.position, Rule.created_at, Rule.id)
        known[stem] = (await work.session.scalars(query)).all()
    return known[stem]


async def _set_off(work: Work, kind: Kind, rule: Rule, change: Change) -> bool:
    if rule.trigger is Trigger.CREATED:
        return change.created
    own = (rule.field or "").startswith(OWN)
    if rule.trigger is Trigger.CHANGED and not own:
        return not change.created and (rule.field is None or rule.field in change.before)
    field = (await fields_of(work, kind)).get(rule.field or "")
    if field is not None and field.own:
        return await _own_set_off(work, kind, rule, field, change)
    if field is None or not (change.created or field.name in change.before):
        return False
    try:
        wanted = await value_of(work, field, rule.value)
    except DomainError:
        return False
    if await _changes_again(work, change, field.name):
        return False
    now = await work.session.scalar(select(getattr(kind.model, field.name)).where(kind.model.id == change.record_id))
    return bool(now == wanted) and (change.created or str(change.before[field.name]) != str(getattr(wanted, "value", wanted)))


async def _own_set_off(work: Work, kind: Kind, rule: Rule, field: Field, change: Change) -> bool:
    """The same for a field of the company's own: they all change as one, so that it is the values which tell."""
    if rule.trigger is Trigger.CHANGED and change.created:
        return False
    if not change.created and "custom" not in change.before:
        return False
    c = Change
    later = select(c.before["custom"]).where(
        c.record_kind == change.record_kind, c.record_id == change.record_id, c.id > change.id, c.before.has_key("custom")
    )
    now = await work.session.scalar(select(kind.model.custom).where(kind.model.id == change.record_id))
    followed = [*await work.session.scalars(later.order_by(c.id).limit(BATCH)), now]
    before, after = field.kept(change.before.get("custom")), [field.kept(custom) for custom in followed]
    if rule.trigger is Trigger.CHANGED:
        return bool(before != after[0])
    try:
        wanted = await value_of(work, field, rule.value)
    except DomainError:
        return False
    return (change.created or before != wanted) and all(value == wanted for value in after)


async def _changes_again(work: Work, change: Change, name: str) -> bool:
    """Whether a later change of the field waits to be followed: that one tells what the field became."""
    later = select(Change.id).where(
        Change.record_kind == change.record_kind, Change.record_id == change.record_id, Change.id > change.id, Change.before.has_key(name)
    )
    return await work.session.scalar(later.limit(1)) is not None


async def _claim(work: Work, rule: Rule, kind: Kind, row: Any, key: str) -> bool:
    """Whether the rule has not dealt with this day of the record yet."""
    query = select(RuleRun.id).where(RuleRun.rule_id == rule.id, RuleRun.record_id == row.id, RuleRun.key == key)
    return await work.session.scalar(query) is None


async def _log(
    work: Work,
    rule: Rule,
    kind: Kind,
    record_id: UUID,
    outcome: Outcome,
    *,
    reason: str = "",
    done: Sequence[str] = (),
    key: str | None = None,
    title: str = "",
) -> None:
    now = clock.now()
    values = {
        "id": new_id(), "rule_id": rule.id, "rule_name": rule.name, "record_kind": kind.stem, "record_id": record_id, "title": title[:200],
        "outcome": outcome, "reason": reason, "done": list(done), "key": key, "at": now, "created_at": now, "updated_at": now,
    }  # fmt: skip
    await work.session.execute(insert(RuleRun).values(values).on_conflict_do_nothing(index_elements=["rule_id", "record_id", "key"]))


@contextmanager
def _chained(work: Work, chain: Sequence[str]) -> Iterator[None]:
    """What is written within the block stands behind these rules."""
    before = work.session.info.get(CHAIN, ())
    work.session.info[CHAIN] = tuple(chain)
    try:
        yield
    finally:
        work.session.info[CHAIN] = before
