"""The company's working week and the days that are not as the week says."""

from datetime import date

from sqlalchemy import Date, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned

COMPANY = "company"


class WorkingWeek(Versioned, TenantBase):
    """The hours of each weekday.  ``week`` has seven lists, Monday first, of spans in minutes since midnight: [[540, 1080]]."""

    __tablename__ = "crm_working_week"

    key: Mapped[str] = mapped_column(String(20), unique=True, default=COMPANY)
    week: Mapped[list[list[list[int]]]] = mapped_column(JSONB)
    public_holidays: Mapped[bool] = mapped_column(default=True, doc="Public holidays are off, days worked in their stead are worked.")


class SpecialDay(TenantBase):
    """A day with hours of its own; without any the company is closed.  It counts more than week and public holidays."""

    __tablename__ = "crm_special_day"

    on: Mapped[date] = mapped_column(Date, unique=True)
    name: Mapped[str] = mapped_column(String(80))
    spans: Mapped[list[list[int]]] = mapped_column(JSONB, default=list)
