"""What quotes contribute, gathered for the plugin of the package."""

from core_crm.quotes.api import QuoteController
from core_crm.quotes.events import QuoteAccepted, QuoteApprovalAsked, QuoteApprovalDecided, QuoteDeclined, QuoteSent
from core_crm.quotes.model import Quote, QuoteLine, QuoteVersion
from core_crm.quotes.overview import QUOTE_PANELS, QUOTE_SEARCHERS
from core_crm.quotes.pages import QuotePages
from core_crm.quotes.public_pages import OfferPages
from core_crm.quotes.query import count_pending
from kernel.i18n import N_
from vertical import DocumentType, NavItem, Permission

MODELS = (Quote, QuoteVersion, QuoteLine)

PERMISSIONS = (
    Permission(code="crm.quote.read", label=N_("See quotes")),
    Permission(code="crm.quote.create", label=N_("Write quotes")),
    Permission(code="crm.quote.update", label=N_("Change and send quotes, and note what the customer says")),
    Permission(code="crm.quote.delete", label=N_("Delete quotes that were not sent")),
    Permission(code="crm.quote.approve", label=N_("Agree to prices below the floor")),
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
        badge=count_pending,
    ),
)

PANELS = QUOTE_PANELS

SEARCHERS = QUOTE_SEARCHERS

EVENTS = (QuoteApprovalAsked, QuoteApprovalDecided, QuoteSent, QuoteAccepted, QuoteDeclined)
