"""What the workflow contributes: tasks and reminders, notifications, approvals and rules."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from kernel.i18n import N_
from tenancy.plugin import release
from vertical import Job, Manifest, Migrations, NotificationKind, Subscriber, hookimpl
from workflow.changes import noticing  # noqa: F401 - listens to what transactions write
from workflow.changes.following import follow
from workflow.changes.model import Change
from workflow.changes.noticing import FOLLOW_JOB
from workflow.notifications.api import NotificationController
from workflow.notifications.mail import forget_old
from workflow.notifications.model import Notification, NotificationChoice
from workflow.notifications.pages import NotificationPages
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
    return [Notification, NotificationChoice, Change]


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("workflow") / "migrations")


@hookimpl
def routes() -> Sequence[type]:
    return [NotificationController]


@hookimpl
def pages() -> Sequence[type]:
    return [NotificationPages]


@hookimpl
def notification_kinds() -> Sequence[NotificationKind]:
    return NOTIFICATION_KINDS


@hookimpl
def subscribers() -> Sequence[Subscriber]:
    return SUBSCRIBERS


@hookimpl
def jobs() -> Sequence[Job]:
    return [
        Job(key="workflow.forget_notifications", cron="41 3 * * *", run=forget_old),
        Job(key=FOLLOW_JOB, run=follow, timeout_s=600),
    ]


@hookimpl
def templates() -> Traversable:
    return files("workflow") / "templates"


@hookimpl
def translations() -> Traversable:
    return files("workflow") / "locale"
