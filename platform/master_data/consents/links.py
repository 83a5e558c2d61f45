"""Links by which people unsubscribe without signing in: who holds one can end the messages it is about, and nothing else."""

from dataclasses import dataclass
from uuid import UUID

from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.settings import Settings
from kernel.work import Tenant, Work
from messaging.channels import Channel
from messaging.intake.receiving import message_of
from messaging.outgoing.composing import KIND, LINKS
from messaging.outgoing.model import Message
from messaging.tokens import Subject, make_token, read_token

PURPOSE = LINKS
KINDS = {"e": Channel.EMAIL, "s": Channel.SMS}
_LETTERS = {channel: kind for kind, channel in KINDS.items()}


class LinkUnknown(NotFound):
    """The link is not one of ours, or of another company."""

    code = "link_unknown"


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """Whose messages a link is about; ``address`` where they went, empty where the link does not say."""

    party_id: UUID | None
    channel: Channel
    address: str = ""
    message: Message | None = None


def link_of(settings: Settings, tenant: Tenant, party_id: UUID, channel: Channel) -> str:
    """The address at which the party ends advertising by ``channel``."""
    subject = Subject(tenant_id=tenant.id, kind=_LETTERS[channel], id=party_id)
    return settings.tenant_url(tenant.slug, f"/u/{make_token(settings.derive(PURPOSE), subject)}")


async def subscription_of(work: Work, settings: Settings, token: str) -> Subscription:
    """What a link is about.

    Raises:
        LinkUnknown: it was not made here, or for another company.
    """
    subject = read_token(settings.derive(PURPOSE), token)
    if subject is not None and subject.tenant_id == work.tenant.id:
        if subject.kind in KINDS:
            return Subscription(party_id=subject.id, channel=KINDS[subject.kind])
        message = await message_of(work, subject.id) if subject.kind == KIND else None
        if message is not None:
            return Subscription(party_id=message.party_id, channel=message.channel, address=message.address, message=message)
    raise LinkUnknown(_("This link is not complete. Copy it as a whole from the message."))
