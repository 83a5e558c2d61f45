"""What the acts of the CRM are called in the audit log."""

from identity.audit import words
from kernel.i18n import N_

words.name(
    actions={
        "lead.received": N_("Received a lead"),
        "lead.converted": N_("Converted a lead"),
        "assignment_rule.saved": N_("Saved an assignment rule"),
        "assignment_rule.deleted": N_("Deleted an assignment rule"),
        "web_form.saved": N_("Saved a web form"),
        "opportunity.created": N_("Opened an opportunity"),
        "opportunity.updated": N_("Changed an opportunity"),
        "opportunity.moved": N_("Moved an opportunity"),
        "opportunity.won": N_("Won an opportunity"),
        "opportunity.lost": N_("Lost an opportunity"),
        "opportunity.reopened": N_("Reopened an opportunity"),
        "opportunity.deleted": N_("Deleted an opportunity"),
        "lost_reason.saved": N_("Saved a reason of loss"),
        "pool.protected": N_("Protected a record from the pool"),
        "pool.unprotected": N_("Ended the protection from the pool"),
        "pool.rule_saved": N_("Saved a rule of the pool"),
        "pool.rule_deleted": N_("Deleted a rule of the pool"),
        "pool.settings_changed": N_("Changed the settings of the pool"),
        "working_hours.saved": N_("Set the working hours"),
        "special_day.saved": N_("Gave days hours of their own"),
        "special_day.removed": N_("Took back a day's own hours"),
    },
    kinds={
        "lead": N_("Lead"),
        "opportunity": N_("Opportunity"),
        "pool": N_("Public pool"),
        "working_hours": N_("Working hours"),
        "special_day": N_("Special day"),
    },
    fields={},
)
