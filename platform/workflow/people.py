"""Members of the company by what they are there: the person behind an employee, who holds a role, somebody's superior."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import select

from identity.members.directory import Colleague, colleagues
from kernel.work import Work
from master_data.api import Employee


async def persons_of(work: Work, employee_ids: Iterable[UUID | None]) -> dict[UUID, UUID]:
    """The members that employees sign in as, by employee; who has no account is left out."""
    wanted = {employee_id for employee_id in employee_ids if employee_id is not None}
    if not wanted:
        return {}
    rows = await work.session.execute(select(Employee.id, Employee.person_id, Employee.email).where(Employee.id.in_(wanted)))
    members = await colleagues(work)
    by_mail = {member.email.lower(): member.person_id for member in members.values()}
    found = {}
    for employee_id, person_id, email in rows:
        person = person_id or by_mail.get((email or "").lower())
        if person is not None and person in members:
            found[employee_id] = person
    return found


async def persons_in_role(work: Work, role: str) -> list[UUID]:
    """Members who hold a role, by its code."""
    return [member.person_id for member in (await colleagues(work)).values() if role in member.roles]


async def member(work: Work, person_id: UUID | None) -> Colleague | None:
    """A member by the person's id; None for somebody who left."""
    return (await colleagues(work)).get(person_id) if person_id is not None else None


async def member_choices(work: Work, *, without: Collection[UUID] = ()) -> list[tuple[str, str]]:
    """All members, as choices of a form."""
    return [(str(m.person_id), m.name) for m in (await colleagues(work)).values() if m.person_id not in without]
