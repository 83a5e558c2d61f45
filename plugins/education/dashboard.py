"""What education shows elsewhere: a tile on the home page, a panel beside a party, finds in the palette."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from education.enrolments.model import Enrolment, EnrolmentState
from education.enrolments.service import list_enrolments
from education.students.service import list_students, student_of_party
from kernel.templates import render
from kernel.work import Work
from vertical import SearchHit


async def tuition_widget(work: Work) -> str:
    """How many are enrolled, what is owed to them in lessons, and what they still owe."""
    running = Enrolment.state == EnrolmentState.ENROLLED
    unpaid = Enrolment.state.in_([EnrolmentState.ENROLLED, EnrolmentState.COMPLETED])
    query = select(
        func.count(Enrolment.id).filter(running),
        func.coalesce(func.sum(Enrolment.tuition - Enrolment.earned).filter(running), 0),
        func.coalesce(func.sum(Enrolment.tuition - Enrolment.paid).filter(unpaid), 0),
        func.count(Enrolment.id).filter(unpaid, Enrolment.paid < Enrolment.tuition, Enrolment.due_on < work.today()),
    )
    enrolled, unearned, owed, overdue = (await work.session.execute(query)).one()
    return render("education/widget.html", enrolled=enrolled, unearned=unearned, owed=owed, overdue=overdue)


async def student_panel(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    """The student that a party is, with the newest enrolments; nothing for other parties."""
    student = await student_of_party(work, record["id"])
    if student is None:
        return ""
    rows = await list_enrolments(work, student_id=student.id) if work.actor.may("education.enrolment.read") else []
    return render("education/panel.html", student=student, rows=rows[:5])


async def find_students(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Students for the command palette."""
    rows = await list_students(work, text=text, limit=limit)
    return [SearchHit(title=row.name, path=f"/education/students/{row.student.id}", hint=row.student.number, icon="school") for row in rows]


async def overdue_count(work: Work) -> int | None:
    """How many enrolments have tuition overdue: the number beside the menu entry."""
    query = select(func.count(Enrolment.id)).where(
        Enrolment.state == EnrolmentState.ENROLLED, Enrolment.paid < Enrolment.tuition, Enrolment.due_on < work.today()
    )
    return await work.session.scalar(query) or None
