"""Pages of quotes: the list, the editor, the quote itself."""

import dataclasses
from collections.abc import Awaitable
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy import select

from core_crm import attempting
from core_crm.orders.form import BLANK_ROWS, LINE_FIELDS
from core_crm.orders.preview import PreviewAnswer, preview
from core_crm.paging import address
from core_crm.pipeline.service import get_opportunity
from core_crm.pricing.floors import below_floor
from core_crm.pricing.lines import currencies
from core_crm.quotes.api import link_to, version_of
from core_crm.quotes.approval import ask_approval, take_back
from core_crm.quotes.closing import accept_quote, decline_quote, send_quote
from core_crm.quotes.form import QuoteForm
from core_crm.quotes.mailing import mail_quote
from core_crm.quotes.model import Quote, QuoteState, QuoteVersion
from core_crm.quotes.pdf import quote_pdf
from core_crm.quotes.query import QuoteQuery, list_quotes
from core_crm.quotes.service import STEM, WRITABLE, create_quote, delete_quote, get_quote, new_version, update_quote, valid_days
from identity.house import house_of
from kernel.errors import DomainError, FieldError
from kernel.i18n import gettext as _
from kernel.web import FormRefused, id_in, page
from kernel.work import Work
from master_data.api import Party, get_parties, tax_options, visible
from vertical.slots import slot

ROOM = "core_crm/quotes"
LIST, FORM, DETAIL = (f"{ROOM}/{name}.html" for name in ("list", "form", "detail"))
READ = {"permission": "crm.quote.read"}
CREATE = {"permission": "crm.quote.create"}
UPDATE = {"permission": "crm.quote.update"}

AnyRequest = Request[Any, Any, Any]


