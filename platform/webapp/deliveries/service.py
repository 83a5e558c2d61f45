"""Reads parked deliveries and lets them be tried again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from identity.audit import record
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.outbox import OutboxEvent, retry_parked
from kernel.work import Work

SHOWN_MAX = 100


class DeliveryNotParked(NotFound):
    code = "delivery_not_parked"


async def parked(work: Work) -> Sequence[OutboxEvent]:
    """Deliveries that wait for a person, the longest waiting first."""
    query = select(OutboxEvent).where(OutboxEvent.parked_at.is_not(None)).order_by(OutboxEvent.parked_at, OutboxEvent.id)
    return (await work.session.scalars(query.limit(SHOWN_MAX))).all()


async def count_parked(work: Work) -> int | None:
    """How many there are: the number beside the menu entry."""
    return await work.session.scalar(select(func.count()).where(OutboxEvent.parked_at.is_not(None))) or None


async def retry(work: Work, delivery_id: UUID) -> None:
    """Have one delivery tried again from the start.

    Raises:
        DeliveryNotParked: there is none, or it does not wait any more.
    """
    found = await work.session.get(OutboxEvent, delivery_id)
    if found is None or not await retry_parked(work, delivery_id):
        raise DeliveryNotParked(_("This delivery does not wait any more: it was tried again, or it arrived."))
    await record(work, "delivery.retried", f"delivery:{delivery_id}", name=found.event, after={"subscriber": found.subscriber})


async def retry_all(work: Work) -> int:
    """Have all that are shown tried again; how many."""
    waiting = await parked(work)
    for delivery in waiting:
        await retry(work, delivery.id)
    return len(waiting)
