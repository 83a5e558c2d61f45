"""What the workflow itself tells members of: where they are named in a note."""

from kernel.work import Work
from master_data.api import Activity, ActivityNoted
from vertical import Subscriber
from workflow.notifications.service import notify
from workflow.words import MENTION

EXCERPT = 120


async def tell_mentioned(work: Work, event: ActivityNoted) -> None:
    """Those whom a note names read of it, where they may see the record."""
    if not event.mentioned:
        return
    activity = await work.session.get_one(Activity, event.activity_id)
    body = activity.body if len(activity.body) <= EXCERPT else activity.body[: EXCERPT - 1] + "…"
    await notify(
        work,
        event.mentioned,
        kind=MENTION,
        text="%(who)s: %(note)s",
        values={"who": activity.author_name, "note": body},
        record=(event.record_kind, event.record_id),
        key=f"mention:{event.activity_id}",
    )


SUBSCRIBERS = (Subscriber(event=ActivityNoted, handle=tell_mentioned, when="in_transaction"),)
