"""What the CRM contributes: leads, the public pool, opportunities, orders."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from core_crm import audit_words  # noqa: F401 - names the acts of the CRM in the audit log
from core_crm.analytics import parts as analytics
from core_crm.contracts import parts as contracts
from core_crm.leads.api import LeadCommands, LeadSetupController
from core_crm.leads.events import LeadAssigned, LeadConverted, LeadCreated, LeadDisqualified, LeadReopened, LeadsImported
from core_crm.leads.model import AssignmentRule, Lead, ScoringRule, WebForm
from core_crm.leads.pages import LEAD_PANELS, LeadPages
from core_crm.leads.public_pages import PublicFormPages
from core_crm.leads.resource import LEADS
from core_crm.leads.scoring import RESCORE, SCORING_RULES, rescore
from core_crm.leads.setup_pages import LeadSetupPages
from core_crm.marketing import parts as marketing
from core_crm.orders import parts as orders
from core_crm.orders.approval import APPROVAL_KINDS as ORDER_APPROVALS
from core_crm.orders.model import Order
from core_crm.orders.overview import ORDER_SEARCHERS, ORDER_WIDGETS, PARTY_ORDERS, order_title
from core_crm.pipeline.api import OpportunityController, PipelineController
from core_crm.pipeline.events import OpportunityCreated, OpportunityLost, OpportunityMoved, OpportunityReopened, OpportunityWon
from core_crm.pipeline.list_pages import OpportunityListPages
from core_crm.pipeline.model import Competitor, LostReason, Opportunity, OpportunityLine, Pipeline, Stage, StageMove
from core_crm.pipeline.overview import ORDER_OPPORTUNITY, PARTY_OPPORTUNITIES, PIPELINE_SEARCHERS, PIPELINE_WIDGETS
from core_crm.pipeline.pages import OpportunityPages
from core_crm.pipeline.query import count_stale
from core_crm.pipeline.reports import PIPELINE_REPORTS
from core_crm.pipeline.setup_pages import PipelinePages
from core_crm.pipeline.timeline_pages import OpportunityTimelinePages
from core_crm.pool.api import PoolController
from core_crm.pool.events import PoolClaimed, PoolDropNear, PoolDropped, PoolReleased
from core_crm.pool.model import PoolEntry, PoolLog, PoolProtection, PoolRule, PoolSettings
from core_crm.pool.pages import POOL_PANELS, PoolPages
from core_crm.pool.recycling import recycle
from core_crm.pricing.price_model import Price, PriceFloor, PriceList
from core_crm.pricing.resource import PRICE_FLOORS, PRICE_LISTS, PRICE_PANELS, PRICE_SUBSCRIBERS, PRICES
from core_crm.quotes import parts as quotes
from core_crm.service import parts as service
from core_crm.settings import Settings
from core_crm.telling import NOTIFICATION_KINDS, OPPORTUNITY_FIELDS, ORDER_FIELDS, SUBSCRIBERS
from core_crm.visits import parts as visits
from kernel.events import Event
from kernel.i18n import N_
from tenancy.plugin import release
from vertical import (
    ApprovalKind,
    DocumentType,
    Job,
    Manifest,
    Migrations,
    NavItem,
    NotificationKind,
    Panel,
    Permission,
    RecordKind,
    Report,
    Resource,
    Searcher,
    Subscriber,
    Widget,
    hookimpl,
)


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="core_crm",
        version=release(),
        title=N_("Customer relations"),
        summary=N_("Leads, opportunities and orders, from the first contact to the confirmed order."),
        publisher="Jingwei",
        requires_api=">=1.0,<2",
        icon="file-invoice",
    )


@hookimpl
def models() -> Sequence[type]:
    return [
        *orders.MODELS, WebForm, Lead, ScoringRule, AssignmentRule, Pipeline, Stage, LostReason, Opportunity, OpportunityLine, Competitor,
        StageMove, PriceList, Price, PriceFloor, PoolSettings, PoolRule, PoolEntry, PoolProtection, PoolLog,
        *quotes.MODELS,
        *marketing.MODELS,
        *contracts.MODELS,
        *analytics.MODELS,
        *service.MODELS,
    ]  # fmt: skip


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("core_crm") / "migrations")


@hookimpl
def resources() -> Sequence[Resource]:
    return [LEADS, SCORING_RULES, PRICE_LISTS, PRICES, PRICE_FLOORS, *analytics.RESOURCES]


@hookimpl
def jobs() -> Sequence[Job]:
    return [
        *marketing.JOBS,
        *analytics.JOBS,
        Job(key="core_crm.recycle_pool", cron="30 2 * * *", run=recycle, timeout_s=1800),
        Job(key=RESCORE, run=rescore, timeout_s=1800),
        *contracts.JOBS,
        *service.JOBS,
    ]


@hookimpl
def record_kinds() -> Sequence[RecordKind]:
    return [
        RecordKind(
            stem="crm.opportunity", label=N_("Opportunities"), model=Opportunity, path="/opportunities/{id}", fields=OPPORTUNITY_FIELDS
        ),
        RecordKind(stem="crm.order", label=N_("Orders"), model=Order, path="/orders/{id}", title=order_title, fields=ORDER_FIELDS),
        *quotes.RECORD_KINDS,
        *contracts.RECORD_KINDS,
        *service.RECORD_KINDS,
    ]


@hookimpl
def notification_kinds() -> Sequence[NotificationKind]:
    return [*NOTIFICATION_KINDS, *quotes.NOTIFICATION_KINDS, *contracts.NOTIFICATION_KINDS, *service.NOTIFICATIONS]


@hookimpl
def subscribers() -> Sequence[Subscriber]:
    return [*SUBSCRIBERS, *PRICE_SUBSCRIBERS, *service.SUBSCRIBERS, *marketing.SUBSCRIBERS, *quotes.SUBSCRIBERS, *contracts.SUBSCRIBERS]


@hookimpl
def approval_kinds() -> Sequence[ApprovalKind]:
    return [*ORDER_APPROVALS, *quotes.APPROVAL_KINDS]


@hookimpl
def settings_schema() -> type[Settings]:
    return Settings


@hookimpl
def reports() -> Sequence[Report]:
    return [*PIPELINE_REPORTS, *contracts.REPORTS, *analytics.REPORTS, *service.REPORTS]


@hookimpl
def permissions() -> Sequence[Permission]:
    return [
        Permission(code="crm.opportunity.read", label=N_("See opportunities")),
        Permission(code="crm.opportunity.create", label=N_("Write opportunities")),
        Permission(code="crm.opportunity.update", label=N_("Change opportunities, win and lose them")),
        Permission(code="crm.opportunity.delete", label=N_("Delete open opportunities")),
        Permission(code="crm.lead.assign", label=N_("Give leads to employees by the rules")),
        Permission(code="crm.lead.convert", label=N_("Convert leads to customers")),
        Permission(code="crm.lead.manage", label=N_("Set up how leads are assigned, and web forms")),
        Permission(code="crm.pool.read", label=N_("See the public pool and its log")),
        Permission(code="crm.pool.claim", label=N_("Claim from the public pool, and let go into it")),
        Permission(code="crm.pool.assign", label=N_("Give customers and leads to employees")),
        Permission(code="crm.pool.manage", label=N_("Set the rules and limits of the public pool, and protect records")),
        Permission(code="crm.pipeline.manage", label=N_("Set up pipelines, stages and lost reasons")),
        *orders.PERMISSIONS,
        *quotes.PERMISSIONS,
        *marketing.PERMISSIONS,
        *contracts.PERMISSIONS,
        *service.PERMISSIONS,
    ]


@hookimpl
def document_types() -> Sequence[DocumentType]:
    return [
        *orders.DOCUMENTS,
        *quotes.DOCUMENTS,
        *contracts.DOCUMENTS,
        *service.DOCUMENT_TYPES,
    ]


@hookimpl
def routes() -> Sequence[type]:
    return [
        *orders.ROUTES,
        OpportunityController,
        PipelineController,
        LeadCommands,
        LeadSetupController,
        PoolController,
        *quotes.ROUTES,
        *marketing.ROUTES,
        *contracts.ROUTES,
        *visits.ROUTES,
        *service.ROUTES,
    ]


@hookimpl
def pages() -> Sequence[type]:
    return [
        *orders.PAGES,
        OpportunityListPages,
        OpportunityPages,
        OpportunityTimelinePages,
        PipelinePages,
        LeadPages,
        LeadSetupPages,
        PublicFormPages,
        PoolPages,
        *quotes.PAGES,
        *marketing.PAGES,
        *contracts.PAGES,
        *visits.PAGES,
        *service.PAGES,
    ]


@hookimpl
def templates() -> Traversable:
    return files("core_crm") / "templates"


@hookimpl
def translations() -> Traversable:
    return files("core_crm") / "locale"


@hookimpl
def navigation() -> Sequence[NavItem]:
    return [
        *marketing.NAVIGATION,
        *analytics.NAVIGATION,
        NavItem(label=N_("Leads"), path="/leads", section="sales", permission="crm.lead.read", icon="user-search", order=4, mobile=True),
        NavItem(label=N_("Public pool"), path="/pool", section="sales", permission="crm.pool.read", icon="beach", order=5),
        NavItem(label=N_("Lead assignment"), path="/leads/rules", section="settings", permission="crm.lead.manage", icon="arrows-split"),
        NavItem(
            label=N_("Opportunities"),
            path="/opportunities",
            section="sales",
            permission="crm.opportunity.read",
            icon="target-arrow",
            order=7,
            mobile=True,
            badge=count_stale,
        ),
        NavItem(label=N_("Price lists"), path="/price-lists", section="products", permission="crm.price_list.read", icon="tags", order=20),
        NavItem(label=N_("Prices"), path="/prices", section="products", permission="crm.price.read", icon="tag", order=21),
        NavItem(
            label=N_("Floor prices"), path="/price-floors", section="products", permission="crm.price_floor.read", icon="tag-off", order=22
        ),
        NavItem(
            label=N_("Orders"), path="/orders", section="sales", permission="crm.order.read", icon="file-invoice", order=10, mobile=True
        ),
        *orders.NAVIGATION,
        *quotes.NAVIGATION,
        *contracts.NAVIGATION,
        *visits.NAVIGATION,
        *service.NAVIGATION,
    ]


@hookimpl
def panels() -> Sequence[Panel]:
    return [
        *marketing.PANELS,
        *analytics.PANELS,
        PARTY_ORDERS,
        PARTY_OPPORTUNITIES,
        ORDER_OPPORTUNITY,
        *LEAD_PANELS,
        *POOL_PANELS,
        *PRICE_PANELS,
        *quotes.PANELS,
        *contracts.PANELS,
        *service.PANELS,
        *visits.PANELS,
    ]


@hookimpl
def widgets() -> Sequence[Widget]:
    return [*ORDER_WIDGETS, *PIPELINE_WIDGETS, *service.WIDGETS]


@hookimpl
def searchers() -> Sequence[Searcher]:
    return [*ORDER_SEARCHERS, *quotes.SEARCHERS, *contracts.SEARCHERS, *PIPELINE_SEARCHERS, *service.SEARCHERS]


@hookimpl
def events() -> Sequence[type[Event]]:
    return [
        LeadCreated, LeadsImported, LeadAssigned, LeadConverted, LeadDisqualified, LeadReopened, PoolClaimed, PoolReleased, PoolDropped,
        PoolDropNear, *orders.EVENTS, OpportunityCreated, OpportunityMoved, OpportunityWon, OpportunityLost,
        OpportunityReopened, *quotes.EVENTS, *contracts.EVENTS,
        *service.EVENTS,
    ]  # fmt: skip
