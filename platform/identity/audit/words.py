"""What the acts in the audit log are called.

Each package names its own by ``name`` when it is imported; identity knows those of members, roles and tokens only.
Words are English messages, translated where they are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernel.i18n import N_
from kernel.i18n import gettext as _

_ACTIONS: dict[str, str] = {}
_KINDS: dict[str, str] = {}
_FIELDS: dict[str, str] = {}


@dataclass(frozen=True)
class Difference:
    """What one field was and what it became, in words; empty where it was not there."""

    field: str
    before: str
    after: str


def name(*, actions: Mapping[str, str], kinds: Mapping[str, str], fields: Mapping[str, str]) -> None:
    """Say what ``voucher.reviewed`` is called, what a ``voucher`` is, and the ``reviewed_by`` of its differences.

    Raises:
        ValueError: another package calls an action or a kind something else.
    """
    for known, given in ((_ACTIONS, actions), (_KINDS, kinds)):
        if taken := [code for code, words in given.items() if known.get(code, words) != words]:
            raise ValueError(f"the audit log calls {sorted(taken)} something else already")
        known.update(given)
    for field, words in fields.items():
        _FIELDS.setdefault(field, words)


def action_words(action: str) -> str:
    """What an action is called; its code where nobody has named it."""
    return _(_ACTIONS[action]) if action in _ACTIONS else action


def kind_words(object_: str) -> str:
    """What the object is, of ``voucher:0190...``: a voucher."""
    kind = object_.partition(":")[0]
    return _(_KINDS[kind]) if kind in _KINDS else kind


def actions() -> Sequence[tuple[str, str]]:
    """All actions that have a name, with it, in the order of the names."""
    return sorted(((code, _(words)) for code, words in _ACTIONS.items()), key=lambda pair: pair[1])


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Sequence[Difference]:
    """The fields that changed, or all of them where the object was made or removed."""
    old, new = _flat(before or {}), _flat(after or {})
    fields = [*old, *(field for field in new if field not in old)]
    return [
        Difference(_field_words(field), _shown(old.get(field)), _shown(new.get(field)))
        for field in fields
        if before is None or after is None or old.get(field) != new.get(field)
    ]


def _flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{above}{key}.")
        else:
            found[f"{above}{key}"] = value
    return found


def _field_words(field: str) -> str:
    """``rules.reclassify`` in words, part by part; a field that nobody named without its underscores."""
    return " · ".join(_(_FIELDS[part]) if part in _FIELDS else part.replace("_", " ") for part in field.split("."))


def _shown(value: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return _(", ").join(_shown(each) if not isinstance(each, Mapping) else _record(each) for each in value)
    return str(value)


def _record(values: Mapping[str, Any]) -> str:
    return " ".join(_shown(value) for value in values.values() if value not in (None, ""))


name(
    actions={
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
        "app.settings_changed": N_("Changed an app's settings"),
        "delivery.retried": N_("Tried a failed delivery again"),
    },
    kinds={
        "member": N_("Member"),
        "invitation": N_("Invitation"),
        "role": N_("Role"),
        "token": N_("API token"),
        "app": N_("App"),
        "delivery": N_("Delivery"),
    },
    fields={
        "roles": N_("Roles"),
        "permissions": N_("Permissions"),
        "label": N_("Label"),
        "name": N_("Name"),
        "email": N_("E-mail"),
        "state": N_("State"),
        "reason": N_("Reason"),
    },
)
