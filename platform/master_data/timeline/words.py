"""What kinds of contact are called and look like."""

from kernel.i18n import N_
from kernel.i18n import gettext as _
from master_data.timeline.model import ActivityKind
from master_data.timeline.service import BY_HAND

_LABELS = {
    ActivityKind.CALL: N_("Call"),
    ActivityKind.VISIT: N_("Visit"),
    ActivityKind.MAIL: N_("E-mail"),
    ActivityKind.WECHAT: N_("WeChat"),
    ActivityKind.NOTE: N_("Note"),
    ActivityKind.SYSTEM: N_("System entry"),
}
ICONS = {
    ActivityKind.CALL: "phone",
    ActivityKind.VISIT: "map-pin",
    ActivityKind.MAIL: "mail",
    ActivityKind.WECHAT: "message",
    ActivityKind.NOTE: "note",
    ActivityKind.SYSTEM: "robot",
}


def label_of_kind(kind: ActivityKind) -> str:
    return _(_LABELS[kind])


def kind_options() -> list[tuple[str, str]]:
    """Kinds that people choose from."""
    return [(kind.value, label_of_kind(kind)) for kind in BY_HAND]
