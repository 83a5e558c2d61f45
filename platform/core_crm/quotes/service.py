"""What can be done with a quote short of sending it: write, change, a new version, throw away."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core_crm.pipeline.model import Opportunity
from core_crm.pipeline.service import get_opportunity
from core_crm.pricing.lines import LINES_MAX, LineInput, Terms, currency_of, discount_of, sum_up, write_lines
from core_crm.quotes.model import Quote, QuoteLine, QuoteState, QuoteVersion
from core_crm.settings import Settings
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, DomainError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import CURRENCIES
from kernel.numbering import next_number
from kernel.work import Work
from master_data.api import first_owner, get_party, require_visible
from vertical.guarding import Act
from vertical.settings import settings_of

STEM = "crm.quote"
VERSIONS_MAX = 99
WRITABLE = (QuoteState.DRAFT, QuoteState.APPROVED)
"""A version that was approved can be written once more; it then has to be approved again."""


class QuoteNotFound(NotFound):
    code = "quote_not_found"


class QuoteFixed(DomainError):
    """A version that was sent, or waits for an approval, does not change."""

    code = "quote_fixed"


class QuoteInvalid(Invalid):
    code = "quote_invalid"


class QuoteChanged(Conflict):
    """Somebody changed the quote after the caller read it."""

    code = "version_conflict"


class QuoteInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A version of a quote.  It is of today and holds as long as the company has it where the days are left out."""

    party_id: UUID
    lines: Annotated[list[LineInput], msgspec.Meta(max_length=LINES_MAX)]
    opportunity_id: UUID | None = None
    quoted_on: date | None = None
    valid_until: date | None = None
    currency: str | None = None
    prices_include_tax: bool = True
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    remark: Annotated[str, msgspec.Meta(max_length=2000)] | None = None


async def get_quote(work: Work, quote_id: UUID, *, act: Act = "read", lock: bool = False) -> Quote:
    """The quote with its versions and their lines, where the actor may ``act`` on it.

    Raises:
        QuoteNotFound: there is none.
        RecordNotFound, RecordReadOnly: it is out of the actor's reach.
    """
    query = (
        select(Quote)
        .where(Quote.id == quote_id)
        .options(selectinload(Quote.versions).selectinload(QuoteVersion.lines))
        .execution_options(populate_existing=lock)
    )
    found = await work.session.scalar(query.with_for_update(of=Quote) if lock else query)
    if found is None:
        raise QuoteNotFound(_("This quote does not exist, or was deleted."))
    await require_visible(work, found, STEM, act)
    return found


async def create_quote(work: Work, data: QuoteInput) -> Quote:
    """A quote with its first version.

    Raises:
        QuoteInvalid, PartyNotFound, OpportunityNotFound
    """
    opportunity = await _opportunity(work, data)
    quote = Quote(
        id=new_id(),
        number=await next_number(work, "core_crm.quote", prefix="QT", on=data.quoted_on or work.today()),
        opportunity_id=opportunity.id if opportunity else None,
        owner_id=(opportunity.owner_id if opportunity else None) or await first_owner(work, STEM),
        current=1,
        state=QuoteState.DRAFT,
        made_by=work.actor.name[:80],
        versions=[],
    )
    version = QuoteVersion(id=new_id(), quote_id=quote.id, no=1, state=QuoteState.DRAFT, made_by=quote.made_by)
    await _write(work, quote, version, data)
    quote.versions = [version]
    work.session.add(quote)
    await work.session.flush()
    await note(work, quote, "created", after=told(version))
    return quote


async def update_quote(work: Work, quote_id: UUID, data: QuoteInput, *, version: int | None = None) -> Quote:
    """Write the current version anew, lines and all.

    Raises:
        QuoteNotFound, QuoteInvalid, PartyNotFound
        QuoteFixed: it was sent, or waits for an approval.
        QuoteChanged: the quote has another version than ``version`` by now.
    """
    quote = await get_quote(work, quote_id, act="edit", lock=True)
    refuse_stale(quote, version)
    only_writable(quote)
    latest = quote.latest
    before = told(latest)
    latest.lines.clear()
    await work.session.flush()  # the old lines go before the new ones take their positions
    opportunity = await _opportunity(work, data)
    quote.opportunity_id = opportunity.id if opportunity else None
    await _write(work, quote, latest, data)
    if latest.state is QuoteState.APPROVED:
        latest.decided_at = latest.decided_by = latest.decision_note = None
    become(quote, QuoteState.DRAFT)
    quote.updated_at = clock.now()
    await work.session.flush()
    await note(work, quote, "updated", before=before, after=told(latest))
    return quote


async def new_version(work: Work, quote_id: UUID) -> Quote:
    """A new version with the lines of the last, which cannot be accepted any more.

    Raises:
        QuoteNotFound
        QuoteFixed: the last version is not sent yet, or was accepted.
    """
    quote = await get_quote(work, quote_id, act="edit", lock=True)
    last = quote.latest
    if last.state not in (QuoteState.SENT, QuoteState.DECLINED):
        message = _("Version %(no)s of %(number)s was not sent; change it instead.", no=last.no, number=quote.number)
        if last.state is QuoteState.ACCEPTED:
            message = _("%(number)s was accepted. Change the order, or write a new quote.", number=quote.number)
        raise QuoteFixed(message)
    if last.no >= VERSIONS_MAX:
        raise QuoteFixed(_("A quote has at most %(most)s versions; write a new quote.", most=VERSIONS_MAX))
    today = work.today()
    held = last.valid_until - last.quoted_on
    fresh = QuoteVersion(
        id=new_id(),
        quote_id=quote.id,
        no=last.no + 1,
        state=QuoteState.DRAFT,
        quoted_on=today,
        valid_until=later(today, held),
        remark=last.remark,
        made_by=work.actor.name[:80],
        **{name: getattr(last, name) for name in _HEAD},
    )
    fresh.lines = [QuoteLine(id=new_id(), **{name: getattr(line, name) for name in _LINE}) for line in last.lines]
    if last.state is QuoteState.SENT:
        last.state = QuoteState.REPLACED
    quote.versions.append(fresh)
    quote.current, quote.state = fresh.no, fresh.state
    await work.session.flush()
    await note(work, quote, "revised", after=told(fresh))
    return quote


