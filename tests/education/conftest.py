"""A company that has Education switched on."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from education.courses.resource import CLASSES, COURSES
from education.enrolments.service import draft_enrolment, enrol
from education.students.service import create_student
from kernel.database import Database
from kernel.work import Tenant
from vertical.records import create_record


@dataclass
class School:
    """A tenant with Education, and short ways to what a test needs."""

    database: Database
    tenant: Tenant

    def work(self):
        return self.database.work(self.tenant)

    async def place(self, work, *, price="1000.00", lessons=10, seats=20, code="ENG") -> UUID:
        """A class of a course with this price."""
        course = {"code": code, "name": f"Course {code}", "lessons": lessons, "price": Decimal(price)}
        course_id = await create_record(work, COURSES, course)
        return await create_record(work, CLASSES, {"code": f"{code}-1", "name": f"Class {code}", "course_id": course_id, "seats": seats})

    async def enrolled(self, work, *, name="王子涵", **place):
        """A student enrolled in a new class."""
        class_id = await self.place(work, **place)
        student = await create_student(work, name=name)
        draft = await draft_enrolment(work, student_id=student.id, class_id=class_id)
        return await enrol(work, draft.id)

    async def books(self, work) -> dict[str, Decimal]:
        """What the posted lines say, by name of account: debits less credits."""
        query = text(
            "SELECT a.name, sum(l.debit - l.credit) FROM finance_voucher_line l JOIN finance_account a ON a.id = l.account_id"
            " GROUP BY a.name HAVING sum(l.debit - l.credit) <> 0"
        )
        return dict((await work.session.execute(query)).all())


@pytest.fixture
async def school(database, new_tenant):
    return School(database, await new_tenant("education"))
