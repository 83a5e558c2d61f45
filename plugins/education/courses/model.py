"""Courses, terms and classes: reference data."""

import enum
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check


class Subject(enum.StrEnum):
    LANGUAGE = "language"
    SCIENCE = "science"
    ART = "art"
    SPORT = "sport"
    VOCATIONAL = "vocational"


class Course(Versioned, TenantBase):
    """A package of lessons with its price (课包)."""

    __tablename__ = "education_course"
    __table_args__ = (
        choice_check("subject", Subject),
        CheckConstraint("lessons > 0", name="lessons_positive"),
        CheckConstraint("price >= 0", name="price_not_negative"),
    )

    code: Mapped[str] = mapped_column(String(20), unique=True, info={"label": N_("Code")})
    name: Mapped[str] = mapped_column(String(120), info={"label": N_("Name")})
    subject: Mapped[Subject] = mapped_column(
        choice(Subject),
        default=Subject.LANGUAGE,
        info={
            "label": N_("Field of study"),
            "choices": {
                "language": N_("Language"),
                "science": N_("Science"),
                "art": N_("Art"),
                "sport": N_("Sport"),
                "vocational": N_("Vocational"),
            },
        },
    )
    lessons: Mapped[int] = mapped_column(Integer, doc="Lessons in the package.", info={"label": N_("Lessons")})
    minutes: Mapped[int] = mapped_column(Integer, default=45, doc="Length of one lesson.", info={"label": N_("Minutes per lesson")})
    price: Mapped[Decimal] = mapped_column(
        Numeric(20, 2), doc="List price of the package, VAT included.", info={"label": N_("Tuition"), "kind": "money"}
    )
    active: Mapped[bool] = mapped_column(default=True, info={"label": N_("Open for enrolment")})
    description: Mapped[str | None] = mapped_column(Text, info={"label": N_("Description"), "kind": "textarea"})


class Term(Versioned, TenantBase):
    """A stretch of the year in which classes run."""

    __tablename__ = "education_term"
    __table_args__ = (CheckConstraint("ends_on > starts_on", name="ends_after_start"),)

    name: Mapped[str] = mapped_column(String(60), unique=True, info={"label": N_("Name")})
    starts_on: Mapped[date] = mapped_column(Date, info={"label": N_("Starts on")})
    ends_on: Mapped[date] = mapped_column(Date, info={"label": N_("Ends on")})


class CourseClass(Versioned, TenantBase):
    """A group of students who take a course together (班级)."""

    __tablename__ = "education_class"
    __table_args__ = (CheckConstraint("seats > 0", name="seats_positive"), Index("ix_education_class_course_id", "course_id"))

    code: Mapped[str] = mapped_column(String(20), unique=True, info={"label": N_("Code")})
    name: Mapped[str] = mapped_column(String(120), info={"label": N_("Name")})
    course_id: Mapped[UUID] = mapped_column(ForeignKey("education_course.id"), info={"label": N_("Course")})
    term_id: Mapped[UUID | None] = mapped_column(ForeignKey("education_term.id"), index=True, info={"label": N_("Term")})
    teacher_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_employee.id"), index=True, info={"label": N_("Teacher")})
    room: Mapped[str | None] = mapped_column(String(60), info={"label": N_("Room")})
    timetable: Mapped[str | None] = mapped_column(String(120), info={"label": N_("Timetable"), "help": N_("For example: Saturdays 9:00")})
    seats: Mapped[int] = mapped_column(Integer, default=20, info={"label": N_("Seats")})
    active: Mapped[bool] = mapped_column(default=True, info={"label": N_("Open for enrolment")})
