"""What other packages may use of the CRM."""

from core_crm.contracts.events import ContractActivated, ContractEnded, ContractEndNear, ContractPaid, InstalmentOverdue
from core_crm.contracts.model import Contract, ContractState
from core_crm.contracts.receipts import ReceiptInput
from core_crm.contracts.receipts import receive as receive_for_contract
from core_crm.contracts.service import ContractInput, InstalmentInput, MilestoneInput, activate_contract, create_contract
from core_crm.leads.assignment import AssignmentRuleInput
from core_crm.leads.assignment import save_rule as save_assignment_rule
from core_crm.leads.conversion import ConvertInput, convert_lead
from core_crm.leads.events import LeadAssigned, LeadConverted, LeadCreated, LeadDisqualified, LeadReopened, LeadsImported
from core_crm.leads.model import Lead, LeadState, Operator
from core_crm.leads.resource import LEADS
from core_crm.leads.scoring import SCORING_RULES
from core_crm.leads.webforms import WebFormInput, save_form
from core_crm.marketing.journeys.recipes import from_recipe as journey_by_recipe
from core_crm.marketing.journeys.service import start_journey
from core_crm.marketing.segments.language import Group as SegmentGroup
from core_crm.marketing.segments.language import Rule as SegmentRule
from core_crm.marketing.segments.service import SegmentInput, save_segment
from core_crm.marketing.segments.service import preview as segment_reach
from core_crm.marketing.wording import names_of as template_names
from core_crm.orders.approval import confirm_order
from core_crm.orders.changing import ChangedLine, ChangeInput, change_order
from core_crm.orders.events import (
    OrderCancelled,
    OrderClosed,
    OrderConfirmed,
    OrderDelivered,
    OrderedLine,
    OrderMoved,
    OrderReturned,
    OrderRevised,
)
from core_crm.orders.fulfilment import DeliveryInput, MovedLine, ReturnInput, close_order, deliver, reopen_order, take_back
from core_crm.orders.model import DeliveryMode, Order, OrderLine, OrderState, Progress
from core_crm.orders.query import OrderQuery, OrderRow, list_orders, order_totals
from core_crm.orders.rates import RATES
from core_crm.orders.service import (
    OrderInput,
    OrderInvalid,
    OrderNotDraft,
    OrderNotFound,
    cancel_order,
    create_order,
    delete_draft,
    get_order,
    update_order,
)
from core_crm.pipeline.events import OpportunityCreated, OpportunityLost, OpportunityMoved, OpportunityReopened, OpportunityWon
from core_crm.pipeline.model import Opportunity, StageKind
from core_crm.pipeline.query import OpportunityQuery, list_opportunities
from core_crm.pipeline.service import OpportunityInput, create_opportunity, get_opportunity, update_opportunity
from core_crm.pipeline.setup import lost_reasons, pipelines
from core_crm.pipeline.stages import lose_opportunity, move_opportunity, reopen_opportunity, win_opportunity
from core_crm.pool.claims import claim, release
from core_crm.pool.events import PoolClaimed, PoolDropNear, PoolDropped, PoolReleased
from core_crm.pool.model import Condition, PoolKind
from core_crm.pool.settings import PoolRuleInput
from core_crm.pool.settings import save_rule as save_pool_rule
from core_crm.pricing.amounts import Amounts, line_amounts
from core_crm.pricing.lines import LineInput
from core_crm.pricing.resource import PRICE_FLOORS, PRICE_LISTS, PRICES
from core_crm.quotes.closing import accept_quote, send_quote
from core_crm.quotes.events import QuoteAccepted, QuoteApprovalAsked, QuoteApprovalDecided, QuoteDeclined, QuoteSent
from core_crm.quotes.model import Quote, QuoteState
from core_crm.quotes.service import QuoteInput, create_quote, get_quote
from core_crm.service.care.macros import MacroInput, save_macro
from core_crm.service.care.merging import merge_tickets, undo_merge
from core_crm.service.hours.service import SpecialDayInput, calendar_of, save_special_days
from core_crm.service.intake.reading import Incoming, read_mail
from core_crm.service.intake.settings import MailboxInput, ServiceFormInput, save_mailbox, save_service_form
from core_crm.service.intake.taking import Taken, take_mail
from core_crm.service.knowledge.model import ArticleLocale
from core_crm.service.knowledge.service import (
    ArticleCategoryInput,
    ArticleInput,
    ArticleTextInput,
    publish_article,
    save_article,
    save_article_category,
)
from core_crm.service.tickets.answering import NoteInput, ReplyInput
from core_crm.service.tickets.answering import note as note_on_ticket
from core_crm.service.tickets.answering import reply as reply_to_ticket
from core_crm.service.tickets.answering import set_state as set_ticket_state
from core_crm.service.tickets.events import CustomerReplied, TicketAssigned, TicketCreated, TicketReopened, TicketReplied, TicketSolved
from core_crm.service.tickets.model import Priority, Ticket, TicketChannel, TicketState
from core_crm.service.tickets.service import TicketInput, create_ticket
from core_crm.service.tickets.settings import CategoryInput, QueueInput
from core_crm.service.tickets.settings import save_category as save_ticket_category
from core_crm.service.tickets.settings import save_queue as save_ticket_queue
from core_crm.service.tickets.thread import Upload
from core_crm.settings import Settings
from core_crm.targets.measuring import METERS, Meter, Reached, by_owner_of

