"""The end of a quote: it is sent, and the customer agrees or does not."""

from uuid import UUID

from sqlalchemy import select

from core_crm.orders.service import OrderInput, create_order
from core_crm.pipeline.model import Opportunity, StageKind
from core_crm.pipeline.stages import win_with_order
from core_crm.pricing.floors import ApprovalNeeded, below_floor, named
from core_crm.pricing.lines import LineInput
from core_crm.quotes.events import QuoteAccepted, QuoteDeclined, QuoteSent
from core_crm.quotes.links import new_key
from core_crm.quotes.model import Quote, QuoteState, QuoteVersion
from core_crm.quotes.service import QuoteFixed, QuoteInvalid, become, get_quote, note, telling
from kernel import clock
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import note_event


class QuoteEmpty(DomainError):
    code = "quote_empty"


class QuoteNotSent(DomainError):
    """Only what the customer has can be accepted or declined; and only once."""

    code = "quote_not_sent"


async def send_quote(work: Work, quote_id: UUID, to: str = "") -> Quote:
    """Give the current version out; from now on it does not change.  Sent again, it is the same version and the same link.

    Raises:
        QuoteNotFound, QuoteEmpty
        QuoteFixed: it waits for an approval, was accepted or declined.
        QuoteInvalid: its last day has passed.
        ApprovalNeeded: a price is below the floor.
    """
    quote = await get_quote(work, quote_id, act="edit", lock=True)
    version = quote.latest
    if version.state not in (QuoteState.DRAFT, QuoteState.APPROVED, QuoteState.SENT):
        raise QuoteFixed(_("%(number)s cannot be sent as it stands: it waits for an approval, or was answered.", number=quote.number))
    if not version.lines:
        raise QuoteEmpty(_("A quote needs at least one line. Add what you offer."))
    if version.valid_until < work.today():
        raise QuoteInvalid(_("The last day of this quote has passed. Choose a later one."), field="valid_until")
    if version.state is QuoteState.DRAFT and (low := await below_floor(work, version)):
        raise ApprovalNeeded(_("Below the floor price: %(names)s. Ask for an approval before you send it.", names=named(low)))
    version.link_key = version.link_key or new_key()
    version.sent_to = to.strip()[:254] or version.sent_to
    if version.state is not QuoteState.SENT:
        version.sent_at, version.sent_by = clock.now(), work.actor.name[:80]
        become(quote, QuoteState.SENT)
        await work.session.flush()
        await _tell(work, quote, _("Sent quote %(name)s.", name=_name(quote)))
        await work.publish(QuoteSent(**telling(quote)))
    await work.session.flush()
    await note(work, quote, "sent", after={"no": version.no, "to": version.sent_to})
    return quote


async def accept_quote(work: Work, quote: Quote, name: str, *, ip: str = "", agent: str = "") -> Quote:
    """The customer agrees: a draft order holds the lines, and the opportunity is won; all of it or nothing, and only once.

    ``quote`` is locked.  ``name`` is who agreed.

    Raises:
        QuoteNotSent: it is not with the customer, or was answered before.
        QuoteInvalid: no name.
    """
    version = _only_sent(quote)
    if not name.strip():
        raise QuoteInvalid(_("Please enter a name."), field="name")
    if version.lapsed(work.today()):
        raise QuoteNotSent(_("%(number)s was valid until %(day)s.", number=quote.number, day=version.valid_until.isoformat()))
    version.accepted_at, version.accepted_by = clock.now(), name.strip()[:80]
    version.accepted_ip, version.accepted_agent = ip[:60] or None, agent[:300] or None
    become(quote, QuoteState.ACCEPTED)
    quote.order_id = await _order(work, quote, version)
    await work.session.flush()
    await _win(work, quote)
    after = {"no": version.no, "by": version.accepted_by, "ip": version.accepted_ip}
    await note(work, quote, "accepted", after=after)
    await _tell(work, quote, _("%(who)s accepted quote %(name)s.", who=version.accepted_by, name=_name(quote)))
    await work.publish(QuoteAccepted(**telling(quote), accepted_by=version.accepted_by, order_id=quote.order_id))
    return quote


async def decline_quote(work: Work, quote: Quote, reason: str = "") -> Quote:
    """The customer does not agree.  ``quote`` is locked.

    Raises:
        QuoteNotSent: it is not with the customer, or was answered before.
    """
    version = _only_sent(quote)
    version.declined_at, version.decline_reason = clock.now(), reason.strip()[:500] or None
    become(quote, QuoteState.DECLINED)
    await work.session.flush()
    await note(work, quote, "declined", after={"no": version.no, "reason": version.decline_reason})
    await _tell(work, quote, _("Quote %(name)s was declined. %(reason)s", name=_name(quote), reason=version.decline_reason or ""))
    await work.publish(QuoteDeclined(**telling(quote), reason=version.decline_reason or ""))
    return quote


def _only_sent(quote: Quote) -> QuoteVersion:
    version = quote.latest
    if version.state is not QuoteState.SENT:
        if version.state is QuoteState.ACCEPTED:
            raise QuoteNotSent(_("%(number)s was accepted already, by %(who)s.", number=quote.number, who=version.accepted_by or ""))
        raise QuoteNotSent(_("%(number)s is not with the customer. Send it first.", number=quote.number))
    return version


async def _order(work: Work, quote: Quote, version: QuoteVersion) -> UUID:
    """A draft order with what was agreed, in the currency of the quote."""
    fields = ("product_id", "description", "quantity", "unit", "unit_price", "discount_percent", "tax_code")
    share = version.discount_percent
    order = await create_order(
        work,
        OrderInput(
            party_id=quote.party_id,
            lines=[LineInput(**{name: getattr(line, name) for name in fields}) for line in version.lines],
            currency=version.currency,
            prices_include_tax=version.prices_include_tax,
            discount_percent=share,
            discount_amount=None if share is not None else version.discount_amount,
            remark=version.remark,
        ),
    )
    return order.id


async def _win(work: Work, quote: Quote) -> None:
    """The opportunity that it came of is won, where it is still open."""
    query = select(Opportunity.state).where(Opportunity.id == quote.opportunity_id)
    if quote.opportunity_id and await work.session.scalar(query) is StageKind.OPEN:
        await win_with_order(work, quote.opportunity_id, quote.order_id)


async def _tell(work: Work, quote: Quote, sentence: str) -> None:
    """An entry on the timelines of the customer and of the opportunity."""
    path = f"/quotes/{quote.id}"
    await note_event(work, "master.party", quote.party_id, sentence, path=path)
    if quote.opportunity_id:
        await note_event(work, "crm.opportunity", quote.opportunity_id, sentence, path=path)


def _name(quote: Quote) -> str:
    return f"{quote.number} V{quote.current}"
