"""Handing over what is due.

**Never twice.**  A message is marked as being sent, and that is committed, before anything leaves.  What the other side answers
decides: a refusal before the content was sent, or a temporary one, is tried again; where the line broke after the content was
sent, or we stopped, nobody knows, and it stays ``UNSURE``.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import update

from kernel import clock
from kernel.database import Database
from kernel.jobs.queue import tenant_job
from kernel.settings import Settings
from kernel.work import Tenant, Work
from messaging.channels import Channel
from messaging.outgoing.claiming import claim, give_up_leases, next_due
from messaging.outgoing.mailing import send_mails
from messaging.outgoing.model import ChannelSetup, Message, MessageState, Reason
from messaging.outgoing.outcome import Outcome
from messaging.outgoing.queueing import SEND, wake
from messaging.outgoing.setup import setup_of
from messaging.sms.sending import send_sms
from messaging.suppression.model import SuppressionReason
from messaging.suppression.service import suppress

log = structlog.get_logger(__name__)

ROUNDS = 40  # of 50 messages in one job; then the next goes on, so that no company starves the others
ATTEMPTS_MAX = 6
FIRST_WAIT, WAIT_MAX = timedelta(minutes=1), timedelta(hours=2)


@dataclass(frozen=True)
class Post:
    """What a sender needs to know of the house."""

    database: Database
    tenant: Tenant
    settings: Settings


@tenant_job(SEND, timeout_s=1800, cron="*/15 * * * *")
async def send_due(database: Database, tenant: Tenant, _breaker: Any = None) -> int:
    """Send what is due for a company; how many were handed over."""
    if database.settings is None:
        raise RuntimeError("the database does not know the settings of the installation")
    post, sent = Post(database, tenant, database.settings), 0
    for _round in range(ROUNDS):
        async with database.work(tenant) as work:
            await give_up_leases(work)
            taken = await claim(work)
            setups = {channel: await setup_of(work, channel) for channel in {message.channel for message in taken}}
            work.session.expunge_all()
        if not taken:
            break
        for channel, setup in setups.items():
            sent += await _hand_over(post, setup, [message for message in taken if message.channel is channel])
    async with database.work(tenant) as work:
        if (due := await next_due(work)) is not None:
            await wake(work, after=max(due - clock.now(), timedelta(seconds=1)))
    return sent


async def _hand_over(post: Post, setup: ChannelSetup, messages: Sequence[Message]) -> int:
    send = send_mails if setup.channel is Channel.EMAIL else send_sms
    open_, sent = {message.id: message for message in messages}, 0
    try:
        async for message, outcome in send(post.settings, post.tenant, setup, messages):
            async with post.database.work(post.tenant) as work:
                await settle(work, message, outcome)
            del open_[message.id]
            sent += outcome.state is MessageState.SENT
    except Exception:
        log.exception("sending stopped", tenant=post.tenant.slug, channel=setup.channel.value)
        raise
    finally:
        # Those that were not begun are free again; the one at hand stays as it is, and becomes unsure.
        if waiting := [message for message in open_.values() if not getattr(message, "begun", False)]:
            await asyncio.shield(_release(post, waiting))
    return sent


async def settle(work: Work, message: Message, outcome: Outcome) -> None:
    """Write down what became of the message that this sender holds."""
    state, reason, now = outcome.state, outcome.reason, clock.now()
    values: dict[str, Any] = {"answer": outcome.answer[:500], "lease_until": None}
    if state is MessageState.QUEUED:
        if message.attempts >= ATTEMPTS_MAX:
            state, reason = MessageState.FAILED, Reason.GAVE_UP
        else:
            values["due_at"] = now + min(FIRST_WAIT * 4 ** (message.attempts - 1), WAIT_MAX)
    if state is not MessageState.QUEUED:
        values["settled_at"] = now
    values |= {"state": state, "reason": reason, "provider_id": outcome.provider_id}
    held = update(Message).where(Message.id == message.id, Message.state == MessageState.SENDING)
    await work.session.execute(held.values(values).execution_options(synchronize_session=False))
    if state is MessageState.BOUNCED:
        await suppress(work, message.channel, message.address, SuppressionReason.BOUNCED, outcome.answer)


async def _release(post: Post, messages: Sequence[Message]) -> None:
    async with post.database.work(post.tenant) as work:
        for message in messages:
            await settle(work, message, Outcome(state=MessageState.QUEUED, answer=message.answer))
