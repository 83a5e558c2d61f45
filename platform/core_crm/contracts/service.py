"""What can be done with a contract: write, put into force, end."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core_crm.contracts.deciding import ask_again, decided
from core_crm.contracts.events import ContractActivated, ContractEnded
from core_crm.contracts.model import Contract, ContractState, Instalment, Milestone
from core_crm.contracts.plan import received
from core_crm.orders.service import get_order
from core_crm.quotes.service import get_quote
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, DomainError, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import CURRENCIES, round_half_up
from kernel.numbering import next_number
from kernel.work import Work
from master_data.api import first_owner, get_party, note_event, require_visible
from vertical.guarding import Act
from vertical.locks import require_unlocked

STEM = "crm.contract"
ROWS_MAX = 200

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class ContractNotFound(NotFound):
    code = "contract_not_found"


class ContractFixed(DomainError):
    """It is not in the state for this."""

    code = "contract_fixed"


class ContractInvalid(Invalid):
    code = "contract_invalid"


class ContractChanged(Conflict):
    """Somebody changed the contract after the caller read it."""

    code = "version_conflict"


class MilestoneInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Name
    due_on: date | None = None
    id: UUID | None = None


class InstalmentInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Name
    due_on: date
    amount: Decimal


class ContractInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A contract.  With ``quote_id`` or ``order_id`` whatever is left out comes from there."""

    title: Name
    starts_on: date
    ends_on: date
    party_id: UUID | None = None
    amount: Decimal | None = None
    currency: str | None = None
    further_parties: Annotated[str, msgspec.Meta(max_length=400)] | None = None
    customer_reference: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    signed_on: date | None = None
    remind_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 30
    remark: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    quote_id: UUID | None = None
    order_id: UUID | None = None
    milestones: Annotated[list[MilestoneInput], msgspec.Meta(max_length=ROWS_MAX)] = []
    instalments: Annotated[list[InstalmentInput], msgspec.Meta(max_length=ROWS_MAX)] = []


async def get_contract(work: Work, contract_id: UUID, *, act: Act = "read", lock: bool = False) -> Contract:
    """The contract with its milestones, plan and receipts, where the actor may ``act`` on it.

    Raises:
        ContractNotFound: there is none.
        RecordNotFound, RecordReadOnly: it is out of the actor's reach.
    """
    query = (
        select(Contract)
        .where(Contract.id == contract_id)
        .options(selectinload(Contract.milestones), selectinload(Contract.instalments), selectinload(Contract.receipts))
        .execution_options(populate_existing=lock)
    )
    found = await work.session.scalar(query.with_for_update(of=Contract) if lock else query)
    if found is None:
        raise ContractNotFound(_("This contract does not exist, or was deleted."))
    await require_visible(work, found, STEM, act)
    if act == "edit":
        await require_unlocked(work, STEM, found.id)
    return found


async def create_contract(work: Work, data: ContractInput, *, renews: Contract | None = None) -> Contract:
    """Write a draft.

    Raises:
        ContractInvalid, PartyNotFound, QuoteNotFound, OrderNotFound
    """
    contract = Contract(
        id=new_id(),
        state=ContractState.DRAFT,
        made_by=work.actor.name[:80],
        renews_id=renews.id if renews else None,
        owner_id=renews.owner_id if renews else await first_owner(work, STEM),
        milestones=[],
        instalments=[],
        receipts=[],
    )
    await _write(work, contract, data)
    work.session.add(contract)
    await work.session.flush()
    await note(work, contract, "created", after=told(contract))
    return contract


async def update_contract(work: Work, contract_id: UUID, data: ContractInput, *, version: int | None = None) -> Contract:
    """Write a contract anew.  One in force keeps its customer and currency, its plan must be worth it, and the log what it was.

    Raises:
        ContractNotFound, ContractInvalid, PartyNotFound
        ContractFixed: it was ended.
        ContractChanged: it has another version than ``version`` by now.
    """
    contract = await get_contract(work, contract_id, act="edit", lock=True)
    if version is not None and contract.version != version:
        raise ContractChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    if contract.state is ContractState.ENDED:
        raise ContractFixed(_("Contract %(number)s was ended and does not change.", number=contract.number or ""))
    before, last_day = told(contract), contract.ends_on
    done = {each.id: (each.done_on, each.done_by) for each in contract.milestones}
    contract.milestones.clear()
    contract.instalments.clear()
    await work.session.flush()
    await _write(work, contract, data, done=done)
    if contract.state is ContractState.ACTIVE:
        _check_plan(contract)
        if received(contract) > contract.amount:
            raise ContractInvalid(_("More than this has come in already."), field="amount")
    contract.updated_at = clock.now()
    await work.session.flush()
    if contract.ends_on != last_day:
        await decided(work, contract)
    await note(work, contract, "updated", before=before, after=told(contract))
    return contract


