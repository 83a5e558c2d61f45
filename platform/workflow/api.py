"""What other packages may use of the workflow."""

from identity.members.directory import Colleague, colleagues
from vertical.locks import require_unlocked
from workflow.approvals.events import ApprovalGranted, ApprovalRefused, ApprovalRequested, ApprovalWithdrawn
from workflow.approvals.flows import FlowInput, FlowStep, save_flow
from workflow.approvals.model import Approval, ApprovalState
from workflow.approvals.query import approvals_of
from workflow.approvals.service import approve, delegate, pending_for, reject, request_approval, withdraw
from workflow.conditions import Condition
from workflow.live.hub import close_all
from workflow.notifications.service import notify, unread_count
from workflow.people import persons_in_role, persons_of
from workflow.records import Found, Kind, find_record, kinds, may_see
from workflow.reports.model import Cadence, ReportSchedule
from workflow.reports.service import add_schedule, remove_schedule, schedules_of
from workflow.rules.actions import NotifyAction, SetAction, TaskAction
from workflow.rules.model import Match, Trigger
from workflow.rules.service import RuleInput, save_rule
from workflow.tasks.model import Priority, Repeat, Task
from workflow.tasks.service import TaskInput, complete_task, create_task, settle_task
from workflow.words import ASSIGNED

__all__ = [
    "ASSIGNED",
    "Approval",
    "ApprovalGranted",
    "ApprovalRefused",
    "ApprovalRequested",
    "ApprovalState",
    "ApprovalWithdrawn",
    "Cadence",
    "Colleague",
    "Condition",
    "FlowInput",
    "FlowStep",
    "Found",
    "Kind",
    "Match",
    "NotifyAction",
    "Priority",
    "Repeat",
    "ReportSchedule",
    "RuleInput",
    "SetAction",
    "Task",
    "TaskAction",
    "TaskInput",
    "Trigger",
    "add_schedule",
    "approvals_of",
    "approve",
    "close_all",
    "colleagues",
    "complete_task",
    "create_task",
    "delegate",
    "find_record",
    "kinds",
    "may_see",
    "notify",
    "pending_for",
    "persons_in_role",
    "persons_of",
    "reject",
    "remove_schedule",
    "request_approval",
    "require_unlocked",
    "save_flow",
    "save_rule",
    "schedules_of",
    "settle_task",
    "unread_count",
    "withdraw",
]
