"""From a draft to a contract: enrolling, receiving and giving back tuition, withdrawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from education.courses.model import Course, CourseClass
from education.enrolments.errors import AlreadyEnrolled, AmountWrong, ClassClosed, ClassFull, EnrolmentNotFound, EnrolmentStateWrong
from education.enrolments.events import Enrolled, EnrolmentEvent, TuitionReceived, TuitionRefunded, Withdrawn
from education.enrolments.model import Enrolment, EnrolmentState
from education.settings import read_settings
from education.students.model import Student
from education.students.service import get_student
from kernel.i18n import gettext as _
from kernel.numbering import next_number
from kernel.work import Work
from master_data.api import Party

NUMBER_KEY, NUMBER_PREFIX = "education.enrolment", "EN"
LIST_MAX = 200

Happening = TypeVar("Happening", bound=EnrolmentEvent)


@dataclass(frozen=True, kw_only=True)
class EnrolmentRow:
    """A line of the list: the enrolment with the names people know it by."""

    enrolment: Enrolment
    student: str
    class_name: str


async def get_enrolment(work: Work, enrolment_id: UUID, *, lock: bool = False) -> Enrolment:
    """The enrolment with its student and class.

    Raises:
        EnrolmentNotFound: no such enrolment in this tenant.
    """
    query = (
        select(Enrolment)
        .where(Enrolment.id == enrolment_id)
        .options(joinedload(Enrolment.student, innerjoin=True), joinedload(Enrolment.course_class, innerjoin=True))
        .execution_options(populate_existing=lock)
    )
    enrolment = await work.session.scalar(query.with_for_update(of=Enrolment) if lock else query)
    if enrolment is None:
        raise EnrolmentNotFound(_("This enrolment does not exist, or was removed."))
    return enrolment


async def list_enrolments(
    work: Work, *, state: EnrolmentState | None = None, class_id: UUID | None = None, student_id: UUID | None = None
) -> Sequence[EnrolmentRow]:
    """The newest enrolments first, at most 200."""
    query: Select[Enrolment, str, str] = (
        select(Enrolment, Party.name, CourseClass.name)
        .join(Student, Student.id == Enrolment.student_id)
        .join(Party, Party.id == Student.party_id)
        .join(CourseClass, CourseClass.id == Enrolment.class_id)
        .order_by(Enrolment.id.desc())
        .limit(LIST_MAX)
    )
    for column, value in ((Enrolment.state, state), (Enrolment.class_id, class_id), (Enrolment.student_id, student_id)):
        if value is not None:
            query = query.where(column == value)
    return [EnrolmentRow(enrolment=e, student=student, class_name=name) for e, student, name in await work.session.execute(query)]


async def draft_enrolment(
    work: Work, *, student_id: UUID, class_id: UUID, tuition: Decimal | None = None, discount_reason: str | None = None
) -> Enrolment:
    """Put a student down for a class.  Without ``tuition`` the course's list price is charged.

    Raises:
        ClassClosed: the class or its course takes no more students, or does not exist.
        AlreadyEnrolled: the student has a place in it.
        AmountWrong: the tuition is negative or above the list price.
    """
    student = await get_student(work, student_id)
    found = await work.session.execute(
        select(CourseClass, Course).join(Course, Course.id == CourseClass.course_id).where(CourseClass.id == class_id)
    )
    course_class, course = found.one_or_none() or (None, None)
    if course_class is None or course is None or not (course_class.active and course.active):
        raise ClassClosed(_("This class takes no more students; choose another."), field="class_id")
    await _refuse_double(work, student.id, class_id)
    agreed = course.price if tuition is None else tuition
    if not (0 <= agreed <= course.price) or agreed != round(agreed, 2):
        message = _("Tuition is between 0 and the list price of %(price)s, with two decimals.", price=course.price)
        raise AmountWrong(message, field="tuition")
    enrolment = Enrolment(
        student=student,
        course_class=course_class,
        list_price=course.price,
        tuition=agreed,
        discount_reason=(discount_reason or "").strip() or None,
        lessons=course.lessons,
        state=EnrolmentState.DRAFT,
        taught=0,
        earned=Decimal(0),
        paid=Decimal(0),
    )
    work.session.add(enrolment)
    await work.session.flush()
    return enrolment


async def enrol(work: Work, enrolment_id: UUID, *, on: date | None = None) -> Enrolment:
    """Make the draft a contract: draw its number, charge the tuition.

    Raises:
        EnrolmentStateWrong: it is no draft; enrolling is not repeatable.
        ClassFull: no seat is left.
    """
    enrolment = await get_enrolment(work, enrolment_id, lock=True)
    expect(enrolment, EnrolmentState.DRAFT)
    await _take_seat(work, enrolment.course_class)
    on = on or work.today()
    settings = await read_settings(work)
    enrolment.state = EnrolmentState.ENROLLED
    enrolment.enrolled_on, enrolment.due_on = on, on + timedelta(days=settings.tuition_due_days)
    enrolment.number = await next_number(work, NUMBER_KEY, prefix=NUMBER_PREFIX, on=on)
    await work.session.flush()
    if enrolment.tuition:
        await work.publish(await event_of(work, enrolment, Enrolled, on, tuition=enrolment.tuition))
    return enrolment


async def receive_tuition(work: Work, enrolment_id: UUID, amount: Decimal, *, on: date | None = None) -> Enrolment:
    """Note what was paid; instalments are several calls.

    Raises:
        EnrolmentStateWrong: nothing is owed on a draft or after withdrawal.
        AmountWrong: not positive, or more than is owed.
    """
    enrolment = await get_enrolment(work, enrolment_id, lock=True)
    expect(enrolment, EnrolmentState.ENROLLED, EnrolmentState.COMPLETED)
    check_amount(amount, enrolment.unpaid, _("At most %(most)s is still to be paid.", most=enrolment.unpaid))
    enrolment.paid += amount
    await work.session.flush()
    await work.publish(await event_of(work, enrolment, TuitionReceived, on or work.today(), amount=amount))
    return enrolment


async def withdraw(work: Work, enrolment_id: UUID, *, on: date | None = None) -> Enrolment:
    """End the contract: lessons not given are no longer owed, nor is their price.

    What was paid for them can then be given back (``refund_tuition``), at the price agreed on per lesson.

    Raises:
        EnrolmentStateWrong: only a running enrolment can be ended.
    """
    enrolment = await get_enrolment(work, enrolment_id, lock=True)
    expect(enrolment, EnrolmentState.ENROLLED)
    unearned = enrolment.unearned
    enrolment.state = EnrolmentState.WITHDRAWN
    enrolment.withdrawn_on = on or work.today()
    await work.session.flush()
    if unearned:
        await work.publish(await event_of(work, enrolment, Withdrawn, enrolment.withdrawn_on, unearned=unearned))
    return enrolment


async def refund_tuition(work: Work, enrolment_id: UUID, amount: Decimal, *, on: date | None = None) -> Enrolment:
    """Give back what was paid beyond the lessons given.

    Raises:
        EnrolmentStateWrong: the student has not withdrawn.
        AmountWrong: not positive, or more than was paid too much.
    """
    enrolment = await get_enrolment(work, enrolment_id, lock=True)
    expect(enrolment, EnrolmentState.WITHDRAWN)
    most = max(enrolment.paid - enrolment.earned, Decimal(0))
    check_amount(amount, most, _("At most %(most)s can be given back.", most=most))
    enrolment.paid -= amount
    await work.session.flush()
    await work.publish(await event_of(work, enrolment, TuitionRefunded, on or work.today(), amount=amount))
    return enrolment


async def delete_draft(work: Work, enrolment_id: UUID) -> None:
    """Remove a draft; a contract is ended by ``withdraw``.

    Raises:
        EnrolmentStateWrong: it is no draft.
    """
    enrolment = await get_enrolment(work, enrolment_id, lock=True)
    expect(enrolment, EnrolmentState.DRAFT)
    await work.session.delete(enrolment)
    await work.session.flush()


async def event_of(work: Work, enrolment: Enrolment, kind: type[Happening], on: date, **more: Any) -> Happening:
    """An event of ``kind`` with what all events of an enrolment carry."""
    name = await work.session.scalar(select(Party.name).where(Party.id == enrolment.student.party_id))
    return kind(
        enrolment_id=enrolment.id, number=enrolment.number or "", party_id=enrolment.student.party_id, student=name or "", on=on, **more
    )


def expect(enrolment: Enrolment, *states: EnrolmentState) -> None:
    """Refuse unless the enrolment is in one of ``states``."""
    if enrolment.state not in states:
        words = {
            EnrolmentState.DRAFT: _("is still a draft"),
            EnrolmentState.ENROLLED: _("is already enrolled"),
            EnrolmentState.COMPLETED: _("is completed"),
            EnrolmentState.WITHDRAWN: _("was withdrawn"),
        }
        raise EnrolmentStateWrong(
            _("Enrolment %(number)s %(state)s, so this cannot be done.", number=enrolment.number or "", state=words[enrolment.state])
        )


async def _refuse_double(work: Work, student_id: UUID, class_id: UUID) -> None:
    taken = select(Enrolment.id).where(
        Enrolment.student_id == student_id,
        Enrolment.class_id == class_id,
        Enrolment.state.in_([EnrolmentState.DRAFT, EnrolmentState.ENROLLED]),
    )
    if await work.session.scalar(taken.limit(1)) is not None:
        raise AlreadyEnrolled(_("This student already has a place in the class."), field="class_id")


async def _take_seat(work: Work, course_class: CourseClass) -> None:
    """Locks the class, so that two cannot take its last seat."""
    seats = await work.session.scalar(select(CourseClass.seats).where(CourseClass.id == course_class.id).with_for_update())
    taken = await work.session.scalar(
        select(func.count()).where(Enrolment.class_id == course_class.id, Enrolment.state == EnrolmentState.ENROLLED)
    )
    if (taken or 0) >= (seats or 0):
        raise ClassFull(_("Class %(name)s has no seat left; raise its seats or choose another.", name=course_class.name), field="class_id")


def check_amount(amount: Decimal, most: Decimal, message: str) -> None:
    if amount <= 0 or amount != round(amount, 2):
        raise AmountWrong(_("Please enter an amount above 0 with at most two decimals."), field="amount")
    if amount > most:
        raise AmountWrong(message, field="amount")
