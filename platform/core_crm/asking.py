"""Whom a record can be given to, and whom one can talk to about it."""

from uuid import UUID

from sqlalchemy import or_, select

from kernel.work import Work
from master_data.api import Contact, Employee

STAFF_MAX = 500


async def staff(work: Work) -> list[tuple[str, str]]:
    """Employees who are with the company today, as choices."""
    today = work.today()
    query = select(Employee.id, Employee.name).where(or_(Employee.left_on.is_(None), Employee.left_on >= today))
    found = await work.session.execute(query.order_by(Employee.name, Employee.id).limit(STAFF_MAX))
    return [(str(row.id), row.name) for row in found]


async def contact_choices(work: Work, party_id: UUID | None) -> list[tuple[str, str]]:
    """The contacts of a party, as choices."""
    if party_id is None:
        return []
    query = select(Contact.id, Contact.name).where(Contact.party_id == party_id).order_by(Contact.decides.desc(), Contact.created_at)
    return [(str(row.id), row.name) for row in await work.session.execute(query.limit(100))]
