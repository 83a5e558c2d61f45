"""The home page of a company, and the front page of the platform's own host."""

from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Controller, Request, get
from litestar.response import Template

from identity.access import signed_in, tenant_of
from identity.guards import NotSignedIn
from kernel import clock
from kernel.i18n import gettext as _
from kernel.web import PUBLIC, page
from webapp.edge import provide_work
from webapp.home.service import next_steps, tiles

open_work = asynccontextmanager(provide_work)


class HomePages(Controller):
    include_in_schema = False

    @get("/", opt={"permission": PUBLIC, "host": "any"})
    async def home(self, request: Request[Any, Any, Any]) -> Template:
        """A company's home for its members; on the platform's own host the front page for everybody."""
        if tenant_of(request) is None:
            return page("landing.html", who=signed_in(request))
        if signed_in(request) is None:
            raise NotSignedIn(_("Sign in first."))
        async with open_work(request) as work:
            steps = await next_steps(work, request.app.state.catalog)
            drawn = await tiles(work)
        return page("home.html", greeting=greeting(work.tenant.zone, work.actor.name), today=work.today(), tiles=drawn, steps=steps)


def greeting(zone: str, name: str) -> str:
    """By the hour it is in the company."""
    hour = clock.now().astimezone(ZoneInfo(zone)).hour
    if hour < 5:
        return _("Good evening, %(name)s", name=name)
    if hour < 12:
        return _("Good morning, %(name)s", name=name)
    if hour < 18:
        return _("Good afternoon, %(name)s", name=name)
    return _("Good evening, %(name)s", name=name)
