"""REST API of messages and of how they are sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_crm.marketing.channels import SetupRead, TestInput, TestRead, read_setup, try_out, write_setup
from core_crm.marketing.messages import MessageInput, MessageQuery, cancel_message, get_message, list_messages, send_message
from core_crm.marketing.rights import CHANNELS, READ, SEND
from core_crm.paging import PAGE_ROWS
from identity.house import house_of
from kernel.work import Work
from master_data.api import shown_address
from messaging.channels import Channel
from messaging.outgoing.model import Message, MessageState, Purpose, Reason
from messaging.outgoing.setup import SetupInput

AnyRequest = Request[Any, Any, Any]


class MessageRead(msgspec.Struct, kw_only=True):
    """``reason`` says why it was not sent; ``answer`` what the mail server or provider said last."""

    id: UUID
    channel: Channel
    purpose: Purpose
    party_id: UUID | None
    party_name: str
    address: str
    subject: str
    text: str
    state: MessageState
    reason: Reason
    answer: str
    attempts: int
    source: str
    source_id: UUID | None
    step: str
    variant: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    replied_at: datetime | None
    opted_out_at: datetime | None

    @classmethod
    async def of(cls, work: Work, message: Message) -> "MessageRead":
        values = {name: getattr(message, name) for name in cls.__struct_fields__}
        return cls(**values | {"address": await shown_address(work, message.channel, message.address)})


class MessagePage(msgspec.Struct, kw_only=True):
    items: list[MessageRead]
    next: str | None


class MessageController(Controller):
    path = "/marketing/messages"
    tags = ("Marketing",)

    @get("/", opt=READ, operation_id="listMessages")
    async def list_rows(
        self,
        work: NamedDependency[Work],
        channel: FromQuery[Channel | None] = None,
        message_state: FromQuery[MessageState | None] = None,
        party_id: FromQuery[UUID | None] = None,
        source_id: FromQuery[UUID | None] = None,
        q: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
        limit: FromQuery[int] = PAGE_ROWS,
    ) -> MessagePage:
        """The log of what was sent, the newest first."""
        query = MessageQuery(
            state=message_state, channel=channel, party_id=party_id, source_id=source_id, search=q, after=after, limit=limit
        )
        rows, following = await list_messages(work, query)
        return MessagePage(items=[await MessageRead.of(work, row) for row in rows], next=following)

    @post("/", opt=SEND, operation_id="sendMessage")
    async def send(self, work: NamedDependency[Work], data: JSONBody[MessageInput]) -> MessageRead:
        """Send a message to one customer."""
        return await MessageRead.of(work, await send_message(work, data))

    @get("/{message_id:uuid}", opt=READ, operation_id="readMessage")
    async def read(self, work: NamedDependency[Work], message_id: FromPath[UUID]) -> MessageRead:
        """One message, and what became of it."""
        return await MessageRead.of(work, await get_message(work, message_id))

    @post("/{message_id:uuid}/cancel", opt=SEND, status_code=200, operation_id="cancelMessage")
    async def cancel(self, work: NamedDependency[Work], message_id: FromPath[UUID]) -> MessageRead:
        """Call a message off that still waits.  409 ``message_gone`` when it does not."""
        return await MessageRead.of(work, await cancel_message(work, message_id))


class ChannelController(Controller):
    path = "/marketing/channels/{channel:str}"
    tags = ("Marketing",)

    @get("/", opt=CHANNELS, operation_id="readChannel")
    async def read(self, request: AnyRequest, work: NamedDependency[Work], channel: FromPath[Channel]) -> SetupRead:
        """How the company sends by ``email`` or ``sms``.  Secrets are never shown."""
        return await read_setup(work, house_of(request).settings, channel)

    @put("/", opt=CHANNELS, operation_id="writeChannel")
    async def write(
        self, request: AnyRequest, work: NamedDependency[Work], channel: FromPath[Channel], data: JSONBody[SetupInput]
    ) -> SetupRead:
        """Write how the company sends."""
        await write_setup(work, house_of(request).settings, channel, data)
        return await read_setup(work, house_of(request).settings, channel)

    @post("/test", opt=CHANNELS, status_code=200, operation_id="tryChannel")
    async def try_channel(
        self, request: AnyRequest, work: NamedDependency[Work], channel: FromPath[Channel], data: JSONBody[TestInput]
    ) -> TestRead:
        """Send a message to an address of your own, now, and say what the other side answered."""
        return await try_out(work, house_of(request), channel, data)
