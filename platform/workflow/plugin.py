"""What the workflow contributes: tasks and reminders, notifications, approvals and rules."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from kernel.i18n import N_
from tenancy.plugin import release
from vertical import Manifest, Migrations, hookimpl


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
    return []


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("workflow") / "migrations")


@hookimpl
def templates() -> Traversable:
    return files("workflow") / "templates"


@hookimpl
def translations() -> Traversable:
    return files("workflow") / "locale"
