"""What marketing adds to the CRM's contributions."""

from core_crm.marketing import audit_words  # noqa: F401 - names the acts of marketing in the audit log
from core_crm.marketing.journeys.advancing import tick
from core_crm.marketing.journeys.api import JourneyController
from core_crm.marketing.journeys.following import SUBSCRIBERS as FOLLOWING
from core_crm.marketing.journeys.model import Journey, JourneyRun, JourneyVersion
from core_crm.marketing.journeys.pages import JourneyPages
from core_crm.marketing.journeys.service import TICK
from core_crm.marketing.messages_api import ChannelController, MessageController
from core_crm.marketing.messages_pages import MESSAGE_PANELS, ChannelPages, MessagePages
from core_crm.marketing.rights import MARKETING_PERMISSIONS
from core_crm.marketing.segments.api import SegmentController
from core_crm.marketing.segments.model import Segment, SegmentMember
from core_crm.marketing.segments.pages import SegmentPages
from core_crm.marketing.templates_api import TemplateController
from core_crm.marketing.templates_pages import TemplatePages
from kernel.i18n import N_
from vertical import Job, NavItem, Subscriber

ROUTES = (MessageController, ChannelController, TemplateController, SegmentController, JourneyController)
PAGES = (MessagePages, ChannelPages, TemplatePages, SegmentPages, JourneyPages)
PANELS = MESSAGE_PANELS
PERMISSIONS = MARKETING_PERMISSIONS
NAVIGATION = (
    NavItem(label=N_("Journeys"), path="/marketing/journeys", section="marketing", permission="crm.marketing.read", icon="route", order=45),
    NavItem(
        label=N_("Segments"), path="/marketing/segments", section="marketing", permission="crm.marketing.read", icon="users-group", order=46
    ),
    NavItem(
        label=N_("Message templates"),
        path="/marketing/templates",
        section="marketing",
        permission="crm.marketing.read",
        icon="template",
        order=47,
    ),
    NavItem(label=N_("Messages"), path="/marketing/messages", section="marketing", permission="crm.marketing.read", icon="send", order=48),
    NavItem(label=N_("Sending"), path="/settings/messaging", section="settings", permission="crm.channel.manage", icon="send", order=30),
)

MODELS: tuple[type, ...] = (Segment, SegmentMember, Journey, JourneyVersion, JourneyRun)
JOBS: tuple[Job, ...] = (Job(key=TICK, cron="*/5 * * * *", run=tick, timeout_s=1800),)
SUBSCRIBERS: tuple[Subscriber, ...] = FOLLOWING