class QuotePages(Controller):
    path = "/quotes"
    include_in_schema = False

    @get("/", opt=READ)
    async def list_page(
        self,
        work: NamedDependency[Work],
        q: FromQuery[str] = "",
        filter_state: Annotated[str, QueryParameter(name="state")] = "",
        party_id: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
    ) -> Template:
        state = QuoteState(filter_state) if filter_state in set(QuoteState) else None
        query = QuoteQuery(search=q, state=state, lapsed=filter_state == "lapsed", party_id=id_in(party_id), after=after)
        quotes, following = await list_quotes(work, query)
        filtered = bool(query.search or query.state or query.lapsed or query.party_id)
        following_page = _address(query, after=following) if following else ""
        return page(LIST, quotes=quotes, query=query, filtered=filtered, views=_tabs(query), next=following_page)

    @get("/new", opt=CREATE)
    async def new_page(self, work: NamedDependency[Work], party_id: FromQuery[str] = "", opportunity_id: FromQuery[str] = "") -> Template:
        if chosen := id_in(opportunity_id):
            opportunity = await get_opportunity(work, chosen)
            party = (await get_parties(work, [opportunity.party_id])).get(opportunity.party_id)
            form = QuoteForm.from_opportunity(opportunity, party.name if party else "")
        else:
            form = QuoteForm(dict.fromkeys(QuoteForm.HEAD, "") | {"prices_include_tax": True, "version": ""}, [])
            form.head["currency"] = work.tenant.currency
            if (chosen := id_in(party_id)) and (party := (await get_parties(work, [chosen])).get(chosen)):
                form.head |= {"party_id": str(party.id), "party_name": party.name}
        today = work.today()
        form.head |= {"quoted_on": today.isoformat(), "valid_until": (today + timedelta(days=await valid_days(work))).isoformat()}
        return page(FORM, **_editor(form, None))

    @post("/new", opt=CREATE)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = QuoteForm.of(await request.form())
        try:
            quote = await create_quote(work, form.quote())
        except DomainError as error:
            raise _refused(form, error, None) from error
        return Redirect(f"/quotes/{quote.id}", status_code=303)

    @post("/preview", opt=READ, status_code=200)
    async def preview(self, request: AnyRequest, work: NamedDependency[Work]) -> PreviewAnswer:
        """What the lines of the form come to, before anything is saved."""
        return await preview(work, QuoteForm.of(await request.form()))

    @get("/{quote_id:uuid}", opt=READ)
    async def detail(
        self, request: AnyRequest, work: NamedDependency[Work], quote_id: FromPath[UUID], no: FromQuery[int | None] = None
    ) -> Template:
        quote = await get_quote(work, quote_id)
        return page(DETAIL, **await _shown(request, work, quote, version_of(quote, no)))

    @get("/{quote_id:uuid}/edit", opt=UPDATE)
    async def edit_page(self, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> Template | Redirect:
        quote = await get_quote(work, quote_id)
        if quote.state not in WRITABLE:
            return Redirect(f"/quotes/{quote.id}", status_code=303)
        return page(FORM, **_editor(QuoteForm.from_quote(quote), quote.id))

    @post("/{quote_id:uuid}/edit", opt=UPDATE)
    async def update(self, request: AnyRequest, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> Redirect:
        form = QuoteForm.of(await request.form())
        await get_quote(work, quote_id)
        try:
            await update_quote(work, quote_id, form.quote(), version=form.version())
        except DomainError as error:
            raise _refused(form, error, quote_id) from error
        return Redirect(f"/quotes/{quote_id}", status_code=303)

    @post("/{quote_id:uuid}/versions", opt=UPDATE)
    async def revise(self, request: AnyRequest, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> Redirect:
        await _attempt(request, work, quote_id, new_version(work, quote_id))
        return Redirect(f"/quotes/{quote_id}/edit", status_code=303)

    @post("/{quote_id:uuid}/ask-approval", opt=UPDATE)
    async def ask(self, request: AnyRequest, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> Redirect:
        reason = str((await request.form()).get("reason", ""))
        return await _done(request, work, quote_id, ask_approval(work, quote_id, reason))

    @post("/{quote_id:uuid}/take-back", opt=UPDATE)
    async def take_back(self, request: AnyRequest, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> Redirect:
        return await _done(request, work, quote_id, take_back(work, quote_id))

    @post("/{quote_id:uuid}/send", opt=UPDATE)
    async def send(self, request: AnyRequest, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> Redirect:
        form = await request.form()
        to, message = str(form.get("to", "")).strip(), str(form.get("message", ""))

        async def sending() -> None:
            quote = await send_quote(work, quote_id, to)
            if to:
                await mail_quote(work, house_of(request).database, quote, to, link_to(request, work, quote.latest), message)

        return await _done(request, work, quote_id, sending())

    @post("/{quote_id:uuid}/accept", opt=UPDATE)
    async def accept(self, request: AnyRequest, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> Redirect:
        work.require("crm.order.create")
        name = str((await request.form()).get("name", ""))

        async def accepting() -> None:
            await accept_quote(work, await get_quote(work, quote_id, act="edit", lock=True), name)

        return await _done(request, work, quote_id, accepting())

    @post("/{quote_id:uuid}/decline", opt=UPDATE)
    async def decline(self, request: AnyRequest, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> Redirect:
        reason = str((await request.form()).get("reason", ""))

        async def declining() -> None:
            await decline_quote(work, await get_quote(work, quote_id, act="edit", lock=True), reason)

        return await _done(request, work, quote_id, declining())

    @post("/{quote_id:uuid}/delete", opt={"permission": "crm.quote.delete"})
    async def delete(self, request: AnyRequest, work: NamedDependency[Work], quote_id: FromPath[UUID]) -> Redirect:
        await _attempt(request, work, quote_id, delete_quote(work, quote_id))
        return Redirect("/quotes", status_code=303)

    @get("/{quote_id:uuid}/pdf", opt=READ)
    async def pdf(self, work: NamedDependency[Work], quote_id: FromPath[UUID], no: FromQuery[int | None] = None) -> Response[bytes]:
        quote = await get_quote(work, quote_id)
        return await quote_pdf(work, quote, version_of(quote, no))


async def _shown(request: AnyRequest, work: Work, quote: Quote, version: QuoteVersion) -> dict[str, Any]:
    """What the quote's page needs."""
    latest = version.no == quote.current
    low = await below_floor(work, version) if latest and quote.state in (QuoteState.DRAFT, QuoteState.PENDING) else []
    parties = await get_parties(work, [quote.party_id])
    link = link_to(request, work, version) if latest and quote.state is QuoteState.SENT else ""
    editable = await work.session.scalar(select(Quote.id).where(Quote.id == quote.id, await visible(work, Quote, STEM, "edit")))
    address = await work.session.scalar(select(Party.email).where(Party.id == quote.party_id)) if latest else ""
    return {
        "quote": quote,
        "version": version,
        "latest": latest,
        "low": low,
        "party": parties.get(quote.party_id),
        "email": version.sent_to or address or "",
        "link": link,
        "lapsed": version.lapsed(work.today()),
        "may_change": bool(editable) and work.actor.may("crm.quote.update"),
        "side": await slot(work, "crm.quote.side", quote=quote),
    }


async def _done(request: AnyRequest, work: Work, quote_id: UUID, command: Awaitable[object]) -> Redirect:
    await _attempt(request, work, quote_id, command)
    return Redirect(f"/quotes/{quote_id}", status_code=303)


async def _attempt(request: AnyRequest, work: Work, quote_id: UUID, command: Awaitable[object]) -> None:
    async def shown() -> dict[str, Any]:
        quote = await get_quote(work, quote_id)
        return await _shown(request, work, quote, quote.latest)

    await attempting.attempt(work, command, DETAIL, shown)


def _refused(form: QuoteForm, error: DomainError, quote_id: UUID | None) -> FormRefused:
    errors = form.messages(error.errors or [FieldError("", error.message)])
    context = {name: value for name, value in _editor(form, quote_id).items() if name != "values"}
    return FormRefused(FORM, errors=errors, values=form.head, **context)


def _editor(form: QuoteForm, quote_id: UUID | None) -> dict[str, Any]:
    blank = dict.fromkeys(LINE_FIELDS, "")
    rows = [form.rows[n] for n in range(max(form.filled, default=-1) + 1)]
    rows += [blank] * max(1, BLANK_ROWS - len(rows))
    return {"values": form.head, "rows": rows, "blank": blank, "quote_id": quote_id, "taxes": tax_options(), "currencies": currencies()}


def _tabs(query: QuoteQuery) -> list[tuple[str, str, bool, int | None]]:
    names: list[tuple[QuoteState | None, str]] = [
        (None, _("All")),
        (QuoteState.DRAFT, _("Drafts")),
        (QuoteState.PENDING, _("Waiting for approval")),
        (QuoteState.SENT, _("With the customer")),
        (QuoteState.ACCEPTED, _("Accepted")),
    ]
    plain = dataclasses.replace(query, lapsed=False, after=None)
    tabs: list[tuple[str, str, bool, int | None]] = [
        (label, _address(dataclasses.replace(plain, state=state)), state == query.state and not query.lapsed, None)
        for state, label in names
    ]
    return [*tabs, (_("Lapsed"), _address(dataclasses.replace(plain, state=None, lapsed=True)), query.lapsed, None)]


def _address(query: QuoteQuery, after: str | None = None) -> str:
    state = "lapsed" if query.lapsed else query.state and query.state.value
    return address("/quotes", q=query.search, state=state, party_id=query.party_id, after=after)
