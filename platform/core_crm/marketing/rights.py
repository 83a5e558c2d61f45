"""Permissions of marketing."""

from kernel.i18n import N_
from vertical import Permission

READ = {"permission": "crm.marketing.read"}
WRITE = {"permission": "crm.marketing.write"}
LAUNCH = {"permission": "crm.marketing.manage"}
SEND = {"permission": "crm.message.send"}
CHANNELS = {"permission": "crm.channel.manage"}

MARKETING_PERMISSIONS = (
    Permission(code="crm.marketing.read", label=N_("See segments, templates, journeys and what was sent")),
    Permission(code="crm.marketing.write", label=N_("Write segments, templates and journeys")),
    Permission(code="crm.marketing.manage", label=N_("Start and stop journeys")),
    Permission(code="crm.message.send", label=N_("Send a message to a customer")),
    Permission(code="crm.channel.manage", label=N_("Set up how e-mail and text messages are sent")),
)
