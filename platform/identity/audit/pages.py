"""The page that shows the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.response import Template

from identity.audit.service import read_entries
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.web import page
from kernel.work import Work

READ = "admin.audit.read"

_WORDS = {
    "session.started": N_("Signed in"),
    "password.changed": N_("Changed the password"),
    "member.invited": N_("Invited somebody"),
    "invitation.accepted": N_("Accepted an invitation"),
    "invitation.revoked": N_("Withdrew an invitation"),
    "member.changed": N_("Changed a member's roles"),
    "member.removed": N_("Removed a member"),
    "role.created": N_("Added a role"),
    "role.changed": N_("Changed a role"),
    "role.deleted": N_("Deleted a role"),
    "token.created": N_("Created an API token"),
    "token.revoked": N_("Revoked an API token"),
    "scope.changed": N_("Changed which records a role sees"),
    "field_right.changed": N_("Changed what a role may do with a field"),
    "employee.linked": N_("Linked an employee with a member"),
    "employee.added_for_member": N_("Added an employee for a member"),
    "record.collaborator_set": N_("Let somebody take part in a record"),
    "record.collaborator_removed": N_("Ended somebody's part in a record"),
    "party.merged": N_("Merged two parties"),
    "party.unmerged": N_("Undid a merge of parties"),
    "custom_field.added": N_("Added a field of the company's own"),
    "custom_field.changed": N_("Changed a field of the company's own"),
    "custom_field.removed": N_("Removed a field of the company's own"),
    "app.settings_changed": N_("Changed an app's settings"),
    "delivery.retried": N_("Tried a failed delivery again"),
}


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
        return page("identity/audit.html", entries=found.entries, after=after, object=object_, words=words_for)


def words_for(action: str) -> str:
    """What an action is called; its code where nobody has named it."""
    return _(_WORDS[action]) if action in _WORDS else action


def _position(text: str) -> tuple[datetime, UUID] | None:
    """Where a page goes on; an address that somebody edited starts at the beginning."""
    at, _separator, entry_id = text.replace(" ", "+").partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(entry_id)) if moment.tzinfo else None
    except ValueError:
        return None
