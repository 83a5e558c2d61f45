"""Departments and employees as resources."""

from collections.abc import Sequence
from typing import Any

from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.circles import circles
from master_data.organisation.model import Department, Employee
from vertical import Candidate, RecordRules, Resource, RowProblem


class DepartmentRules(RecordRules):
    async def check(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        message = _("A department cannot belong to itself or to one below it.")
        return await circles(work, "master_department", "parent_id", candidates, message)


class EmployeeRules(RecordRules):
    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        joined, left = values.get("joined_on"), values.get("left_on")
        if joined and left and left < joined:
            raise Invalid(_("Nobody leaves before joining; check the two dates."), field="left_on")
        return values

    async def check(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        message = _("Nobody reports to themselves, nor to somebody who reports to them.")
        return await circles(work, "master_employee", "manager_id", candidates, message)


DEPARTMENTS = Resource(
    model=Department,
    label=N_("Departments"),
    singular=N_("Department"),
    permission="master.department",
    sort="code",
    columns=("code", "name", "parent_id", "active"),
    form=("code", "name", "parent_id", "active"),
    search=("code", "name"),
    filters=("active",),
    rules=DepartmentRules(),
    keys=("code",),
)

EMPLOYEES = Resource(
    model=Employee,
    label=N_("Employees"),
    singular=N_("Employee"),
    permission="master.employee",
    sort="code",
    columns=("code", "name", "department_id", "position", "phone", "joined_on", "left_on"),
    form=("code", "name", "department_id", "manager_id", "position", "phone", "email", "joined_on", "left_on"),
    search=("code", "name"),
    filters=("department_id",),
    rules=EmployeeRules(),
    keys=("code",),
)
