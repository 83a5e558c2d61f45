"""Pages of students."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from education.enrolments.service import list_enrolments
from education.forms import Form
from education.students.service import DETAILS, StudentRow, create_student, get_student_row, list_students, update_student
from kernel.errors import DomainError
from kernel.web import FormRefused, page
from kernel.work import Work
from vertical.slots import slot

FORM = "education/student_form.html"


class StudentPages(Controller):
    path = "/students"
    include_in_schema = False

    @get("/", opt={"permission": "education.student.read"})
    async def list_page(self, work: NamedDependency[Work], q: FromQuery[str] = "") -> Template:
        """All students, or those that were searched for."""
        return page("education/students.html", q=q, rows=await list_students(work, text=q))

    @get("/new", opt={"permission": "education.student.create"})
    async def new_page(self) -> Template:
        """An empty form."""
        return page(FORM, row=None, values={}, errors={})

    @post("/new", opt={"permission": "education.student.create"})
    async def create(self, work: NamedDependency[Work], request: Request[Any, Any, Any]) -> Redirect:
        """Write the student."""
        form = await Form.of(request)
        try:
            student = await create_student(work, name=form.values.get("name", ""), phone=form.text("phone"), **_details(form))
        except DomainError as error:
            raise FormRefused.because(error, FORM, values=form.values, row=None) from error
        return Redirect(path=f"/education/students/{student.id}", status_code=303)

    @get("/{student_id:uuid}", opt={"permission": "education.student.read"})
    async def detail_page(self, work: NamedDependency[Work], student_id: FromPath[UUID]) -> Template:
        """One student with the enrolments."""
        row = await get_student_row(work, student_id)
        enrolments = await list_enrolments(work, student_id=student_id) if work.actor.may("education.enrolment.read") else []
        side = await slot(work, "education.student.side", student=row.student)
        return page("education/student.html", row=row, enrolments=enrolments, side=side)

    @get("/{student_id:uuid}/edit", opt={"permission": "education.student.update"})
    async def edit_page(self, work: NamedDependency[Work], student_id: FromPath[UUID]) -> Template:
        """The form with what is known."""
        row = await get_student_row(work, student_id)
        return page(FORM, row=row, values=_values(row), errors={})

    @post("/{student_id:uuid}/edit", opt={"permission": "education.student.update"})
    async def update(self, work: NamedDependency[Work], request: Request[Any, Any, Any], student_id: FromPath[UUID]) -> Redirect:
        """Write the changes."""
        form, row = await Form.of(request), await get_student_row(work, student_id)
        try:
            await update_student(work, student_id, name=form.values.get("name", ""), phone=form.values.get("phone", ""), **_details(form))
        except DomainError as error:
            raise FormRefused.because(error, FORM, values=form.values, row=row) from error
        return Redirect(path=f"/education/students/{student_id}", status_code=303)


def _details(form: Form) -> dict[str, Any]:
    return {name: form.text(name) for name in DETAILS if name != "birth_on"} | {"birth_on": form.day("birth_on")}


def _values(row: StudentRow) -> dict[str, Any]:
    return {"name": row.name, "phone": row.phone, **{name: getattr(row.student, name) for name in DETAILS}}
