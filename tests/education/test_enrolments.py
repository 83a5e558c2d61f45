"""From a draft to a contract, lessons, payment and withdrawal, and what the books say at each step."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update

from core_finance.api import find_ledger, list_vouchers, reverse
from education.enrolments.errors import AlreadyEnrolled, AmountWrong, ClassClosed, ClassFull, EnrolmentStateWrong, NotEnoughLessons
from education.enrolments.events import TuitionOverdue
from education.enrolments.lessons import earned_after, lessons_of, teach, teach_class, vat_in
from education.enrolments.model import Enrolment, EnrolmentState
from education.enrolments.service import (
    delete_draft,
    draft_enrolment,
    enrol,
    get_enrolment,
    list_enrolments,
    receive_tuition,
    refund_tuition,
    withdraw,
)
from education.period_end import lessons_not_posted
from education.reminders import remind_of_tuition
from education.settings import Settings
from education.students.service import StudentNotFound, create_student, forget_student, get_student_row, list_students, update_student
from kernel.errors import Invalid
from kernel.ids import new_id
from tenancy.settings import write_settings
from vertical import PeriodEnd

D = Decimal


async def test_enrolling_charges_the_tuition_as_a_contract_liability(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work, price="1030.00")
        assert (enrolment.state, enrolment.number) == (EnrolmentState.ENROLLED, f"EN-{work.today().year}-00001")
        assert enrolment.due_on == work.today() + timedelta(days=7)
        assert await school.books(work) == {"应收账款": D("1030.00"), "预收学费": D("-1030.00")}


async def test_lessons_given_become_revenue_without_their_vat(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work, price="10300.00", lessons=40)
        lesson = await teach(work, enrolment.id, 10)
        assert (lesson.amount, lesson.vat) == (D("2575.00"), D("75.00"))
        books = await school.books(work)
        assert books == {"应收账款": D("10300.00"), "预收学费": D("-7725.00"), "学费收入": D("-2500.00"), "简易计税": D("-75.00")}


async def test_the_last_lesson_completes_and_leaves_no_cent(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work, price="100.00", lessons=3)
        amounts = [(await teach(work, enrolment.id)).amount for _ in range(3)]
        assert amounts == [D("33.33"), D("33.34"), D("33.33")]
        done = await get_enrolment(work, enrolment.id)
        assert (done.state, done.earned, done.unearned, done.unpaid) == (EnrolmentState.COMPLETED, D("100.00"), D(0), D("100.00"))
        assert "预收学费" not in await school.books(work)
        assert len(await lessons_of(work, enrolment.id)) == 3


async def test_tuition_is_paid_in_instalments_and_not_beyond(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work)
        await receive_tuition(work, enrolment.id, D("400.00"))
        await receive_tuition(work, enrolment.id, D("600.00"))
        books = await school.books(work)
        assert (books["银行存款"], "应收账款" in books) == (D("1000.00"), False)
        for wrong in ("0.01", "0", "-5", "1.005"):
            with pytest.raises(AmountWrong):
                await receive_tuition(work, enrolment.id, D(wrong))


async def test_withdrawing_gives_back_what_was_paid_for_lessons_not_given(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work, price="10300.00", lessons=40)
        await receive_tuition(work, enrolment.id, D("10300.00"))
        await teach(work, enrolment.id, 10)
        with pytest.raises(EnrolmentStateWrong):
            await refund_tuition(work, enrolment.id, D(1))
        await withdraw(work, enrolment.id)
        assert (await school.books(work))["应收账款"] == D("-7725.00")
        with pytest.raises(AmountWrong):
            await refund_tuition(work, enrolment.id, D("7725.01"))
        await refund_tuition(work, enrolment.id, D("7725.00"))
        assert await school.books(work) == {"银行存款": D("2575.00"), "学费收入": D("-2500.00"), "简易计税": D("-75.00")}


async def test_an_enrolment_is_made_once(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work)
        with pytest.raises(EnrolmentStateWrong):
            await enrol(work, enrolment.id)
        with pytest.raises(AlreadyEnrolled):
            await draft_enrolment(work, student_id=enrolment.student_id, class_id=enrolment.class_id)
        with pytest.raises(EnrolmentStateWrong):
            await delete_draft(work, enrolment.id)
        with pytest.raises(NotEnoughLessons):
            await teach(work, enrolment.id, 11)
        with pytest.raises(Invalid):
            await teach(work, enrolment.id, 0)


async def test_a_draft_is_in_no_books_and_can_be_removed(school):
    async with school.work() as work:
        class_id = await school.place(work)
        student = await create_student(work, name="李欣怡")
        for tuition in ("-1", "1000.01", "1.005"):
            with pytest.raises(AmountWrong):
                await draft_enrolment(work, student_id=student.id, class_id=class_id, tuition=D(tuition))
        draft = await draft_enrolment(work, student_id=student.id, class_id=class_id, tuition=D("900"), discount_reason=" 老带新 ")
        assert (draft.tuition, draft.discount_reason, draft.number) == (D("900"), "老带新", None)
        for command in (teach, withdraw):
            with pytest.raises(EnrolmentStateWrong):
                await command(work, draft.id)
        await delete_draft(work, draft.id)
        assert (await list_enrolments(work), await school.books(work)) == ([], {})


async def test_a_class_takes_no_more_than_its_seats(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work, seats=1)
        second = await create_student(work, name="张梓轩")
        draft = await draft_enrolment(work, student_id=second.id, class_id=enrolment.class_id)
        with pytest.raises(ClassFull):
            await enrol(work, draft.id)
        with pytest.raises(ClassClosed):
            await draft_enrolment(work, student_id=second.id, class_id=new_id())
        with pytest.raises(StudentNotFound):
            await draft_enrolment(work, student_id=new_id(), class_id=enrolment.class_id)


async def test_a_class_is_taught_at_once_but_for_the_absent(school):
    async with school.work() as work:
        first = await school.enrolled(work)
        student = await create_student(work, name="刘雨桐")
        second = await enrol(work, (await draft_enrolment(work, student_id=student.id, class_id=first.class_id)).id)
        given = await teach_class(work, first.class_id, absent=[second.id])
        assert [lesson.enrolment_id for lesson in given] == [first.id]
        assert len(await teach_class(work, first.class_id)) == 2


async def test_vouchers_lead_back_to_the_enrolment(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work)
        query = text("SELECT source_kind, source_id, source_number, source_path, entry_on FROM finance_voucher")
        [row] = (await work.session.execute(query)).all()
        assert row == ("education.enrolment", enrolment.id, enrolment.number, f"/education/enrolments/{enrolment.id}", work.today())


async def test_overdue_tuition_is_reminded_of_once_in_a_while(school):
    heard = []

    async with school.work() as work:
        enrolment = await school.enrolled(work)

        async def note(_work, event):
            heard.append(event)

        spied = SpiedWork(work, note)
        await remind_of_tuition(spied)
        await work.session.execute(update(Enrolment).where(Enrolment.id == enrolment.id).values(due_on=work.today() - timedelta(days=3)))
        await remind_of_tuition(spied)
        await remind_of_tuition(spied)
    assert [(type(event), event.unpaid, event.student) for event in heard] == [(TuitionOverdue, D("1000.00"), "王子涵")]


async def test_a_student_is_found_changed_and_forgotten(school):
    async with school.work() as work:
        student = await create_student(work, name="陈浩然", guardian_name="陈建国", guardian_phone="13905710001", health_note="花生过敏")
        assert student.number == "ST00001"
        for words in ("陈浩", "st00001", "建国", "13905710001"):
            assert [row.name for row in await list_students(work, text=words)] == ["陈浩然"], words
        assert await list_students(work, text="%") == []
        await update_student(work, student.id, name="陈皓然", grade="五年级")
        row = await get_student_row(work, student.id)
        assert (row.name, row.student.grade) == ("陈皓然", "五年级")
        with pytest.raises(Invalid) as refused:
            await update_student(work, student.id, grade="x" * 41, school="x" * 121)
        assert [error.field for error in refused.value.errors] == ["grade", "school"]
        await forget_student(work, student.party_id)
        row = await get_student_row(work, student.id)
        assert (row.student.guardian_name, row.student.health_note) == (None, None)


@given(
    tuition=st.decimals(min_value=0, max_value=10**6, places=2),
    counts=st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=30),
)
def test_the_parts_earned_add_up_to_the_tuition(tuition, counts):
    lessons, taught, parts = sum(counts), 0, []
    for count in counts:
        parts.append(earned_after(tuition, taught + count, lessons) - earned_after(tuition, taught, lessons))
        taught += count
    assert sum(parts) == tuition
    assert all(part >= 0 for part in parts)


@given(amount=st.decimals(min_value=0, max_value=10**6, places=2), percent=st.sampled_from([0, 1, 3, 6, 13]))
def test_vat_is_a_part_of_the_amount(amount, percent):
    vat = vat_in(amount, percent)
    assert abs((amount - vat) * percent / 100 - vat) <= D("0.01")


class SpiedWork:
    """A work whose events are heard instead of published."""

    def __init__(self, work, heard):
        self._work, self._heard = work, heard

    def __getattr__(self, name):
        return getattr(self._work, name)

    async def publish(self, event):
        await self._heard(self._work, event)


async def test_a_company_sets_its_own_vat_and_days_to_pay(school):
    async with school.work() as work:
        assert [c.item for c in work.contributions("settings_schema") if c.vertical == "education"] == [Settings]
        await write_settings(work.session, "education", Settings(vat_percent=6, tuition_due_days=30))
        enrolment = await school.enrolled(work, price="1060.00")
        assert enrolment.due_on == work.today() + timedelta(days=30)
        assert (await teach(work, enrolment.id, 10)).vat == D("60.00")


async def test_before_a_month_is_closed_its_lessons_are_compared_with_the_books(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work, price="10300.00", lessons=40)
        await teach(work, enrolment.id, 10)
        ledger = await find_ledger(work)
        on = work.today()
        end = PeriodEnd(
            ledger_id=ledger.id, period=on.year * 100 + on.month, first_on=on.replace(day=1), last_on=on, currency="CNY",
            standard="small_business", taxpayer="general",
        )  # fmt: skip
        assert await lessons_not_posted(work, end) == []
        [posted] = [v for v in await list_vouchers(work, ledger) if v.total == D("2575.00")]
        await reverse(work, ledger, posted.id, by_hand=False)
        [found] = await lessons_not_posted(work, end)
        assert "2500.00" in found.message
