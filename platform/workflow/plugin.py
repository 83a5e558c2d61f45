"""What the workflow contributes: tasks and reminders, notifications, approvals and rules."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from kernel.events import Event
from kernel.i18n import N_
from tenancy.plugin import release
from vertical import Job, Manifest, Migrations, NavItem, NotificationKind, Panel, Permission, Subscriber, Widget, hookimpl
from workflow import audit_words  # noqa: F401 - names the acts of the workflow in the audit log
from workflow.approvals.api import ApprovalController, ApprovalFlowController
from workflow.approvals.events import ApprovalGranted, ApprovalRefused, ApprovalRequested, ApprovalWithdrawn
from workflow.approvals.model import Approval, ApprovalAct, ApprovalFlow, ApprovalSeat
from workflow.approvals.pages import APPROVAL_PANELS, ApprovalPages
from workflow.approvals.query import count_waiting
from workflow.approvals.service import MANAGE as MANAGE_APPROVALS
from workflow.approvals.setup_pages import ApprovalSetupPages
from workflow.changes import noticing  # noqa: F401 - listens to what transactions write
from workflow.changes.following import follow
from workflow.changes.model import Change
from workflow.changes.noticing import FOLLOW_JOB
from workflow.live.pages import LIVE_PANELS, LivePages
from workflow.notifications.api import NotificationController
from workflow.notifications.mail import forget_old
from workflow.notifications.model import Notification, NotificationChoice
from workflow.notifications.pages import NotificationPages
from workflow.reports.model import ReportSchedule
from workflow.reports.sending import morning
from workflow.reports.service import MANAGE as MANAGE_REPORTS
from workflow.rules.api import RuleController
from workflow.rules.model import Letter, Rule, RuleRun
from workflow.rules.pages import RulePages
from workflow.rules.running import forget_runs, look_at_dates
from workflow.rules.service import MANAGE as MANAGE_RULES
from workflow.tasks.api import TaskController
from workflow.tasks.model import Task
from workflow.tasks.pages import TASK_PANELS, TaskPages, draw_mine
from workflow.tasks.query import count_due
from workflow.tasks.reminding import remind, remind_late, tell_overdue
from workflow.tasks.service import MANAGE, REMIND_JOB
from workflow.telling import SUBSCRIBERS
from workflow.words import NOTIFICATION_KINDS


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="workflow",
        version=release(),
        title=N_("Teamwork"),
        summary=N_("Tasks, reminders, notifications, approvals and rules, for records of any kind."),
        publisher="Jingwei",
        requires_api=">=1.0,<2",
        icon="checklist",
    )


@hookimpl
def models() -> Sequence[type]:
    return [
        Notification,
        NotificationChoice,
        Change,
        Task,
        ReportSchedule,
        ApprovalFlow,
        Approval,
        ApprovalSeat,
        ApprovalAct,
        Rule,
        RuleRun,
        Letter,
    ]


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("workflow") / "migrations")


@hookimpl
def routes() -> Sequence[type]:
    return [NotificationController, TaskController, ApprovalController, ApprovalFlowController, RuleController]


@hookimpl
def pages() -> Sequence[type]:
    return [NotificationPages, TaskPages, ApprovalPages, ApprovalSetupPages, RulePages, LivePages]


@hookimpl
def notification_kinds() -> Sequence[NotificationKind]:
    return NOTIFICATION_KINDS


@hookimpl
def permissions() -> Sequence[Permission]:
    return [
        Permission(code=MANAGE_REPORTS, label=N_("See and stop all reports that are sent")),
        Permission(code=MANAGE, label=N_("See and change everybody's tasks")),
        Permission(code=MANAGE_RULES, label=N_("Set up rules that run by themselves, and see what they did")),
        Permission(code=MANAGE_APPROVALS, label=N_("Set up approvals, see all requests and hand them on")),
    ]


@hookimpl
def navigation() -> Sequence[NavItem]:
    return [
        NavItem(label=N_("Tasks"), path="/tasks", section="main", icon="checklist", order=2, mobile=True, badge=count_due),
        NavItem(label=N_("Approvals"), path="/approvals", section="main", icon="rubber-stamp", order=4, badge=count_waiting),
        NavItem(
            label=N_("Approvals"),
            path="/settings/approvals",
            section="settings",
            permission=MANAGE_APPROVALS,
            icon="rubber-stamp",
            order=30,
        ),
        NavItem(label=N_("Rules"), path="/settings/rules", section="settings", permission=MANAGE_RULES, icon="bolt", order=32),
    ]


@hookimpl
def panels() -> Sequence[Panel]:
    return [*LIVE_PANELS, *APPROVAL_PANELS, *TASK_PANELS]


@hookimpl
def widgets() -> Sequence[Widget]:
    return [Widget(key="workflow.tasks", title=N_("My tasks"), render=draw_mine)]


@hookimpl
def events() -> Sequence[type[Event]]:
    return [ApprovalRequested, ApprovalGranted, ApprovalRefused, ApprovalWithdrawn]


@hookimpl
def subscribers() -> Sequence[Subscriber]:
    return SUBSCRIBERS


@hookimpl
def jobs() -> Sequence[Job]:
    return [
        Job(key="workflow.report_morning", cron="10 7 * * *", run=morning),
        Job(key="workflow.forget_notifications", cron="41 3 * * *", run=forget_old),
        Job(key=FOLLOW_JOB, run=follow, timeout_s=600),
        Job(key="workflow.look_at_dates", cron="10 7 * * *", run=look_at_dates, timeout_s=900),
        Job(key="workflow.forget_runs", cron="52 3 * * *", run=forget_runs),
        Job(key=REMIND_JOB, run=remind),
        Job(key="workflow.remind_late", cron="7 * * * *", run=remind_late),
        Job(key="workflow.tell_overdue", cron="30 8 * * 1-5", run=tell_overdue),
    ]


@hookimpl
def templates() -> Traversable:
    return files("workflow") / "templates"


@hookimpl
def translations() -> Traversable:
    return files("workflow") / "locale"
