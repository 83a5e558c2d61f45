"""Small answers for the frame of the pages: preferences, the company switcher, counts in the menu, the offline notice."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Controller, Request, Response, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template

from identity.access import must_be_signed_in
from identity.addresses import local_path
from identity.members.service import companies_of
from kernel.i18n import LOCALES
from kernel.web import PUBLIC, SIGNED_IN, page
from kernel.work import Work
from webapp import shell
from webapp.menu import has_bell, menu_for
from workflow.api import unread_count

A_YEAR_S = 31_536_000
PREFERENCES = {"lang": LOCALES, "theme": shell.THEMES, "density": shell.DENSITIES}

AnyRequest = Request[Any, Any, Any]


class ShellPages(Controller):
    include_in_schema = False

    @get("/prefs/{name:str}/{value:str}", opt={"permission": PUBLIC, "host": "any"})
    async def prefer(self, request: AnyRequest, name: FromPath[str], value: FromPath[str]) -> Response[Any]:
        """Keep a choice of language, theme or row height in a cookie and go back.  It concerns this browser only."""
        if value not in PREFERENCES.get(name, ()):
            raise NotFoundException
        came_from = urlsplit(request.headers.get("referer", ""))
        address = local_path(f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path)
        secure = request.app.state.settings.secure
        return Redirect(address, status_code=303, cookies=[Cookie(key=name, value=value, max_age=A_YEAR_S, samesite="lax", secure=secure)])

    @get("/shell/companies", opt={"permission": SIGNED_IN, "interactive": True})
    async def companies(self, request: AnyRequest) -> Template:
        """The menu of the person's companies, asked for when it is opened."""
        async with request.app.state.database.registry_session() as session:
            found = await companies_of(session, must_be_signed_in(request).person_id)
        return page("shell/companies.html", companies=found)

    @get("/shell/counts", opt={"permission": SIGNED_IN})
    async def counts(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """The numbers in the menu, as elements that replace those on the page."""
        menu = menu_for(request.app.state.catalog, shell.current())
        numbers = {entry.path: await entry.item.badge(work) for entry in menu.entries if entry.item.badge}
        bell = await unread_count(work) if has_bell(request.app.state.catalog) else None
        return page("shell/counts.html", numbers=numbers, bell=bell)

    @get("/offline", opt={"permission": PUBLIC, "host": "any"})
    async def offline(self) -> Template:
        return page("errors/offline.html")
