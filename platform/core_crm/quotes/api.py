"""REST API of quotes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from core_crm.orders.api import OrderLineRead
from core_crm.paging import PAGE_ROWS, check_limit
from core_crm.pricing.floors import below_floor
from core_crm.quotes.approval import ask_approval, take_back
from core_crm.quotes.closing import accept_quote, decline_quote, send_quote
from core_crm.quotes.links import token_of
from core_crm.quotes.mailing import mail_quote
from core_crm.quotes.model import Quote, QuoteState, QuoteVersion
from core_crm.quotes.pdf import quote_pdf
from core_crm.quotes.query import QuoteQuery, QuoteRow, list_quotes
from core_crm.quotes.service import (
    QuoteInput,
    QuoteNotFound,
    create_quote,
    delete_quote,
    get_quote,
    new_version,
    update_quote,
)
from identity.house import house_of
from kernel.i18n import gettext as _
from kernel.work import Work

READ = {"permission": "crm.quote.read"}
UPDATE = {"permission": "crm.quote.update"}

AnyRequest = Request[Any, Any, Any]


class QuoteVersionRead(msgspec.Struct, kw_only=True):
    no: int
    state: QuoteState
    quoted_on: date
    valid_until: date
    currency: str
    prices_include_tax: bool
    discount_percent: Decimal | None
    discount_amount: Decimal
    remark: str | None
    net: Decimal
    tax: Decimal
    gross: Decimal
    made_by: str
    asked_by: str | None
    asked_reason: str | None
    decided_by: str | None
    decision_note: str | None
    sent_at: datetime | None
    sent_to: str | None
    accepted_at: datetime | None
    accepted_by: str | None
    declined_at: datetime | None
    decline_reason: str | None
    lines: list[OrderLineRead]

    @classmethod
    def of(cls, version: QuoteVersion) -> "QuoteVersionRead":
        fields = {name: getattr(version, name) for name in cls.__struct_fields__ if name != "lines"}
        return cls(**fields, lines=[OrderLineRead.of(line) for line in version.lines])


class QuoteRead(msgspec.Struct, kw_only=True):
    """A quote.  ``current`` is the number of the version that counts; ``below_floor`` names its lines below the floor price."""

    id: UUID
    number: str
    state: QuoteState
    party_id: UUID
    party_name: str
    opportunity_id: UUID | None
    order_id: UUID | None
    owner_id: UUID | None
    current: int
    version: int
    below_floor: list[int]
    versions: list[QuoteVersionRead]

    @classmethod
    async def of(cls, work: Work, quote: Quote) -> "QuoteRead":
        fields = {name: getattr(quote, name) for name in cls.__struct_fields__ if name not in ("versions", "below_floor")}
        low = [each.line.position for each in await below_floor(work, quote.latest)]
        return cls(**fields, below_floor=low, versions=[QuoteVersionRead.of(version) for version in quote.versions])


class QuoteSummary(msgspec.Struct, kw_only=True):
    id: UUID
    number: str
    no: int
    state: QuoteState
    party_id: UUID
    party_name: str
    quoted_on: date
    valid_until: date
    currency: str
    net: Decimal
    gross: Decimal
    lapsed: bool

    @classmethod
    def of(cls, row: QuoteRow) -> "QuoteSummary":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class QuoteList(msgspec.Struct, kw_only=True):
    """A page of quotes, newest first.  ``next`` is the cursor of the following page, null on the last."""

    items: list[QuoteSummary]
    next: str | None


class QuoteUpdate(QuoteInput, kw_only=True, forbid_unknown_fields=True):
    """A version written anew.  409 ``version_conflict`` when ``version`` is not the quote's present one."""

    version: int | None = None


class ReasonInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class SendInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """With ``to`` a letter goes to that address; without, only the link is made."""

    to: Annotated[str, msgspec.Meta(max_length=254)] = ""
    message: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class SentRead(msgspec.Struct, kw_only=True):
    quote: QuoteRead
    link: str


class AcceptInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The customer agreed by telephone or on paper; ``name`` is who did."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class QuoteController(Controller):
    path = "/quotes"
    tags = ("Quotes",)

    @get("/", operation_id="listQuotes", opt=READ)
    async def list_quotes(
        self,
        work: NamedDependency[Work],
        search: FromQuery[str] = "",
        filter_state: Annotated[QuoteState | None, QueryParameter(name="state")] = None,
        party_id: FromQuery[UUID | None] = None,
        opportunity_id: FromQuery[UUID | None] = None,
        lapsed: FromQuery[bool] = False,  # noqa: FBT002
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> QuoteList:
        """Quotes, newest first, each by the version that counts."""
        check_limit(limit)
        query = QuoteQuery(
            search=search, state=filter_state, party_id=party_id, opportunity_id=opportunity_id, lapsed=lapsed, limit=limit, after=after
        )
        rows, following = await list_quotes(work, query)
        return QuoteList(items=[QuoteSummary.of(row) for row in rows], next=following)

    @post("/", operation_id="createQuote", opt={"permission": "crm.quote.create"})
    async def create(self, request: AnyRequest, work: NamedDependency[Work], data: JSONBody[QuoteInput]) -> Response[QuoteRead]:
        """Write a quote.  What a line leaves out comes from its product and the price lists."""
        quote = await create_quote(work, data)
        headers = {"Location": f"{request.url.path.rstrip('/')}/{quote.id}"}
        return Response(await QuoteRead.of(work, quote), status_code=201, headers=headers)

    @get("/{quote_id:uuid}", operation_id="readQuote", opt=READ)
    async def read(self, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> QuoteRead:
        """One quote with all its versions."""
        return await QuoteRead.of(work, await get_quote(work, quote_id))

    @put("/{quote_id:uuid}", operation_id="updateQuote", opt=UPDATE)
    async def update(self, work: NamedDependency[Work], quote_id: FromPath[UUID], data: JSONBody[QuoteUpdate]) -> QuoteRead:
        """Write the present version anew.  409 ``quote_fixed`` when it was sent or waits for an approval."""
        return await QuoteRead.of(work, await update_quote(work, quote_id, data, version=data.version))

    @delete("/{quote_id:uuid}", operation_id="deleteQuote", opt={"permission": "crm.quote.delete"})
    async def delete(self, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> None:
        """Throw a quote away that was never sent."""
        await delete_quote(work, quote_id)

    @post("/{quote_id:uuid}/versions", operation_id="newQuoteVersion", opt=UPDATE, status_code=200)
    async def revise(self, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> QuoteRead:
        """A new version of a quote that was sent; the one before cannot be accepted any more."""
        return await QuoteRead.of(work, await new_version(work, quote_id))

    @post("/{quote_id:uuid}/ask-approval", operation_id="askQuoteApproval", opt=UPDATE, status_code=200)
    async def ask(self, work: NamedDependency[Work], quote_id: FromPath[UUID], data: JSONBody[ReasonInput]) -> QuoteRead:
        """Ask for approval of prices below the floor; it is decided under ``/approvals``."""
        return await QuoteRead.of(work, await ask_approval(work, quote_id, data.reason))

    @post("/{quote_id:uuid}/take-back", operation_id="takeQuoteApprovalBack", opt=UPDATE, status_code=200)
    async def take_back(self, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> QuoteRead:
        """Ask no more, to change the quote."""
        return await QuoteRead.of(work, await take_back(work, quote_id))

    @post("/{quote_id:uuid}/send", operation_id="sendQuote", opt=UPDATE, status_code=200)
    async def send(self, request: AnyRequest, work: NamedDependency[Work], quote_id: FromPath[UUID], data: JSONBody[SendInput]) -> SentRead:
        """Give the present version out, by mail or as a link.  409 ``approval_needed`` below the floor price."""
        quote = await send_quote(work, quote_id, data.to)
        link = link_to(request, work, quote.latest)
        if data.to:
            await mail_quote(work, house_of(request).database, quote, data.to, link, data.message)
        return SentRead(quote=await QuoteRead.of(work, quote), link=link)

    @post("/{quote_id:uuid}/accept", operation_id="acceptQuote", opt=UPDATE, status_code=200)
    async def accept(self, work: NamedDependency[Work], quote_id: FromPath[UUID], data: JSONBody[AcceptInput]) -> QuoteRead:
        """The customer agreed: a draft order is written, and the opportunity won."""
        work.require("crm.order.create")
        quote = await get_quote(work, quote_id, act="edit", lock=True)
        return await QuoteRead.of(work, await accept_quote(work, quote, data.name))

    @post("/{quote_id:uuid}/decline", operation_id="declineQuote", opt=UPDATE, status_code=200)
    async def decline(self, work: NamedDependency[Work], quote_id: FromPath[UUID], data: JSONBody[ReasonInput]) -> QuoteRead:
        """The customer does not agree."""
        return await QuoteRead.of(work, await decline_quote(work, await get_quote(work, quote_id, act="edit", lock=True), data.reason))

    @get("/{quote_id:uuid}/pdf", operation_id="printQuote", opt=READ, media_type="application/pdf")
    async def pdf(self, work: NamedDependency[Work], quote_id: FromPath[UUID], no: FromQuery[int | None] = None) -> Response[bytes]:
        """A version as a PDF in the language of the request; the present one where ``no`` is left out."""
        quote = await get_quote(work, quote_id)
        return await quote_pdf(work, quote, version_of(quote, no))


def version_of(quote: Quote, no: int | None) -> QuoteVersion:
    """The version of that number; the one that counts where none is given.

    Raises:
        QuoteNotFound
    """
    wanted = no or quote.current
    found = next((version for version in quote.versions if version.no == wanted), None)
    if found is None:
        raise QuoteNotFound(_("This quote has no version %(no)s.", no=wanted))
    return found


def link_to(request: AnyRequest, work: Work, version: QuoteVersion) -> str:
    """The customer's address of a version that was sent."""
    settings = house_of(request).settings
    return settings.tenant_url(work.tenant.slug, f"/offers/{token_of(settings, work.tenant.id, version)}")
