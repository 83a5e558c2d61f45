"""Asking for a message, and calling it off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from kernel import clock
from kernel.ids import new_id
from kernel.jobs import enqueue
from kernel.work import Work
from messaging.channels import Channel, address_key
from messaging.outgoing.model import Message, MessageState, Purpose, Reason

SEND = "messaging.send"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message to be sent.  ``key`` names the occasion, ``journey:<run>:<step>``: the same occasion makes one message."""

    key: str
    channel: Channel
    purpose: Purpose
    address: str | None
    party_id: UUID | None = None
    party_name: str = ""
    subject: str = ""
    text: str = ""
    html: str | None = None
    sms: Mapping[str, Any] | None = None
    locale: str = "zh_CN"
    source: str = ""
    source_id: UUID | None = None
    step: str = ""
    variant: str = ""
    due_at: datetime | None = None


async def queue(work: Work, draft: Draft) -> UUID | None:
    """Write the message; its id, or None where there is one with this key already.

    Where the recipient has no address it is kept as not sent, so that the log tells the whole story.  Call ``wake`` once after
    the last.
    """
    key = address_key(draft.channel, draft.address)
    new = insert(Message).values(
        id=new_id(),
        key=draft.key[:200],
        channel=draft.channel,
        purpose=draft.purpose,
        party_id=draft.party_id,
        party_name=draft.party_name[:200],
        address=key or "",
        subject=" ".join(draft.subject.split())[:300],
        text=draft.text,
        html=draft.html,
        sms=dict(draft.sms) if draft.sms is not None else None,
        locale=draft.locale,
        source=draft.source,
        source_id=draft.source_id,
        step=draft.step,
        variant=draft.variant,
        state=MessageState.QUEUED if key else MessageState.SUPPRESSED,
        reason=Reason.NONE if key else Reason.NO_ADDRESS,
        due_at=draft.due_at or clock.now(),
        settled_at=None if key else clock.now(),
    )
    statement = new.on_conflict_do_nothing(index_elements=["key"]).returning(Message.id)
    message_id: UUID | None = await work.session.scalar(statement)
    return message_id


async def wake(work: Work, *, after: timedelta | None = None) -> None:
    """Have what is due sent, once this transaction has committed."""
    await enqueue(work, SEND, after=after)


async def message_by_key(work: Work, key: str) -> Message | None:
    """The message of an occasion."""
    found: Message | None = await work.session.scalar(select(Message).where(Message.key == key))
    return found


async def call_off(work: Work, *conditions: Any, reason: Reason = Reason.CANCELLED) -> int:
    """Messages that wait and meet the conditions are not sent; how many."""
    statement = update(Message).where(Message.state == MessageState.QUEUED, *conditions)
    values = {"state": MessageState.SUPPRESSED, "reason": reason, "settled_at": clock.now()}
    gone = await work.session.scalars(statement.values(values).returning(Message.id).execution_options(synchronize_session=False))
    return len(gone.all())
