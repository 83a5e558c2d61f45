"""Which employee a person who signs in is."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from identity.audit import record
from kernel.errors import Conflict, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from master_data.organisation.model import Employee
from master_data.scopes.rights import forget, rights_of
from vertical.statements import run


class EmployeeNotFound(NotFound):
    code = "employee_not_found"


class PersonTaken(Conflict):
    """The person is another employee already."""

    code = "person_taken"


# By the link, else by an e-mail address that fits.
_WHO = """
    SELECT id, person_id FROM master_employee WHERE person_id = $1 OR (person_id IS NULL AND $2 <> '' AND lower(email) = $2)
    ORDER BY person_id NULLS LAST, code LIMIT 1
"""


async def employee_of(work: Work) -> Employee | None:
    """The employee that the actor is; an e-mail address that fits links the two for good."""
    employee_id = await employee_id_of(work)
    return None if employee_id is None else await work.session.get(Employee, employee_id)


async def employee_id_of(work: Work) -> UUID | None:
    """As ``employee_of``, where the id is all that is wanted."""
    if work.actor.id is None:
        return None
    session = work.session
    if session.new or session.dirty or session.deleted:
        await session.flush()  # the driver does not see what the session only holds
    found = await run(work, _WHO, [work.actor.id, work.actor.email.lower()])
    if not found:
        return None
    employee_id = UUID(int=found[0]["id"].int)
    if found[0]["person_id"] is None and (employee := await session.get(Employee, employee_id)) is not None:
        await _link(work, employee, work.actor.id)
    return employee_id


async def first_owner(work: Work, stem: str) -> UUID | None:
    """Who owns a record that the actor enters.

    Somebody who sees only what is theirs must own what they enter: a member who is no employee yet becomes one.
    """
    employee_id = await employee_id_of(work)
    if employee_id is not None:
        return employee_id
    if work.actor.id is None or (await rights_of(work, stem)).whole:
        return None
    employee = Employee(
        code=f"U{str(new_id()).replace('-', '')[-9:]}", name=work.actor.name, email=work.actor.email or None, person_id=work.actor.id
    )
    work.session.add(employee)
    await work.session.flush()
    forget(work)
    await record(work, "employee.added_for_member", f"employee:{employee.id}", name=employee.name, after={"person": str(work.actor.id)})
    return employee.id


async def set_person(work: Work, employee_id: UUID, person_id: UUID | None) -> Employee:
    """Say which member an employee is; the caller has made sure that the person is one.

    Raises:
        EmployeeNotFound: no such employee.
        PersonTaken: the person is another employee already.
    """
    employee: Employee | None = await work.session.get(Employee, employee_id, with_for_update=True)
    if employee is None:
        raise EmployeeNotFound(_("There is no such employee any more."))
    if person_id is not None:
        other: Employee | None = await work.session.scalar(
            select(Employee).where(Employee.person_id == person_id, Employee.id != employee_id)
        )
        if other is not None:
            raise PersonTaken(_("This member is the employee %(name)s already; unlink that one first.", name=other.name), field="person_id")
    await _link(work, employee, person_id)
    return employee


async def _link(work: Work, employee: Employee, person_id: UUID | None) -> None:
    before: dict[str, Any] = {"person": str(employee.person_id) if employee.person_id else None}
    employee.person_id = person_id
    await work.session.flush()
    forget(work)
    after = {"person": str(person_id) if person_id else None}
    await record(work, "employee.linked", f"employee:{employee.id}", name=employee.name, before=before, after=after)
