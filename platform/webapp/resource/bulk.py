"""Commands on the ticked rows of a list: all of them, or none and the reason."""

from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Action, Resource
from vertical.records import delete_record
from webapp.resource.api import action_path, run_action
from webapp.resource.links import base_path

BULK_MAX = 500

AnyRequest = Request[Any, Any, Any]


class BulkRefused(DomainError):
    """One of the rows was refused, so none was changed."""

    code = "bulk_refused"


def bulk_handlers(resource: Resource) -> dict[str, Any]:
    """``POST /bulk/delete`` and ``POST /bulk/<action>``, by attribute name."""
    handlers = {f"bulk_{action.name}": _action(resource, action) for action in resource.actions}
    return handlers | {"bulk_delete_rows": _delete(resource)}


def _action(resource: Resource, action: Action) -> Any:
    async def run(self: Any, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        for record_id in await _ticked(request):
            try:
                await run_action(work, resource, action, record_id)
            except DomainError as error:
                raise BulkRefused(_("Nothing was changed: %(reason)s", reason=error.message)) from error
        return Redirect(base_path(request, resource), status_code=303)

    return post(f"/bulk/{action_path(action)}", opt={"permission": f"{resource.permission}.{action.name}"})(run)


def _delete(resource: Resource) -> Any:
    async def run(self: Any, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        for record_id in await _ticked(request):
            try:
                await delete_record(work, resource, record_id)
            except DomainError as error:
                raise BulkRefused(_("Nothing was deleted: %(reason)s", reason=error.message)) from error
        return Redirect(base_path(request, resource), status_code=303)

    return post("/bulk/delete", opt={"permission": f"{resource.permission}.delete"})(run)


async def _ticked(request: AnyRequest) -> list[UUID]:
    """The ticked rows, in an order that two commands at once share, so that they do not wait for each other for ever."""
    texts = (await request.form()).getall("ids", [])
    try:
        ids = sorted({UUID(str(text)) for text in texts})
    except ValueError:
        raise Invalid(_("Tick the rows again."), field="ids") from None
    if not ids:
        raise Invalid(_("Tick at least one row."), field="ids")
    if len(ids) > BULK_MAX:
        raise Invalid(_("At most %(most)s rows at once.", most=BULK_MAX), field="ids")
    return ids
