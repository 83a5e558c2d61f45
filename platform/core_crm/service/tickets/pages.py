"""Pages of tickets: the list, a new one, the ticket itself with its conversation."""

from collections.abc import Awaitable
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_crm import attempting
from core_crm.orders.preview import LineChoice, customer_choices, product_choices
from core_crm.service.care.macros import apply_changes
from core_crm.service.tickets.answering import NoteInput, ReplyInput, note, reply, set_state
from core_crm.service.tickets.assignment import assign_ticket, pass_on, take_ticket
from core_crm.service.tickets.form import change_in, ticket_in, typed, uploads, values_of
from core_crm.service.tickets.model import Priority, TicketChannel, TicketState
from core_crm.service.tickets.query import SHOWS, TicketQuery, count_tickets, list_tickets
from core_crm.service.tickets.reading import STEM, get_ticket
from core_crm.service.tickets.service import create_ticket, update_ticket
from core_crm.service.tickets.shown import address, choices, detail_context, list_frame
from core_crm.service.tickets.thread import FILE_BYTES_MAX, read_file
from kernel.errors import DomainError, Invalid, NotFound
from kernel.files import DOWNLOAD, handed_out
from kernel.i18n import gettext as _
from kernel.web import FormRefused, id_in, page
from kernel.work import Work
from master_data.api import get_parties, get_products, remove_view, save_view

ROOM = "core_crm/service/tickets"
LIST, FORM, DETAIL = (f"{ROOM}/{name}.html" for name in ("list", "form", "detail"))
READ = {"permission": "crm.ticket.read"}
UPDATE = {"permission": "crm.ticket.update"}
BODY_BYTES_MAX = 4 * FILE_BYTES_MAX

AnyRequest = Request[Any, Any, Any]


