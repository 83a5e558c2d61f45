"""Pages of enrolments."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import select

from education.courses.model import Course, CourseClass
from education.enrolments import lessons, refunds, service
from education.enrolments.api import InState
from education.enrolments.model import Enrolment, EnrolmentState
from education.forms import Form
from education.students.service import get_student_row, list_students
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work
from vertical.slots import slot

FORM, DETAIL = "education/enrolment_form.html", "education/enrolment.html"


class EnrolmentPages(Controller):
    path = "/enrolments"
    include_in_schema = False

    @get("/", opt={"permission": "education.enrolment.read"})
    async def list_page(self, work: NamedDependency[Work], in_state: InState = None) -> Template:
        """Enrolments, the newest first."""
        rows = await service.list_enrolments(work, state=in_state)
        return page("education/enrolments.html", rows=rows, state=in_state, today=work.today())

    @get("/new", opt={"permission": "education.enrolment.create"})
    async def new_page(self, work: NamedDependency[Work], student: FromQuery[UUID | None] = None) -> Template:
        """The enrolment form, for ``student`` where one is given."""
        return page(FORM, values={"student_id": student}, errors={}, **await _choices(work))

    @post("/new", opt={"permission": "education.enrolment.create"})
    async def create(self, work: NamedDependency[Work], request: Request[Any, Any, Any]) -> Redirect:
        """Write the draft, and enrol at once where the person may and asked for it."""
        form = await Form.of(request)
        try:
            enrolment = await service.draft_enrolment(
                work,
                student_id=form.id("student_id", _("Please choose a student.")),
                class_id=form.id("class_id", _("Please choose a class.")),
                tuition=form.amount("tuition"),
                discount_reason=form.text("discount_reason"),
            )
            if form.text("enrol"):
                work.require("education.enrolment.enrol")
                await service.enrol(work, enrolment.id)
        except DomainError as error:
            raise FormRefused.because(error, FORM, values=form.values, **await _choices(work)) from error
        return _to(enrolment.id)

    @get("/{enrolment_id:uuid}", opt={"permission": "education.enrolment.read"})
    async def detail_page(self, work: NamedDependency[Work], enrolment_id: FromPath[UUID]) -> Template:
        """One enrolment with its tuition, its lessons and what can be done."""
        return page(DETAIL, values={}, errors={}, **await _detail(work, enrolment_id))

    @post("/{enrolment_id:uuid}/enrol", opt={"permission": "education.enrolment.enrol"})
    async def enrol(self, work: NamedDependency[Work], enrolment_id: FromPath[UUID]) -> Redirect:
        """Make the draft a contract."""
        context = await _detail(work, enrolment_id)
        try:
            await service.enrol(work, enrolment_id)
        except DomainError as error:
            raise FormRefused.because(error, DETAIL, values={}, **context) from error
        return _to(enrolment_id)

    @post("/{enrolment_id:uuid}/receive", opt={"permission": "education.tuition.receive"})
    async def receive(self, work: NamedDependency[Work], request: Request[Any, Any, Any], enrolment_id: FromPath[UUID]) -> Redirect:
        """Note a payment."""
        form, context = await Form.of(request), await _detail(work, enrolment_id)
        try:
            await service.receive_tuition(work, enrolment_id, form.amount("amount") or context["enrolment"].unpaid, on=form.day("on"))
        except DomainError as error:
            raise FormRefused.because(error, DETAIL, values=form.values, **context) from error
        return _to(enrolment_id)

    @post("/{enrolment_id:uuid}/teach", opt={"permission": "education.lesson.teach"})
    async def teach(self, work: NamedDependency[Work], request: Request[Any, Any, Any], enrolment_id: FromPath[UUID]) -> Redirect:
        """Note lessons as given."""
        form, context = await Form.of(request), await _detail(work, enrolment_id)
        try:
            await lessons.teach(work, enrolment_id, form.whole("count", 1), on=form.day("on"))
        except DomainError as error:
            raise FormRefused.because(error, DETAIL, values=form.values, **context) from error
        return _to(enrolment_id)

    @post("/{enrolment_id:uuid}/withdraw", opt={"permission": "education.enrolment.withdraw"})
    async def withdraw(self, work: NamedDependency[Work], enrolment_id: FromPath[UUID]) -> Redirect:
        """End the contract."""
        context = await _detail(work, enrolment_id)
        try:
            await service.withdraw(work, enrolment_id)
        except DomainError as error:
            raise FormRefused.because(error, DETAIL, values={}, **context) from error
        return _to(enrolment_id)

    @post("/{enrolment_id:uuid}/refund", opt={"permission": "education.tuition.refund"})
    async def refund(self, work: NamedDependency[Work], request: Request[Any, Any, Any], enrolment_id: FromPath[UUID]) -> Redirect:
        """Give back what was paid too much."""
        form, context = await Form.of(request), await _detail(work, enrolment_id)
        try:
            amount = form.amount("refund")
            wanted = context["refundable"] if amount is None else amount
            await refunds.ask_refund(work, enrolment_id, wanted, on=form.day("on"))
        except DomainError as error:
            raise FormRefused.because(error, DETAIL, values=form.values, **context) from error
        return _to(enrolment_id)


def _to(enrolment_id: UUID) -> Redirect:
    return Redirect(path=f"/education/enrolments/{enrolment_id}", status_code=303)


async def _choices(work: Work) -> dict[str, Any]:
    """Students and open classes for the form's selects."""
    students = await list_students(work)
    query = (
        select(CourseClass.id, CourseClass.name, Course.price)
        .join(Course, Course.id == CourseClass.course_id)
        .where(CourseClass.active, Course.active)
        .order_by(CourseClass.code)
        .limit(200)
    )
    classes: Sequence[Any] = (await work.session.execute(query)).all()
    return {
        "students": [(row.student.id, f"{row.name} {row.student.number}") for row in students],
        "classes": [(row.id, f"{row.name} ({row.price:,.2f})") for row in classes],
    }


async def _detail(work: Work, enrolment_id: UUID) -> dict[str, Any]:
    enrolment: Enrolment = await service.get_enrolment(work, enrolment_id)
    refundable = enrolment.paid - enrolment.earned if enrolment.state is EnrolmentState.WITHDRAWN else 0
    return {
        "enrolment": enrolment,
        "refundable": max(refundable, 0),
        "student": await get_student_row(work, enrolment.student_id),
        "lessons": await lessons.lessons_of(work, enrolment_id),
        "today": work.today(),
        "side": await slot(work, "education.enrolment.side", enrolment=enrolment),
    }
