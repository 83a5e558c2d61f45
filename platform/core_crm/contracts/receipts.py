"""Money that comes in for a contract."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec

from core_crm.contracts.events import ContractPaid
from core_crm.contracts.model import Contract, ContractState, Receipt
from core_crm.contracts.plan import received
from core_crm.contracts.service import ContractFixed, ContractInvalid, get_contract, note, telling
from kernel import clock
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import round_half_up
from kernel.work import Work


class ReceiptNotFound(NotFound):
    code = "receipt_not_found"


class ReceiptInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Money that came in; ``on`` is today where it is left out."""

    amount: Decimal
    on: date | None = None
    reference: Annotated[str, msgspec.Meta(max_length=80)] = ""


async def receive(work: Work, contract_id: UUID, data: ReceiptInput) -> Receipt:
    """Money came in.

    Raises:
        ContractNotFound
        ContractFixed: the contract is a draft.
        ContractInvalid: the amount or the day cannot be, or it would be more than the contract is worth.
    """
    contract = await get_contract(work, contract_id, lock=True)
    if contract.state is ContractState.DRAFT:
        raise ContractFixed(_("Put the contract into force first."))
    on = data.on or work.today()
    if not data.amount.is_finite() or not 0 < data.amount < Decimal(10) ** 15 or data.amount != round_half_up(data.amount):
        raise ContractInvalid(_("An amount is more than zero, for example 1280.50."), field="amount")
    left = contract.amount - received(contract)
    if data.amount > left:
        message = _("Only %(left)s are still to come. Change the contract if it is worth more.", left=f"{left:,.2f}")
        raise ContractInvalid(message, field="amount")
    if on > work.today():
        raise ContractInvalid(_("What has not happened yet cannot be noted."), field="on")
    receipt = Receipt(
        id=new_id(), contract_id=contract.id, on_day=on, amount=data.amount, reference=data.reference.strip() or None,
        made_by=work.actor.name[:80],
    )  # fmt: skip
    contract.receipts.append(receipt)
    contract.updated_at = clock.now()
    await work.session.flush()
    await note(work, contract, "received", after={"on": on.isoformat(), "amount": f"{data.amount:.2f} {contract.currency}"})
    await work.publish(ContractPaid(**telling(contract), on=on, amount=data.amount, currency=contract.currency))
    return receipt


async def withdraw_receipt(work: Work, contract_id: UUID, receipt_id: UUID) -> Contract:
    """A receipt was noted wrongly; it stays on record and does not count.

    Raises:
        ContractNotFound, ReceiptNotFound
    """
    contract = await get_contract(work, contract_id, lock=True)
    receipt = next((each for each in contract.receipts if each.id == receipt_id and each.withdrawn_at is None), None)
    if receipt is None:
        raise ReceiptNotFound(_("The contract has no such receipt, or it was withdrawn."))
    receipt.withdrawn_at, receipt.withdrawn_by = clock.now(), work.actor.name[:80]
    contract.updated_at = clock.now()
    await work.session.flush()
    await note(work, contract, "receipt_withdrawn", after={"amount": f"{receipt.amount:.2f} {contract.currency}"})
    return contract
