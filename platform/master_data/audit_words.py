"""What the acts of the master data are called in the audit log."""

from identity.audit import words
from kernel.i18n import N_

words.name(
    actions={
        "scope.changed": N_("Changed which records a role sees"),
        "field_right.changed": N_("Changed what a role may do with a field"),
        "employee.linked": N_("Linked an employee with a member"),
        "employee.added_for_member": N_("Added an employee for a member"),
        "record.collaborator_set": N_("Let somebody take part in a record"),
        "record.collaborator_removed": N_("Ended somebody's part in a record"),
        "import.applied": N_("Imported a file"),
        "import.undone": N_("Undid an import"),
        "party.merged": N_("Merged two parties"),
        "party.unmerged": N_("Undid a merge of parties"),
        "custom_field.added": N_("Added a field of the company's own"),
        "custom_field.changed": N_("Changed a field of the company's own"),
        "custom_field.removed": N_("Removed a field of the company's own"),
        "consent.given": N_("Noted a consent to advertising"),
        "consent.withdrawn": N_("Noted that a consent was taken back"),
        "consent_text.written": N_("Wrote a text that people agree to"),
        "suppression.added": N_("Entered an address to which nothing is sent"),
        "suppression.lifted": N_("Took an address off the list of who is sent nothing"),
    },
    kinds={
        "employee": N_("Employee"),
        "party": N_("Party"),
        "import": N_("Import"),
        "custom_field": N_("Field"),
        "consent_text": N_("Text that people agree to"),
        "suppression": N_("Suppressed address"),
    },
    fields={
        "scope": N_("Records"),
        "right": N_("Right"),
        "person": N_("Member"),
        "may_edit": N_("May edit"),
        "file": N_("File"),
        "created": N_("New"),
        "changed": N_("Changed"),
        "removed": N_("Removed"),
        "restored": N_("Restored"),
        "kept": N_("Kept"),
        "parted": N_("Parted"),
        "channel": N_("Channel"),
        "address": N_("Address"),
        "source": N_("Source"),
        "note": N_("Remark"),
        "text": N_("Text"),
        "reason": N_("Reason"),
    },
)
