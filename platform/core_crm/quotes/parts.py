"""What quotes contribute, gathered for the plugin of the package."""

from core_crm.quotes.api import QuoteController
from core_crm.quotes.approval import APPROVAL_KINDS
from core_crm.quotes.events import QuoteAccepted, QuoteApprovalAsked, QuoteApprovalDecided, QuoteDeclined, QuoteSent
from core_crm.quotes.model import Quote, QuoteLine, QuoteVersion
from core_crm.quotes.overview import QUOTE_PANELS, QUOTE_SEARCHERS
from core_crm.quotes.pages import QuotePages
from core_crm.quotes.public_pages import OfferPages
from core_crm.quotes.telling import NOTIFICATION_KINDS, SUBSCRIBERS
from kernel.i18n import N_
from vertical import DocumentType, NavItem, Permission, RecordKind

MODELS = (Quote, QuoteVersion, QuoteLine)

PERMISSIONS = (
    Permission(code="crm.quote.read", label=N_("See quotes")),
    Permission(code="crm.quote.create", label=N_("Write quotes")),
    Permission(code="crm.quote.update", label=N_("Change and send quotes, and note what the customer says")),
    Permission(code="crm.quote.delete", label=N_("Delete quotes that were not sent")),
)

DOCUMENTS = (DocumentType(key="core_crm.quote", label=N_("Quote"), prefix="QT", reset="year"),)

ROUTES = (QuoteController,)

PAGES = (QuotePages, OfferPages)

NAVIGATION = (
    NavItem(
        label=N_("Quotes"),
        path="/quotes",
        section="sales",
        permission="crm.quote.read",
        icon="file-description",
        order=8,
    ),
)

PANELS = QUOTE_PANELS

SEARCHERS = QUOTE_SEARCHERS

EVENTS = (QuoteApprovalAsked, QuoteApprovalDecided, QuoteSent, QuoteAccepted, QuoteDeclined)

RECORD_KINDS = (RecordKind(stem="crm.quote", label=N_("Quotes"), model=Quote, path="/quotes/{id}", title="number"),)

__all__ = [
    "APPROVAL_KINDS", "DOCUMENTS", "EVENTS", "MODELS", "NAVIGATION", "NOTIFICATION_KINDS", "PAGES", "PANELS", "PERMISSIONS",
    "RECORD_KINDS", "ROUTES", "SEARCHERS", "SUBSCRIBERS",
]  # fmt: skip
