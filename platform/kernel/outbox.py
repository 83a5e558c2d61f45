"""The outbox: after-commit deliveries, kept in the tenant's schema by the transaction that published the event.

**Retried, not doubled.**  A delivery and the removal of its row are one transaction of the tenant.  What a subscriber
writes to the tenant's tables therefore happens exactly once, however often the worker dies.  What it does *outside* the
database (a mail, a call to a carrier) can happen again when the process dies after the call and before the commit: hand
``event.event_id`` to the other side as its idempotency key, and do the outside call last.

Deliveries of one tenant start in the order of their events, but a failing one does not hold up the others.  A delivery is
tried 8 times over about two hours and then parked, to be looked at by a person.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import Index, String, Text, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import breaker as breakers
from kernel import clock
from kernel.ids import new_id
from kernel.jobs.queue import RELAY, enqueue_relay, tenant_job
from kernel.orm import TenantBase

if TYPE_CHECKING:
    from kernel.database import Database
    from kernel.work import Tenant, Work

log = logging.getLogger(__name__)

ATTEMPTS_MAX = 8
BACKOFF_S = 30  # doubled at each attempt: 30 s, 1 min, ... 32 min
TIMEOUT_S = 30
BATCH_MAX = 500  # Deliveries of one relay job; a longer backlog is continued by the next, so that no tenant starves the others.


class OutboxEvent(TenantBase):
    """One event on its way to one subscriber.  Delivered rows are deleted; parked ones wait for a person."""

    __tablename__ = "outbox_event"
    __table_args__ = (Index("ix_outbox_event_due_at", "due_at", postgresql_where=text("parked_at IS NULL")),)

    event: Mapped[str] = mapped_column(String(120), doc="Package and class: education.Enrolled.")
    event_id: Mapped[UUID]
    payload: Mapped[Any] = mapped_column(JSONB)
    vertical: Mapped[str] = mapped_column(String(40), doc="Whose subscriber it is.")
    subscriber: Mapped[str] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    parked_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


def key_of(subscriber: Any) -> str:
    """A subscriber's name in the outbox: module and function of its ``handle``."""
    return f"{subscriber.handle.__module__}:{subscriber.handle.__qualname__}"


async def store(work: "Work", event: Any, name: str, deferred: Sequence[Any]) -> None:
    """Write one delivery for each contribution, and wake the worker when the transaction commits."""
    payload, now = msgspec.to_builtins(event), clock.now()
    rows = [
        {
            "id": new_id(),
            "event": name,
            "event_id": event.event_id,
            "payload": payload,
            "vertical": contribution.vertical,
            "subscriber": key_of(contribution.item),
            "due_at": now,
        }
        for contribution in deferred
    ]
    await work.session.execute(insert(OutboxEvent), rows)
    await enqueue_relay(work.session)


@tenant_job(RELAY, timeout_s=600)
async def relay(database: "Database", tenant: "Tenant", breaker: breakers.Breaker = breakers.shared) -> int:
    """Deliver what is due in ``tenant``'s outbox and answer how many rows were dealt with."""
    for done in range(BATCH_MAX):
        if not await _deliver_next(database, tenant, breaker):
            return done
    async with database.tenant_session(tenant) as session:
        await enqueue_relay(session)
    return BATCH_MAX


async def retry_parked(work: "Work", outbox_id: UUID) -> bool:
    """Try a parked delivery again from the start; False when there is none."""
    statement = update(OutboxEvent).where(OutboxEvent.id == outbox_id, OutboxEvent.parked_at.is_not(None))
    result = await work.session.execute(statement.values(parked_at=None, attempts=0, due_at=clock.now()).returning(OutboxEvent.id))
    if result.scalar() is None:
        return False
    await enqueue_relay(work.session)
    return True


async def _deliver_next(database: "Database", tenant: "Tenant", breaker: breakers.Breaker) -> bool:
    """Deliver one row in a unit of work of its own; False when nothing is due."""
    taken: OutboxEvent | None = None
    try:
        async with database.work(tenant) as work:
            taken = await work.session.scalar(
                select(OutboxEvent)
                .where(OutboxEvent.parked_at.is_(None), OutboxEvent.due_at <= clock.now())
                .order_by(OutboxEvent.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if taken is None:
                return False
            work.session.expunge(taken)
            key = (tenant.id, taken.vertical)
            if until := breaker.open_until(key):
                await _postpone(work, taken, until)
                return True
            await _deliver(work, taken)
            await work.session.execute(delete(OutboxEvent).where(OutboxEvent.id == taken.id))
        breaker.succeeded(key)
    except Exception as error:
        if taken is None:
            raise
        breaker.failed((tenant.id, taken.vertical))
        await _note_failure(database, tenant, taken, error)
    return True


async def _deliver(work: "Work", row: OutboxEvent) -> None:
    bus: Any = work.bus
    if not bus.active(row.vertical, work.tenant.enabled):
        log.info("event %s dropped: %s is not enabled any more", row.event, row.vertical)
        return
    event = bus.decode(row.event, row.payload)
    subscriber = bus.subscriber(row.vertical, row.subscriber, event)
    if subscriber is None:
        raise LookupError(f"{row.vertical} has no subscriber {row.subscriber}")
    async with asyncio.timeout(TIMEOUT_S):
        await subscriber.handle(work, event)


async def _postpone(work: "Work", row: OutboxEvent, until: datetime) -> None:
    await work.session.execute(update(OutboxEvent).where(OutboxEvent.id == row.id).values(due_at=until))
    await enqueue_relay(work.session, after=until - clock.now())


async def _note_failure(database: "Database", tenant: "Tenant", row: OutboxEvent, error: Exception) -> None:
    """Count the attempt, unless another worker counted it meanwhile."""
    attempts, now = row.attempts + 1, clock.now()
    parked = attempts >= ATTEMPTS_MAX
    delay = timedelta(seconds=BACKOFF_S * 2 ** (attempts - 1))
    log.warning(
        "delivery of %s to %s failed (attempt %d%s)", row.event, row.subscriber, attempts, ", parked" if parked else "", exc_info=error
    )
    values = {
        "attempts": attempts,
        "due_at": now + delay,
        "parked_at": now if parked else None,
        "last_error": f"{type(error).__name__}: {error}"[:2000],
    }
    async with database.tenant_session(tenant) as session:
        await session.execute(update(OutboxEvent).where(OutboxEvent.id == row.id, OutboxEvent.attempts == row.attempts).values(values))
        if not parked:
            await enqueue_relay(session, after=delay)
