"""Numbers have no gaps and no doubles, whatever happens at the same time."""

import asyncio
from datetime import date

import pytest
from tests.kernel.bench import HandMadeCatalog, house

from kernel.numbering import check_pattern, next_number, next_numbers

ON = date(2026, 3, 9)


async def test_numbers_start_again_where_the_kind_of_document_says_so(database, tenant):
    async with house(database, HandMadeCatalog()) as own, own.work(tenant) as work:
        assert await next_number(work, "so", prefix="SO", on=ON) == "SO-2026-00001"
        assert await next_number(work, "so", prefix="SO", on=ON) == "SO-2026-00002"
        assert await next_number(work, "so", prefix="SO", on=date(2027, 1, 1)) == "SO-2027-00001"
        assert await next_number(work, "rc", prefix="RC", on=ON, reset="month") == "RC-202603-0001"
        assert await next_number(work, "rc", prefix="RC", on=date(2026, 4, 1), reset="month") == "RC-202604-0001"
        assert await next_number(work, "pt", prefix="P", on=ON, reset="never") == "P-000001"
        assert await next_number(work, "x", prefix="", on=ON, pattern="记{year}/{number:04d}") == "记2026/0001"


async def test_a_batch_takes_its_numbers_in_a_row(database, tenant):
    async with house(database, HandMadeCatalog()) as own, own.work(tenant) as work:
        await next_number(work, "so", prefix="SO", on=ON)
        assert await next_numbers(work, "so", 3, prefix="SO", on=ON) == ["SO-2026-00002", "SO-2026-00003", "SO-2026-00004"]


async def test_numbers_have_no_gaps_when_transactions_race_and_some_fail(database, tenant):
    class ChangedMind(Exception):
        pass

    async with house(database, HandMadeCatalog()) as own:

        async def draw(turn: int) -> str | None:
            try:
                async with own.work(tenant) as work:
                    number = await next_number(work, "so", prefix="SO", on=ON)
                    await asyncio.sleep(0)
                    if turn % 3 == 0:
                        raise ChangedMind
                    return number
            except ChangedMind:
                return None

        drawn = [number for number in await asyncio.gather(*map(draw, range(60))) if number]
    assert sorted(drawn) == [f"SO-2026-{n:05d}" for n in range(1, 41)]


async def test_another_tenant_counts_for_itself(database, tenant, other_tenant):
    async with house(database, HandMadeCatalog()) as own:
        async with own.work(tenant) as work:
            await next_numbers(work, "so", 7, prefix="SO", on=ON)
        async with own.work(other_tenant) as work:
            assert await next_number(work, "so", prefix="SO", on=ON) == "SO-2026-00001"


@pytest.mark.parametrize(
    ("pattern", "reset"),
    [
        ("{prefix}", "never"),
        ("{prefix}-{number}", "year"),
        ("{year}-{number}", "month"),
        ("{prefix.__class__}{number}", "never"),
        ("{number!r}", "never"),
        ("{number:>{year}}", "never"),
        ("{{{number}}}", "never"),
    ],
)
def test_a_pattern_that_repeats_numbers_or_reaches_too_far_is_refused(pattern, reset):
    with pytest.raises(ValueError):
        check_pattern(pattern, reset)
