"""What visits contribute, gathered for the plugin of the package."""

from core_crm.visits.api import VisitController
from core_crm.visits.pages import VISIT_PANELS, VisitPages
from kernel.i18n import N_
from vertical import NavItem

ROUTES = (VisitController,)

PAGES = (VisitPages,)

NAVIGATION = (NavItem(label=N_("Visits"), path="/visits", section="sales", permission="master.party.read", icon="map-pin", order=6),)

PANELS = VISIT_PANELS
