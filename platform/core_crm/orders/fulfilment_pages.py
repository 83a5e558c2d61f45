"""What is done with a confirmed order on its page: deliver, take back, change, close."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from core_crm.orders.change_form import ChangeForm, delivery_of, return_of
from core_crm.orders.changing import change_order
from core_crm.orders.form import BLANK_ROWS, LINE_FIELDS
from core_crm.orders.fulfilment import close_order, deliver, only_open, reopen_order, take_back
from core_crm.orders.pages import attempt
from core_crm.orders.preview import PreviewAnswer, preview
from core_crm.orders.service import get_order
from kernel.errors import DomainError, FieldError
from kernel.web import FormRefused, page
from kernel.work import Work
from master_data.api import tax_options

FORM = "core_crm/orders/change.html"
DELIVER = {"permission": "crm.order.deliver"}
CHANGE = {"permission": "crm.order.change"}

AnyRequest = Request[Any, Any, Any]


class FulfilmentPages(Controller):
    path = "/orders/{order_id:uuid}"
    include_in_schema = False

    @post("/deliver", opt=DELIVER)
    async def deliver(self, request: AnyRequest, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Redirect:
        form = await request.form()

        async def delivering() -> None:
            await deliver(work, order_id, delivery_of(form, (await get_order(work, order_id)).lines))

        await attempt(work, order_id, delivering())
        return Redirect(f"/orders/{order_id}", status_code=303)

    @post("/return", opt=DELIVER)
    async def take_back(self, request: AnyRequest, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Redirect:
        form = await request.form()

        async def returning() -> None:
            await take_back(work, order_id, return_of(form, (await get_order(work, order_id)).lines))

        await attempt(work, order_id, returning())
        return Redirect(f"/orders/{order_id}", status_code=303)

    @post("/close", opt=CHANGE)
    async def close(self, request: AnyRequest, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Redirect:
        reason = str((await request.form()).get("reason", ""))
        await attempt(work, order_id, close_order(work, order_id, reason))
        return Redirect(f"/orders/{order_id}", status_code=303)

    @post("/reopen", opt=CHANGE)
    async def reopen(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Redirect:
        await attempt(work, order_id, reopen_order(work, order_id))
        return Redirect(f"/orders/{order_id}", status_code=303)

    @get("/change", opt=CHANGE)
    async def change_page(self, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Template | Redirect:
        order = await get_order(work, order_id)
        try:
            only_open(order)
        except DomainError:
            return Redirect(f"/orders/{order_id}", status_code=303)
        return page(FORM, **_editor(ChangeForm.from_order(order), order_id, order.number or ""))

    @post("/change/preview", opt=CHANGE, status_code=200)
    async def preview(self, request: AnyRequest, work: NamedDependency[Work], order_id: FromPath[UUID]) -> PreviewAnswer:
        await get_order(work, order_id)
        return await preview(work, ChangeForm.of(await request.form()))

    @post("/change", opt=CHANGE)
    async def change(self, request: AnyRequest, work: NamedDependency[Work], order_id: FromPath[UUID]) -> Redirect:
        form = ChangeForm.of(await request.form())
        order = await get_order(work, order_id)
        number = order.number or ""
        try:
            await change_order(work, order_id, form.change())
        except DomainError as error:
            errors = form.messages(error.errors or [FieldError("", error.message)])
            if "lines" in errors:
                errors = {**errors, "": errors["lines"]}
            context = {name: value for name, value in _editor(form, order_id, number).items() if name != "values"}
            raise FormRefused(FORM, errors=errors, values=form.head, **context) from error
        return Redirect(f"/orders/{order_id}", status_code=303)


def _editor(form: ChangeForm, order_id: UUID, number: str) -> dict[str, Any]:
    blank = dict.fromkeys(LINE_FIELDS, "")
    rows = [form.rows[n] for n in range(max(form.filled, default=-1) + 1)]
    rows += [blank] * max(1, BLANK_ROWS - len(rows))
    return {"values": form.head, "rows": rows, "blank": blank, "order_id": order_id, "number": number, "taxes": tax_options()}
