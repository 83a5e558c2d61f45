"""What the form of a task says."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from uuid import UUID

from kernel.errors import FieldError, Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from workflow.tasks.model import Priority, Repeat, Task
from workflow.tasks.service import TaskInput

PRIORITIES = {Priority.HIGH: N_("High"), Priority.NORMAL: N_("Normal"), Priority.LOW: N_("Low")}
REPEATS = {
    Repeat.NONE: N_("Once"),
    Repeat.DAYS: N_("Every so many days"),
    Repeat.WEEKS: N_("Every so many weeks"),
    Repeat.MONTHS: N_("Every so many months"),
    Repeat.YEARS: N_("Every so many years"),
}
REMINDERS = {
    "0": N_("When it is due"),
    "15": N_("15 minutes before"),
    "60": N_("An hour before"),
    "1440": N_("A day before"),
    "10080": N_("A week before"),
}


def read_task(form: Mapping[str, Any]) -> TaskInput:
    """The task that a form describes.

    Raises:
        Invalid: names each field that cannot be read.
    """
    errors: list[FieldError] = []

    def take(name: str, read: Any, message: str) -> Any:
        text = str(form.get(name, "")).strip()
        if not text:
            return None
        try:
            return read(text)
        except ValueError:
            errors.append(FieldError(name, message))
            return None

    day = _("Enter a date such as 2026-11-23.")
    due_on = take("due_on", lambda text: date.fromisoformat(text.replace("/", "-")), day)
    until = take("repeat_until", lambda text: date.fromisoformat(text.replace("/", "-")), day)
    at = take("due_time", time.fromisoformat, _("Enter a time such as 14:30."))
    assignee = take("assignee_id", UUID, _("Choose a member of the company."))
    minutes = take("remind_minutes", int, _("Choose one of the list."))
    every = take("every", int, _("Enter a number from 1 to 100."))
    priority, repeat = take("priority", Priority, _("Choose one of the list.")), take("repeat", Repeat, _("Choose one of the list."))
    title, note = str(form.get("title", "")).strip(), str(form.get("note", ""))
    if not title:
        errors.append(FieldError("title", _("Say what is to be done.")))
    if len(title) > 200 or len(note) > 4000:
        errors.append(FieldError("title" if len(title) > 200 else "note", _("This is too long.")))
    if every is not None and not 1 <= every <= 100:
        errors.append(FieldError("every", _("Enter a number from 1 to 100.")))
    if minutes is not None and not 0 <= minutes <= 43_200:
        errors.append(FieldError("remind_minutes", _("Choose one of the list.")))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return TaskInput(
        title=title,
        note=note or None,
        assignee_id=assignee,
        due_on=due_on,
        due_time=at.replace(tzinfo=None) if at else None,
        remind_minutes=minutes if "remind_minutes" in form else 0,
        priority=priority or Priority.NORMAL,
        repeat=repeat or Repeat.NONE,
        every=every or 1,
        repeat_until=until,
    )


def task_values(task: Task) -> dict[str, Any]:
    """The fields of the form for a task."""
    return {
        "title": task.title,
        "note": task.note,
        "assignee_id": task.assignee_id,
        "due_on": task.due_on,
        "due_time": f"{task.due_time:%H:%M}" if task.due_time else "",
        "remind_minutes": "" if task.remind_minutes is None else task.remind_minutes,
        "priority": task.priority.value,
        "repeat": task.repeat.value,
        "every": task.every,
        "repeat_until": task.repeat_until,
        "version": task.version,
    }


def choices() -> dict[str, list[tuple[str, str]]]:
    """Options of the form's lists."""
    return {
        "priorities": [(key.value, _(words)) for key, words in PRIORITIES.items()],
        "repeats": [(key.value, _(words)) for key, words in REPEATS.items()],
        "reminders": [(key, _(words)) for key, words in REMINDERS.items()],
    }
