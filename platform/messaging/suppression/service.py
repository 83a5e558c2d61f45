"""Entering addresses in the suppression list, asking it, and taking them off again."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from kernel.errors import Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from messaging.channels import Channel, address_key
from messaging.suppression.model import Suppression, SuppressionReason

PAGE_ROWS = 50


class SuppressionNotFound(NotFound):
    code = "suppression_not_found"


async def suppress(work: Work, channel: Channel, address: str, reason: SuppressionReason, detail: str = "") -> str:
    """Send nothing to ``address`` any more; answers it as it is compared.

    Who had only unsubscribed may be entered for a heavier reason; otherwise the first reason stays.

    Raises:
        Invalid: it is no address.
    """
    key = address_key(channel, address)
    if key is None:
        raise Invalid(_("Enter an e-mail address or a mobile number, for example name@example.com or 13800000001."), field="address")
    new = insert(Suppression).values(id=new_id(), channel=channel, address=key, reason=reason, detail=detail[:500])
    heavier = new.on_conflict_do_update(
        index_elements=["channel", "address"],
        set_={"reason": new.excluded.reason, "detail": new.excluded.detail},
        where=Suppression.reason == SuppressionReason.UNSUBSCRIBED,
    )
    await work.session.execute(heavier)
    return key


async def suppressed_among(work: Work, channel: Channel, addresses: Collection[str]) -> Mapping[str, SuppressionReason]:
    """Those of the addresses that are on the list, with the reason."""
    query = select(Suppression.address, Suppression.reason).where(Suppression.channel == channel, Suppression.address.in_(addresses))
    return {row.address: row.reason for row in await work.session.execute(query)}


async def lift_unsubscribed(work: Work, channel: Channel, address: str) -> None:
    """Somebody who had unsubscribed agreed anew.  An address that does not exist, or that complained, stays on the list."""
    gone = delete(Suppression).where(
        Suppression.channel == channel, Suppression.address == address, Suppression.reason == SuppressionReason.UNSUBSCRIBED
    )
    await work.session.execute(gone)


async def lift(work: Work, suppression_id: UUID) -> Suppression:
    """Take an address off the list.

    Raises:
        SuppressionNotFound
    """
    found = await work.session.get(Suppression, suppression_id)
    if found is None:
        raise SuppressionNotFound(_("This address is not on the list, or was taken off it."))
    await work.session.delete(found)
    await work.session.flush()
    return found


async def list_suppressed(
    work: Work, *, search: str = "", after: UUID | None = None, limit: int = PAGE_ROWS
) -> tuple[Sequence[Suppression], UUID | None]:
    """A page of the list, the newest entries first, and where the next one begins."""
    query = select(Suppression).order_by(Suppression.id.desc()).limit(limit + 1)
    if search:
        query = query.where(Suppression.address.contains(search.strip().lower(), autoescape=True))
    if after is not None:
        query = query.where(Suppression.id < after)
    rows = (await work.session.scalars(query)).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None
