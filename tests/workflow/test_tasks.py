"""Tasks: who sees and does them, when they are remembered and when they come again."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.anew import put_anew
from tests.workflow.conftest import told

from kernel import clock
from kernel.ids import new_id
from workflow.tasks.dates import is_overdue, next_due, remind_moment
from workflow.tasks.model import Repeat, Task
from workflow.tasks.reminding import remind_late, tell_overdue

API = "/api/v1/tasks"
HTML = {"accept": "text/html"}


@pytest.fixture
async def wang(tenant, seat_for):
    return await seat_for(tenant, "sales", name="王丽")


@pytest.fixture
async def li(tenant, seat_for):
    return await seat_for(tenant, "sales", name="李强")


@pytest.fixture
async def lead(client):
    return (await client.post("/api/v1/leads", json={"name": "方静", "company": "育才小学"})).json()


async def task_for(client, seat=None, **more):
    body = {"title": "寄样品", "assignee_id": str(seat.person_id) if seat else None, **more}
    answer = await client.post(API, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def titles(client, **asked):
    return [task["title"] for task in (await client.get(API, params=asked)).json()["items"]]


async def test_who_gets_a_task_reads_of_it_and_who_gave_it_when_it_is_done(wang, li):
    task = await task_for(li.client, wang, due_on="2099-03-01")
    assert await told(wang.client) == ["李强 gave you a task: 寄样品 (by 2099-03-01)"]
    done = await wang.client.post(f"{API}/{task['id']}/done")
    assert (done.status_code, done.json()["done_by"]) == (200, "王丽")
    assert await told(li.client) == ["王丽 has done “寄样品”."]
    assert await told(wang.client) == ["李强 gave you a task: 寄样品 (by 2099-03-01)"]


async def test_a_task_is_seen_by_both_sides_and_by_nobody_else(tenant, other_tenant, seat_for, wang, li):
    task = await task_for(li.client, wang)
    third, stranger = await seat_for(tenant, "sales", name="赵六"), await seat_for(other_tenant, "owner", name="钱七")
    assert (await titles(wang.client), await titles(li.client, whose="given"), await titles(third.client, whose="all")) == (
        ["寄样品"],
        ["寄样品"],
        [],
    )
    for other in (third, stranger):
        for method, address in (
            ("GET", f"{API}/{task['id']}"),
            ("POST", f"{API}/{task['id']}/done"),
            ("DELETE", f"{API}/{task['id']}"),
            ("GET", f"/tasks/{task['id']}"),
            ("POST", f"/tasks/{task['id']}/done"),
        ):
            assert (await other.client.request(method, address)).status_code == 404, (method, address)
    assert await titles(wang.client) == ["寄样品"]


async def test_who_manages_tasks_sees_all_of_the_company_and_of_no_other(client, other_client, wang, li):
    await task_for(li.client, wang)
    assert await titles(client, whose="all") == ["寄样品"]
    assert await titles(other_client, whose="all") == []
    assert "寄样品" in (await client.get("/tasks?whose=all", headers=HTML)).text
    assert "寄样品" not in (await other_client.get("/tasks?whose=all", headers=HTML)).text


async def test_only_who_gave_it_deletes_a_task(wang, li):
    task = await task_for(li.client, wang)
    refused = await wang.client.delete(f"{API}/{task['id']}")
    assert (refused.status_code, refused.json()["code"]) == (403, "task_read_only")
    assert (await li.client.delete(f"{API}/{task['id']}")).status_code == 204
    assert (await li.client.get(f"{API}/{task['id']}")).json()["code"] == "task_not_found"


async def test_a_task_about_a_record_stands_on_its_page_and_timeline(client, lead, wang):
    about = {"record_kind": "crm.lead", "record_id": lead["id"]}
    task = await task_for(client, wang, **about)
    page = (await client.get(f"/leads/{lead['id']}", headers=HTML)).text
    assert "record-tasks" in page
    assert "王丽的任务：寄样品" in page
    await client.post(f"{API}/{task['id']}/done")
    assert "完成：寄样品" in (await client.get(f"/leads/{lead['id']}", headers=HTML)).text
    assert await titles(client, which="done", **about) == ["寄样品"]


async def test_a_record_out_of_reach_is_neither_named_nor_given_a_task(client, lead, wang, other_client):
    about = {"record_kind": "crm.lead", "record_id": lead["id"]}
    task = await task_for(client, wang, **about)  # 王丽 does not see the lead, only her task
    page = (await wang.client.get("/tasks", headers=HTML)).text
    assert ("寄样品" in page, "方静" in page) == (True, False)
    assert (await wang.client.get(API, params=about)).status_code == 404
    assert (await wang.client.get(f"{API}/{task['id']}")).status_code == 200
    for seat_client in (wang.client, other_client):
        assert (await seat_client.post(API, json={"title": "x", **about})).status_code == 404
        assert (await seat_client.post(f"/tasks/about/crm.lead/{lead['id']}", data={"title": "x"})).status_code == 404
    assert (await client.post(API, json={"title": "x", "record_kind": "no.such", "record_id": lead["id"]})).status_code == 404
    assert (await client.post(API, json={"title": "x", "record_kind": "crm.lead"})).status_code == 422


async def test_a_task_of_nobody_is_taken_by_whoever_sees_the_record_and_once(client, lead, tenant, seat_for):
    one, two = await seat_for(tenant, "sales_manager", name="孙一"), await seat_for(tenant, "sales_manager", name="孙二")
    task = await task_for(client, record_kind="crm.lead", record_id=lead["id"])
    assert (await put_anew(one.client, f"{API}/{task['id']}", {"title": "别的"})).status_code == 403
    answers = await asyncio.gather(*(seat.client.post(f"{API}/{task['id']}/take") for seat in (one, two)))
    assert sorted(answer.status_code for answer in answers) == [200, 403]


async def test_two_who_do_it_at_once_do_it_once_and_one_next_task_follows(client, wang, database, tenant):
    task = await task_for(client, wang, due_on="2099-03-02", repeat="weeks")
    answers = await asyncio.gather(*(c.post(f"{API}/{task['id']}/done") for c in (client, wang.client, client)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "task_done"}
    async with database.work(tenant) as work:
        days = (await work.session.scalars(sa.select(Task.due_on).where(Task.done_at.is_(None)))).all()
    assert days == [date(2099, 3, 9)]


async def test_reopening_takes_the_next_task_back_unless_somebody_touched_it(client, wang):
    task = await task_for(client, wang, due_on="2099-03-02", repeat="weeks")
    await client.post(f"{API}/{task['id']}/done")
    assert (await client.post(f"{API}/{task['id']}/reopen")).status_code == 200
    assert len(await titles(wang.client)) == 1
    await client.post(f"{API}/{task['id']}/done")
    [following] = (await wang.client.get(API)).json()["items"]
    kept = {"due_on": "2099-03-09", "repeat": "weeks", "assignee_id": following["assignee_id"]}
    await put_anew(wang.client, f"{API}/{following['id']}", {"title": "改过", **kept})
    reopened = (await client.post(f"{API}/{task['id']}/reopen")).json()
    assert (reopened["repeat"], len(await titles(wang.client))) == ("none", 2)
    assert (await client.post(f"{API}/{task['id']}/reopen")).json()["code"] == "task_open"


async def test_a_series_ends_on_its_last_day(client, wang):
    task = await task_for(client, wang, due_on="2099-03-02", repeat="weeks", repeat_until="2099-03-08")
    await client.post(f"{API}/{task['id']}/done")
    assert await titles(wang.client) == []


async def test_a_due_task_is_remembered_once_by_its_job_or_by_the_sweep(client, wang, database, tenant, drain):
    soon = clock.now() + timedelta(days=1)
    task = await task_for(client, wang, due_on=f"{soon:%Y-%m-%d}", due_time="09:00:00", remind_minutes=60)
    async with database.owner_engine.connect() as connection:
        queued = await connection.scalar(
            sa.text("SELECT count(*) FROM jobs.pgqueuer WHERE entrypoint = 'workflow.remind' AND headers->>'role' = :role"),
            {"role": tenant.role},
        )
    assert queued == 1
    later = datetime.fromisoformat(task["remind_at"]) + timedelta(minutes=5)
    with clock.frozen(later):
        for _time in range(2):
            async with database.work(tenant) as work:
                await remind_late(work)
    due = [text for text in await told(wang.client) if text.startswith("Due on")]
    assert due == [f"Due on {soon:%Y-%m-%d} at 09:00: 寄样品"]


async def test_what_was_done_or_moved_is_not_remembered(client, wang, database, tenant):
    soon = f"{clock.now() + timedelta(days=1):%Y-%m-%d}"
    done, moved = await task_for(client, wang, due_on=soon), await task_for(client, wang, due_on=soon)
    await client.post(f"{API}/{done['id']}/done")
    body = {"title": "寄样品", "assignee_id": str(wang.person_id), "due_on": "2099-01-01"}
    assert (await put_anew(client, f"{API}/{moved['id']}", body)).status_code == 200
    with clock.frozen(clock.now() + timedelta(days=2)):
        async with database.work(tenant) as work:
            await remind_late(work)
    assert not [text for text in await told(wang.client) if text.startswith("Due on")]


async def test_overdue_tasks_are_told_once_a_day(client, wang, database, tenant):
    yesterday = f"{clock.now() - timedelta(days=2):%Y-%m-%d}"
    for _n in range(2):
        await task_for(client, wang, due_on=yesterday)
    for _time in range(2):
        async with database.work(tenant) as work:
            await tell_overdue(work)
    assert (await told(wang.client)).count("Overdue tasks: 2. Do them, move them or let them go.") == 1


async def test_two_who_edit_at_once_do_not_overwrite_each_other(client, wang):
    task = await task_for(client, wang)
    body = {"title": "改了", "version": task["version"]}
    assert (await client.put(f"{API}/{task['id']}", json=body)).status_code == 200
    refused = await client.put(f"{API}/{task['id']}", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "version_conflict")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"repeat": "weeks"}, "due_on"),
        ({"due_time": "10:00:00"}, "due_on"),
        ({"due_on": "2099-01-02", "repeat": "days", "repeat_until": "2099-01-01"}, "repeat_until"),
        ({"assignee_id": str(new_id())}, "assignee_id"),
    ],
)
async def test_wrong_tasks_are_refused_beside_their_field(client, wrong, field):
    answer = await client.post(API, json={"title": "x", **wrong})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    form = await client.post("/tasks/new", data={"title": "x", **wrong})
    assert (form.status_code, f"e-f-{field.replace('_', '-')}" in form.text) == (422, True)


async def test_the_pages_bundle_tasks_by_day_in_both_languages(client, wang, li):
    today = clock.today("Asia/Shanghai")
    for title, day in (
        ("昨天的", today - timedelta(days=1)),
        ("今天的", today),
        ("后天的", today + timedelta(days=2)),
        ("远的", date(2099, 1, 1)),
    ):
        await task_for(li.client, wang, title=title, due_on=f"{day}")
    await task_for(li.client, wang, title="<b>无日期</b>", priority="high")
    zh, en = [(await wang.client.get("/tasks", headers=HTML | {"accept-language": lang})).text for lang in ("zh", "en")]
    heads = ["已逾期", "今天到期", "未来七天", "以后", "无截止日期"]
    assert [zh.index(f">{head}</h2>") for head in heads] == sorted(zh.index(f">{head}</h2>") for head in heads)
    assert ("The next seven days" in en, "&lt;b&gt;无日期" in en, "Urgent" in en) == (True, True, True)
    counts = (await wang.client.get("/shell/counts")).text
    assert 'id="nc--tasks" hx-swap-oob="true">2<' in counts
    home = (await wang.client.get("/", headers=HTML)).text
    assert ("今天的" in home, "远的" in home) == (True, False)


async def test_a_task_is_added_done_and_undone_on_the_page(wang):
    added = await wang.client.post("/tasks", data={"title": "回电话", "due_on": "2099-01-01"})
    assert (added.status_code, "回电话" in added.text) == (200, True)
    [task] = (await wang.client.get(API)).json()["items"]
    done = await wang.client.post(f"/tasks/{task['id']}/done", data={"view": "list:mine"})
    assert ("回电话" in done.text, f"/tasks/{task['id']}/reopen" in done.headers["hx-trigger"]) == (False, True)
    again = await wang.client.post(f"/tasks/{task['id']}/reopen")
    assert again.headers["hx-refresh"] == "true"
    assert "回电话" in (await wang.client.get("/tasks", headers=HTML)).text
    empty = await wang.client.post("/tasks", data={"title": ""})
    assert (empty.status_code, "请填写任务内容" in empty.text) == (422, True)


async def test_a_task_is_added_on_a_records_page(client, lead, wang):
    panel = await client.post(f"/tasks/about/crm.lead/{lead['id']}", data={"title": "发方案", "assignee_id": str(wang.person_id)})
    assert (panel.status_code, "发方案" in panel.text) == (200, True)
    [task] = (await wang.client.get(API)).json()["items"]
    assert (task["record_kind"], task["record_id"]) == ("crm.lead", lead["id"])
    answer = await client.post(f"/tasks/{task['id']}/done", data={"view": "record"})
    assert "record-tasks" in answer.text
    form = await client.get(f"/tasks/new?about=crm.lead:{lead['id']}", headers=HTML)
    assert "方静" in form.text
    assert (await client.get("/tasks/new?about=nonsense", headers=HTML)).status_code == 404
    made = await client.post("/tasks/new", data={"title": "再发一次", "about": f"crm.lead:{lead['id']}"})
    assert made.headers["location"] == f"/leads/{lead['id']}"


def test_days_of_a_series():
    first = date(2026, 1, 31)
    assert next_due(first, Repeat.MONTHS, 1, first) == date(2026, 2, 28)
    assert next_due(first, Repeat.MONTHS, 1, date(2026, 2, 28)) == date(2026, 3, 31)
    assert next_due(date(2024, 2, 29), Repeat.YEARS, 1, date(2024, 2, 29)) == date(2025, 2, 28)
    assert next_due(first, Repeat.WEEKS, 2, date(2026, 3, 1)) == date(2026, 3, 14)
    assert next_due(first, Repeat.DAYS, 1, date(2026, 6, 1)) == date(2026, 6, 2)


@given(
    first=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    repeat=st.sampled_from([Repeat.DAYS, Repeat.WEEKS, Repeat.MONTHS, Repeat.YEARS]),
    every=st.integers(1, 12),
    late=st.integers(0, 900),
)
def test_the_next_day_lies_after_and_not_further_than_one_step(first, repeat, every, late):
    after = first + timedelta(days=late)
    found = next_due(first, repeat, every, after)
    longest = {Repeat.DAYS: 1, Repeat.WEEKS: 7, Repeat.MONTHS: 31, Repeat.YEARS: 366}[repeat] * every
    assert after < found <= after + timedelta(days=longest + 1)


def test_a_reminder_is_on_the_companys_clocks():
    assert remind_moment(date(2026, 12, 1), None, 0, "Asia/Shanghai") == datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    assert remind_moment(date(2026, 12, 1), time(14, 30), 60, "Asia/Shanghai") == datetime(2026, 12, 1, 5, 30, tzinfo=UTC)
    assert remind_moment(None, None, 0, "UTC") is None
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert [is_overdue(d, t, noon) for d, t in ((date(2026, 12, 1), None), (date(2026, 12, 1), time(11)), (date(2026, 11, 30), None))] == [
        False,
        True,
        True,
    ]