async def delete_contract(work: Work, contract_id: UUID) -> None:
    """Throw a draft away.

    Raises:
        ContractNotFound
        ContractFixed: it came into force.
    """
    contract = await get_contract(work, contract_id, act="edit", lock=True)
    if contract.state is not ContractState.DRAFT:
        raise ContractFixed(_("Contract %(number)s came into force and is kept. End it instead.", number=contract.number or ""))
    await note(work, contract, "deleted", before=told(contract))
    if contract.renews_id is not None:
        await ask_again(work, contract.renews_id)
    await work.session.delete(contract)
    await work.session.flush()


async def activate_contract(work: Work, contract_id: UUID) -> Contract:
    """It comes into force, and gets its number.

    Raises:
        ContractNotFound
        ContractFixed: it is in force, or was ended.
        ContractInvalid: the plan of payments is not worth the contract.
    """
    contract = await get_contract(work, contract_id, act="edit", lock=True)
    if contract.state is not ContractState.DRAFT:
        raise ContractFixed(_("Contract %(number)s is in force already, or was ended.", number=contract.number or ""))
    _check_plan(contract)
    contract.signed_on = contract.signed_on or work.today()
    contract.number = await next_number(work, "core_crm.contract", prefix="CT", on=contract.signed_on)
    contract.state = ContractState.ACTIVE
    await work.session.flush()
    await note(work, contract, "activated", after=told(contract))
    sentence = _("Contract %(number)s came into force.", number=contract.number)
    await note_event(work, "master.party", contract.party_id, sentence, path=f"/contracts/{contract.id}")
    await work.publish(ContractActivated(**telling(contract), amount=contract.amount, currency=contract.currency))
    return contract


async def end_contract(work: Work, contract_id: UUID, reason: str) -> Contract:
    """End a contract before its last day.

    Raises:
        ContractNotFound
        ContractFixed: it is not in force.
        ContractInvalid: no reason.
    """
    contract = await get_contract(work, contract_id, act="edit", lock=True)
    only_active(contract)
    if not reason.strip():
        raise ContractInvalid(_("Say why it ends."), field="reason")
    contract.state = ContractState.ENDED
    contract.ended_at, contract.ended_by, contract.end_reason = clock.now(), work.actor.name[:80], reason.strip()[:200]
    await work.session.flush()
    await decided(work, contract)
    await note(work, contract, "ended", after={"reason": contract.end_reason})
    await work.publish(ContractEnded(**telling(contract), reason=contract.end_reason))
    return contract


async def tick_milestone(work: Work, contract_id: UUID, milestone_id: UUID, *, done: bool) -> Contract:
    """A milestone is reached, or was not after all.

    Raises:
        ContractNotFound
        ContractFixed: the contract is not in force.
        ContractInvalid: it has no such milestone.
    """
    contract = await get_contract(work, contract_id, act="edit", lock=True)
    only_active(contract)
    found = next((each for each in contract.milestones if each.id == milestone_id), None)
    if found is None:
        raise ContractInvalid(_("The contract has no such milestone; it was changed. Reload the page."), field="milestone")
    found.done_on, found.done_by = (work.today(), work.actor.name[:80]) if done else (None, None)
    contract.updated_at = clock.now()
    await work.session.flush()
    await note(work, contract, "milestone", after={"name": found.name, "done": done})
    return contract


def only_active(contract: Contract) -> None:
    """
    Raises:
        ContractFixed: it is a draft, or was ended.
    """
    if contract.state is not ContractState.ACTIVE:
        raise ContractFixed(_("“%(title)s” is not in force.", title=contract.title))


def telling(contract: Contract) -> dict[str, Any]:
    """What every event of a contract says."""
    names = ("number", "title", "party_id", "party_name", "owner_id")
    return {"contract_id": contract.id, **{name: getattr(contract, name) for name in names}}


async def note(work: Work, contract: Contract, verb: str, **facts: Any) -> None:
    """An entry of the audit log."""
    await record(work, f"contract.{verb}", f"contract:{contract.id}", name=contract.number or contract.title, **facts)


def told(contract: Contract) -> dict[str, Any]:
    """A contract as the log keeps it."""
    return {
        "title": contract.title,
        "starts_on": contract.starts_on.isoformat(),
        "ends_on": contract.ends_on.isoformat(),
        "amount": f"{contract.amount:.2f} {contract.currency}",
        "milestones": [each.name for each in contract.milestones],
        "instalments": [f"{each.due_on.isoformat()} {each.amount:.2f} {each.name}" for each in contract.instalments],
    }


