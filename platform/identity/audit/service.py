"""Writing the audit log and reading it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select, tuple_

from identity.audit.model import AuditEntry
from kernel.work import Work

PAGE_SIZE = 50
EXPORT_MAX = 50_000


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """Entries, the latest first.  ``next_before`` is where the next page goes on; None on the last."""

    entries: Sequence[AuditEntry]
    next_before: tuple[datetime, UUID] | None


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which entries are looked for.

    ``who`` is part of a name, ``since`` and ``until`` are days of the company's zone, both included.  ``object_`` is a
    whole ``kind:id``, or part of what people called it.
    """

    who: str = ""
    action: str = ""
    object_: str = ""
    since: date | None = None
    until: date | None = None
    actor_id: UUID | None = None

    def of(self, query: Select[AuditEntry], zone: str) -> Select[AuditEntry]:
        """``query`` narrowed down."""
        if self.who:
            query = query.where(AuditEntry.actor_name.icontains(self.who, autoescape=True))
        if self.action:
            query = query.where(AuditEntry.action == self.action)
        if self.object_:
            called = AuditEntry.object_name.icontains(self.object_, autoescape=True)
            query = query.where(or_(AuditEntry.object == self.object_, called))
        if self.since:
            query = query.where(AuditEntry.at >= _midnight(self.since, zone))
        if self.until:
            query = query.where(AuditEntry.at < _midnight(self.until + timedelta(days=1), zone))
        if self.actor_id is not None:
            query = query.where(AuditEntry.actor_id == self.actor_id)
        return query


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
    ``before`` and ``after`` hold what changed, in values that JSON has; never a secret.  A package says in
    ``identity.audit.words`` what its actions are called.
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
    work: Work, wanted: AuditFilter = AuditFilter(), *, before: tuple[datetime, UUID] | None = None, limit: int = PAGE_SIZE
) -> AuditPage:
    """A page of the log."""
    query = wanted.of(select(AuditEntry), work.tenant.zone).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    if before is not None:
        query = query.where(tuple_(AuditEntry.at, AuditEntry.id) < before)
    found = (await work.session.scalars(query.limit(limit + 1))).all()
    shown = found[:limit]
    return AuditPage(entries=shown, next_before=(shown[-1].at, shown[-1].id) if len(found) > limit else None)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
