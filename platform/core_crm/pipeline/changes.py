"""Who changed what since somebody read a record: taken from the audit log, told when two people edit at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from identity.audit.service import AuditFilter, read_entries
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work

LABELS = {
    "name": N_("Name"),
    "party_id": N_("Customer"),
    "amount": N_("Amount"),
    "expected_on": N_("Expected close"),
    "source": N_("Source"),
    "contact_id": N_("Contact person"),
    "owner_id": N_("Person in charge"),
    "remark": N_("Remark"),
    "lines": N_("Products"),
    "competitors": N_("Competitors"),
    "custom": N_("Custom fields"),
    "stage": N_("Stage"),
    "state": N_("State"),
    "company": N_("Company"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "region": N_("Region"),
    "need": N_("Need"),
}
_IDS = ("party_id", "contact_id", "owner_id")


@dataclass(frozen=True)
class Change:
    """One field that somebody changed."""

    who: str
    at: datetime
    field: str
    before: Any
    after: Any

    @property
    def label(self) -> str:
        label = LABELS.get(self.field)
        return _(label) if label else self.field

    def plain(self) -> dict[str, Any]:
        return {"who": self.who, "at": self.at.isoformat(), "field": self.field, "before": self.before, "after": self.after}


async def changes_since(work: Work, object_: str, version: int) -> list[Change]:
    """What was changed in versions after ``version``, the latest first, each field once."""
    page = await read_entries(work, AuditFilter(object_=object_))
    found: dict[str, Change] = {}
    for entry in page.entries:
        after = entry.after or {}
        if after.get("version", 0) <= version:
            continue
        for name in after.keys() - {"version"}:
            found.setdefault(name, Change(entry.actor_name, entry.at, name, (entry.before or {}).get(name), after[name]))
    return sorted(found.values(), key=lambda change: change.at, reverse=True)


def told(changes: Sequence[Change]) -> str:
    """The changes as sentences, and what to do."""
    if not changes:
        return _("Somebody changed this meanwhile. Reload to see the change, then edit again.")
    sentences = []
    for change in changes:
        if change.field in _IDS or isinstance(change.after, list | dict):
            sentences.append(_("%(who)s changed “%(field)s”.", who=change.who, field=change.label))
        else:
            after = change.after if change.after not in (None, "") else "—"
            sentences.append(_("%(who)s set “%(field)s” to %(value)s.", who=change.who, field=change.label, value=after))
    return " ".join([*sentences, _("Your change is not saved yet: compare, then save again.")])
