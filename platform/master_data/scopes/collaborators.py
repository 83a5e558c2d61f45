"""Employees who take part in what another owns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from identity.audit import record
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from master_data.organisation.model import Employee
from master_data.scopes.model import Collaborator
from master_data.scopes.rights import require_visible

COLLABORATORS_MAX = 50


@dataclass(frozen=True, kw_only=True)
class CollaboratorView:
    """One who takes part, by name."""

    employee_id: UUID
    name: str
    may_edit: bool


async def collaborators_of(work: Work, stem: str, record_id: UUID) -> Sequence[CollaboratorView]:
    """Who takes part in a record; the caller has made sure that it may be seen."""
    found = await work.session.execute(
        select(Collaborator.employee_id, Employee.name, Collaborator.may_edit)
        .join(Employee, Employee.id == Collaborator.employee_id)
        .where(Collaborator.record_kind == stem, Collaborator.record_id == record_id)
        .order_by(Employee.name, Employee.id)
        .limit(COLLABORATORS_MAX)
    )
    return [CollaboratorView(**row) for row in found.mappings()]


async def set_collaborator(work: Work, row: Any, stem: str, employee_id: UUID, *, may_edit: bool) -> None:
    """Let an employee take part in ``row``, or change whether they may edit it.

    Raises:
        RecordReadOnly: the actor may not edit the record.
        Invalid: no such employee, or too many already.
    """
    await require_visible(work, row, stem, "edit")
    employee = await work.session.get(Employee, employee_id)
    if employee is None:
        raise Invalid(_("There is no such employee any more."), field="employee_id")
    if len(await collaborators_of(work, stem, row.id)) >= COLLABORATORS_MAX:
        raise Invalid(_("At most %(most)s people take part in one record.", most=COLLABORATORS_MAX), field="employee_id")
    values = {"id": new_id(), "record_kind": stem, "record_id": row.id, "employee_id": employee_id, "may_edit": may_edit}
    statement = insert(Collaborator).values(values)
    await work.session.execute(
        statement.on_conflict_do_update(index_elements=["record_kind", "record_id", "employee_id"], set_={"may_edit": may_edit})
    )
    after = {"employee": employee.name, "may_edit": may_edit}
    await record(work, "record.collaborator_set", f"{stem}:{row.id}", name=getattr(row, "name", None), after=after)


async def remove_collaborator(work: Work, row: Any, stem: str, employee_id: UUID) -> None:
    """An employee takes part no longer."""
    await require_visible(work, row, stem, "edit")
    gone = await work.session.execute(
        delete(Collaborator)
        .where(Collaborator.record_kind == stem, Collaborator.record_id == row.id, Collaborator.employee_id == employee_id)
        .returning(Collaborator.may_edit)
    )
    if (before := gone.one_or_none()) is not None:
        facts = {"employee": str(employee_id), "may_edit": before.may_edit}
        await record(work, "record.collaborator_removed", f"{stem}:{row.id}", name=getattr(row, "name", None), before=facts)
