"""Choosing what may be sent now: asked again right before sending, as much may have changed since it was queued."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from kernel import clock
from kernel.work import Work
from messaging.channels import Channel
from messaging.outgoing.model import WENT_OUT, ChannelSetup, Message, MessageState, Provider, Purpose, Reason
from messaging.outgoing.setup import end_of_quiet, setup_of
from messaging.suppression.model import SuppressionReason
from messaging.suppression.service import suppressed_among

BATCH = 50
LEASE = timedelta(minutes=10)

Gate = Callable[[Work, Sequence[Message]], Awaitable[Mapping[UUID, Reason]]]
gates: list[Gate] = []
"""Asked which messages may not be sent, and why.  Packages above this one add theirs: who agreed to advertising, for example."""


async def claim(work: Work, *, limit: int = BATCH) -> Sequence[Message]:
    """Take messages that are due, for this sender alone; those that may not be sent are settled, or wait for the end of quiet hours.

    Committed before anything is sent: whatever happens then, nobody takes them a second time.
    """
    # Two senders that count at once what a recipient got would both find room under the cap.
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"messaging_claim {work.tenant.schema}", 0))))
    now = clock.now()
    due = select(Message).where(Message.state == MessageState.QUEUED, Message.due_at <= now).order_by(Message.due_at, Message.id)
    rows = (await work.session.scalars(due.limit(limit).with_for_update(skip_locked=True))).all()
    setups = {channel: await setup_of(work, channel) for channel in {row.channel for row in rows}}
    refused = await _refusals(work, rows, setups)
    taken = []
    for row in rows:
        setup = setups[row.channel]
        if reason := refused.get(row.id):
            row.state, row.reason, row.settled_at = MessageState.SUPPRESSED, reason, now
        elif row.purpose is Purpose.MARKETING and (later := end_of_quiet(setup, work.tenant.zone, now)):
            row.due_at = later
        else:
            row.state, row.lease_until, row.sent_at, row.attempts = MessageState.SENDING, now + LEASE, now, row.attempts + 1
            taken.append(row)
    await work.session.flush()
    return taken


async def give_up_leases(work: Work) -> int:
    """Messages whose sender stopped half way are unsure for good: better one too few than the same one twice."""
    stuck = update(Message).where(Message.state == MessageState.SENDING, Message.lease_until < clock.now())
    values = {"state": MessageState.UNSURE, "reason": Reason.INTERRUPTED, "settled_at": clock.now(), "lease_until": None}
    found = await work.session.scalars(stuck.values(values).returning(Message.id).execution_options(synchronize_session=False))
    return len(found.all())


async def next_due(work: Work) -> datetime | None:
    """When the next message is due."""
    found: datetime | None = await work.session.scalar(select(func.min(Message.due_at)).where(Message.state == MessageState.QUEUED))
    return found


async def _refusals(work: Work, rows: Sequence[Message], setups: Mapping[Channel, ChannelSetup]) -> dict[UUID, Reason]:
    refused: dict[UUID, Reason] = {}
    for channel, setup in setups.items():
        of_channel = [row for row in rows if row.channel is channel]
        listed = await suppressed_among(work, channel, {row.address for row in of_channel})
        countries = tuple(f"+{code.strip()}" for code in str(setup.settings.get("countries", "86")).split(","))
        for row in of_channel:
            if setup.provider is Provider.NONE:
                refused[row.id] = Reason.NO_PROVIDER
            elif _kept_out(row, listed.get(row.address)):
                refused[row.id] = Reason.LISTED
            elif channel is Channel.SMS and not row.address.startswith(countries):
                refused[row.id] = Reason.COUNTRY
    for gate in gates:
        left = [row for row in rows if row.id not in refused]
        refused |= await gate(work, left) if left else {}
    for channel, setup in setups.items():
        advertising = [r for r in rows if r.channel is channel and r.purpose is Purpose.MARKETING and r.id not in refused]
        refused |= await _over_cap(work, setup, advertising)
    return refused


def _kept_out(row: Message, reason: SuppressionReason | None) -> bool:
    """Who only unsubscribed from advertising is still told of their order."""
    return reason is not None and (row.purpose is Purpose.MARKETING or reason is not SuppressionReason.UNSUBSCRIBED)


async def _over_cap(work: Work, setup: ChannelSetup, rows: Sequence[Message]) -> dict[UUID, Reason]:
    if not rows:
        return {}
    since = clock.now() - timedelta(days=setup.cap_days)
    query = select(Message.address, func.count()).where(
        Message.address.in_({row.address for row in rows}),
        Message.channel == setup.channel,
        Message.purpose == Purpose.MARKETING,
        Message.state.in_(WENT_OUT),
        Message.sent_at > since,
    )
    counts: Counter[str] = Counter({row[0]: row[1] for row in await work.session.execute(query.group_by(Message.address))})
    quiet: Any = end_of_quiet(setup, work.tenant.zone, clock.now())
    over = {}
    for row in rows:
        if counts[row.address] >= setup.cap_count:
            over[row.id] = Reason.CAPPED
        elif not quiet:
            counts[row.address] += 1
    return over
