"""Reports that are kept and sent: to whom, when, once, and with what each may see."""

from datetime import date

import pytest
import sqlalchemy as sa

from messaging.model import Mail
from workflow.reports.model import Cadence, ReportSchedule
from workflow.reports.sending import send_reports

PRODUCTS = "/reports/core_crm/products"


@pytest.fixture
async def me(client, database, tenant):
    """The owner, whose address is proved."""
    async with database.registry_session() as session:
        found = await session.execute(
            sa.text(
                "UPDATE identity_person p SET verified_at = now() FROM identity_member m "
                "WHERE m.person_id = p.id AND m.tenant_id = :t RETURNING p.id, p.email"
            ),
            {"t": tenant.id},
        )
        return found.first()


async def letters(database, address):
    async with database.registry_session() as session:
        return (await session.scalars(sa.select(Mail).where(Mail.recipient == address, Mail.template == "report"))).all()


def asked(person, **more):
    return {"run": "1", "order": "quantity", "name": "每周销售", "cadence": "daily", "to": str(person), **more}


async def test_a_report_is_sent_once_a_day_with_its_choices(client, database, tenant, me):
    await client.post("/api/v1/parties", json={"name": "联华生鲜"})
    made = await client.post(f"{PRODUCTS}/schedules", data=asked(me.id))
    assert made.status_code == 303, made.text
    assert made.headers["location"] == f"{PRODUCTS}?run=1&order=quantity"
    assert await send_reports(database, tenant) == 1
    assert await send_reports(database, tenant) == 0
    async with database.work(tenant) as work:
        await work.session.execute(sa.update(ReportSchedule).values(sent_on=None))  # as if the process had died before it noted that
    await send_reports(database, tenant)
    [letter] = await letters(database, me.email)
    assert "每周销售" in letter.subject
    assert f"{PRODUCTS}?run=1&amp;order=quantity" in letter.html or f"{PRODUCTS}?run=1&order=quantity" in letter.text


async def test_whoever_lost_the_right_gets_nothing_more(client, client_for, database, tenant, me):
    await client.post(f"{PRODUCTS}/schedules", data=asked(me.id))
    async with database.registry_session() as session:
        await session.execute(sa.text("UPDATE identity_member SET roles = ARRAY['cashier'] WHERE tenant_id = :t"), {"t": tenant.id})
    async with database.work(tenant) as work:
        await work.session.execute(sa.update(ReportSchedule).values(report="core_crm.targets"))
    assert await send_reports(database, tenant) == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"cadence": "hourly"}, "cadence"),
        ({"cadence": "monthly", "day": "32"}, "day"),
        ({"cadence": "weekly", "weekday": "8"}, "day"),
        ({"to": "00000000-0000-0000-0000-000000000000"}, "to"),
        ({"to": "nobody"}, "to"),
    ],
)
async def test_what_cannot_be_sent_is_told(client, database, tenant, me, change, field):
    answer = await client.post(f"{PRODUCTS}/schedules", data=asked(me.id) | change)
    assert answer.status_code == 422, field
    assert "form-errors" in answer.text
    async with database.work(tenant) as work:
        assert (await work.session.scalars(sa.select(ReportSchedule))).all() == []


async def test_only_members_who_may_see_it_get_it(client, client_for, database, tenant, me):
    await client_for(tenant, role="cashier")
    async with database.registry_session() as session:
        cashier = await session.scalar(
            sa.text("SELECT person_id FROM identity_member WHERE tenant_id = :t AND roles = ARRAY['cashier']"), {"t": tenant.id}
        )
    answer = await client.post("/reports/core_crm/targets/schedules", data=asked(cashier))
    assert answer.status_code == 422


async def test_it_is_stopped_by_who_gets_it_and_never_by_another_company(client, client_for, other_client, database, tenant, me):
    await client.post(f"{PRODUCTS}/schedules", data=asked(me.id))
    async with database.work(tenant) as work:
        schedule = (await work.session.scalars(sa.select(ReportSchedule))).one()
    path = f"{PRODUCTS}/schedules/{schedule.id}/delete"
    assert schedule.parameters["order"] == "quantity"
    colleague = await client_for(tenant, role="viewer")
    assert (await colleague.post(path)).status_code == 404
    assert "每周销售" not in (await colleague.get(PRODUCTS)).text
    assert (await other_client.post(path)).status_code == 404
    assert "每周销售" in (await client.get(PRODUCTS)).text
    assert (await client.post(path)).status_code == 303
    assert (await client.post(path)).status_code == 404


async def test_a_view_is_kept_for_oneself_or_the_company(client, client_for, tenant):
    kept = await client.post(f"{PRODUCTS}/views", data={"run": "1", "order": "orders", "name": "按订单数", "company": "1", "junk": "x"})
    assert kept.headers["location"] == f"{PRODUCTS}?run=1&order=orders"
    await client.post(f"{PRODUCTS}/views", data={"run": "1", "order": "quantity", "name": "我自己按数量看"})
    colleague = await client_for(tenant, role="viewer")
    page = (await colleague.get(PRODUCTS)).text
    assert "按订单数" in page
    assert "我自己按数量看" not in page
    assert "按订单数" not in (await client.get("/reports/core_crm/funnel")).text


def test_the_days_on_which_it_is_sent():
    weekly = ReportSchedule(cadence=Cadence.WEEKLY, day=1)
    assert (weekly.is_due(date(2026, 11, 30)), weekly.is_due(date(2026, 12, 1))) == (True, False)
    monthly = ReportSchedule(cadence=Cadence.MONTHLY, day=31)
    assert (monthly.is_due(date(2026, 2, 28)), monthly.is_due(date(2026, 3, 30)), monthly.is_due(date(2026, 12, 31))) == (True, False, True)


async def test_reports_are_read_by_programs(client, client_for, tenant, other_client):
    listed = (await client.get("/api/v1/reports")).json()
    assert {"package": "core_crm", "key": "products"}.items() <= next(r for r in listed if r["key"] == "products").items()
    result = (await client.get("/api/v1/reports/core_crm/products", params={"order": "quantity"})).json()
    assert [column["kind"] for column in result["columns"]][:3] == ["number", "text", "text"]
    wrong = await client.get("/api/v1/reports/core_crm/products", params={"order": "love"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "order")
    assert (await client.get("/api/v1/reports/core_crm/nonsense")).status_code == 404
    reader = await client_for(tenant, permissions={"master.party.read"})
    assert (await reader.get("/api/v1/reports/core_crm/products")).status_code == 403
    assert all(each["key"] != "products" for each in (await reader.get("/api/v1/reports")).json())
