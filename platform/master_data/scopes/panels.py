"""What the employee page shows of signing in."""

from collections.abc import Mapping
from typing import Any

from kernel.templates import render
from kernel.work import Work
from master_data.organisation.model import Employee
from master_data.scopes.pages import MEMBERS
from vertical import Panel


async def draw_link(work: Work, *, record: Mapping[str, Any], **_: Any) -> str:
    employee = await work.session.get(Employee, record["id"])
    return render("master_data/employee_link.html", employee_id=record["id"], linked=bool(employee and employee.person_id))


EMPLOYEE_PANELS = (Panel(slot="master.employee.side", render=draw_link, permission=MEMBERS, order=10),)
