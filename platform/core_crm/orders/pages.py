"""Pages of orders: the list, the editor, the order itself."""

import dataclasses
from collections.abc import Awaitable
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Template
from markupsafe import Markup, escape

from core_crm import attempting
from core_crm.orders.approval import ask_approval, confirm_order, not_agreed
from core_crm.orders.form import BLANK_ROWS, LINE_FIELDS, OrderForm
from core_crm.orders.fulfilment import changes_of, movements_of
from core_crm.orders.model import Order, OrderState
from core_crm.orders.pdf import order_pdf
from core_crm.orders.preview import LineChoice, PreviewAnswer, customer_choices, preview, product_choices
from core_crm.orders.query import OrderQuery, list_orders, neighbours
from core_crm.orders.service import cancel_order, create_order, delete_draft, get_order, update_order
from core_crm.paging import address
from core_crm.pricing.lines import currencies
from kernel.errors import DomainError, FieldError
from kernel.i18n import gettext as _
from kernel.web import FormRefused, id_in, page
from kernel.work import Work
from master_data.api import get_parties, tax_options
from vertical.slots import slot
from workflow.api import pending_for

LIST, FORM, DETAIL = "core_crm/orders/list.html", "core_crm/orders/form.html", "core_crm/orders/detail.html"

AnyRequest = Request[Any, Any, Any]


