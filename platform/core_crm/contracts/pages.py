"""Pages of contracts: the ledger (合同台账), the editor, the contract itself."""

import dataclasses
from collections.abc import Awaitable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import select

from core_crm import attempting
from core_crm.contracts.api import BODY_BYTES_MAX, uploaded
from core_crm.contracts.files import add_file, files_of, read_file, remove_file
from core_crm.contracts.form import BLANK_ROWS, HEAD, INSTALMENT, MILESTONE, ContractForm
from core_crm.contracts.model import Contract
from core_crm.contracts.plan import settle
from core_crm.contracts.query import ContractQuery, list_contracts, sums
from core_crm.contracts.receipts import ReceiptInput, receive, withdraw_receipt
from core_crm.contracts.renewing import renew_contract
from core_crm.contracts.service import (
    STEM,
    ContractInvalid,
    activate_contract,
    create_contract,
    delete_contract,
    end_contract,
    get_contract,
    tick_milestone,
    update_contract,
)
from core_crm.orders.model import Order
from core_crm.orders.service import get_order
from core_crm.paging import address
from core_crm.quotes.model import Quote
from core_crm.quotes.service import get_quote
from kernel.errors import DomainError, FieldError
from kernel.files import DOWNLOAD, handed_out
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES
from kernel.web import FormRefused, id_in, page
from kernel.work import Work
from master_data.api import Employee, get_parties, visible
from vertical.slots import slot

ROOM = "core_crm/contracts"
LIST, FORM, DETAIL = (f"{ROOM}/{name}.html" for name in ("list", "form", "detail"))
READ = {"permission": "crm.contract.read"}
CREATE = {"permission": "crm.contract.create"}
UPDATE = {"permission": "crm.contract.update"}
RECEIVE = {"permission": "crm.contract.receive"}

AnyRequest = Request[Any, Any, Any]