__all__ = [
    "LEADS", "METERS", "PRICES", "PRICE_FLOORS", "PRICE_LISTS", "RATES", "SCORING_RULES", "Amounts", "ArticleCategoryInput",
    "ArticleInput", "ArticleLocale", "ArticleTextInput", "AssignmentRuleInput", "CategoryInput", "ChangeInput", "ChangedLine",
    "Condition", "Contract", "ContractActivated", "ContractEndNear", "ContractEnded", "ContractInput", "ContractPaid", "ContractState",
    "ConvertInput", "CustomerReplied", "DeliveryInput", "DeliveryMode", "Incoming", "InstalmentInput", "InstalmentOverdue", "Lead",
    "LeadAssigned", "LeadConverted", "LeadCreated", "LeadDisqualified", "LeadReopened", "LeadState", "LeadsImported", "LineInput",
    "MacroInput", "MailboxInput", "Meter", "MilestoneInput", "MovedLine", "NoteInput", "Operator", "Opportunity", "OpportunityCreated",
    "OpportunityInput", "OpportunityLost", "OpportunityMoved", "OpportunityQuery", "OpportunityReopened", "OpportunityWon", "Order",
    "OrderCancelled", "OrderClosed", "OrderConfirmed", "OrderDelivered", "OrderInput", "OrderInvalid", "OrderLine", "OrderMoved",
    "OrderNotDraft", "OrderNotFound", "OrderQuery", "OrderReturned", "OrderRevised", "OrderRow", "OrderState", "OrderedLine",
    "PoolClaimed", "PoolDropNear", "PoolDropped", "PoolKind", "PoolReleased", "PoolRuleInput", "Priority", "Progress", "QueueInput",
    "Quote", "QuoteAccepted", "QuoteApprovalAsked", "QuoteApprovalDecided", "QuoteDeclined", "QuoteInput", "QuoteSent", "QuoteState",
    "Reached", "ReceiptInput", "ReplyInput", "ReturnInput", "SegmentGroup", "SegmentInput", "SegmentRule", "ServiceFormInput", "Settings",
    "SpecialDayInput", "StageKind", "Taken", "Ticket", "TicketAssigned", "TicketChannel", "TicketCreated", "TicketInput",
    "TicketReopened", "TicketReplied", "TicketSolved", "TicketState", "Upload", "WebFormInput", "accept_quote", "activate_contract",
    "by_owner_of", "calendar_of", "cancel_order", "change_order", "claim", "close_order", "confirm_order", "convert_lead",
    "create_contract", "create_opportunity", "create_order", "create_quote", "create_ticket", "delete_draft", "deliver",
    "get_opportunity", "get_order", "get_quote", "journey_by_recipe", "line_amounts", "list_opportunities", "list_orders",
    "lose_opportunity", "lost_reasons", "merge_tickets", "move_opportunity", "note_on_ticket", "order_totals", "pipelines",
    "publish_article", "read_mail", "receive_for_contract", "release", "reopen_opportunity", "reopen_order", "reply_to_ticket",
    "save_article", "save_article_category", "save_assignment_rule", "save_form", "save_macro", "save_mailbox", "save_pool_rule",
    "save_segment", "save_service_form", "save_special_days", "save_ticket_category", "save_ticket_queue", "segment_reach", "send_quote",
    "set_ticket_state", "start_journey", "take_back", "take_mail", "template_names", "undo_merge", "update_opportunity", "update_order",
    "win_opportunity",
]  # fmt: skip
