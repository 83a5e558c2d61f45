"""Tuition by class agrees with the books."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core_finance.api import ensure_ledger
from education.enrolments import service
from education.enrolments.lessons import teach
from education.reports import TuitionParameters, tuition_by_class


async def test_tuition_by_class_says_what_the_books_say(school):
    async with school.work() as work:
        await ensure_ledger(work)
        first = await school.enrolled(work, price="1000.00", lessons=10)
        await teach(work, first.id, 3)
        await service.receive_tuition(work, first.id, Decimal("400.00"))
        second = await school.enrolled(work, name="李明", price="600.00", lessons=6, code="ART")
        await teach(work, second.id, 1)
        await service.receive_tuition(work, second.id, Decimal("600.00"))
        await service.withdraw(work, second.id)
    async with school.work() as work:
        table = await tuition_by_class(work, TuitionParameters())
        books = await school.books(work)
    assert [list(row) for row in table.rows] == [
        ["Class ART", 1, Decimal("100.00"), Decimal("100.00"), 0, Decimal("-500.00")],
        ["Class ENG", 1, Decimal("1000.00"), Decimal("300.00"), Decimal("700.00"), Decimal("600.00")],
    ]
    _total, students, charged, earned, owed, still_open = table.totals
    assert (students, charged) == (2, earned + owed)
    assert books["预收学费"] == -owed
    assert books["应收账款"] == still_open
    assert sum(books[name] for name in books if "学费收入" in name or "简易计税" in name) == -earned


async def test_choices_narrow_the_report(school):
    async with school.work() as work:
        enrolment = await school.enrolled(work, price="0.00")
        day = enrolment.enrolled_on
        assert (await tuition_by_class(work, TuitionParameters(only_open=True))).rows == []
        assert (await tuition_by_class(work, TuitionParameters(since=day + timedelta(days=1)))).rows == []
        assert len((await tuition_by_class(work, TuitionParameters(since=day, until=day))).rows) == 1
    with pytest.raises(ValueError, match="早于"):
        TuitionParameters(since=day, until=day - timedelta(days=1))
