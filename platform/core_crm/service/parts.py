"""What the service desk contributes, gathered for the plugin of the package."""

from core_crm.service.hours.api import HoursController
from core_crm.service.hours.model import SpecialDay, WorkingWeek
from core_crm.service.hours.pages import HoursPages
from kernel.i18n import N_
from vertical import NavItem, Permission

MODELS = (WorkingWeek, SpecialDay)

PERMISSIONS = (Permission(code="crm.service.manage", label=N_("Set up the service desk")),)

ROUTES = (HoursController,)

PAGES = (HoursPages,)

NAVIGATION = (
    NavItem(label=N_("Working hours"), path="/service/hours", section="settings", permission="crm.service.manage", icon="clock-hour-4"),
)
