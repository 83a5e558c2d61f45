"""REST API of one's own notifications."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from kernel.i18n import gettext as _
from kernel.web import SIGNED_IN
from kernel.work import Work
from workflow.notifications.model import Channel, Notification
from workflow.notifications.service import PAGE_ROWS, choices_of, choose, mark_all_read, mark_read, notifications_of, said, unread_count
from workflow.places import place, place_of

OWN = {"permission": SIGNED_IN}


class NotificationRead(msgspec.Struct, kw_only=True):
    """What its reader was told, in their language.  ``path`` is the page it leads to, without host."""

    id: UUID
    kind: str
    text: str
    path: str
    record_kind: str | None
    record_id: UUID | None
    by: str
    at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, row: Notification) -> "NotificationRead":
        return cls(
            id=row.id, kind=row.kind, text=said(row), path=row.path, record_kind=row.record_kind, record_id=row.record_id,
            by=row.actor_name, at=row.at, read_at=row.read_at,
        )  # fmt: skip


class NotificationList(msgspec.Struct, kw_only=True):
    """``next`` goes into ``before`` for the following page; null on the last."""

    items: list[NotificationRead]
    next: str | None
    unread: int


class NotificationChoiceRead(msgspec.Struct, kw_only=True):
    kind: str
    label: str
    channel: Channel


class NotificationChoices(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Channels by kind; kinds that are left out stay as they are."""

    channels: Annotated[dict[str, Channel], msgspec.Meta(max_length=500)]


class MarkedRead(msgspec.Struct, kw_only=True):
    count: int


class NotificationController(Controller):
    path = "/notifications"
    tags = ("Notifications",)

    @get("/", operation_id="listNotifications", opt=OWN)
    async def listed(self, work: NamedDependency[Work], unread: FromQuery[bool] = False, before: FromQuery[str] = "") -> NotificationList:  # noqa: FBT002
        """What the caller was told, the latest first."""
        found = await notifications_of(work, unread=unread, before=place_of(before))
        shown = found[:PAGE_ROWS]
        more = place(shown[-1].at, shown[-1].id) if len(found) > PAGE_ROWS else None
        return NotificationList(items=[NotificationRead.of(row) for row in shown], next=more, unread=await unread_count(work))

    @post("/{notification_id:uuid}/read", operation_id="readNotification", opt=OWN, status_code=200)
    async def read(self, work: NamedDependency[Work], notification_id: FromPath[UUID]) -> NotificationRead:
        """Note that it was read."""
        return NotificationRead.of(await mark_read(work, notification_id))

    @post("/read", operation_id="readAllNotifications", opt=OWN, status_code=200)
    async def read_all(self, work: NamedDependency[Work]) -> MarkedRead:
        """Note that all were read."""
        return MarkedRead(count=await mark_all_read(work))

    @get("/choices", operation_id="listNotificationChoices", opt=OWN)
    async def choices(self, work: NamedDependency[Work]) -> list[NotificationChoiceRead]:
        """How each kind reaches the caller."""
        return [NotificationChoiceRead(kind=kind.key, label=_(kind.label), channel=channel) for kind, channel in await choices_of(work)]

    @put("/choices", operation_id="setNotificationChoices", opt=OWN)
    async def set_choices(self, work: NamedDependency[Work], data: JSONBody[NotificationChoices]) -> list[NotificationChoiceRead]:
        """Set how kinds reach the caller: app, mail, both or none."""
        await choose(work, {kind: channel.value for kind, channel in data.channels.items()})
        return [NotificationChoiceRead(kind=kind.key, label=_(kind.label), channel=channel) for kind, channel in await choices_of(work)]
