"""What other packages may use of the workflow."""

from identity.members.directory import Colleague, colleagues
from workflow.notifications.service import notify, unread_count
from workflow.people import persons_in_role, persons_of
from workflow.records import Found, Kind, find_record, kinds, may_see
from workflow.reports.model import Cadence, ReportSchedule
from workflow.reports.service import add_schedule, remove_schedule, schedules_of
from workflow.tasks.model import Priority, Repeat, Task
from workflow.tasks.service import TaskInput, complete_task, create_task

__all__ = [
    "Cadence",
    "Colleague",
    "Found",
    "Kind",
    "Priority",
    "Repeat",
    "ReportSchedule",
    "Task",
    "TaskInput",
    "add_schedule",
    "colleagues",
    "complete_task",
    "create_task",
    "find_record",
    "kinds",
    "may_see",
    "notify",
    "persons_in_role",
    "persons_of",
    "remove_schedule",
    "schedules_of",
    "unread_count",
]
