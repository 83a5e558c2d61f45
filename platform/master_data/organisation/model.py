"""The company's own departments and employees: who owns a customer, where a cost belongs."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned


class Department(Versioned, TenantBase):
    """A part of the company."""

    __tablename__ = "master_department"

    code: Mapped[str] = mapped_column(String(20), unique=True, doc="Short code, unique in the company.", info={"label": N_("Code")})
    name: Mapped[str] = mapped_column(String(80), info={"label": N_("Name")})
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_department.id"), index=True, info={"label": N_("Belongs to")})
    active: Mapped[bool] = mapped_column(default=True, info={"label": N_("In use")})


class Employee(Versioned, TenantBase):
    """Someone who works for the company.  Signing in is a matter of identity; ``person_id`` says who they are there."""

    __tablename__ = "master_employee"
    __table_args__ = (Index("ix_master_employee_email", text("lower(email)")),)

    code: Mapped[str] = mapped_column(String(20), unique=True, doc="Staff number.", info={"label": N_("Staff number")})
    name: Mapped[str] = mapped_column(String(80), info={"label": N_("Name")})
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_department.id"), index=True, info={"label": N_("Department")})
    manager_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("master_employee.id"), index=True, doc="Who decides on what they ask for.", info={"label": N_("Reports to")}
    )
    position: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Position")})
    phone: Mapped[str | None] = mapped_column(String(40), info={"label": N_("Phone"), "kind": "tel"})
    email: Mapped[str | None] = mapped_column(String(254), info={"label": N_("E-mail"), "kind": "email"})
    joined_on: Mapped[date | None] = mapped_column(Date, info={"label": N_("Joined on")})
    person_id: Mapped[UUID | None] = mapped_column(
        unique=True, doc="The member who signs in as this employee.", info={"label": N_("Signs in as")}
    )
    left_on: Mapped[date | None] = mapped_column(Date, info={"label": N_("Left on")})
