"""What the service desk contributes, gathered for the plugin of the package."""

from core_crm.service.care.api import CareController, CareSetupController
from core_crm.service.care.measuring import SERVICE_REPORTS
from core_crm.service.care.model import TicketMacro, TicketMerge, TicketRating
from core_crm.service.care.pages import CarePages, RatingPages
from core_crm.service.care.rating import ask_for_rating
from core_crm.service.hours.api import HoursController
from core_crm.service.hours.model import SpecialDay, WorkingWeek
from core_crm.service.hours.pages import HoursPages
from core_crm.service.intake.api import IntakeController
from core_crm.service.intake.letters import send_reply
from core_crm.service.intake.model import ServiceForm, ServiceMailbox, TicketLetter
from core_crm.service.intake.public_pages import SupportPages
from core_crm.service.intake.setup_pages import IntakePages
from core_crm.service.knowledge.api import ArticleCategoryController, ArticleController
from core_crm.service.knowledge.model import Article, ArticleCategory, ArticleText, ArticleVersion, ArticleVote
from core_crm.service.knowledge.overview import ARTICLE_PANELS, ARTICLE_SEARCHERS
from core_crm.service.knowledge.pages import ArticlePages, HelpPages
from core_crm.service.tickets.api import TicketController
from core_crm.service.tickets.events import (
    CustomerReplied,
    TicketAssigned,
    TicketCreated,
    TicketDueSoon,
    TicketLate,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from core_crm.service.tickets.model import ServiceSettings, SlaPolicy, Ticket, TicketCategory, TicketFile, TicketMessage, TicketQueue
from core_crm.service.tickets.overview import TICKET_PANELS, TICKET_SEARCHERS, TICKET_WIDGETS, ticket_title
from core_crm.service.tickets.pages import TicketPages
from core_crm.service.tickets.query import count_mine
from core_crm.service.tickets.setup_api import ServiceSetupController
from core_crm.service.tickets.setup_pages import ServiceSetupPages
from core_crm.service.tickets.sla import CLOCK_JOB
from core_crm.service.tickets.telling import TICKET_NOTIFICATIONS, TICKET_SUBSCRIBERS
from core_crm.service.tickets.upkeep import close_solved, look_at_clock, sweep_clocks
from kernel.i18n import N_
from vertical import DocumentType, Job, NavItem, Permission, RecordKind, Subscriber

MODELS = (
    WorkingWeek, SpecialDay, TicketQueue, TicketCategory, SlaPolicy, ServiceMailbox, ServiceForm, Ticket, TicketMessage, TicketFile,
    TicketLetter, ServiceSettings, TicketMacro, TicketMerge, TicketRating,
    ArticleCategory, Article, ArticleText, ArticleVersion, ArticleVote,
)  # fmt: skip

PERMISSIONS = (
    Permission(code="crm.service.manage", label=N_("Set up the service desk")),
    Permission(code="crm.ticket.read", label=N_("See tickets")),
    Permission(code="crm.ticket.create", label=N_("Open tickets")),
    Permission(code="crm.ticket.update", label=N_("Answer and change tickets")),
    Permission(code="crm.ticket.assign", label=N_("Give tickets to employees")),
    Permission(code="crm.ticket.merge", label=N_("Merge tickets, and undo that")),
    Permission(code="crm.article.read", label=N_("See the knowledge base, drafts too")),
    Permission(code="crm.article.update", label=N_("Write articles")),
    Permission(code="crm.article.publish", label=N_("Publish, withdraw and delete articles")),
)

JOBS = (
    Job(key=CLOCK_JOB, run=look_at_clock),
    Job(key="core_crm.ticket_sweep", cron="23 * * * *", run=sweep_clocks, timeout_s=900),
    Job(key="core_crm.ticket_close", cron="10 3 * * *", run=close_solved, timeout_s=1800),
)

DOCUMENT_TYPES = (DocumentType(key="core_crm.ticket", label=N_("Ticket"), prefix="TK", reset="year"),)

RECORD_KINDS = (RecordKind(stem="crm.ticket", label=N_("Tickets"), model=Ticket, path="/tickets/{id}", title=ticket_title),)

NOTIFICATIONS = TICKET_NOTIFICATIONS

SUBSCRIBERS = (
    *TICKET_SUBSCRIBERS,
    Subscriber(event=TicketReplied, handle=send_reply, when="in_transaction"),
    Subscriber(event=TicketSolved, handle=ask_for_rating, when="in_transaction"),
)

EVENTS = (
    TicketCreated, TicketAssigned, TicketReplied, CustomerReplied, TicketSolved, TicketReopened, TicketLate, TicketDueSoon,
)  # fmt: skip

ROUTES = (
    HoursController,
    TicketController,
    ServiceSetupController,
    IntakeController,
    CareController,
    CareSetupController,
    ArticleController,
    ArticleCategoryController,
)

PAGES = (HoursPages, TicketPages, ServiceSetupPages, IntakePages, SupportPages, CarePages, RatingPages, ArticlePages, HelpPages)

PANELS = (*TICKET_PANELS, *ARTICLE_PANELS)

WIDGETS = TICKET_WIDGETS

SEARCHERS = (*TICKET_SEARCHERS, *ARTICLE_SEARCHERS)

REPORTS = SERVICE_REPORTS

NAVIGATION = (
    NavItem(
        label=N_("Tickets"),
        path="/tickets",
        section="service",
        permission="crm.ticket.read",
        icon="headset",
        order=30,
        mobile=True,
        badge=count_mine,
    ),
    NavItem(label=N_("Knowledge base"), path="/articles", section="service", permission="crm.article.read", icon="book", order=31),
    NavItem(label=N_("Service desk"), path="/service/desk", section="settings", permission="crm.service.manage", icon="headset"),
    NavItem(label=N_("Working hours"), path="/service/hours", section="settings", permission="crm.service.manage", icon="clock-hour-4"),
)
