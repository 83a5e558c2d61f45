"""Writing the audit log and reading it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from identity.audit.model import AuditEntry
from kernel.work import Work

PAGE_SIZE = 50


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """Entries, the latest first.  ``next_before`` is where the next page goes on; None on the last."""

    entries: list[AuditEntry]
    next_before: tuple[datetime, UUID] | None


async def record(
    work: Work,
    action: str,
    object_: str,
    *,
    name: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note in the open transaction what its actor does.

    ``action`` is ``noun.verb`` in the past, ``role.changed``; ``object_`` is ``kind:id`` and ``name`` what people call it.
    ``before`` and ``after`` hold what changed, in values that JSON has; never a secret.
    """
    work.session.add(
        AuditEntry(
            actor_id=work.actor.id,
            actor_name=work.actor.name,
            actor_kind=work.actor.kind,
            action=action,
            object=object_,
            object_name=name,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
            request_id=work.request_id,
            ip=work.ip,
        )
    )
    await work.session.flush()


async def read_entries(
    work: Work, *, before: tuple[datetime, UUID] | None = None, object_: str = "", actor_id: UUID | None = None
) -> AuditPage:
    """A page of the log, optionally of one object or one actor."""
    query = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(PAGE_SIZE + 1)
    if before is not None:
        query = query.where(tuple_(AuditEntry.at, AuditEntry.id) < before)
    if object_:
        query = query.where(AuditEntry.object == object_)
    if actor_id is not None:
        query = query.where(AuditEntry.actor_id == actor_id)
    found = list(await work.session.scalars(query))
    shown = found[:PAGE_SIZE]
    more = len(found) > PAGE_SIZE
    return AuditPage(entries=shown, next_before=(shown[-1].at, shown[-1].id) if more else None)
