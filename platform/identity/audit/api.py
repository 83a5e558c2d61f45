"""REST API of the audit log."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from identity.audit.asking import cursor, file_of, position, wanted
from identity.audit.model import AuditEntry
from identity.audit.service import PAGE_SIZE, AuditFilter, read_entries
from identity.audit.words import action_words
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

READ = "admin.audit.read"
LIMIT_MAX = 500


class AuditRead(msgspec.Struct, kw_only=True):
    """One act.  ``words`` is what the action is called in the reader's language; ``before`` and ``after`` hold what changed."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    actor_name: str
    actor_kind: str
    action: str
    words: str
    object: str
    object_name: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str
    ip: str

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditRead":
        own = {name: getattr(entry, name) for name in cls.__struct_fields__ if name != "words"}
        return cls(**own, words=action_words(entry.action))


class AuditList(msgspec.Struct, kw_only=True):
    """``next`` is what ``before`` takes for the page that follows."""

    items: list[AuditRead]
    next: str | None


class AuditController(Controller):
    path = "/audit"
    tags = ("Administration",)

    @get("/", operation_id="listAuditEntries", opt={"permission": READ})
    async def list_entries(
        self,
        work: NamedDependency[Work],
        who: FromQuery[str] = "",
        action: FromQuery[str] = "",
        object_: Annotated[str, QueryParameter(name="object")] = "",
        since: FromQuery[str] = "",
        until: FromQuery[str] = "",
        before: FromQuery[str] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX)] = PAGE_SIZE,
    ) -> AuditList:
        """Who did what, the latest first.

        ``who`` is part of a name, ``object`` a whole ``kind:id`` or part of what people called it, ``since`` and ``until``
        are days, both included.
        """
        start = position(before)
        if before and start is None:
            raise Invalid(_("before is the next of the page before; take it as it is."), field="before")
        filtered = wanted(who=who, action=action, object_=object_, since=since, until=until)
        found = await read_entries(work, filtered, before=start, limit=limit)
        return AuditList(items=[AuditRead.of(entry) for entry in found.entries], next=cursor(found))

    @get("/export", operation_id="exportAuditEntries", opt={"permission": READ})
    async def export(
        self,
        work: NamedDependency[Work],
        form: FromQuery[Literal["csv", "xlsx"]] = "csv",
        who: FromQuery[str] = "",
        action: FromQuery[str] = "",
        object_: Annotated[str, QueryParameter(name="object")] = "",
        since: FromQuery[str] = "",
        until: FromQuery[str] = "",
    ) -> Response[bytes]:
        """The same entries as a file, 50,000 at most."""
        filtered: AuditFilter = wanted(who=who, action=action, object_=object_, since=since, until=until)
        return await file_of(work, filtered, form)
