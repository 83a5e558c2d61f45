"""The page that shows the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.response import Template

from identity.audit.service import read_entries
from kernel.web import page
from kernel.work import Work

READ = "admin.audit.read"


class AuditPages(Controller):
    """Who did what."""

    path = "/settings/audit"
    include_in_schema = False

    @get("/", opt={"permission": READ})
    async def show(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Template:
        """The latest entries; ``?object=`` narrows to one thing, ``?before=`` goes on."""
        object_ = request.query_params.get("object", "")[:200]
        found = await read_entries(work, before=_position(request.query_params.get("before", "")), object_=object_)
        after = f"{found.next_before[0].isoformat()}~{found.next_before[1]}" if found.next_before else ""
        return page("identity/audit.html", entries=found.entries, after=after, object=object_)


def _position(text: str) -> tuple[datetime, UUID] | None:
    """Where a page goes on; an address that somebody edited starts at the beginning."""
    at, _separator, entry_id = text.replace(" ", "+").partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(entry_id)) if moment.tzinfo else None
    except ValueError:
        return None
