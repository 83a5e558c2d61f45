"""What is owed to students in lessons is what the books say."""

from sqlalchemy import update

from core_finance.api import find_ledger
from education.enrolments.lessons import teach
from education.enrolments.model import Enrolment
from education.enrolments.service import receive_tuition, withdraw
from education.invariants import lessons_owed
from kernel import i18n


async def found(work):
    with i18n.using("en"):
        ledger = await find_ledger(work)
        return [(finding.message, finding.path) for finding in await lessons_owed(work, ledger.id)]


async def test_lessons_owed_are_in_the_books_at_each_step(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work, price="1000.00", lessons=10)
        assert await found(work) == []
        await teach(work, enrolment.id, 3)
        await receive_tuition(work, enrolment.id, enrolment.tuition)
        assert await found(work) == []
        await withdraw(work, enrolment.id)
        assert await found(work) == []


async def test_an_enrolment_that_the_books_contradict_is_named(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work, price="1000.00", lessons=10)
        await work.session.execute(update(Enrolment).values(earned=1))
        words = f"Enrolment {enrolment.number}: lessons worth 999.00 are owed, but the books say 1000.00."
        assert await found(work) == [(words, f"/education/enrolments/{enrolment.id}")]
