"""What the acts of marketing are called in the audit log."""

from identity.audit import words
from kernel.i18n import N_

words.name(
    actions={
        "message.queued": N_("Sent a message to a customer"),
        "message.cancelled": N_("Called a message off"),
        "channel.changed": N_("Changed how messages are sent"),
        "channel.tried": N_("Sent a test message"),
        "journey.saved": N_("Saved a journey"),
        "journey.started": N_("Started a journey"),
        "journey.paused": N_("Paused a journey"),
        "journey.ended": N_("Ended a journey"),
        "segment.saved": N_("Saved a segment"),
        "segment.members_added": N_("Added customers to a segment"),
        "message_template.saved": N_("Saved a template of messages"),
    },
    kinds={
        "message": N_("Message to a customer"),
        "channel": N_("Channel"),
        "message_template": N_("Template"),
        "segment": N_("Segment"),
        "journey": N_("Journey"),
    },
    fields={
        "provider": N_("Provider"),
        "answer": N_("Answer"),
        "secret": N_("Secret key"),
        "cap": N_("At most"),
        "definition": N_("Conditions"),
        "members": N_("Members"),
        "trigger": N_("Trigger"),
        "steps": N_("Journey steps"),
    },
)