class OrderPages(Controller):
    path = "/orders"
    include_in_schema = False

    @get("/", opt={"permission": "crm.order.read"})
    async def list_page(
        self,
        work: NamedDependency[Work],
        q: FromQuery[str] = "",
        filter_state: Annotated[str, QueryParameter(name="state")] = "",
        party_id: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
    ) -> Template:
        query = OrderQuery(
            search=q, state=_state(filter_state), party_id=id_in(party_id), to_deliver=filter_state == "to_deliver", after=after
        )
        orders, following = await list_orders(work, query)
        filtered = bool(query.search or query.state or query.to_deliver or query.party_id)
        return page(
            LIST,
            orders=orders,
            query=query,
            filtered=filtered,
            views=_tabs(query),
            next=_address(query, after=following) if following else "",
        )

    @get("/new", opt={"permission": "crm.order.create"})
    async def new_page(self, work: NamedDependency[Work], party_id: FromQuery[str] = "") -> Template:
        head = {"ordered_on": work.today().isoformat(), "prices_include_tax": True, "party_id": "", "party_name": "", "version": ""}
        head["currency"] = work.tenant.currency
        if (chosen := id_in(party_id)) and (party := (await get_parties(work, [chosen])).get(chosen)):
            head |= {"party_id": str(party.id), "party_name": party.name}
        return page(FORM, **_editor(OrderForm(head, []), None))

    @post("/new", opt={"permission": "crm.order.create"})
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = OrderForm.of(await request.form())
        try:
            order = await create_order(work, form.draft())
        except DomainError as error:
            raise _refused(form, error, None) from error
        return Redirect(f"/orders/{order.id}", status_code=303)

    @post("/preview", opt={"permission": "crm.order.read"}, status_code=200)
    async def preview(self, request: AnyRequest, work: NamedDependency[Work]) -> PreviewAnswer:
        """What the lines of the form come to, before anything is saved."""
        return await preview(work, OrderForm.of(await request.form()))

    @get("/choices/customers", opt={"permission": "crm.order.read"})
    async def customers(self, work: NamedDependency[Work], q: FromQuery[str] = "") -> list[LineChoice]:
        return await customer_choices(work, q)

    @get("/choices/products", opt={"permission": "crm.order.read"})
    async def products(
        self, work: NamedDependency[Work], q: FromQuery[str] = "", prices_include_tax: FromQuery[str] = "1", currency: FromQuery[str] = ""
    ) -> list[LineChoice]:
        return await product_choices(work, q, includes_tax=prices_include_tax == "1", currency=currency)

    @get("/{order_id:uuid}", opt={"permission": "crm.order.read"})
    async def detail(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Template:
        return page(DETAIL, **await _shown(work, await get_order(work, order_id)))

    @get("/{order_id:uuid}/edit", opt={"permission": "crm.order.update"})
    async def edit_page(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Template | Redirect:
        order = await get_order(work, order_id)
        if order.state is not OrderState.DRAFT:
            return Redirect(f"/orders/{order.id}", status_code=303)
        return page(FORM, **_editor(OrderForm.from_order(order), order.id))

    @post("/{order_id:uuid}/edit", opt={"permission": "crm.order.update"})
    async def update(self, request: AnyRequest, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Redirect:
        form = OrderForm.of(await request.form())
        await get_order(work, order_id)
        try:
            await update_order(work, order_id, form.draft(), version=form.version())
        except DomainError as error:
            raise _refused(form, error, order_id) from error
        return Redirect(f"/orders/{order_id}", status_code=303)

    @post("/{order_id:uuid}/confirm", opt={"permission": "crm.order.confirm"})
    async def confirm(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Redirect:
        await attempt(work, order_id, confirm_order(work, order_id))
        return Redirect(f"/orders/{order_id}", status_code=303)

    @post("/{order_id:uuid}/ask-approval", opt={"permission": "crm.order.confirm"})
    async def ask(self, request: AnyRequest, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Redirect:
        reason = str((await request.form()).get("reason", ""))
        await attempt(work, order_id, ask_approval(work, order_id, reason))
        return Redirect(f"/orders/{order_id}", status_code=303)

    @post("/{order_id:uuid}/cancel", opt={"permission": "crm.order.cancel"})
    async def cancel(self, request: AnyRequest, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Redirect:
        reason = str((await request.form()).get("reason", ""))
        await attempt(work, order_id, cancel_order(work, order_id, reason))
        return Redirect(f"/orders/{order_id}", status_code=303)

    @post("/{order_id:uuid}/delete", opt={"permission": "crm.order.delete"})
    async def delete(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Redirect:
        await attempt(work, order_id, delete_draft(work, order_id))
        return Redirect("/orders", status_code=303)

    @get("/{order_id:uuid}/pdf", opt={"permission": "crm.order.read"})
    async def pdf(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Response[bytes]:
        return await order_pdf(work, await get_order(work, order_id))


async def _shown(work: Work, order: Order) -> dict[str, Any]:
    """What the order's page needs."""
    before, after = await neighbours(work, order)
    link = escape(order.party_name)
    if work.actor.may("master.party.read"):
        link = Markup('<a class="link" href="/parties/{}">{}</a>').format(order.party_id, order.party_name)
    confirmed = order.state is not OrderState.DRAFT
    waiting = None if confirmed else await pending_for(work, "crm.order", order.id)
    return {
        "waiting": waiting,
        "low": [] if confirmed or waiting else await not_agreed(work, order),
        "order": order,
        "movements": await movements_of(work, order) if confirmed else [],
        "changes": await changes_of(work, order) if order.revision else [],
        "today": work.today(),
        "customer_link": link,
        "side": await slot(work, "crm.order.side", order=order),
        "prev": f"/orders/{before}" if before else "",
        "next": f"/orders/{after}" if after else "",
    }


async def attempt(work: Work, order_id: UUID, command: Awaitable[object]) -> None:
    """As ``attempting.attempt``, on the order's page."""

    async def shown() -> dict[str, Any]:
        return await _shown(work, await get_order(work, order_id))

    await attempting.attempt(work, command, DETAIL, shown)


def _refused(form: OrderForm, error: DomainError, order_id: UUID | None) -> FormRefused:
    errors = form.messages(error.errors or [FieldError("", error.message)])
    context = {name: value for name, value in _editor(form, order_id).items() if name != "values"}
    return FormRefused(FORM, errors=errors, values=form.head, **context)


def _editor(form: OrderForm, order_id: UUID | None) -> dict[str, Any]:
    blank = dict.fromkeys(LINE_FIELDS, "")
    rows = [form.rows[n] for n in range(max(form.filled, default=-1) + 1)]
    rows += [blank] * max(1, BLANK_ROWS - len(rows))
    return {"values": form.head, "rows": rows, "blank": blank, "order_id": order_id, "taxes": tax_options(), "currencies": currencies()}


def _tabs(query: OrderQuery) -> list[tuple[str, str, bool, int | None]]:
    names: list[tuple[OrderState | None, str]] = [
        (None, _("All")),
        (OrderState.DRAFT, _("Drafts")),
        (OrderState.CONFIRMED, _("Confirmed")),
        (OrderState.CANCELLED, _("Cancelled")),
    ]
    plain = dataclasses.replace(query, to_deliver=False)
    tabs: list[tuple[str, str, bool, int | None]] = [
        (label, _address(dataclasses.replace(plain, state=state)), state == query.state and not query.to_deliver, None)
        for state, label in names
    ]
    tabs.insert(3, (_("To deliver"), _address(dataclasses.replace(plain, state=None, to_deliver=True)), query.to_deliver, None))
    return tabs


def _address(query: OrderQuery, after: str | None = None) -> str:
    state = "to_deliver" if query.to_deliver else query.state and query.state.value
    return address("/orders", q=query.search, state=state, party_id=query.party_id, after=after)


def _state(text: str) -> OrderState | None:
    return OrderState(text) if text in set(OrderState) else None
