"""What follows from a change: who is in charge now is told, and the company's rules run."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import structlog
from sqlalchemy import delete, select

from kernel.i18n import N_
from kernel.jobs import enqueue
from kernel.work import Actor, Work
from vertical.changes import OWNERS_TOLD
from workflow.changes.model import Change
from workflow.changes.noticing import FOLLOW_JOB, OWNER
from workflow.notifications.service import notify
from workflow.people import persons_of
from workflow.records import kinds
from workflow.rules.running import run_rules
from workflow.words import ASSIGNED

log = structlog.get_logger(__name__)

BATCH = 500
ONE_BY_ONE_MAX = 3  # More records given to one person at once are told of in one sentence.


async def follow(work: Work) -> None:
    """Deal with the changes that wait, the oldest first."""
    query = select(Change).order_by(Change.id).limit(BATCH).with_for_update(skip_locked=True)
    changes = (await work.session.scalars(query)).all()
    if not changes:
        return
    try:
        async with work.session.begin_nested():
            await tell_owners(work, [change for change in changes if OWNER in change.before and OWNERS_TOLD not in change.before])
    except Exception:  # the records were written long ago: what cannot be told must not come back for ever
        log.exception("new owners could not be told")
    for change in changes:
        try:
            async with work.session.begin_nested():
                await run_rules(work, change)
        except Exception:
            log.exception("rules could not be run", record=str(change.record_id))
    ids = [change.id for change in changes]
    await work.session.execute(delete(Change).where(Change.id.in_(ids)).execution_options(synchronize_session=False))
    if len(changes) == BATCH:
        await enqueue(work, FOLLOW_JOB)


async def tell_owners(work: Work, changes: Sequence[Change]) -> None:
    """Tell employees what was given to them by somebody else."""
    given: dict[tuple[str, UUID, UUID | None, str], list[tuple[UUID, str]]] = defaultdict(list)
    was = {(change.record_kind, change.record_id): change.before[OWNER] for change in reversed(changes)}
    latest = {(change.record_kind, change.record_id): change for change in changes}
    for place, change in latest.items():
        kind = kinds(work).get(change.record_kind)
        row = await work.session.get(kind.model, change.record_id) if kind else None
        if kind is None or row is None or row.owner_id is None or was[place] == str(row.owner_id):
            continue
        given[change.record_kind, row.owner_id, change.actor_id, change.actor_name].append((row.id, kind.title(row)))
    persons = await persons_of(work, {owner for _stem, owner, _actor, _name in given})
    for (stem, owner, actor_id, actor_name), records in given.items():
        if owner not in persons:
            continue
        by = replace(work, actor=Actor(id=actor_id, name=actor_name, kind="system"))
        label = {"msgid": kinds(work)[stem].label}
        if len(records) <= ONE_BY_ONE_MAX:
            for record_id, title in records:
                text, named = N_("%(kind)s: “%(name)s” was given to you."), {"kind": label, "name": title}
                await notify(by, [persons[owner]], kind=ASSIGNED, text=text, values=named, record=(stem, record_id))
        else:
            text, counted = N_("%(kind)s: %(count)s records were given to you."), {"kind": label, "count": len(records)}
            await notify(by, [persons[owner]], kind=ASSIGNED, text=text, values=counted, path=kinds(work)[stem].list_page)
