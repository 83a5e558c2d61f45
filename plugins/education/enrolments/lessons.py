"""Lessons given turn tuition into revenue (课消).

Revenue is recognised lesson by lesson: after ``n`` of ``N`` lessons, ``tuition * n / N`` is earned, rounded half-up, less
what was earned before.  So the parts add up to the tuition exactly, whatever the price of one lesson.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from education.courses.model import CourseClass
from education.enrolments.errors import ClassNotFound, NotEnoughLessons
from education.enrolments.events import LessonsTaught
from education.enrolments.model import Enrolment, EnrolmentState, Lesson
from education.enrolments.service import event_of, expect, get_enrolment
from education.settings import read_settings
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work


async def teach(work: Work, enrolment_id: UUID, count: int = 1, *, on: date | None = None) -> Lesson:
    """Note ``count`` lessons of one enrolment as given and recognise their tuition as revenue.

    Raises:
        EnrolmentStateWrong: the student is not enrolled.
        NotEnoughLessons: fewer are left.
    """
    if count < 1:
        raise Invalid(_("Please enter how many lessons were given."), field="count")
    enrolment = await get_enrolment(work, enrolment_id, lock=True)
    expect(enrolment, EnrolmentState.ENROLLED)
    left = enrolment.lessons - enrolment.taught
    if count > left:
        raise NotEnoughLessons(_("Enrolment %(number)s has only %(left)s lessons left.", number=enrolment.number, left=left), field="count")
    on = on or work.today()
    before = enrolment.earned
    enrolment.taught += count
    enrolment.earned = earned_after(enrolment.tuition, enrolment.taught, enrolment.lessons)
    amount = enrolment.earned - before
    vat = vat_in(amount, (await read_settings(work)).vat_percent)
    if enrolment.taught == enrolment.lessons:
        enrolment.state = EnrolmentState.COMPLETED
    lesson = Lesson(enrolment_id=enrolment.id, taught_on=on, count=count, amount=amount, vat=vat)
    work.session.add(lesson)
    await work.session.flush()
    if amount:
        event = await event_of(work, enrolment, LessonsTaught, on, lesson_id=lesson.id, count=count, net=amount - vat, vat=vat)
        await work.publish(event)
    return lesson


async def teach_class(work: Work, class_id: UUID, *, on: date | None = None, absent: Sequence[UUID] = ()) -> list[Lesson]:
    """One lesson for everybody enrolled in the class, but for the enrolments in ``absent``.

    Raises:
        ClassNotFound: no such class in this tenant.
    """
    if await work.session.get(CourseClass, class_id) is None:
        raise ClassNotFound(_("This class does not exist, or was removed."))
    here = select(Enrolment.id).where(
        Enrolment.class_id == class_id, Enrolment.state == EnrolmentState.ENROLLED, Enrolment.id.not_in(absent)
    )
    ids = (await work.session.scalars(here.order_by(Enrolment.id))).all()
    return [await teach(work, enrolment_id, on=on) for enrolment_id in ids]


async def lessons_of(work: Work, enrolment_id: UUID) -> Sequence[Lesson]:
    """The lessons given, the newest first, at most 200."""
    query = select(Lesson).where(Lesson.enrolment_id == enrolment_id).order_by(Lesson.taught_on.desc(), Lesson.id.desc()).limit(200)
    return (await work.session.scalars(query)).all()


def earned_after(tuition: Decimal, taught: int, lessons: int) -> Decimal:
    """The part of ``tuition`` that is earned when ``taught`` of ``lessons`` were given."""
    return round_half_up(tuition * taught / lessons)


def vat_in(amount: Decimal, percent: int) -> Decimal:
    """The VAT contained in ``amount``."""
    return round_half_up(amount * percent / (100 + percent))
