"""The occasions on which the workflow itself tells members something."""

from kernel.i18n import N_
from vertical import NotificationKind

MENTION = "workflow.mention"
ASSIGNED = "workflow.assigned"

NOTIFICATION_KINDS = (
    NotificationKind(key=MENTION, label=N_("Somebody names you in a note"), mail=True, icon="at"),
    NotificationKind(key=ASSIGNED, label=N_("A record is given to you"), mail=True, icon="user-check"),
)