class TicketPages(Controller):
    path = "/tickets"
    include_in_schema = False

    @get("/", opt=READ)
    async def list_page(self, request: AnyRequest, work: NamedDependency[Work], after: FromQuery[str | None] = None) -> Template:
        chosen = _chosen(dict(request.query_params))
        query = _query(chosen, after)
        rows, following = await list_tickets(work, query)
        frame = await list_frame(work, query, chosen)
        next_ = address(**chosen, after=following) if following else ""
        return page(LIST, rows=rows, total=await count_tickets(work, query), next=next_, **frame)

    @post("/views", opt=READ)
    async def add_view(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        kept = _chosen(dict(parse_qsl(str(form.get("query", ""))[:1000])))
        text = urlencode({name: value for name, value in sorted(kept.items()) if value})
        shared = form.get("company") == "1" and work.actor.may("crm.service.manage")
        await save_view(work, STEM, str(form.get("name", "")), text, for_company=shared)
        return Redirect(f"/tickets?{text}", status_code=303)

    @post("/views/{view_id:uuid}/delete", opt=READ)
    async def drop_view(self, work: NamedDependency[Work], view_id: FromPath[UUID]) -> Redirect:
        await remove_view(work, STEM, view_id, may_company=work.actor.may("crm.service.manage"))
        return Redirect("/tickets", status_code=303)

    @get("/choices/customers", opt=READ)
    async def customers(self, work: NamedDependency[Work], q: FromQuery[str] = "") -> list[LineChoice]:
        return await customer_choices(work, q)

    @get("/choices/products", opt=READ)
    async def products(self, work: NamedDependency[Work], q: FromQuery[str] = "") -> list[LineChoice]:
        return await product_choices(work, q, includes_tax=True)

    @get("/new", opt={"permission": "crm.ticket.create"})
    async def new_page(self, work: NamedDependency[Work], party_id: FromQuery[str] = "") -> Template:
        values = typed({}) | {"channel": TicketChannel.PHONE.value, "priority": ""}
        if (chosen := id_in(party_id)) and (party := (await get_parties(work, [chosen])).get(chosen)):
            values |= {"party_id": str(party.id), "party_name": party.name}
        return page(FORM, errors={}, values=values, ticket_id=None, **await choices(work, party_id=id_in(values["party_id"])))

    @post("/new", opt={"permission": "crm.ticket.create"}, request_max_body_size=BODY_BYTES_MAX)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        values = typed(form)
        context = await choices(work, party_id=id_in(values["party_id"]))
        try:
            async with work.session.begin_nested():
                ticket = await create_ticket(work, ticket_in(values), files=await uploads(form))
        except DomainError as error:
            raise FormRefused.because(error, FORM, values=values, ticket_id=None, **context) from error
        try:
            await get_ticket(work, ticket.id)
        except NotFound:  # its queue gave it to somebody else
            return Redirect("/tickets", status_code=303)
        return Redirect(f"/tickets/{ticket.id}", status_code=303)

    @get("/{ticket_id:uuid}", opt=READ)
    async def detail(self, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> Template:
        ticket = await get_ticket(work, ticket_id)
        return page(DETAIL, errors={}, values=_blank(), refusal="", **await detail_context(work, ticket))

    @get("/{ticket_id:uuid}/edit", opt=UPDATE)
    async def edit_page(self, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> Template:
        ticket = await get_ticket(work, ticket_id, act="edit")
        party = (await get_parties(work, [ticket.party_id])).get(ticket.party_id) if ticket.party_id else None
        product = (await get_products(work, {ticket.product_id})).get(ticket.product_id) if ticket.product_id else None
        values = values_of(ticket, party=party.name if party else "", product=product.name if product else "")
        return page(FORM, errors={}, values=values, ticket_id=ticket_id, **await choices(work, party_id=ticket.party_id))

    @post("/{ticket_id:uuid}/edit", opt=UPDATE)
    async def update(self, request: AnyRequest, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> Redirect:
        values = typed(await request.form())
        ticket = await get_ticket(work, ticket_id, act="edit")
        context = await choices(work, party_id=ticket.party_id)
        try:
            async with work.session.begin_nested():
                await update_ticket(work, ticket_id, change_in(values))
        except NotFound:
            raise
        except DomainError as error:
            raise FormRefused.because(error, FORM, values=values, ticket_id=ticket_id, **context) from error
        return Redirect(f"/tickets/{ticket_id}", status_code=303)

    @post("/{ticket_id:uuid}/messages", opt=UPDATE, request_max_body_size=BODY_BYTES_MAX)
    async def say(self, request: AnyRequest, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> Redirect:
        """Answer the customer, or note something among ourselves: ``kind``."""
        form = await request.form()
        values = {name: str(form.get(name, ""))[:60_000] for name in ("text", "kind", "then", "macro")}
        await attempt(work, ticket_id, _said(work, ticket_id, form, values), values)
        return Redirect(f"/tickets/{ticket_id}#latest", status_code=303)

    @post("/{ticket_id:uuid}/state", opt=UPDATE)
    async def state(self, request: AnyRequest, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> Redirect:
        text = str((await request.form()).get("state", ""))
        wanted = TicketState(text) if text in set(TicketState) else TicketState.OPEN
        await attempt(work, ticket_id, set_state(work, ticket_id, wanted))
        return Redirect(f"/tickets/{ticket_id}", status_code=303)

    @post("/{ticket_id:uuid}/take", opt=UPDATE)
    async def take(self, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> Redirect:
        await attempt(work, ticket_id, take_ticket(work, ticket_id))
        return Redirect(f"/tickets/{ticket_id}", status_code=303)

    @post("/{ticket_id:uuid}/assign", opt={"permission": "crm.ticket.assign"})
    async def assign(self, request: AnyRequest, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> Redirect:
        employee = str((await request.form()).get("owner_id", ""))
        command: Awaitable[object] = assign_ticket(work, ticket_id, id_in(employee))
        if employee == "queue":
            command.close()  # type: ignore[attr-defined]
            command = pass_on(work, await get_ticket(work, ticket_id, act="edit", lock=True))
        await attempt(work, ticket_id, command)
        return Redirect(f"/tickets/{ticket_id}", status_code=303)

    @get("/{ticket_id:uuid}/files/{file_id:uuid}", opt=READ)
    async def download(self, work: NamedDependency[Work], ticket_id: FromPath[UUID], file_id: FromPath[UUID]) -> Response[bytes]:
        await get_ticket(work, ticket_id)
        file = await read_file(work, ticket_id, file_id)
        return handed_out(file.name, DOWNLOAD, file.content)


async def _said(work: Work, ticket_id: UUID, form: Any, values: dict[str, str]) -> None:
    files = await uploads(form)
    text = values["text"].strip()
    if not text:
        raise Invalid(_("Write what you want to say."), field="text")
    if (macro_id := id_in(values["macro"])) is not None:
        await apply_changes(work, ticket_id, macro_id)
    if values["kind"] == "note":
        await note(work, ticket_id, NoteInput(text=text), files=files)
    else:
        then = values["then"] if values["then"] in ("open", "waiting", "solved") else "waiting"
        await reply(work, ticket_id, ReplyInput(text=text, then=then), files=files)  # type: ignore[arg-type]


async def attempt(work: Work, ticket_id: UUID, command: Awaitable[object], values: dict[str, str] | None = None) -> None:
    """As ``attempting.attempt``, on the ticket's page."""

    async def shown() -> dict[str, Any]:
        return await detail_context(work, await get_ticket(work, ticket_id))

    await attempting.attempt(work, command, DETAIL, shown, values=values or _blank())


def _blank() -> dict[str, str]:
    return {"text": "", "kind": "reply", "then": "waiting", "macro": ""}


def _chosen(given: dict[str, str]) -> dict[str, str]:
    """What the address asks of the list, in known names only."""
    names = ("q", "show", "owner", "priority", "queue", "category", "channel", "party_id", "sort")
    return {name: str(given[name])[:200] for name in names if given.get(name)}


def _query(chosen: dict[str, str], after: str | None) -> TicketQuery:
    priority, channel = chosen.get("priority", ""), chosen.get("channel", "")
    show = chosen.get("show", "")
    return TicketQuery(
        search=chosen.get("q", ""),
        show=show if show in SHOWS else "active",
        priority=Priority(priority) if priority in set(Priority) else None,
        channel=TicketChannel(channel) if channel in set(TicketChannel) else None,
        owner_id=id_in(chosen.get("owner", "")),
        queue_id=id_in(chosen.get("queue", "")),
        category_id=id_in(chosen.get("category", "")),
        party_id=id_in(chosen.get("party_id", "")),
        newest_first=chosen.get("sort") == "newest" or show == "solved",
        after=after,
    )
