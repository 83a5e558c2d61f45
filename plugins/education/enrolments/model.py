"""Enrolments and the lessons that were given."""

import enum
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from education.courses.model import CourseClass
from education.students.model import Student
from kernel.orm import TenantBase, Versioned, choice, choice_check


class EnrolmentState(enum.StrEnum):
    DRAFT = "draft"
    ENROLLED = "enrolled"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


class Enrolment(Versioned, TenantBase):
    """A student's place in a class.  ``number`` is drawn on enrolling; afterwards tuition and lessons are fixed.

    All amounts include VAT.  ``earned`` is the part of the tuition whose lessons were given; what is left is owed to the
    student in lessons, or given back on withdrawal.
    """

    __tablename__ = "education_enrolment"
    __table_args__ = (
        choice_check("state", EnrolmentState),
        CheckConstraint("tuition >= 0", name="tuition_not_negative"),
        CheckConstraint("taught BETWEEN 0 AND lessons", name="taught_within_lessons"),
        CheckConstraint("earned BETWEEN 0 AND tuition", name="earned_within_tuition"),
        Index(
            "uq_education_enrolment_place",
            "student_id",
            "class_id",
            unique=True,
            postgresql_where=text("state IN ('draft', 'enrolled')"),
        ),
        Index("ix_education_enrolment_class_id", "class_id"),
        Index("ix_education_enrolment_due_on", "due_on", postgresql_where=text("state = 'enrolled' AND paid < tuition")),
    )

    number: Mapped[str | None] = mapped_column(String(30), unique=True)
    state: Mapped[EnrolmentState] = mapped_column(choice(EnrolmentState), default=EnrolmentState.DRAFT)
    student_id: Mapped[UUID] = mapped_column(ForeignKey("education_student.id"))
    class_id: Mapped[UUID] = mapped_column(ForeignKey("education_class.id"))
    list_price: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    tuition: Mapped[Decimal] = mapped_column(Numeric(20, 2), doc="What was agreed on.")
    discount_reason: Mapped[str | None] = mapped_column(String(120))
    lessons: Mapped[int] = mapped_column(Integer)
    taught: Mapped[int] = mapped_column(Integer, default=0)
    earned: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0))
    paid: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0), doc="Received so far, less what was given back.")
    enrolled_on: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    withdrawn_on: Mapped[date | None] = mapped_column(Date)
    reminded_on: Mapped[date | None] = mapped_column(Date)
    remark: Mapped[str | None] = mapped_column(Text)

    student: Mapped[Student] = relationship(lazy="raise")
    course_class: Mapped[CourseClass] = relationship(lazy="raise")

    @property
    def unearned(self) -> Decimal:
        """Tuition whose lessons were not given: the contract liability."""
        return self.tuition - self.earned if self.state is EnrolmentState.ENROLLED else Decimal(0)

    @property
    def unpaid(self) -> Decimal:
        """What the student still has to pay."""
        return self.tuition - self.paid if self.state in (EnrolmentState.ENROLLED, EnrolmentState.COMPLETED) else Decimal(0)


class Lesson(TenantBase):
    """Lessons given under one enrolment on one day (课消)."""

    __tablename__ = "education_lesson"
    __table_args__ = (
        CheckConstraint("count > 0", name="count_positive"),
        Index("ix_education_lesson_enrolment_id", "enrolment_id", "taught_on"),
    )

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("education_enrolment.id"))
    taught_on: Mapped[date] = mapped_column(Date)
    count: Mapped[int] = mapped_column(Integer)
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2), doc="Tuition earned, VAT included.")
    vat: Mapped[Decimal] = mapped_column(Numeric(20, 2))
