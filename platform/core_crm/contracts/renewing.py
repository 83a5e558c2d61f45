"""A contract goes on: the term after its last, and the plan moved along with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core_crm.contracts.deciding import decided
from core_crm.contracts.model import Contract, ContractState
from core_crm.contracts.service import ContractFixed, ContractInput, InstalmentInput, MilestoneInput, create_contract, get_contract
from kernel.clock import months_on
from kernel.i18n import gettext as _
from kernel.work import Work

MONTHS_MAX = 1200
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Term:
    """The first and the last day of a contract."""

    first: date
    last: date

    @property
    def months(self) -> int:
        """How many calendar months it takes, from a day to the day before the same one; 0 where that is no whole number."""
        over = self.last + DAY
        count = (over.year - self.first.year) * 12 + over.month - self.first.month
        # A month that lacks the day ends with its last: 31 January goes to 27 or, as people write it, to 28 February.
        for months in (count, count - 1):
            if 0 < months <= MONTHS_MAX and over in (whole := months_on(self.first, months), whole + DAY * (whole.day < self.first.day)):
                return months
        return 0

    def following(self) -> "Term":
        """The term after it, as long: as many calendar months, or as many days."""
        first = self.last + DAY
        return Term(first=first, last=months_on(first, self.months) - DAY if self.months else self.last + (first - self.first))

    def shift(self) -> Callable[[date], date]:
        """Where a day of this term lies in the following one; its first and last day are the first and last there."""
        months, following = self.months, self.following()
        ends = {self.first: following.first, self.last: following.last}

        def moved(day: date) -> date:
            if day in ends:
                return ends[day]
            return months_on(day, months) if months else day + (following.first - self.first)

        return moved


async def renew_contract(work: Work, contract_id: UUID) -> Contract:
    """A draft that goes on where this one ends, as long and as dear, with its plan moved along.

    Raises:
        ContractNotFound
        ContractFixed: it is a draft, was renewed already, or lasts for ever.
    """
    contract = await get_contract(work, contract_id, act="edit", lock=True)
    if contract.state is ContractState.DRAFT:
        raise ContractFixed(_("A draft is not renewed but changed."))
    if await work.session.scalar(select(Contract.id).where(Contract.renews_id == contract.id).limit(1)):
        raise ContractFixed(_("Contract %(number)s was renewed already.", number=contract.number or ""))
    try:
        data = _following(contract)
    except (OverflowError, ValueError):  # beyond the last day that a date can be
        raise ContractFixed(_("Contract %(number)s goes on for ever; there is nothing to renew.", number=contract.number or "")) from None
    await decided(work, contract)
    return await create_contract(work, data, renews=contract)


def _following(contract: Contract) -> ContractInput:
    """The contract of the term after this one."""
    term = Term(first=contract.starts_on, last=contract.ends_on)
    following, moved = term.following(), term.shift()
    return ContractInput(
        title=contract.title,
        party_id=contract.party_id,
        starts_on=following.first,
        ends_on=following.last,
        amount=contract.amount,
        currency=contract.currency,
        further_parties=contract.further_parties,
        remind_days=contract.remind_days,
        remark=contract.remark,
        milestones=[MilestoneInput(name=m.name, due_on=moved(m.due_on) if m.due_on else None) for m in contract.milestones],
        instalments=[InstalmentInput(name=i.name, due_on=moved(i.due_on), amount=i.amount) for i in contract.instalments],
    )
