"""Entry point: what Education contributes to the platform."""

from collections.abc import AsyncIterator
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from education import dashboard, demo, period_end, reminders
from education.courses.model import Course, CourseClass, Term
from education.courses.resource import CLASSES, COURSES, TERMS
from education.enrolments import events as happenings
from education.enrolments import posting
from education.enrolments.api import AttendanceController, EnrolmentController
from education.enrolments.model import Enrolment, EnrolmentState, Lesson
from education.enrolments.pages import EnrolmentPages
from education.enrolments.refunds import REFUNDS
from education.invariants import INVARIANTS
from education.reports import REPORTS
from education.settings import Settings
from education.students.api import StudentController
from education.students.model import Student
from education.students.pages import StudentPages
from education.students.service import forget_student
from kernel.i18n import N_
from kernel.i18n import gettext as _
from vertical import (
    AccountTemplate,
    ApprovalKind,
    DocumentType,
    Invariant,
    Job,
    Manifest,
    Migrations,
    NavItem,
    NotificationKind,
    Panel,
    PeriodEndCheck,
    Permission,
    PostingRule,
    Problem,
    RecordKind,
    Report,
    Resource,
    Role,
    Searcher,
    TenantContext,
    Widget,
    hookimpl,
)

PACKAGE = files("education")


@hookimpl
def manifest() -> Manifest:
    try:
        release = version("jingwei")
    except PackageNotFoundError:
        release = "0"
    return Manifest(
        name="education",
        version=release,
        title=N_("Education"),
        summary=N_("Students, courses, enrolments with tuition, and revenue lesson by lesson"),
        publisher="Jingwei",
        requires_api=">=1.0,<2",
        icon="school",
        industry="education",
    )


@hookimpl
def models() -> list[type]:
    return [Course, Term, CourseClass, Student, Enrolment, Lesson]


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=PACKAGE / "migrations")


@hookimpl
def resources() -> list[Resource]:
    return [COURSES, TERMS, CLASSES]


@hookimpl
def routes() -> list[type]:
    return [StudentController, EnrolmentController, AttendanceController]


@hookimpl
def pages() -> list[type]:
    return [StudentPages, EnrolmentPages]


@hookimpl
def templates() -> Traversable:
    return PACKAGE / "templates"


@hookimpl
def translations() -> Traversable:
    return PACKAGE / "locale"


@hookimpl
def navigation() -> list[NavItem]:
    entries = (
        (N_("Students"), "students", "student", "school"),
        (N_("Enrolments"), "enrolments", "enrolment", "clipboard-list"),
        (N_("Classes"), CLASSES.slug, "class", "users"),
        (N_("Courses"), COURSES.slug, "course", "book"),
        (N_("Terms"), TERMS.slug, "term", "calendar"),
    )
    return [
        NavItem(
            label=label,
            path=f"/education/{slug}",
            section="operations",
            permission=f"education.{noun}.read",
            icon=icon,
            order=order,
            badge=dashboard.overdue_count if noun == "enrolment" else None,
        )
        for order, (label, slug, noun, icon) in enumerate(entries, 10)
    ]


@hookimpl
def panels() -> list[Panel]:
    return [Panel(slot="master.party.side", render=dashboard.student_panel, permission="education.student.read", order=20)]


@hookimpl
def reports() -> list[Report]:
    return list(REPORTS)


@hookimpl
def widgets() -> list[Widget]:
    return [Widget(key="education.tuition", title=N_("Tuition"), render=dashboard.tuition_widget, permission="education.enrolment.read")]


@hookimpl
def searchers() -> list[Searcher]:
    return [Searcher(key="education.students", label=N_("Students"), permission="education.student.read", search=dashboard.find_students)]


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(code="education.student.read", label=N_("See students")),
        Permission(code="education.student.create", label=N_("Put down new students")),
        Permission(code="education.student.update", label=N_("Change what is known of students")),
        Permission(code="education.enrolment.read", label=N_("See enrolments and tuition")),
        Permission(code="education.enrolment.create", label=N_("Draft enrolments")),
        Permission(code="education.enrolment.enrol", label=N_("Enrol students and charge tuition")),
        Permission(code="education.enrolment.withdraw", label=N_("Withdraw students")),
        Permission(code="education.lesson.teach", label=N_("Note lessons as given")),
        Permission(code="education.tuition.receive", label=N_("Receive tuition")),
        Permission(code="education.tuition.refund", label=N_("Give tuition back")),
    ]


