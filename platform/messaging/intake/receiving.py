"""Taking in what came back, in the company whose message it was."""

import re
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from kernel import clock
from kernel.database import Database
from kernel.settings import Settings
from kernel.work import Work
from messaging.channels import Channel, address_key
from messaging.intake.reading import Came, Reading, read_mail
from messaging.outgoing.composing import KIND, LINKS
from messaging.outgoing.events import OptedOut, ReplyReceived
from messaging.outgoing.model import Message, MessageState, Purpose, Reason
from messaging.outgoing.queueing import Draft, queue, wake
from messaging.outgoing.setup import setup_of
from messaging.sms.provider import Receipt
from messaging.suppression.model import SuppressionReason
from messaging.suppression.service import suppress
from messaging.tokens import Subject, read_token
from tenancy.directory import directory_of

SOFT_MAX, SOFT_WITHIN = 3, timedelta(days=30)
"""After so many temporary bounces within so long an address counts as gone."""

_RECIPIENT = re.compile(r"([bru])\+([a-z2-7]{53})@[a-z0-9.-]+", re.IGNORECASE)
_OPT_OUT = re.compile(r"[\s.。!！]*(?:r|td|t|n|退订|退定|拒收|取消订阅|unsubscribe|stop)[\s.。!！]*", re.IGNORECASE)


async def find_message(settings: Settings, recipient: str) -> tuple[str, Subject] | None:
    """What an address at our intake domain is for, and the message it names; None for one that we never gave out."""
    found = _RECIPIENT.fullmatch(recipient.strip().strip("<>"))
    subject = read_token(settings.derive(LINKS), found[2].lower()) if found else None
    return (found[1].lower(), subject) if found and subject is not None and subject.kind == KIND else None


async def take_mail(database: Database, settings: Settings, recipient: str, content: bytes) -> bool:
    """Take in a mail; False where the address is none of ours."""
    found = await find_message(settings, recipient)
    tenant = await directory_of(database).by_id(found[1].tenant_id) if found else None
    if found is None or tenant is None:
        return False
    purpose, subject = found
    async with database.work(tenant) as work:
        message = await work.session.get(Message, subject.id, with_for_update=True)
        if message is None:
            return False
        await _take(work, message, purpose, read_mail(content))
    return True


async def take_receipts(work: Work, receipts: Sequence[Receipt]) -> int:
    """Take in what a provider of text messages told; how much of it was about messages of this company."""
    taken = 0
    for receipt in receipts:
        message = await (_last_to(work, receipt.phone) if receipt.reply is not None else _by_provider(work, receipt.provider_id))
        if message is None:
            continue
        taken += 1
        if receipt.reply is None:
            await _note_arrival(work, message, receipt)
        elif _OPT_OUT.fullmatch(receipt.reply):
            await opt_out(work, message, receipt.reply.strip())
        else:
            await _note_reply(work, message, Reading(came=Came.REPLY, text=receipt.reply[:1000]))
    return taken


async def opt_out(work: Work, message: Message, note: str, *, ip: str = "", agent: str = "") -> None:
    """The recipient of ``message`` wants no more advertising."""
    message.opted_out_at = message.opted_out_at or clock.now()
    await work.session.flush()
    await suppress(work, message.channel, message.address, SuppressionReason.UNSUBSCRIBED, note)
    channel = message.channel.value
    await work.publish(
        OptedOut(message_id=message.id, party_id=message.party_id, channel=channel, address=message.address, note=note, ip=ip, agent=agent)
    )


async def _take(work: Work, message: Message, purpose: str, reading: Reading) -> None:
    if reading.came is Came.COMPLAINT:
        await suppress(work, message.channel, message.address, SuppressionReason.COMPLAINED, reading.text)
        message.state, message.reason, message.answer = MessageState.BOUNCED, Reason.COMPLAINED, reading.text[:500]
        await opt_out(work, message, "complaint")
    elif reading.came in (Came.HARD_BOUNCE, Came.SOFT_BOUNCE):
        await _note_bounce(work, message, reading)
    elif purpose == "u":
        await opt_out(work, message, reading.sender)
    elif purpose == "r" and reading.came is Came.REPLY:
        await _note_reply(work, message, reading)


async def _note_bounce(work: Work, message: Message, reading: Reading) -> None:
    message.state, message.answer = MessageState.BOUNCED, reading.text[:500]
    message.reason = Reason.BOUNCED
    await work.session.flush()
    since = clock.now() - SOFT_WITHIN
    same = (Message.address == message.address, Message.channel == message.channel)
    recent = select(func.count()).where(*same, Message.state == MessageState.BOUNCED, Message.sent_at > since)
    if reading.came is Came.HARD_BOUNCE or (await work.session.scalar(recent) or 0) >= SOFT_MAX:
        await suppress(work, message.channel, message.address, SuppressionReason.BOUNCED, reading.text)


async def _note_reply(work: Work, message: Message, reading: Reading) -> None:
    message.replied_at = message.replied_at or clock.now()
    await work.session.flush()
    await work.publish(ReplyReceived(message_id=message.id, party_id=message.party_id, channel=message.channel.value, text=reading.text))
    setup = await setup_of(work, message.channel)
    if message.channel is Channel.EMAIL and setup.reply_to:
        await _hand_on(work, message, reading, setup.reply_to)


async def _hand_on(work: Work, message: Message, reading: Reading, to: str) -> None:
    """Colleagues read answers where they read their mail."""
    subject, words = f"Re: {message.subject}", f"{reading.sender}\n\n{reading.text}\n"
    key = f"reply:{message.id}:{clock.now():%Y%m%d%H%M%S}"
    draft = Draft(
        key=key, channel=Channel.EMAIL, purpose=Purpose.TRANSACTIONAL, address=to, subject=subject, text=words, source="reply",
        source_id=message.id,
    )  # fmt: skip
    if await queue(work, draft):
        await wake(work)


async def _note_arrival(work: Work, message: Message, receipt: Receipt) -> None:
    if message.state not in (MessageState.SENT, MessageState.UNSURE):
        return
    if receipt.arrived:
        message.state, message.reason = MessageState.DELIVERED, Reason.NONE
    else:
        message.state, message.reason = MessageState.FAILED, Reason.REFUSED
    message.answer, message.settled_at = receipt.code[:500], clock.now()
    await work.session.flush()


async def _by_provider(work: Work, provider_id: str) -> Message | None:
    if not provider_id:
        return None
    query = select(Message).where(Message.provider_id == provider_id, Message.channel == Channel.SMS).limit(1).with_for_update()
    found: Message | None = await work.session.scalar(query)
    return found


async def _last_to(work: Work, phone: str) -> Message | None:
    address = address_key(Channel.SMS, phone)
    query = select(Message).where(Message.address == address, Message.channel == Channel.SMS, Message.sent_at.is_not(None))
    found: Message | None = await work.session.scalar(query.order_by(Message.sent_at.desc()).limit(1).with_for_update())
    return found


async def message_of(work: Work, message_id: UUID) -> Message | None:
    """A message, as a link names it."""
    found: Message | None = await work.session.get(Message, message_id)
    return found
