"""What a training centre knows of a party that is a student."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned


class Student(Versioned, TenantBase):
    """A student, one to one with a party; receivables and vouchers hang on the party."""

    __tablename__ = "education_student"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id"), unique=True)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    birth_on: Mapped[date | None] = mapped_column(Date)
    school: Mapped[str | None] = mapped_column(String(120))
    grade: Mapped[str | None] = mapped_column(String(40))
    guardian_name: Mapped[str | None] = mapped_column(String(80))
    guardian_relation: Mapped[str | None] = mapped_column(String(40))
    guardian_phone: Mapped[str | None] = mapped_column(String(40))
    health_note: Mapped[str | None] = mapped_column(Text, doc="Allergies and the like; personal, removed on request.")
