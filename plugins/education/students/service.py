"""Students: put one down, change what is known, find one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, inspect, or_, select

from education.students.model import Student
from kernel.errors import FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.numbering import next_number
from kernel.work import Work
from master_data.api import Party, PartyKind, create_party, update_party
from vertical.columns import keep_limits

NUMBER_KEY, NUMBER_PREFIX = "education.student", "ST"
LIST_MAX = 200
DETAILS = ("birth_on", "school", "grade", "guardian_name", "guardian_relation", "guardian_phone", "health_note")
COLUMNS: dict[str, Any] = {name: inspect(Student).column_attrs[name].columns[0] for name in DETAILS}


class StudentNotFound(NotFound):
    code = "education_student_not_found"


class StudentInvalid(Invalid):
    code = "education_student_invalid"


@dataclass(frozen=True, kw_only=True)
class StudentRow:
    """A student with the name and phone of its party."""

    student: Student
    name: str
    phone: str | None


async def get_student(work: Work, student_id: UUID) -> Student:
    """The student.

    Raises:
        StudentNotFound: no such student in this tenant.
    """
    return (await get_student_row(work, student_id)).student


async def get_student_row(work: Work, student_id: UUID) -> StudentRow:
    """The student with name and phone.

    Raises:
        StudentNotFound: no such student in this tenant.
    """
    row = (await work.session.execute(_rows().where(Student.id == student_id))).one_or_none()
    if row is None:
        raise StudentNotFound(_("This student does not exist, or was removed."), field="student_id")
    return _row(row)


async def student_of_party(work: Work, party_id: UUID) -> Student | None:
    """The student that the party is, if it is one."""
    return await work.session.scalar(select(Student).where(Student.party_id == party_id))


async def list_students(work: Work, *, text: str = "", limit: int = LIST_MAX) -> Sequence[StudentRow]:
    """Students by name, phone, number or guardian; all of them, the newest first, without ``text``."""
    query = _rows().order_by(Student.id.desc()).limit(min(limit, LIST_MAX))
    if words := text.strip().casefold():
        pattern = "%" + words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        found = (Party.search_text.like(pattern, escape="\\"), Student.number.ilike(pattern), Student.guardian_name.ilike(pattern))
        query = query.where(or_(*found))
    return [_row(row) for row in await work.session.execute(query)]


async def create_student(work: Work, *, name: str, phone: str | None = None, **details: Any) -> Student:
    """A new student and the party behind it; ``details`` are the columns named in ``DETAILS``.

    Raises:
        Invalid: a value is missing or too long; ``errors`` names the fields.
    """
    values = _checked(details)
    guardian_phone = values.get("guardian_phone")
    party_id = await create_party(work, name=name, kind=PartyKind.PERSON, is_customer=True, phone=phone or guardian_phone)
    number = await next_number(work, NUMBER_KEY, prefix=NUMBER_PREFIX, on=work.today(), reset="never", pattern="{prefix}{number:05d}")
    student = Student(party_id=party_id, number=number, **values)
    work.session.add(student)
    await work.session.flush()
    return student


async def update_student(work: Work, student_id: UUID, *, name: str | None = None, phone: str | None = None, **details: Any) -> Student:
    """Change a student; what is left out stays.

    Raises:
        StudentNotFound: no such student in this tenant.
        Invalid: a value is missing or too long.
    """
    student = await get_student(work, student_id)
    changes = {key: value for key, value in (("name", name), ("phone", phone)) if value is not None}
    if changes:
        await update_party(work, student.party_id, changes)
    for key, value in _checked(details).items():
        setattr(student, key, value)
    await work.session.flush()
    return student


async def forget_student(work: Work, party_id: UUID) -> None:
    """Remove what is personal; enrolments and their vouchers stay, as the books must."""
    student = await student_of_party(work, party_id)
    if student is not None:
        for key in DETAILS:
            setattr(student, key, None)
        await work.session.flush()


def _checked(details: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(details) - set(DETAILS):
        raise TypeError(f"a student has no {sorted(unknown)}")
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for key, value in details.items():
        try:
            values[key] = keep_limits(key, COLUMNS[key], value)
        except Invalid as error:
            errors += error.errors
    if errors:
        raise StudentInvalid(errors[0].message, errors=errors)
    return values


def _rows() -> Select[Student, str, str | None]:
    return select(Student, Party.name, Party.phone).join(Party, Party.id == Student.party_id)


def _row(row: Any) -> StudentRow:
    return StudentRow(student=row[0], name=row[1], phone=row[2])