@hookimpl
def roles() -> list[Role]:
    seen = ["education.student.read", "education.enrolment.read", "education.course.read", "education.class.read", "education.term.read"]
    desk = ["education.student.create", "education.student.update", "education.enrolment.create", "education.enrolment.enrol"]
    return [
        Role(code="education.teacher", label=N_("Teacher"), permissions=[*seen, "education.lesson.teach"]),
        Role(
            code="education.registrar",
            label=N_("Registrar"),
            permissions=[*seen, *desk, "education.enrolment.withdraw", "education.tuition.receive", "education.lesson.teach"],
        ),
    ]


@hookimpl
def accounts() -> list[AccountTemplate]:
    # Sub-accounts of the company's own: their numbers follow the standard, the names are those Chinese books use.
    return [
        AccountTemplate(key=posting.LIABILITY, code="220390", name="预收学费", kind="liability", parent_key="contract_liability"),
        AccountTemplate(key=posting.REVENUE, code="500190", name="学费收入", kind="income", parent_key="revenue"),
    ]


@hookimpl
def posting_rules() -> list[PostingRule]:
    return list(posting.RULES)


@hookimpl
def invariants() -> list[Invariant]:
    return list(INVARIANTS)


@hookimpl
def period_end_checks() -> list[PeriodEndCheck]:
    return [
        PeriodEndCheck(
            key="education.lessons_in_books", title=N_("Lessons given are in the books"), find=period_end.lessons_not_posted, blocking=False
        )
    ]


@hookimpl
def document_types() -> list[DocumentType]:
    return [DocumentType(key="education.enrolment", label=N_("Enrolment"), prefix="EN", gapless=True)]


@hookimpl
def record_kinds() -> list[RecordKind]:
    return [
        RecordKind(stem="education.student", label=N_("Students"), model=Student, path="/education/students/{id}", title="number"),
        RecordKind(stem="education.enrolment", label=N_("Enrolments"), model=Enrolment, path="/education/enrolments/{id}", title="number"),
    ]


@hookimpl
def notification_kinds() -> list[NotificationKind]:
    return [NotificationKind(key=reminders.OVERDUE, label=N_("Tuition is overdue"), mail=True, icon="coin")]


@hookimpl
def approval_kinds() -> list[ApprovalKind]:
    return [REFUNDS]


@hookimpl
def events() -> list[type]:
    return [
        happenings.Enrolled,
        happenings.LessonsTaught,
        happenings.TuitionReceived,
        happenings.TuitionRefunded,
        happenings.Withdrawn,
        happenings.TuitionOverdue,
    ]


@hookimpl
def jobs() -> list[Job]:
    return [Job(key="education.remind_of_tuition", cron="0 8 * * *", run=reminders.remind_of_tuition, timeout_s=60)]


@hookimpl
def settings_schema() -> type[Settings]:
    return Settings


@hookimpl
async def check_disable(context: TenantContext) -> list[Problem]:
    owed = select(Enrolment.id).where(Enrolment.state == EnrolmentState.ENROLLED).limit(1)
    if await context.work.session.scalar(owed) is None:
        return []
    message = _("Lessons are still owed to enrolled students. Their data stays, but no lesson can be noted while Education is off.")
    return [Problem(code="education_lessons_owed", message=message, blocking=False)]


@hookimpl
async def load_demo_data(context: TenantContext) -> None:
    await demo.load(context.work)


@hookimpl
async def export_data(context: TenantContext) -> AsyncIterator[tuple[str, bytes]]:
    for model in models():
        columns = [column.key for column in model.__table__.columns]  # type: ignore[attr-defined]
        rows = await context.work.session.execute(select(*model.__table__.columns).order_by(model.__table__.c.id))  # type: ignore[attr-defined]
        body: list[dict[str, Any]] = [dict(zip(columns, row, strict=True)) for row in rows]
        yield f"{model.__tablename__}.json", msgspec.json.encode(body)  # type: ignore[attr-defined]


@hookimpl
async def erase_person(context: TenantContext, party_id: UUID) -> None:
    await forget_student(context.work, party_id)
