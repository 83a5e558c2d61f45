"""How the company sends, for its administrators: settings without their secrets, and a trial."""

from typing import Annotated, Any

import msgspec

from identity.audit import record
from identity.house import House
from identity.throttle.service import Limit, count_attempt
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.settings import Settings
from kernel.work import Work
from messaging.channels import Channel, address_key
from messaging.intake.pages import hook_address
from messaging.outgoing.composing import intake_domain
from messaging.outgoing.mailing import send_mails
from messaging.outgoing.model import ChannelSetup, Message, MessageState, Provider, Purpose
from messaging.outgoing.setup import SetupInput, as_time, facts, save_setup, setup_of
from messaging.sms.sending import send_sms

TRIALS = 20


class TestInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``template`` and ``params`` are for providers of text messages that take only approved templates."""

    to: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    template: Annotated[str, msgspec.Meta(max_length=80)] = ""
    params: dict[str, Annotated[str, msgspec.Meta(max_length=200)]] = {}


class TestRead(msgspec.Struct, kw_only=True):
    sent: bool
    answer: str


class SetupRead(msgspec.Struct, kw_only=True):
    """``has_secret`` tells whether a password or key is kept; ``hook`` is the address to enter at the provider."""

    channel: Channel
    provider: Provider
    settings: dict[str, Any]
    has_secret: bool
    sender_name: str
    reply_to: str
    cap_count: int
    cap_days: int
    quiet_from: str
    quiet_to: str
    hook: str
    intake_domain: str
    version: int


async def read_setup(work: Work, settings: Settings, channel: Channel) -> SetupRead:
    """How the company sends by ``channel``."""
    setup = await setup_of(work, channel)
    return SetupRead(
        channel=channel,
        provider=setup.provider,
        settings=dict(setup.settings),
        has_secret=bool(setup.sealed),
        sender_name=setup.sender_name,
        reply_to=setup.reply_to,
        cap_count=setup.cap_count,
        cap_days=setup.cap_days,
        quiet_from=as_time(setup.quiet_from),
        quiet_to=as_time(setup.quiet_to),
        hook=hook_address(settings, work.tenant) if channel is Channel.SMS else "",
        intake_domain=intake_domain(settings, setup),
        version=setup.version,
    )


async def write_setup(work: Work, settings: Settings, channel: Channel, data: SetupInput) -> ChannelSetup:
    """Write how the company sends by ``channel``, and note who did; see ``save_setup``."""
    before = facts(await setup_of(work, channel))
    setup = await save_setup(work, settings, channel, data)
    after = facts(setup) | ({"secret": _("changed")} if data.secret else {})
    await record(work, "channel.changed", f"channel:{channel.value}", name=channel.value, before=before, after=after)
    return setup


async def try_out(work: Work, house: House, channel: Channel, data: TestInput) -> TestRead:
    """Send a message now.  It stands in no log, and counts for no cap.

    Raises:
        Invalid: it is no address, or the channel is not set up.
        TooManyAttempts
    """
    address = address_key(channel, data.to)
    if address is None:
        raise Invalid(_("Enter an e-mail address or a mobile number, for example name@example.com or 13800000001."), field="to")
    setup = await setup_of(work, channel)
    if setup.provider is Provider.NONE:
        raise Invalid(_("Choose a provider first, and save."), field="provider")
    await count_attempt(house.database, [Limit(f"channel-trial|{work.tenant.id}", TRIALS)])
    message = Message(
        id=new_id(), key="", channel=channel, purpose=Purpose.TRANSACTIONAL, address=address,
        subject=_("Test message from %(company)s", company=work.tenant.name),
        text=_("This message shows that sending works."),
        sms={"template": data.template, "params": data.params}, locale=work.tenant.locale, source="test", attempts=1,
    )  # fmt: skip
    send = send_mails if channel is Channel.EMAIL else send_sms
    async for _message, outcome in send(house.settings, work.tenant, setup, [message]):
        await record(work, "channel.tried", f"channel:{channel.value}", name=address, after={"answer": outcome.answer[:200]})
        return TestRead(sent=outcome.state is MessageState.SENT, answer=outcome.answer)
    return TestRead(sent=False, answer="")
