"""The bell, the list of notifications, and what reaches whom."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.orm import detached
from kernel.web import SIGNED_IN, page, toast
from kernel.work import Work
from workflow.notifications.model import Channel
from workflow.notifications.service import (
    PAGE_ROWS,
    choices_of,
    choose,
    kind_icons,
    mark_all_read,
    mark_read,
    notifications_of,
    said,
    unread_count,
)
from workflow.places import place, place_of

LIST, LATEST, CHOICES, COUNT = (f"workflow/notifications/{name}.html" for name in ("list", "latest", "choices", "count"))
LATEST_ROWS = 8
OWN = {"permission": SIGNED_IN, "interactive": True}

CHANNELS = {
    Channel.APP: N_("In the application"),
    Channel.MAIL: N_("By mail"),
    Channel.BOTH: N_("In the application and by mail"),
    Channel.NONE: N_("Not at all"),
}

AnyRequest = Request[Any, Any, Any]


class NotificationPages(Controller):
    path = "/notifications"
    include_in_schema = False

    @get("/", opt=OWN)
    async def listed(self, work: NamedDependency[Work], unread: FromQuery[str] = "", before: FromQuery[str] = "") -> Template:
        return page(LIST, **await _listed(work, unread=unread == "1", before=before))

    @get("/latest", opt=OWN)
    async def latest(self, work: NamedDependency[Work]) -> Template:
        """The menu below the bell."""
        found = detached(work.session, await notifications_of(work, limit=LATEST_ROWS))
        icons = kind_icons(work)
        return page(LATEST, entries=[(n, said(n), icons.get(n.kind, "bell")) for n in found[:LATEST_ROWS]], unread=await unread_count(work))

    @get("/count", opt=OWN)
    async def count(self, work: NamedDependency[Work]) -> Template:
        """The number on the bell."""
        return page(COUNT, number=await unread_count(work))

    @post("/{notification_id:uuid}/open", opt=OWN)
    async def open(self, work: NamedDependency[Work], notification_id: FromPath[UUID]) -> Redirect:
        """Note that it was read and go to what it is about."""
        found = await mark_read(work, notification_id)
        return Redirect(found.path or "/notifications", status_code=303)

    @post("/{notification_id:uuid}/read", opt=OWN, status_code=200)
    async def read(self, work: NamedDependency[Work], notification_id: FromPath[UUID]) -> Response[str]:
        await mark_read(work, notification_id)
        return Response("", media_type="text/html", headers={"HX-Trigger": "counts"})

    @post("/read", opt=OWN)
    async def read_all(self, work: NamedDependency[Work]) -> Redirect:
        await mark_all_read(work)
        return Redirect("/notifications", status_code=303)

    @get("/choices", opt=OWN)
    async def choices(self, work: NamedDependency[Work]) -> Template:
        return page(CHOICES, **await _choices(work))

    @post("/choices", opt=OWN, status_code=200)
    async def save(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        form = await request.form()
        wanted = {str(name).removeprefix("kind:"): str(value) for name, value in form.items() if str(name).startswith("kind:")}
        await choose(work, wanted)
        return page(CHOICES, headers=toast(_("Saved")), **await _choices(work))


async def _listed(work: Work, *, unread: bool, before: str) -> dict[str, Any]:
    found = detached(work.session, await notifications_of(work, unread=unread, before=place_of(before)))
    shown = found[:PAGE_ROWS]
    icons = kind_icons(work)
    return {
        "entries": [(n, said(n), icons.get(n.kind, "bell")) for n in shown],
        "more": place(shown[-1].at, shown[-1].id) if len(found) > PAGE_ROWS else "",
        "unread_only": unread,
        "unread": await unread_count(work),
        "first": not before,
    }


async def _choices(work: Work) -> dict[str, Any]:
    ways = [(channel.value, _(words)) for channel, words in CHANNELS.items()]
    return {"kinds": [(kind.key, _(kind.label), kind.icon, channel.value) for kind, channel in await choices_of(work)], "ways": ways}
