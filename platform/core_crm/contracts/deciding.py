"""What is to be decided before a contract ends: its task for the person in charge, to renew it or let it end."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select, update

from core_crm.contracts.model import Contract, ContractState
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import public_day
from workflow.api import TaskInput, create_task, persons_of, settle_task

BATCH = 500
DAY = timedelta(days=1)


async def ask_to_decide(work: Work, contract: Contract) -> None:
    """Give the person in charge the task, or whoever takes it where that is nobody who signs in; not where it was renewed already."""
    await decided(work, contract)
    if await work.session.scalar(select(Contract.id).where(Contract.renews_id == contract.id).limit(1)):
        return
    facts = {"number": contract.number or "", "party": contract.party_name, "day": contract.ends_on.isoformat()}
    persons = await persons_of(work, [contract.owner_id]) if contract.owner_id else {}
    data = TaskInput(
        title=_("Renew contract %(number)s with %(party)s, or let it end", **facts)[:200],
        note=_("It ends on %(day)s.", **facts),
        assignee_id=next(iter(persons.values()), None),
        due_on=decision_day(work.today(), contract.ends_on, contract.remind_days),
    )
    # The reminder that goes out with it tells of the end already.
    task = await create_task(work, data, about=("crm.contract", contract.id), announced=False, told=False)
    contract.end_task_id = task.id
    await work.session.flush()


async def decided(work: Work, contract: Contract) -> None:
    """It was renewed, ended, or ends on another day: what the task asked for needs nobody any more."""
    if contract.end_task_id is not None:
        await settle_task(work, contract.end_task_id)
        contract.end_task_id = None
        await work.session.flush()


async def ask_again(work: Work, contract_id: UUID) -> None:
    """The draft that renewed a contract was thrown away: next morning it is looked at as if nobody had decided."""
    again = update(Contract).where(Contract.id == contract_id, Contract.state == ContractState.ACTIVE)
    await work.session.execute(again.values(reminded_for=None), execution_options={"synchronize_session": False})


async def settle_past(work: Work) -> None:
    """Contracts whose last day has passed were let end."""
    query = select(Contract).where(Contract.end_task_id.is_not(None), Contract.ends_on < work.today())
    for contract in (await work.session.scalars(query.order_by(Contract.ends_on, Contract.id).limit(BATCH))).all():
        await decided(work, contract)


def decision_day(today: date, ends_on: date, remind_days: int) -> date:
    """Half of the time that the contract gives for it is left for doing it; on a working day, and not before today."""
    day = ends_on - timedelta(days=remind_days // 2)
    while day > today and not _is_worked(day):
        day -= DAY
    return max(day, today)


def _is_worked(day: date) -> bool:
    special = public_day(day)
    return special.works if special else day.weekday() < 5
