"""What the acts of the workflow are called in the audit log."""

from identity.audit import words
from kernel.i18n import N_

words.name(
    actions={
        "task.deleted": N_("Deleted a task"),
        "report.scheduled": N_("Had a report sent regularly"),
        "report.unscheduled": N_("Stopped sending a report"),
        "rule.saved": N_("Saved a rule"),
        "rule.deleted": N_("Deleted a rule"),
        "approval_flow.saved": N_("Saved an approval flow"),
        "approval_flow.deleted": N_("Deleted an approval flow"),
    },
    kinds={"task": N_("Task"), "report_schedule": N_("Regular report"), "approval_flow": N_("Approval flow"), "rule": N_("Rule")},
    fields={
        "assignee": N_("Assignee"),
        "report": N_("Regular report"),
        "cadence": N_("How often"),
        "steps": N_("Steps"),
        "actions": N_("Actions"),
        "trigger": N_("When"),
        "conditions": N_("Conditions"),
        "match": N_("How many conditions must hold"),
        "record_kind": N_("Kind of record"),
    },
)
