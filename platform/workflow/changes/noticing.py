"""Sees what a company's transaction writes to records, and keeps what somebody will follow up.

Two listeners on the sessions of all companies.  They cost a look into the session's lists where nothing of interest was
written; what is kept is written by the transaction itself, so that it is neither lost nor told of too early.
"""

import time
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import event, insert, inspect, select
from sqlalchemy.orm import Session

from kernel import clock
from kernel.database import Database, ScopedSession
from kernel.ids import new_id
from kernel.jobs.queue import enqueue_once
from kernel.work import Actor, Tenant
from vertical.changes import OWNERS_TOLD, WRITTEN, WRITTEN_MANY, Written, note_written, take_written
from workflow.changes.model import Change
from workflow.rules.model import Rule, Trigger

FOLLOW_JOB = "workflow.follow"
OWNER = "owner_id"
RULES_KNOWN_S = 5.0
"""How long a process goes on with the rules it knows: a rule that another process saved is noticed after that."""

_UNSEEN = frozenset({"id", "created_at", "updated_at", "version", "search_text"})
_known_rules: dict[str, tuple[float, frozenset[str]]] = {}
_following: dict[int, bool] = {}
_stems: dict[tuple[int, frozenset[str]], Mapping[type[Any], str]] = {}


def watched(session: Session) -> Mapping[type[Any], str]:
    """The models whose rows are records, with their stems, for the company of a session."""
    database: Database | None = session.info.get("database")
    tenant: Tenant | None = session.info.get("tenant")
    if database is None or tenant is None or database.bus is None:
        return {}
    key = (id(database.bus), tenant.enabled)
    if key not in _stems:
        given = database.bus.contributions
        found = {c.item.model: c.item.stem for c in given("record_kinds", tenant.enabled)}
        _stems[key] = found | {c.item.model: c.item.permission for c in given("resources", tenant.enabled)}
    return _stems[key]


@event.listens_for(ScopedSession, "after_flush")
def see_flushed(session: Session, _context: Any) -> None:
    """Note what the ORM has just written."""
    if not session.new and not session.dirty:
        return
    stems = watched(session)
    for row in session.new:
        if (stem := stems.get(type(row))) is not None:
            note_written(session, stem, row.id, created=True, before={OWNER: None} if getattr(row, OWNER, None) else None)
    for row in session.dirty:
        if (stem := stems.get(type(row))) is not None and (before := _changed(row)):
            note_written(session, stem, row.id, before=before)


@event.listens_for(ScopedSession, "before_commit")
def keep_changes(session: Session) -> None:
    """Write down what is to be followed up, and have that done after the commit."""
    if session.in_nested_transaction() or "database" not in session.info:
        return
    session.flush()
    if WRITTEN not in session.info and WRITTEN_MANY not in session.info:
        return
    singly, files = take_written(session)
    if not _follows(session):
        return
    ruled = _ruled(session) if singly or files else frozenset()
    wanted = [written for written in singly if (OWNER in written.before and not written.owner_told) or written.stem in ruled]
    wanted += [Written(stem, record_id, created=True) for stem, ids in files if stem in ruled for record_id in ids]
    if not wanted:
        return
    session.execute(insert(Change), [_row(session, written) for written in wanted])
    enqueue_once(session, FOLLOW_JOB)


def _follows(session: Session) -> bool:
    """Whether the platform at hand has the workflow at all: a part of it may be run, and tried, without."""
    bus = session.info["database"].bus
    if bus is None:
        return False
    key = id(bus)
    if key not in _following:
        _following[key] = any(c.item is Rule for c in bus.contributions("models", frozenset()))
    return _following[key]


def forget_rules(tenant: Tenant) -> None:
    """The company's rules have changed."""
    _known_rules.pop(tenant.schema, None)


def _ruled(session: Session) -> frozenset[str]:
    """Kinds of records that rules of the company are about."""
    schema = session.info["tenant"].schema
    at, stems = _known_rules.get(schema, (-RULES_KNOWN_S, frozenset()))
    if time.monotonic() - at >= RULES_KNOWN_S:
        found = session.execute(select(Rule.record_kind).where(Rule.active, Rule.trigger != Trigger.DATE).distinct())
        stems = frozenset(found.scalars())
        if len(_known_rules) > 10_000:
            _known_rules.clear()
        _known_rules[schema] = (time.monotonic(), stems)
    return stems


def _changed(row: Any) -> dict[str, Any]:
    """The fields that this flush changed, with their old values."""
    state = inspect(row)
    found = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if history.has_changes() and column.key not in _UNSEEN:
            found[column.key] = history.deleted[0] if history.deleted else None
    return found


def _row(session: Session, written: Written) -> dict[str, Any]:
    actor: Actor = session.info["actor"]
    told = {OWNERS_TOLD: True} if written.owner_told else {}
    return {
        "id": new_id(),
        "record_kind": written.stem,
        "record_id": written.record_id,
        "created": written.created,
        "before": msgspec.to_builtins(written.before | told, builtin_types=(), str_keys=True),
        "actor_id": actor.id,
        "actor_name": actor.name[:80],
        "depth": len(written.rules),
        "rules": list(written.rules),
        "at": clock.now(),
    }
