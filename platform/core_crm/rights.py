"""Stand-in until the scopes are merged."""
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, select, true
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from kernel.work import Work
from master_data.api import Employee


class Owned:
    @declared_attr
    def owner_id(cls) -> Mapped[UUID | None]:
        return mapped_column(ForeignKey("master_employee.id"), index=True)

    @declared_attr
    def department_id(cls) -> Mapped[UUID | None]:
        return mapped_column(ForeignKey("master_department.id"), index=True)


async def visible(work: Work, model: Any, stem: str, act: str = "read") -> ColumnElement[bool]:
    return true()


async def require_visible(work: Work, row: Any, stem: str, act: str = "read") -> None:
    return None


async def my_employee(work: Work) -> UUID | None:
    return await work.session.scalar(select(Employee.id).where(Employee.name == work.actor.name).limit(1))