class ContractPages(Controller):
    path = "/contracts"
    include_in_schema = False

    @get("/", opt=READ)
    async def list_page(
        self,
        work: NamedDependency[Work],
        q: FromQuery[str] = "",
        show: FromQuery[str] = "all",
        party_id: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
    ) -> Template:
        query = ContractQuery(search=q, show=show, party_id=id_in(party_id), after=after)
        contracts, following = await list_contracts(work, query)
        next_ = _address(query, after=following) if following else ""
        filtered = bool(q or party_id or show != "all")
        return page(LIST, contracts=contracts, query=query, filtered=filtered, views=_tabs(query), sums=await sums(work), next=next_)

    @get("/new", opt=CREATE)
    async def new_page(
        self,
        work: NamedDependency[Work],
        party_id: FromQuery[str] = "",
        quote_id: FromQuery[str] = "",
        order_id: FromQuery[str] = "",
    ) -> Template:
        form = ContractForm(dict.fromkeys(HEAD, "") | {"remind_days": "30", "currency": work.tenant.currency}, [], [])
        today = work.today()
        form.head |= {"starts_on": today.isoformat(), "ends_on": _year_less_a_day(today).isoformat()}
        form.head |= await _from_document(work, id_in(quote_id), id_in(order_id))
        if (chosen := id_in(party_id)) and (party := (await get_parties(work, [chosen])).get(chosen)):
            form.head |= {"party_id": str(party.id), "party_name": party.name}
        return page(FORM, **_editor(form, None))

    @post("/new", opt=CREATE)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = ContractForm.of(await request.form())
        try:
            contract = await create_contract(work, form.contract())
        except DomainError as error:
            raise _refused(form, error, None) from error
        return Redirect(f"/contracts/{contract.id}", status_code=303)

    @get("/{contract_id:uuid}", opt=READ)
    async def detail(self, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> Template:
        return page(DETAIL, **await _shown(work, await get_contract(work, contract_id)))

    @get("/{contract_id:uuid}/edit", opt=UPDATE)
    async def edit_page(self, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> Template | Redirect:
        contract = await get_contract(work, contract_id)
        if contract.ended_at is not None:
            return Redirect(f"/contracts/{contract.id}", status_code=303)
        return page(FORM, **_editor(ContractForm.from_contract(contract), contract.id, fixed=contract.number is not None))

    @post("/{contract_id:uuid}/edit", opt=UPDATE)
    async def update(self, request: AnyRequest, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> Redirect:
        form = ContractForm.of(await request.form())
        fixed = (await get_contract(work, contract_id)).number is not None
        try:
            await update_contract(work, contract_id, form.contract(), version=form.version())
        except DomainError as error:
            raise _refused(form, error, contract_id, fixed=fixed) from error
        return Redirect(f"/contracts/{contract_id}", status_code=303)

    @post("/{contract_id:uuid}/activate", opt=UPDATE)
    async def activate(self, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> Redirect:
        return await _done(work, contract_id, activate_contract(work, contract_id))

    @post("/{contract_id:uuid}/end", opt=UPDATE)
    async def end(self, request: AnyRequest, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> Redirect:
        reason = str((await request.form()).get("reason", ""))
        return await _done(work, contract_id, end_contract(work, contract_id, reason))

    @post("/{contract_id:uuid}/renew", opt=CREATE)
    async def renew(self, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> Redirect:
        renewed: list[UUID] = []

        async def renewing() -> None:
            renewed.append((await renew_contract(work, contract_id)).id)

        await _attempt(work, contract_id, renewing())
        return Redirect(f"/contracts/{renewed[0]}/edit", status_code=303)

    @post("/{contract_id:uuid}/milestones/{milestone_id:uuid}", opt=UPDATE)
    async def tick(
        self, request: AnyRequest, work: NamedDependency[Work], contract_id: FromPath[UUID], milestone_id: FromPath[UUID]
    ) -> Redirect:
        done = (await request.form()).get("done") == "1"
        return await _done(work, contract_id, tick_milestone(work, contract_id, milestone_id, done=done))

    @post("/{contract_id:uuid}/receipts", opt=RECEIVE)
    async def receive(self, request: AnyRequest, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> Redirect:
        form = await request.form()
        reader = ContractForm({}, [], [])

        async def receiving() -> None:
            amount = reader.number("amount", str(form.get("amount", "")).strip())
            on = reader.day("on", str(form.get("on", "")).strip())
            if reader.errors or amount is None:
                raise ContractInvalid(reader.errors[0].message if reader.errors else _("Enter an amount, for example 1280.50."))
            await receive(work, contract_id, ReceiptInput(amount=amount, on=on, reference=str(form.get("reference", ""))[:80]))

        return await _done(work, contract_id, receiving())

    @post("/{contract_id:uuid}/receipts/{receipt_id:uuid}/withdraw", opt=RECEIVE)
    async def withdraw(self, work: NamedDependency[Work], contract_id: FromPath[UUID], receipt_id: FromPath[UUID]) -> Redirect:
        return await _done(work, contract_id, withdraw_receipt(work, contract_id, receipt_id))

    @post("/{contract_id:uuid}/delete", opt={"permission": "crm.contract.delete"})
    async def delete(self, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> Redirect:
        await _attempt(work, contract_id, delete_contract(work, contract_id))
        return Redirect("/contracts", status_code=303)

    @post("/{contract_id:uuid}/files", opt=UPDATE, request_max_body_size=BODY_BYTES_MAX)
    async def add_file(self, request: AnyRequest, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> Redirect:
        form = await request.form()

        async def adding() -> None:
            contract = await get_contract(work, contract_id, act="edit")
            for file in form.getall("file", [None]):
                await add_file(work, contract, *await uploaded({"file": file}))

        return await _done(work, contract_id, adding())

    @get("/{contract_id:uuid}/files/{file_id:uuid}", opt=READ)
    async def download(self, work: NamedDependency[Work], contract_id: FromPath[UUID], file_id: FromPath[UUID]) -> Response[bytes]:
        await get_contract(work, contract_id)
        file = await read_file(work, contract_id, file_id)
        return handed_out(file.name, DOWNLOAD, file.content)

    @post("/{contract_id:uuid}/files/{file_id:uuid}/delete", opt=UPDATE)
    async def remove_file(self, work: NamedDependency[Work], contract_id: FromPath[UUID], file_id: FromPath[UUID]) -> Redirect:
        await remove_file(work, await get_contract(work, contract_id, act="edit"), file_id)
        return Redirect(f"/contracts/{contract_id}", status_code=303)


def _year_less_a_day(start: date) -> date:
    """The last day of a year that begins on ``start``."""
    leap_day = (start.month, start.day) == (2, 29)
    return date(start.year + 1, 3, 1) - timedelta(days=1) if leap_day else start.replace(year=start.year + 1) - timedelta(days=1)


async def _from_document(work: Work, quote_id: UUID | None, order_id: UUID | None) -> dict[str, str]:
    """What a quote or an order fills in."""
    if quote_id:
        quote = await get_quote(work, quote_id)
        head = {"party_id": quote.party_id, "party_name": quote.party_name, "quote_id": quote.id, "order_id": quote.order_id or ""}
        version = quote.latest
        head |= {"amount": f"{version.gross:.2f}", "currency": version.currency, "remark": version.remark or ""}
    elif order_id:
        order = await get_order(work, order_id)
        head = {"party_id": order.party_id, "party_name": order.party_name, "order_id": order.id}
        head |= {"amount": f"{order.gross:.2f}", "currency": order.currency, "customer_reference": order.customer_reference or ""}
    else:
        return {}
    return {name: str(value) for name, value in head.items()}


async def _shown(work: Work, contract: Contract) -> dict[str, Any]:
    """What the contract's page needs."""
    editable = await work.session.scalar(select(Contract.id).where(Contract.id == contract.id, await visible(work, Contract, STEM, "edit")))
    renewal = await work.session.scalar(select(Contract.id).where(Contract.renews_id == contract.id).limit(1))
    today = work.today()
    return {
        "contract": contract,
        "money": settle(contract, today),
        "files": await files_of(work, contract.id),
        "owner": await work.session.scalar(select(Employee.name).where(Employee.id == contract.owner_id)),
        "quote": await work.session.scalar(select(Quote.number).where(Quote.id == contract.quote_id)),
        "order": await work.session.scalar(select(Order.number).where(Order.id == contract.order_id)),
        "renewal": renewal,
        "today": today,
        "days_left": (contract.ends_on - today).days,
        "may_change": bool(editable) and work.actor.may("crm.contract.update"),
        "side": await slot(work, "crm.contract.side", contract=contract),
    }


async def _done(work: Work, contract_id: UUID, command: Awaitable[object]) -> Redirect:
    await _attempt(work, contract_id, command)
    return Redirect(f"/contracts/{contract_id}", status_code=303)


async def _attempt(work: Work, contract_id: UUID, command: Awaitable[object]) -> None:
    async def shown() -> dict[str, Any]:
        return await _shown(work, await get_contract(work, contract_id))

    await attempting.attempt(work, command, DETAIL, shown)


def _refused(form: ContractForm, error: DomainError, contract_id: UUID | None, *, fixed: bool = False) -> FormRefused:
    errors = form.messages(error.errors or [FieldError("", error.message)])
    context = {name: value for name, value in _editor(form, contract_id, fixed=fixed).items() if name != "values"}
    return FormRefused(FORM, errors=errors, values=form.head, **context)


def _editor(form: ContractForm, contract_id: UUID | None, *, fixed: bool = False) -> dict[str, Any]:
    no_milestone, no_instalment = dict.fromkeys(MILESTONE, ""), dict.fromkeys(INSTALMENT, "")
    return {
        "values": form.head,
        "milestones": form.milestones + [no_milestone] * max(1, BLANK_ROWS - len(form.milestones)),
        "instalments": form.instalments + [no_instalment] * max(1, BLANK_ROWS - len(form.instalments)),
        "no_milestone": no_milestone,
        "no_instalment": no_instalment,
        "contract_id": contract_id,
        "fixed": fixed,
        "currencies": [(code, code) for code in CURRENCIES],
    }


def _tabs(query: ContractQuery) -> list[tuple[str, str, bool, int | None]]:
    names = (
        ("all", _("All")),
        ("draft", _("Drafts")),
        ("active", _("In force")),
        ("overdue", _("Money overdue")),
        ("soon", _("Ends soon")),
    )
    return [(label, _address(dataclasses.replace(query, show=name)), name == query.show, None) for name, label in names]


def _address(query: ContractQuery, after: str | None = None) -> str:
    return address("/contracts", q=query.search, show=query.show if query.show != "all" else "", party_id=query.party_id, after=after)
