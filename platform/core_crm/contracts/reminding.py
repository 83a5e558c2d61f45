"""Each morning: contracts whose last day is near, and payments that did not come."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from core_crm.contracts.deciding import ask_to_decide, settle_past
from core_crm.contracts.events import ContractEndNear, InstalmentOverdue
from core_crm.contracts.model import Contract, ContractState, Instalment
from core_crm.contracts.plan import settle
from core_crm.contracts.service import telling
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import note_event

BATCH = 500


async def remind(work: Work) -> None:
    """Tell of each contract once for its last day, with a task for it, and of each payment once."""
    today = work.today()
    near = Contract.ends_on - today <= Contract.remind_days
    once = or_(Contract.reminded_for.is_(None), Contract.reminded_for != Contract.ends_on)
    query = select(Contract).where(Contract.state == ContractState.ACTIVE, Contract.ends_on >= today, near, once).limit(BATCH)
    for contract in (await work.session.scalars(query.order_by(Contract.ends_on, Contract.id))).all():
        contract.reminded_for = contract.ends_on
        sentence = _("Contract %(number)s ends on %(day)s.", number=contract.number or "", day=contract.ends_on.isoformat())
        await note_event(work, "master.party", contract.party_id, sentence, path=f"/contracts/{contract.id}")
        await work.publish(ContractEndNear(**telling(contract), ends_on=contract.ends_on))
        await ask_to_decide(work, contract)
    await settle_past(work)
    await _overdue(work)


async def _overdue(work: Work) -> None:
    today = work.today()
    late = select(Instalment.contract_id).where(Instalment.due_on < today, ~Instalment.reminded)
    query = (
        select(Contract)
        .where(Contract.state == ContractState.ACTIVE, Contract.id.in_(late))
        .options(selectinload(Contract.instalments), selectinload(Contract.receipts))
        .order_by(Contract.id)
        .limit(BATCH)
    )
    for contract in (await work.session.scalars(query)).all():
        for row in settle(contract, today).rows:
            each = row.instalment
            if each.due_on < today and not each.reminded:
                each.reminded = True
                if row.overdue:
                    facts: dict[str, Any] = {"name": each.name, "due_on": each.due_on, "open": row.open, "currency": contract.currency}
                    await work.publish(InstalmentOverdue(**telling(contract), **facts))
    await work.session.flush()
