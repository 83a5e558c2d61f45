"""What the CRM tells members of."""

from core_crm.pool.claims import MODELS, STEMS
from core_crm.pool.events import PoolDropNear, PoolDropped
from core_crm.pool.model import PoolKind
from kernel.i18n import N_
from kernel.work import Work
from vertical import NotificationKind, Subscriber
from workflow.api import notify, persons_of

DROP_NEAR, DROPPED = "core_crm.pool_drop_near", "core_crm.pool_dropped"

NOTIFICATION_KINDS = (
    NotificationKind(key=DROP_NEAR, label=N_("Your customer or lead is about to return to the pool"), mail=True, icon="beach"),
    NotificationKind(key=DROPPED, label=N_("Your customer or lead returned to the pool"), icon="beach"),
)

# What a company's rules may look at.
OPPORTUNITY_FIELDS = {
    "name": N_("Name"),
    "amount": N_("Amount"),
    "expected_on": N_("Expected close"),
    "state": N_("State"),
    "stage_id": N_("Stage"),
    "source": N_("Source"),
    "owner_id": N_("Person in charge"),
    "party_id": N_("Customer"),
    "last_activity_at": N_("Last contact"),
}
ORDER_FIELDS = {
    "state": N_("State"),
    "number": N_("Number"),
    "party_id": N_("Customer"),
    "party_name": N_("Name"),
    "ordered_on": N_("Order date"),
}


async def tell_of_near_drop(work: Work, event: PoolDropNear) -> None:
    """Its owner can still do something."""
    kind = PoolKind(event.kind)
    owners = await persons_of(work, [event.owner_id])
    await notify(
        work,
        owners.values(),
        kind=DROP_NEAR,
        text=N_("“%(name)s” falls into the public pool on %(day)s: %(rule)s. Get in touch to keep it."),
        values={"name": await _name(work, kind, event), "day": event.drops_on.isoformat(), "rule": event.rule},
        record=(STEMS[kind], event.record_id),
        key=f"drop:{event.record_id}:{event.rule}:{event.drops_on}",
    )


async def tell_of_drop(work: Work, event: PoolDropped) -> None:
    """Who held it reads where it went."""
    kind = PoolKind(event.kind)
    owners = await persons_of(work, [event.former_owner_id])
    await notify(
        work,
        owners.values(),
        kind=DROPPED,
        text=N_("“%(name)s” fell into the public pool: %(rule)s."),
        values={"name": await _name(work, kind, event), "rule": event.rule},
        path="/pool",
    )


async def _name(work: Work, kind: PoolKind, event: PoolDropNear | PoolDropped) -> str:
    row = await work.session.get(MODELS[kind], event.record_id)
    return (getattr(row, "company", None) or row.name) if row is not None else ""


SUBSCRIBERS = (
    Subscriber(event=PoolDropNear, handle=tell_of_near_drop, when="in_transaction"),
    Subscriber(event=PoolDropped, handle=tell_of_drop, when="in_transaction"),
)
