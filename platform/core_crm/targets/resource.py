"""Targets as a resource: typed, or imported as a sheet of the year."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core_crm.targets.model import Target
from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Candidate, RecordRules, Resource, RowProblem

Key = tuple[date, str, UUID | None, UUID | None]


class TargetRules(RecordRules):
    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        if values["amount"] <= 0:
            raise Invalid(_("A target is more than nothing."), field="amount")
        if values.get("employee_id") and values.get("department_id"):
            raise Invalid(_("A target is of an employee or of a department, not of both."), field="department_id")
        return values | {"month": values["month"].replace(day=1)}

    async def check(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        """One target for each bearer, month and measure."""
        months = {candidate.values["month"] for candidate in candidates}
        columns = (Target.month, Target.measure, Target.employee_id, Target.department_id, Target.id)
        found = await work.session.execute(select(*columns).where(Target.month.in_(months)))
        there: dict[Key, UUID] = {(row[0], str(row[1]), row[2], row[3]): row[4] for row in found}
        seen: set[Key] = set()
        problems = []
        for candidate in candidates:
            v = candidate.values
            key = (v["month"], str(v["measure"]), v.get("employee_id"), v.get("department_id"))
            if key in seen or there.get(key, candidate.id) != candidate.id:
                message = _("There is a target for this month already; change that one.")
                problems.append(RowProblem(position=candidate.position, field="month", message=message))
            seen.add(key)
        return problems


TARGETS = Resource(
    model=Target,
    label=N_("Targets"),
    singular=N_("Target"),
    permission="crm.target",
    sort="month",
    columns=("month", "measure", "employee_id", "department_id", "amount"),
    form=("month", "measure", "employee_id", "department_id", "amount"),
    filters=("measure", "employee_id", "department_id"),
    rules=TargetRules(),
)
