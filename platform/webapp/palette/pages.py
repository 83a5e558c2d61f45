"""What the palette shows as you type."""

from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from kernel.web import SIGNED_IN, page
from kernel.work import Work
from webapp import shell
from webapp.palette.service import find


class PalettePages(Controller):
    include_in_schema = False

    @get("/palette", opt={"permission": SIGNED_IN})
    async def results(self, request: Request[Any, Any, Any], work: NamedDependency[Work], q: FromQuery[str] = "") -> Template:
        groups = await find(work, request.app.state.catalog, shell.current(), q)
        return page("shell/palette_results.html", q=q, groups=groups)
