"""What contracts tell the person in charge."""

from core_crm.contracts.events import ContractEndNear, InstalmentOverdue
from kernel.i18n import N_
from kernel.work import Work
from vertical import NotificationKind, Subscriber
from workflow.api import notify, persons_of

END_NEAR, OVERDUE = "core_crm.contract_end_near", "core_crm.instalment_overdue"

NOTIFICATION_KINDS = (
    NotificationKind(key=END_NEAR, label=N_("A contract of yours ends soon"), mail=True, icon="file-certificate"),
    NotificationKind(key=OVERDUE, label=N_("A payment of a contract of yours is overdue"), mail=True, icon="cash-banknote"),
)


async def tell_of_end(work: Work, event: ContractEndNear) -> None:
    """Whoever is in charge renews it, or lets it end."""
    if event.owner_id is not None:
        await notify(
            work,
            (await persons_of(work, [event.owner_id])).values(),
            kind=END_NEAR,
            text=N_("Contract %(number)s with %(party)s ends on %(day)s. Renew it, or let it end."),
            values={"number": event.number, "party": event.party_name, "day": event.ends_on.isoformat()},
            record=("crm.contract", event.contract_id),
            key=f"contract-end:{event.contract_id}:{event.ends_on}",
            even_self=True,
        )


async def tell_of_overdue(work: Work, event: InstalmentOverdue) -> None:
    """Whoever is in charge asks for the money."""
    if event.owner_id is not None:
        facts = {
            "number": event.number,
            "party": event.party_name,
            "name": event.name,
            "open": f"{event.open:,.2f} {event.currency}",
            "day": event.due_on.isoformat(),
        }
        await notify(
            work,
            (await persons_of(work, [event.owner_id])).values(),
            kind=OVERDUE,
            text=N_("%(party)s owes %(open)s since %(day)s: %(name)s of contract %(number)s."),
            values=facts,
            record=("crm.contract", event.contract_id),
            key=f"instalment:{event.contract_id}:{event.name}:{event.due_on}",
            even_self=True,
        )


SUBSCRIBERS = (
    Subscriber(event=ContractEndNear, handle=tell_of_end, when="in_transaction"),
    Subscriber(event=InstalmentOverdue, handle=tell_of_overdue, when="in_transaction"),
)
