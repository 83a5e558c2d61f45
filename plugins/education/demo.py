"""A small training centre to try things with: reproducible, made through the services."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from sqlalchemy import select

from education.courses.model import Course
from education.courses.resource import CLASSES, COURSES, TERMS
from education.enrolments.lessons import teach
from education.enrolments.model import Enrolment, EnrolmentState
from education.enrolments.refunds import REFUND, ask_refund
from education.enrolments.service import draft_enrolment, enrol, receive_tuition, withdraw
from education.students.service import create_student
from kernel.work import Work
from vertical.records import create_record
from workflow.api import FlowInput, FlowStep, save_flow

SEED = 20260901

_COURSES = (
    ("ENG-A", "少儿英语启蒙", "language", 24, "4800.00"),
    ("ENG-B", "中学英语阅读", "language", 30, "7200.00"),
    ("PY-1", "Python 编程入门", "science", 16, "3980.00"),
    ("ART-1", "素描基础", "art", 20, "3600.00"),
    ("ACC-1", "初级会计实务", "vocational", 40, "5800.00"),
)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("子涵", "欣怡", "梓轩", "雨桐", "浩然", "思远", "诗涵", "宇航", "佳怡", "俊杰", "若曦", "明轩", "雅琪", "天佑", "可馨", "博文")
_PRIMARY, _MIDDLE = ("实验小学", "育才小学", "文澜小学"), ("第一中学", "外国语学校", "师大附中")
_GRADES = ("二年级", "三年级", "四年级", "五年级", "六年级", "初一", "初二")
_GUARDIANS = (("建国", "父亲"), ("志强", "父亲"), ("丽华", "母亲"), ("秀英", "母亲"), ("海燕", "母亲"))


async def load(work: Work, *, students: int = 24, seed: int = SEED, until: date | None = None) -> None:
    """Courses, classes, students and three months of lessons up to ``until``; nothing when courses are there already."""
    if await work.session.scalar(select(Course.id).limit(1)) is not None:
        return
    random, until = Random(seed), until or work.today()  # noqa: S311 - demo data, the same each time
    classes = await _classes(work, until)
    for index in range(students):
        await _one_student(work, random, index, classes[index % len(classes)], until)
    await _one_refund(work)


async def _classes(work: Work, until: date) -> list[tuple[UUID, Decimal]]:
    starts_on = until - timedelta(days=100)
    term_id = await create_record(
        work, TERMS, {"name": f"{starts_on.year} 秋季班", "starts_on": starts_on, "ends_on": starts_on + timedelta(days=140)}
    )
    classes = []
    for position, (code, name, subject, lessons, price) in enumerate(_COURSES):
        values = {"code": code, "name": name, "subject": subject, "lessons": lessons, "price": Decimal(price)}
        course_id = await create_record(work, COURSES, values)
        group = {
            "code": f"{code}-01",
            "name": f"{name} 一班",
            "course_id": course_id,
            "term_id": term_id,
            "room": f"{301 + position} 教室",
            "timetable": f"周{'六日一三五'[position]} 09:00",
            "seats": 20,
        }
        classes.append((await create_record(work, CLASSES, group), Decimal(price)))
    return classes


async def _one_student(work: Work, random: Random, index: int, place: tuple[UUID, Decimal], until: date) -> None:
    class_id, price = place
    surname, grade = _SURNAMES[index % len(_SURNAMES)], random.randrange(len(_GRADES))
    guardian, relation = random.choice(_GUARDIANS)
    student = await create_student(
        work,
        name=surname + _GIVEN[(index * 7) % len(_GIVEN)],
        birth_on=date(until.year - 8 - grade, random.randint(1, 8), random.randint(1, 28)),
        school=random.choice(_PRIMARY if grade < 5 else _MIDDLE),
        grade=_GRADES[grade],
        guardian_name=(surname if relation == "父亲" else random.choice(_SURNAMES)) + guardian,
        guardian_relation=relation,
        guardian_phone=f"1390571{1000 + index:04d}",
    )
    enrolled_on = until - timedelta(days=random.randint(20, 90))
    discount = "老带新九折" if index % 6 == 5 else None
    tuition = (price * Decimal("0.9")).quantize(Decimal("0.01")) if discount else price
    enrolment = await draft_enrolment(work, student_id=student.id, class_id=class_id, tuition=tuition, discount_reason=discount)
    if index % 12 == 11:
        return  # a draft, for somebody to enrol
    await enrol(work, enrolment.id, on=enrolled_on)
    if index % 8 != 7:
        instalment = (tuition / 2).quantize(Decimal("0.01")) if index % 5 == 4 else tuition
        await receive_tuition(work, enrolment.id, instalment, on=enrolled_on + timedelta(days=random.randint(0, 6)))
    for week in range(1, min((until - enrolled_on).days // 7, enrolment.lessons - 1) + 1):
        await teach(work, enrolment.id, on=enrolled_on + timedelta(days=7 * week))
    if index % 10 == 9:
        await withdraw(work, enrolment.id, on=until)


async def _one_refund(work: Work) -> None:
    """The owner wants to see refunds first, and one waits."""
    await save_flow(work, FlowInput(kind=REFUND, name="退费审批", steps=[FlowStep(by="role:owner", name="校长审批")]))
    left = select(Enrolment).where(Enrolment.state == EnrolmentState.WITHDRAWN, Enrolment.paid > Enrolment.earned).order_by(Enrolment.id)
    enrolment = await work.session.scalar(left.limit(1))
    if enrolment is not None:
        await ask_refund(work, enrolment.id, enrolment.paid - enrolment.earned)
