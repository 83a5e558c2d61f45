"""What quotes tell the person in charge."""

from core_crm.quotes.events import QuoteAccepted, QuoteDeclined, QuoteEvent
from kernel.i18n import N_
from kernel.money import written
from kernel.work import Work
from vertical import NotificationKind, Subscriber
from workflow.api import notify, persons_of

ACCEPTED, DECLINED = "core_crm.quote_accepted", "core_crm.quote_declined"

NOTIFICATION_KINDS = (
    NotificationKind(key=ACCEPTED, label=N_("A customer accepted a quote of yours"), mail=True, icon="file-check"),
    NotificationKind(key=DECLINED, label=N_("A customer declined a quote of yours"), icon="file-x"),
)


async def tell_of_acceptance(work: Work, event: QuoteAccepted) -> None:
    """Whoever is in charge goes on with the order."""
    text = N_("%(who)s of %(party)s accepted quote %(number)s, %(amount)s.")
    await _tell(work, event, ACCEPTED, text, who=event.accepted_by, amount=f"{written(event.gross, event.currency)} {event.currency}")


async def tell_of_refusal(work: Work, event: QuoteDeclined) -> None:
    """Whoever is in charge may offer something else."""
    await _tell(work, event, DECLINED, N_("%(party)s declined quote %(number)s. %(reason)s"), reason=event.reason)


async def _tell(work: Work, event: QuoteEvent, kind: str, text: str, **values: str) -> None:
    if event.owner_id is not None:
        owners = await persons_of(work, [event.owner_id])
        facts = {"number": event.number, "party": event.party_name, **values}
        await notify(work, owners.values(), kind=kind, text=text, values=facts, record=("crm.quote", event.quote_id))


SUBSCRIBERS = (
    Subscriber(event=QuoteAccepted, handle=tell_of_acceptance, when="in_transaction"),
    Subscriber(event=QuoteDeclined, handle=tell_of_refusal, when="in_transaction"),
)
