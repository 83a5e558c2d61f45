"""Targets, and what was reached: contracts and margin from orders, money from the posted books."""

from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from core_crm.targets.report import TargetParameters, reached
from master_data.api import Employee, Party

SPAN = {"since": date(2026, 1, 1), "until": date(2026, 12, 31)}


async def person(database, tenant, code, name):
    async with database.work(tenant) as work:
        row = Employee(code=code, name=name)
        work.session.add(row)
        await work.session.flush()
        return row.id


async def owned(database, tenant, party, employee_id):
    async with database.work(tenant) as work:
        await work.session.execute(sa.update(Party).where(Party.id == party).values(owner_id=employee_id))


async def test_contracts_and_margin_against_a_target(shop, database, tenant):
    wang, sun = await person(database, tenant, "E1", "王丽"), await person(database, tenant, "E2", "孙伟")
    await owned(database, tenant, shop.party, wang)
    await shop.client.patch(f"/api/v1/products/{shop.mug}", json={"cost_price": "60"})
    order = await shop.draft({"product_id": shop.mug, "quantity": "3"}, ordered_on="2026-03-02")
    await shop.post(order, "confirm")
    for employee_id, amount in ((wang, "200"), (sun, "1000")):
        body = {"month": "2026-03-17", "measure": "contract", "employee_id": str(employee_id), "amount": amount}
        made = await shop.client.post("/api/v1/targets", json=body)
        assert made.status_code == 201, made.text
        assert made.json()["month"] == "2026-03-01"
    async with database.work(tenant) as work:
        table = await reached(work, TargetParameters(**SPAN))
        margin = await reached(work, TargetParameters(measure="margin", **SPAN))
        months = await reached(work, TargetParameters(by="month", **SPAN))
    assert [row[1:] for row in table.rows] == [
        ("王丽", Decimal("200.00"), Decimal("300.00"), Decimal("150.0"), Decimal("100.00")),
        ("孙伟", Decimal("1000.00"), Decimal(0), Decimal("0.0"), Decimal("-1000.00")),
    ]
    assert table.totals[2:5] == (Decimal("1200.00"), Decimal("300.00"), Decimal("25.0"))
    assert [row[3] for row in margin.rows] == [Decimal("120.00")]
    assert months.rows[0][1:4] == ("2026-03", Decimal("1200.00"), Decimal("300.00"))


async def test_a_target_stands_once_and_is_more_than_nothing(client):
    body = {"month": "2026-03-01", "measure": "cash", "amount": "10"}
    assert (await client.post("/api/v1/targets", json=body)).status_code == 201
    again = await client.post("/api/v1/targets", json=body | {"month": "2026-03-31"})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "month")
    for wrong in ({"amount": "0"}, {"amount": "-5"}, {"measure": "love"}):
        assert (await client.post("/api/v1/targets", json=body | {"month": "2026-04-01"} | wrong)).status_code in (400, 422)
    file = {"file": ("t.csv", b"month,measure,amount\n2026-05-01,contract,5\n2026-05-09,contract,6\n", "")}
    assert (await client.post("/api/v1/targets/import", files=file)).json()["errors"][0]["row"] == 3


async def test_sales_people_see_their_targets_and_do_not_set_them(database, tenant, client_for, client):
    seller = await client_for(tenant, role="sales")
    body = {"month": "2026-03-01", "measure": "contract", "amount": "10"}
    assert (await seller.post("/api/v1/targets", json=body)).status_code == 403
    assert (await seller.get("/reports/core_crm/targets?run=1")).status_code == 200