async def _write(work: Work, contract: Contract, data: ContractInput, *, done: dict[UUID, Any] | None = None) -> None:
    """Fill the contract from ``data``."""
    given = await _from_documents(work, contract, data)
    fixed = contract.state is ContractState.ACTIVE
    party = await get_party(work, contract.party_id if fixed else given["party_id"])
    contract.party_id, contract.party_name = party.id, party.name
    contract.currency = contract.currency if fixed else given["currency"]
    contract.title, contract.starts_on, contract.ends_on = data.title.strip(), data.starts_on, data.ends_on
    contract.signed_on, contract.remind_days = data.signed_on or (contract.signed_on if fixed else None), data.remind_days
    for name in ("further_parties", "customer_reference", "remark"):
        setattr(contract, name, (getattr(data, name) or "").strip() or None)
    contract.amount = round_half_up(given["amount"])
    contract.milestones = [_milestone(n, each, done or {}) for n, each in enumerate(data.milestones, 1)]
    contract.instalments = [
        Instalment(id=new_id(), position=n, name=each.name.strip(), due_on=each.due_on, amount=round_half_up(each.amount), reminded=False)
        for n, each in enumerate(data.instalments, 1)
    ]


def _milestone(position: int, given: MilestoneInput, done: dict[UUID, Any]) -> Milestone:
    done_on, done_by = done.get(given.id, (None, None)) if given.id else (None, None)
    return Milestone(id=new_id(), position=position, name=given.name.strip(), due_on=given.due_on, done_on=done_on, done_by=done_by)


async def _from_documents(work: Work, contract: Contract, data: ContractInput) -> dict[str, Any]:
    """Customer, amount and currency: as they are given, else as the quote or order has them.

    Raises:
        ContractInvalid: ``errors`` names the fields.
    """
    found: dict[str, Any] = {"party_id": data.party_id, "amount": data.amount, "currency": data.currency}
    source: Any = None
    sources: list[tuple[str, UUID]] = []
    if data.quote_id is not None:
        quote = await get_quote(work, data.quote_id)
        source = quote.latest
        found["party_id"] = found["party_id"] or quote.party_id
        contract.quote_id, contract.order_id = quote.id, quote.order_id
        sources.append(("quote_id", quote.party_id))
    if data.order_id is not None:
        order = await get_order(work, data.order_id)
        source = source or order
        found["party_id"] = found["party_id"] or order.party_id
        contract.order_id = order.id
        sources.append(("order_id", order.party_id))
    if source is not None:
        found["amount"] = source.gross if data.amount is None else data.amount
        found["currency"] = data.currency or source.currency
    found["currency"] = (found["currency"] or work.tenant.currency).upper()
    errors = [*_problems(data, found)]
    errors += [FieldError(name, _("This is another customer's.")) for name, party_id in sources if party_id != found["party_id"]]
    if errors:
        raise ContractInvalid(errors[0].message, errors=errors)
    return found


def _problems(data: ContractInput, found: dict[str, Any]) -> Sequence[FieldError]:
    errors = []
    amount = found["amount"]
    if found["party_id"] is None:
        errors.append(FieldError("party_id", _("Choose a customer from the list.")))
    if not data.title.strip():
        errors.append(FieldError("title", _("Please enter a title.")))
    if amount is None or not amount.is_finite() or not 0 <= amount < Decimal(10) ** 15:
        errors.append(FieldError("amount", _("An amount is zero or more, for example 128000.00.")))
    if found["currency"] not in CURRENCIES:
        errors.append(FieldError("currency", _("“%(code)s” is no currency; enter for example CNY.", code=data.currency)))
    if data.ends_on < data.starts_on:
        errors.append(FieldError("ends_on", _("The last day comes before the first.")))
    for n, each in enumerate(data.instalments):
        if not each.amount.is_finite() or not 0 < each.amount < Decimal(10) ** 15 or not round_half_up(each.amount):
            errors.append(FieldError(f"instalments.{n}.amount", _("An amount is more than zero, for example 1280.50.")))
    return errors


def _check_plan(contract: Contract) -> None:
    planned = sum((each.amount for each in contract.instalments), Decimal(0))
    if contract.instalments and planned != contract.amount:
        facts = {"planned": f"{planned:,.2f}", "amount": f"{contract.amount:,.2f}"}
        message = _("The plan of payments comes to %(planned)s, the contract to %(amount)s. Make them equal.", **facts)
        raise ContractInvalid(message, field="instalments")
