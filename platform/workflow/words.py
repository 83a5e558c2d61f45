"""The occasions on which the workflow itself tells members something."""

from kernel.i18n import N_
from vertical import NotificationKind

MENTION = "workflow.mention"
ASSIGNED = "workflow.assigned"
TASK_GIVEN = "workflow.task_given"
TASK_DONE = "workflow.task_done"
TASK_DUE = "workflow.task_due"
TASK_OVERDUE = "workflow.task_overdue"
RULE_TOLD = "workflow.rule"
APPROVAL_ASKED = "workflow.approval_asked"
APPROVAL_DECIDED = "workflow.approval_decided"

NOTIFICATION_KINDS = (
    NotificationKind(key=MENTION, label=N_("Someone mentions you in a note"), mail=True, icon="at"),
    NotificationKind(key=ASSIGNED, label=N_("A record is assigned to you"), mail=True, icon="user-check"),
    NotificationKind(key=APPROVAL_ASKED, label=N_("Someone asks for your approval"), mail=True, icon="rubber-stamp"),
    NotificationKind(key=APPROVAL_DECIDED, label=N_("Your request was decided"), mail=True, icon="rubber-stamp"),
    NotificationKind(key=RULE_TOLD, label=N_("A rule of the company tells you something"), mail=True, icon="bolt"),
    NotificationKind(key=TASK_GIVEN, label=N_("Someone assigns you a task"), mail=True, icon="checklist"),
    NotificationKind(key=TASK_DUE, label=N_("A task of yours is due"), mail=True, icon="alarm"),
    NotificationKind(key=TASK_OVERDUE, label=N_("Your overdue tasks, each working day"), icon="alarm"),
    NotificationKind(key=TASK_DONE, label=N_("A task you assigned is done"), icon="circle-check"),
)
