"""Working time: the week, public holidays with the days worked instead, the company's own days, and counting in it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.anew import put_anew

from core_crm.service.hours.calendar import Calendar, NoWorkingTime, due_after, working_between
from master_data.api import announced, public_day, public_days

ZONE = ZoneInfo("Asia/Shanghai")
NINE_TO_SIX = ((540, 1080),)
OFFICE = Calendar(zone="Asia/Shanghai", week=[NINE_TO_SIX] * 5 + [(), ()])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("day", "name", "works"),
    [
        ("2025-01-26", "春节", True), ("2025-02-04", "春节", False), ("2025-10-08", "国庆节、中秋节", False),
        ("2025-10-11", "国庆节、中秋节", True),
        ("2026-01-02", "元旦", False), ("2026-01-04", "元旦", True), ("2026-02-23", "春节", False), ("2026-02-28", "春节", True),
        ("2026-05-09", "劳动节", True), ("2026-06-20", "端午节", False), ("2026-09-20", "国庆节", True), ("2026-10-07", "国庆节", False),
    ],
)  # fmt: skip
def test_the_announcements_are_known(day: str, name: str, works: bool) -> None:
    found = public_day(date.fromisoformat(day))
    assert found is not None
    assert (found.name, found.works) == (name, works)


@pytest.mark.parametrize(("year", "off", "worked"), [(2025, 28, 5), (2026, 33, 6)])
def test_a_year_has_as_many_days_off_as_announced(year: int, off: int, worked: int) -> None:
    days = public_days(year).values()
    assert (sum(not day.works for day in days), sum(day.works for day in days)) == (off, worked)
    assert all(day.on.weekday() >= 5 for day in days if day.works), "only weekend days are worked instead"
    assert "国办发明电" in announced(year)


def test_a_year_without_announcement_is_known_by_its_weekdays() -> None:
    assert (announced(2031), public_days(2031)) == ("", {})
    assert OFFICE.day(date(2031, 1, 1)).why == "week"


def test_nights_and_weekends_do_not_count() -> None:
    friday = at("2026-11-27T17:00")
    assert due_after(OFFICE, friday, hours(2)) == at("2026-11-30T10:00")
    assert due_after(OFFICE, at("2026-11-28T03:00"), hours(1)) == at("2026-11-30T10:00")


def test_a_holiday_does_not_count_and_the_day_worked_instead_does() -> None:
    before = at("2026-09-30T17:00")  # 1 to 7 October are off, Saturday the 10th is worked
    assert due_after(OFFICE, before, hours(1 + 9 + 9 + 4)) == at("2026-10-10T13:00")
    without = Calendar(zone=OFFICE.zone, week=OFFICE.week, public_holidays=False)
    assert due_after(without, before, hours(1 + 9 + 9 + 4)) == at("2026-10-05T13:00")


def test_a_day_of_the_companys_own_counts_more_than_holiday_and_week() -> None:
    own = {date(2026, 10, 1): ("值班", ((600, 720),)), date(2026, 11, 30): ("团建", ())}
    calendar = Calendar(zone=OFFICE.zone, week=OFFICE.week, special=own)
    assert due_after(calendar, at("2026-10-01T08:00"), hours(2)) == at("2026-10-01T12:00")
    assert due_after(calendar, at("2026-11-27T18:00"), hours(1)) == at("2026-12-01T10:00")


def test_the_clock_that_stops_at_closing_time_is_due_then_and_not_the_next_morning() -> None:
    assert due_after(OFFICE, at("2026-11-30T09:00"), hours(9)) == at("2026-11-30T18:00")


def test_a_calendar_without_hours_is_refused_rather_than_waited_for() -> None:
    with pytest.raises(NoWorkingTime):
        due_after(Calendar(zone="Asia/Shanghai", week=[()] * 7), at("2026-11-30T09:00"), hours(1))


def test_an_hour_that_summer_time_leaves_out_is_not_worked() -> None:
    night = Calendar(zone="Europe/Berlin", week=[((0, 1440),)] * 7, public_holidays=False)
    start, end = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert working_between(night, start, end) == hours(23)


moments = st.integers(0, 700 * 86400).map(lambda seconds: at("2025-01-01T00:00") + timedelta(seconds=seconds))
spans = st.lists(st.integers(0, 1440), min_size=0, max_size=6, unique=True).map(sorted).map(
    lambda edges: tuple(zip(edges[::2], edges[1::2], strict=False))
)  # fmt: skip
calendars = st.builds(
    Calendar,
    zone=st.just("Asia/Shanghai"),
    week=st.lists(spans, min_size=6, max_size=6).map(lambda days: [*days, ((540, 720), (780, 1080))]),
    special=st.dictionaries(
        st.dates(date(2025, 1, 1), date(2026, 12, 31)), spans.map(lambda given_spans: ("特别", given_spans)), max_size=5
    ),
    public_holidays=st.booleans(),
)
amounts = st.integers(0, 60 * 3600).map(lambda seconds: timedelta(seconds=seconds))


@given(calendars, moments, amounts)
def test_what_is_due_lies_exactly_so_much_working_time_ahead(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    assert working_between(calendar, start, due_after(calendar, start, amount)) == amount


@given(calendars, moments, amounts, amounts)
def test_counting_in_two_steps_comes_to_the_same(calendar: Calendar, start: datetime, first: timedelta, second: timedelta) -> None:
    assert due_after(calendar, due_after(calendar, start, first), second) == due_after(calendar, start, first + second)


@given(calendars, moments, amounts.filter(bool))
def test_a_second_earlier_is_too_early(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    due = due_after(calendar, start, amount)
    assert working_between(calendar, start, due - timedelta(seconds=1)) == amount - timedelta(seconds=1)


@given(calendars, st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_working_time_adds_up(calendar: Calendar, in_order: list[datetime]) -> None:
    first, second, third = in_order
    parts = working_between(calendar, first, second) + working_between(calendar, second, third)
    assert parts == working_between(calendar, first, third)


# --- the company's hours

HOURS = "/api/v1/service/hours"
WEEK = [["09:00-12:00", "13:00-18:00"]] * 5 + [["10:00-24:00"], []]


async def test_hours_are_set_and_counted_with(client) -> None:
    usual = (await client.get("/api/v1/service/hours")).json()
    assert usual["week"] == [["09:00-18:00"]] * 5 + [[], []]
    saved = await client.put("/api/v1/service/hours", json={"week": WEEK, "version": usual["version"]})
    assert (saved.status_code, saved.json()["week"]) == (200, WEEK), saved.text
    due = await client.post("/api/v1/service/due", json={"start": "2026-11-30T11:30:00+08:00", "minutes": 60})
    assert datetime.fromisoformat(due.json()["due_at"]) == at("2026-11-30T13:30")
    late = await client.put("/api/v1/service/hours", json={"week": WEEK, "version": usual["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")


@pytest.mark.parametrize(
    "monday", [["18:00-09:00"], ["09:00-12:00", "11:00-18:00"], ["9-18"], ["25:00-26:00"], ["09:00-24:30"], ["<b>"], ["09:60-10:00"]]
)
async def test_hours_that_are_none_are_refused(client, monday) -> None:
    answer = await put_anew(client, HOURS, {"week": [monday, *WEEK[1:]]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "week.0")


async def test_a_week_without_hours_is_refused(client) -> None:
    assert (await put_anew(client, HOURS, {"week": [[]] * 7})).status_code == 422


async def test_days_of_the_companys_own(client) -> None:
    made = await client.post("/api/v1/service/special-days", json={"on": "2026-12-24", "until": "2026-12-25", "name": "盘点"})
    assert [day["on"] for day in made.json()] == ["2026-12-24", "2026-12-25"], made.text
    again = {"on": "2026-12-25", "name": "半天", "spans": ["09:00-12:00"]}
    await client.post("/api/v1/service/special-days", json=again)
    days = (await client.get("/api/v1/service/working-days", params={"since": "2026-12-24", "until": "2026-12-26"})).json()
    assert [(day["why"], day["name"], day["spans"]) for day in days] == [
        ("special", "盘点", []), ("special", "半天", ["09:00-12:00"]), ("week", "", []),
    ]  # fmt: skip
    assert (await client.delete(f"/api/v1/service/special-days/{made.json()[0]['id']}")).status_code == 204
    assert [day["on"] for day in (await client.get("/api/v1/service/special-days")).json()] == ["2026-12-25"]


async def test_the_page_reads_what_people_write(client) -> None:
    form = {f"week.{n}": "9:00至12:00，13:30-18:00" if n < 5 else "" for n in range(7)} | {"public_holidays": "1", "version": "0"}
    answer = await client.post("/service/hours", data=form)
    assert answer.status_code == 303, answer.text
    shown = (await client.get("/service/hours")).text
    assert "09:00-12:00, 13:30-18:00" in shown
    assert "国办发明电〔2025〕7号" in shown
    wrong = await client.post("/service/hours", data=form | {"week.1": "morning"})
    assert (wrong.status_code, "morning" in wrong.text) == (422, True)
    added = await client.post("/service/hours/days", data={"name": "团建", "on": "2026-12-31", "until": "", "spans": ""})
    assert added.status_code == 303
    assert "团建" in (await client.get("/service/hours")).text


async def test_another_company_has_its_own_hours(client, other_client) -> None:
    await put_anew(client, HOURS, {"week": WEEK})
    [made] = (await client.post("/api/v1/service/special-days", json={"on": "2026-12-24", "name": "年末歇业"})).json()
    assert (await other_client.get("/api/v1/service/hours")).json()["week"] != WEEK
    assert (await other_client.get("/api/v1/service/special-days")).json() == []
    assert (await other_client.delete(f"/api/v1/service/special-days/{made['id']}")).status_code == 404
    assert "年末歇业" not in (await other_client.get("/service/hours")).text


async def test_hours_are_for_those_who_set_up_the_desk(client_for, tenant) -> None:
    agent = await client_for(tenant, permissions={"crm.lead.read"})
    assert (await agent.get("/service/hours")).status_code == 403
    assert (await agent.put("/api/v1/service/hours", json={"week": WEEK})).status_code == 403
