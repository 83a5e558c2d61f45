"""What was sent, to whom, and what became of it; and sending to one customer."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select, true

from core_crm.paging import PAGE_ROWS, check_limit, cursor, read_cursor
from identity.audit import record
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from master_data.api import Party, get_party, rights_of
from master_data.api import address_of as party_address
from messaging.channels import Channel
from messaging.outgoing.model import Message, MessageState, Purpose
from messaging.outgoing.queueing import Draft, call_off, message_by_key, queue, wake

PARTY = "master.party"


class MessageNotFound(NotFound):
    code = "message_not_found"


class MessageGone(Conflict):
    """It is too late to call it off."""

    code = "message_gone"


class MessageInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A message to one customer.  ``key`` makes a repeated call harmless: the same key sends one message."""

    party_id: UUID
    channel: Channel
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    subject: Annotated[str, msgspec.Meta(max_length=300)] = ""
    purpose: Purpose = Purpose.MARKETING
    sms_template: Annotated[str, msgspec.Meta(max_length=80)] = ""
    sms_params: dict[str, Annotated[str, msgspec.Meta(max_length=200)]] = {}
    key: Annotated[str, msgspec.Meta(max_length=100)] = ""


class MessageQuery(msgspec.Struct, kw_only=True):
    """``search`` is the beginning of an address, or part of a name."""

    state: MessageState | None = None
    channel: Channel | None = None
    party_id: UUID | None = None
    source_id: UUID | None = None
    search: str = ""
    after: str | None = None
    limit: int = PAGE_ROWS


async def send_message(work: Work, data: MessageInput) -> Message:
    """Queue a message to one customer; with a key that is known, the message that has it.

    Raises:
        PartyNotFound: the customer is out of the actor's reach.
        Invalid: an e-mail without a subject.
    """
    party = await get_party(work, data.party_id)
    if data.channel is Channel.EMAIL and not data.subject.strip():
        raise Invalid(_("An e-mail needs a subject."), field="subject")
    key = f"api:{data.key or new_id()}"
    draft = Draft(
        key=key,
        channel=data.channel,
        purpose=data.purpose,
        party_id=party.id,
        party_name=party.name,
        address=await party_address(work, party.id, data.channel),
        subject=data.subject,
        text=data.text,
        sms={"template": data.sms_template, "params": data.sms_params} if data.channel is Channel.SMS else None,
        locale=work.tenant.locale,
        source="api",
    )
    if await queue(work, draft):
        await wake(work)
        await record(work, "message.queued", f"party:{party.id}", name=party.name, after={"channel": data.channel.value})
    found = await message_by_key(work, key)
    assert found is not None  # noqa: S101 - for the type checker
    if found.party_id != party.id:
        raise Conflict(_("This key was used for another customer."), field="key")
    return found


async def get_message(work: Work, message_id: UUID) -> Message:
    """A message to a customer within the actor's reach.

    Raises:
        MessageNotFound
    """
    found: Message | None = await work.session.scalar(select(Message).where(Message.id == message_id, await _within_reach(work)))
    if found is None:
        raise MessageNotFound(_("This message does not exist."))
    return found


async def cancel_message(work: Work, message_id: UUID) -> Message:
    """Call a message off that still waits.

    Raises:
        MessageNotFound, MessageGone
    """
    message = await get_message(work, message_id)
    if not await call_off(work, Message.id == message_id):
        raise MessageGone(_("This message does not wait any more, so it cannot be called off."))
    await work.session.refresh(message)
    await record(work, "message.cancelled", f"message:{message.id}", name=message.party_name)
    return message


async def list_messages(work: Work, query: MessageQuery) -> tuple[Sequence[Message], str | None]:
    """A page of the log, the newest first; messages to customers whom the actor may not see are left out."""
    check_limit(query.limit)
    m = Message
    conditions: list[Any] = [await _within_reach(work)]
    for column, value in ((m.state, query.state), (m.channel, query.channel), (m.party_id, query.party_id), (m.source_id, query.source_id)):
        if value is not None:
            conditions.append(column == value)
    if words := query.search.strip():
        conditions.append(m.address.startswith(words.lower(), autoescape=True) | m.party_name.contains(words, autoescape=True))
    if query.after:
        conditions.append(m.id < read_cursor(query.after, tuple[UUID])[0])
    rows = (await work.session.scalars(select(m).where(*conditions).order_by(m.id.desc()).limit(query.limit + 1))).all()
    return rows[: query.limit], cursor(rows[query.limit - 1].id) if len(rows) > query.limit else None


async def _within_reach(work: Work) -> ColumnElement[bool]:
    """A message of a party that was merged is its survivor's."""
    rights = await rights_of(work, PARTY)
    if rights.whole:
        return true()
    own = select(Party.id).where(rights.condition(Party))
    merged = select(Party.id).where(Party.merged_into_id.in_(own))
    return Message.party_id.in_(own) | Message.party_id.in_(merged)
