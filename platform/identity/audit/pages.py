"""The page that shows the audit log."""

from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from identity.audit.asking import cursor, file_of, position, wanted
from identity.audit.service import AuditFilter, read_entries
from identity.audit.words import action_words, actions, differences, kind_words
from kernel.errors import Invalid
from kernel.web import page
from kernel.work import Work

READ = "admin.audit.read"
NAMES = ("who", "action", "object", "since", "until")


class AuditPages(Controller):
    """Who did what."""

    path = "/settings/audit"
    include_in_schema = False

    @get("/", opt={"permission": READ})
    async def show(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Template:
        """The latest entries; the fields of the form narrow them down, ``?before=`` goes on."""
        asked = {name: request.query_params.get(name, "")[:200] for name in NAMES}
        errors: dict[str, str] = {}
        try:
            filtered = _wanted(asked)
        except Invalid as error:
            filtered, errors = AuditFilter(), {str(each.field): each.message for each in error.errors}
        found = await read_entries(work, filtered, before=position(request.query_params.get("before", "")))
        query = {name: value for name, value in asked.items() if value}
        following = cursor(found)
        return page(
            "identity/audit.html", entries=found.entries, asked=asked, errors=errors, actions=actions(), action_words=action_words,
            kind_words=kind_words, differences=differences, query=urlencode(query),
            after=urlencode({**query, "before": following}) if following else "",
        )  # fmt: skip

    @get(["/export.csv", "/export.xlsx"], opt={"permission": READ})
    async def export(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Response[bytes]:
        """What the form asks for as csv or xlsx."""
        return await file_of(
            work, _wanted({name: request.query_params.get(name, "") for name in NAMES}), request.url.path.rpartition(".")[2]
        )


def _wanted(asked: dict[str, str]) -> AuditFilter:
    return wanted(who=asked["who"], action=asked["action"], object_=asked["object"], since=asked["since"], until=asked["until"])
