"""Targets."""

import enum
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check


class Measure(enum.StrEnum):
    """What a target is about: orders confirmed before tax, money that came in, or what is left after cost."""

    CONTRACT = "contract"
    CASH = "cash"
    MARGIN = "margin"


MEASURES = {"contract": N_("Contracts, before tax"), "cash": N_("Amount received"), "margin": N_("Gross margin")}


class Target(Versioned, TenantBase):
    """What somebody is to reach in a month: an employee, a department, or the whole company where neither is named."""

    __tablename__ = "crm_target"
    __table_args__ = (
        choice_check("measure", Measure),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("employee_id IS NULL OR department_id IS NULL", name="one_bearer"),
        CheckConstraint("extract(day FROM month) = 1", name="month_begins"),
        Index("uq_crm_target_bearer", "month", "measure", "employee_id", "department_id", unique=True, postgresql_nulls_not_distinct=True),
    )

    month: Mapped[date] = mapped_column(Date, doc="Its first day.", info={"label": N_("Month"), "help": N_("Any day of the month.")})
    measure: Mapped[Measure] = mapped_column(
        choice(Measure), default=Measure.CONTRACT, info={"label": N_("Measured by"), "choices": MEASURES}
    )
    employee_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_employee.id"), index=True, info={"label": N_("Employee")})
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_department.id"), index=True, info={"label": N_("Department")})
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2), doc="In the company's currency.", info={"label": N_("Target"), "kind": "money"})
