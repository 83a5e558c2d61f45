"""Who sits in a step: found when its turn comes, so that whoever holds a role then decides."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from identity.members.directory import colleagues
from kernel.work import Work
from master_data.api import Employee
from workflow.approvals.flows import MANAGER, FlowStep
from workflow.approvals.model import Approval
from workflow.people import persons_in_role, persons_of

OWNER = "owner"


@dataclass(frozen=True)
class Seats:
    """The persons of a step; ``escalated``: nobody else was there, so the company's owners decide."""

    persons: list[UUID]
    escalated: bool = False


async def seats_for(work: Work, approval: Approval, step: FlowStep) -> Seats:
    """Who decides in a step: nobody about their own request, unless the company has nobody else."""
    people = await colleagues(work)
    found = await _named(work, approval, step)
    others = [person for person in dict.fromkeys(found) if person in people and person != approval.submitter_id]
    if others:
        return Seats(others)
    owners = await persons_in_role(work, OWNER)
    return Seats([person for person in owners if person != approval.submitter_id] or owners, escalated=True)


async def _named(work: Work, approval: Approval, step: FlowStep) -> list[UUID]:
    what, _colon, who = step.by.partition(":")
    if step.by == MANAGER:
        superior = await _superior(work, approval.submitter_id)
        return [superior] if superior else []
    if what == "role":
        return await persons_in_role(work, who)
    return [UUID(who)]


async def _superior(work: Work, person_id: UUID | None) -> UUID | None:
    """The member to whom a member reports, by the employees they are."""
    member = (await colleagues(work)).get(person_id) if person_id else None
    if member is None:
        return None
    linked = select(Employee.manager_id).where(Employee.person_id == person_id)
    manager_id = await work.session.scalar(linked)
    if manager_id is None:
        by_mail = select(Employee.manager_id).where(Employee.person_id.is_(None), func.lower(Employee.email) == member.email.lower())
        manager_id = await work.session.scalar(by_mail.order_by(Employee.code).limit(1))
    return (await persons_of(work, [manager_id])).get(manager_id) if manager_id else None
