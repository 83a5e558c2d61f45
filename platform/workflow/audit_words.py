"""What the acts of the workflow are called in the audit log."""

from identity.audit import words
from kernel.i18n import N_

words.name(
    actions={"task.deleted": N_("Deleted a task")},
    kinds={"task": N_("Task")},
    fields={"assignee": N_("Assignee")},
)