async def delete_quote(work: Work, quote_id: UUID) -> None:
    """Throw a quote away that nobody outside has seen.

    Raises:
        QuoteNotFound
        QuoteFixed: a version of it was sent.
    """
    quote = await get_quote(work, quote_id, act="edit", lock=True)
    if quote.current > 1 or quote.state not in (QuoteState.DRAFT, QuoteState.PENDING, QuoteState.APPROVED):
        raise QuoteFixed(_("%(number)s was sent to the customer and is kept.", number=quote.number))
    await note(work, quote, "deleted", before=told(quote.latest))
    await work.session.delete(quote)
    await work.session.flush()


async def valid_days(work: Work) -> int:
    """How long a quote holds where nothing else is said."""
    return (await settings_of(work, "core_crm", Settings)).quote_days


def later(day: date, span: timedelta) -> date:
    """``day`` and ``span``, or the last day that there is."""
    return day + span if day <= date.max - span else date.max


def only_writable(quote: Quote) -> None:
    """Refuse to change a version that is out of the hands of who wrote it.

    Raises:
        QuoteFixed
    """
    state = quote.latest.state
    if state in WRITABLE:
        return
    if state is QuoteState.PENDING:
        raise QuoteFixed(_("%(number)s waits for an approval. Take it back first, then change it.", number=quote.number))
    if state is QuoteState.ACCEPTED:
        raise QuoteFixed(_("%(number)s was accepted. Change the order, or write a new quote.", number=quote.number))
    raise QuoteFixed(_("Version %(no)s of %(number)s was sent. Make a new version to change it.", no=quote.current, number=quote.number))


def refuse_stale(quote: Quote, version: int | None) -> None:
    """Refuse a change that rests on an old reading.

    Raises:
        QuoteChanged
    """
    if version is not None and quote.version != version:
        raise QuoteChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))


def become(quote: Quote, state: QuoteState) -> None:
    """Give the current version and its quote a state."""
    quote.latest.state = quote.state = state


def telling(quote: Quote) -> dict[str, Any]:
    """What every event of a quote says."""
    version = quote.latest
    return {
        "quote_id": quote.id,
        "number": quote.number,
        "no": version.no,
        "party_id": quote.party_id,
        "party_name": quote.party_name,
        "owner_id": quote.owner_id,
        "currency": version.currency,
        "gross": version.gross,
    }


async def note(work: Work, quote: Quote, verb: str, **facts: Any) -> None:
    """An entry of the audit log."""
    await record(work, f"quote.{verb}", f"quote:{quote.id}", name=quote.number, **facts)


def told(version: QuoteVersion) -> dict[str, Any]:
    """A version as the log keeps it."""
    return {
        "no": version.no,
        "valid_until": version.valid_until.isoformat(),
        "amount": f"{version.gross:.{CURRENCIES[version.currency]}f} {version.currency}",
        "lines": [f"{line.description} × {line.quantity.normalize():f} × {line.unit_price.normalize():f}" for line in version.lines],
    }


_HEAD = ("currency", "prices_include_tax", "discount_percent", "discount_amount", "net", "tax", "gross")
_LINE = (
    "position", "product_id", "product_code", "description", "is_service", "unit", "quantity", "unit_price", "price_source",
    "discount_percent", "discount_share", "tax_code", "tax_rate", "net", "tax", "gross",
)  # fmt: skip


async def _opportunity(work: Work, data: QuoteInput) -> Opportunity | None:
    if data.opportunity_id is None:
        return None
    opportunity = await get_opportunity(work, data.opportunity_id)
    if opportunity.party_id != data.party_id:
        raise QuoteInvalid(_("This opportunity is another customer's."), field="opportunity_id")
    return opportunity


async def _write(work: Work, quote: Quote, version: QuoteVersion, data: QuoteInput) -> None:
    """Fill the version from ``data``."""
    party = await get_party(work, data.party_id)
    quote.party_id, quote.party_name = party.id, party.name
    version.quoted_on = data.quoted_on or work.today()
    version.valid_until = data.valid_until or later(version.quoted_on, timedelta(days=await valid_days(work)))
    version.remark = (data.remark or "").strip() or None
    currency = currency_of(data.currency or work.tenant.currency, QuoteInvalid)
    if version.valid_until < version.quoted_on:
        raise QuoteInvalid(_("A quote is valid until its own day at least."), field="valid_until")
    terms = Terms(
        on=version.quoted_on,
        currency=currency,
        includes_tax=data.prices_include_tax,
        party_id=party.id,
        discount=discount_of(data.discount_percent, data.discount_amount),
    )
    version.lines = await write_lines(work, QuoteLine, data.lines, terms, refusal=QuoteInvalid)
    sum_up(version, version.lines, terms)
