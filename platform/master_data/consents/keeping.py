"""Keeping to what was agreed: asked right before anything is sent, and told when somebody ends it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.consents.model import ConsentSource
from master_data.consents.service import Proof, agreed_among, take_back
from master_data.parties.access import STEM
from master_data.timeline.service import note_event
from messaging.channels import Channel
from messaging.outgoing.claiming import gates
from messaging.outgoing.events import OptedOut, ReplyReceived
from messaging.outgoing.model import Message, Purpose, Reason
from vertical import Subscriber


async def without_consent(work: Work, messages: Sequence[Message]) -> Mapping[UUID, Reason]:
    """Advertising to who did not agree to it, or is not known at all."""
    refused: dict[UUID, Reason] = {}
    for channel in Channel:
        rows = [m for m in messages if m.channel is channel and m.purpose is Purpose.MARKETING]
        agreed = await agreed_among(work, channel, [m.party_id for m in rows if m.party_id]) if rows else set()
        refused |= {m.id: Reason.NO_CONSENT for m in rows if m.party_id not in agreed}
    return refused


async def end_consent(work: Work, event: OptedOut) -> None:
    source = ConsentSource.LINK if event.ip else ConsentSource.REPLY
    proof = Proof(source=source, note=event.note, ip=event.ip, agent=event.agent)
    await take_back(work, event.party_id, Channel(event.channel), proof, address=event.address)


async def note_reply(work: Work, event: ReplyReceived) -> None:
    """An answer stands on the timeline of who gave it."""
    if event.party_id is not None:
        await note_event(
            work, STEM, event.party_id, _("Answered: %(text)s", text=event.text[:1000]), path=f"/marketing/messages/{event.message_id}"
        )


gates.append(without_consent)

CONSENT_SUBSCRIBERS = (
    Subscriber(event=OptedOut, handle=end_consent, when="in_transaction"),
    Subscriber(event=ReplyReceived, handle=note_reply, when="in_transaction"),
)
