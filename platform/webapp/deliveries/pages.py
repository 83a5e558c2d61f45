"""The page of parked deliveries."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from identity.addresses import go_to
from kernel.i18n import gettext as _
from kernel.i18n import ngettext
from kernel.web import page, toast
from kernel.work import Work
from webapp.deliveries import service

MANAGE = "admin.app.manage"
PATH = "/settings/deliveries"
WRITE = {"permission": MANAGE, "interactive": True}

AnyRequest = Request[Any, Any, Any]


class DeliveryPages(Controller):
    path = PATH
    include_in_schema = False

    @get("/", opt={"permission": MANAGE})
    async def list(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """What failed too often, by whom it was to be read, and why."""
        found = await service.parked(work)
        manifests = request.app.state.catalog.manifests
        titles = {each.vertical: _(manifests[each.vertical].title) for each in found if each.vertical in manifests}
        return page("deliveries/list.html", deliveries=found, titles=titles, total=await service.count_parked(work) or 0)

    @post("/retry", opt=WRITE, status_code=200)
    async def retry_all(self, request: AnyRequest, work: NamedDependency[Work]) -> Response[Any]:
        """Try all that the page shows again."""
        count = await service.retry_all(work)
        return _back(request, ngettext("One delivery is tried again now.", "%(num)s deliveries are tried again now.", count))

    @post("/{delivery_id:uuid}/retry", opt=WRITE, status_code=200)
    async def retry(self, request: AnyRequest, work: NamedDependency[Work], delivery_id: FromPath[UUID]) -> Response[Any]:
        """Try one again."""
        await service.retry(work, delivery_id)
        return _back(request, ngettext("One delivery is tried again now.", "%(num)s deliveries are tried again now.", 1))


def _back(request: AnyRequest, said: str) -> Response[Any]:
    answer = go_to(request, PATH)
    answer.headers.update(toast(said))
    return answer
