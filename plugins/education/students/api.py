"""REST API of students."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from education.students.service import StudentRow, create_student, get_student_row, list_students, update_student
from kernel.work import Work

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class StudentRead(msgspec.Struct, kw_only=True):
    id: UUID
    number: str
    party_id: UUID
    name: str
    phone: str | None
    birth_on: date | None
    school: str | None
    grade: str | None
    guardian_name: str | None
    guardian_relation: str | None
    guardian_phone: str | None

    @classmethod
    def of(cls, row: StudentRow) -> "StudentRead":
        s = row.student
        return cls(
            id=s.id,
            number=s.number,
            party_id=s.party_id,
            name=row.name,
            phone=row.phone,
            birth_on=s.birth_on,
            school=s.school,
            grade=s.grade,
            guardian_name=s.guardian_name,
            guardian_relation=s.guardian_relation,
            guardian_phone=s.guardian_phone,
        )


class StudentCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Name
    phone: str | None = None
    birth_on: date | None = None
    school: str | None = None
    grade: str | None = None
    guardian_name: str | None = None
    guardian_relation: str | None = None
    guardian_phone: str | None = None
    health_note: str | None = None


class StudentUpdate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Name | msgspec.UnsetType = msgspec.UNSET
    phone: str | msgspec.UnsetType = msgspec.UNSET
    birth_on: date | msgspec.UnsetType | None = msgspec.UNSET
    school: str | msgspec.UnsetType | None = msgspec.UNSET
    grade: str | msgspec.UnsetType | None = msgspec.UNSET
    guardian_name: str | msgspec.UnsetType | None = msgspec.UNSET
    guardian_relation: str | msgspec.UnsetType | None = msgspec.UNSET
    guardian_phone: str | msgspec.UnsetType | None = msgspec.UNSET
    health_note: str | msgspec.UnsetType | None = msgspec.UNSET


class StudentController(Controller):
    path = "/students"
    tags = ["Education: students"]  # noqa: RUF012 - Litestar's own protocol

    @get("/", opt={"permission": "education.student.read"}, operation_id="listEducationStudents")
    async def list_students(self, work: NamedDependency[Work], q: FromQuery[str] = "") -> Sequence[StudentRead]:
        """Students by name, phone, number or guardian; at most 200."""
        return [StudentRead.of(row) for row in await list_students(work, text=q)]

    @post("/", opt={"permission": "education.student.create"}, operation_id="createEducationStudent")
    async def create_student(self, work: NamedDependency[Work], data: JSONBody[StudentCreate]) -> StudentRead:
        """A new student and the party behind it."""
        student = await create_student(work, **msgspec.structs.asdict(data))
        return StudentRead.of(await get_student_row(work, student.id))

    @get("/{student_id:uuid}", opt={"permission": "education.student.read"}, operation_id="readEducationStudent")
    async def read_student(self, work: NamedDependency[Work], student_id: FromPath[UUID]) -> StudentRead:
        """One student."""
        return StudentRead.of(await get_student_row(work, student_id))

    @patch("/{student_id:uuid}", opt={"permission": "education.student.update"}, operation_id="updateEducationStudent")
    async def update_student(self, work: NamedDependency[Work], student_id: FromPath[UUID], data: JSONBody[StudentUpdate]) -> StudentRead:
        """Change what is known of a student."""
        changes = {key: value for key, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET}
        await update_student(work, student_id, **changes)
        return StudentRead.of(await get_student_row(work, student_id))
