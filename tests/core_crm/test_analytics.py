"""Reports of the CRM against figures reckoned by hand, and within the reach of who reads them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core_crm.analytics.opportunities import (
    ConversionParameters,
    HeatParameters,
    conversion,
    stage_time,
    win_hours,
)
from core_crm.analytics.pivot import PivotParameters, pivot
from core_crm.analytics.rfm import RfmParameters, RfmScore, rfm, score_all
from core_crm.analytics.sales import CohortParameters, ProductParameters, cohorts, follow_up, products
from core_crm.analytics.span import Span
from core_crm.api import Lead, LeadState, Opportunity, Order, StageKind, pipelines
from core_crm.pipeline.model import StageMove
from kernel.errors import Invalid
from master_data.api import Employee, Party

YEAR = Span(since=date(2026, 1, 1), until=date(2026, 12, 31))
ZONE = ZoneInfo("Asia/Shanghai")


async def sell(client, party, product, on, quantity="1", *, confirm=True):
    body = {"party_id": party, "ordered_on": on, "lines": [{"product_id": product, "quantity": quantity}]}
    order = (await client.post("/api/v1/orders", json=body)).json()
    if confirm:
        answer = await client.post(f"/api/v1/orders/{order['id']}/confirm")
        assert answer.status_code == 200, answer.text
    return order


async def another(client, name):
    return (await client.post("/api/v1/parties", json={"name": name})).json()["id"]


@pytest.fixture
async def year(shop):
    """Three customers: one bought in January, February and March, one in January, one in March; a draft and a cancelled order."""
    second, third = await another(shop.client, "宁波东海水产"), await another(shop.client, "金华火腿行")
    for month, quantity in ((1, "2"), (2, "1"), (3, "1")):
        await sell(shop.client, shop.party, shop.mug, f"2026-0{month}-10", quantity)
    await sell(shop.client, second, shop.service, "2026-01-20")
    await sell(shop.client, third, shop.mug, "2026-03-05", "10")
    await sell(shop.client, third, shop.mug, "2026-03-06", "100", confirm=False)
    gone = await sell(shop.client, third, shop.mug, "2026-03-07", "100")
    assert (await shop.client.post(f"/api/v1/orders/{gone['id']}/cancel", json={"reason": "x"})).status_code == 200
    return {"first": shop.party, "second": second, "third": third}


async def test_products_are_ranked_by_what_was_sold(shop, year, database, tenant):
    async with database.work(tenant) as work:
        table = await products(work, ProductParameters(since=YEAR.since, until=YEAR.until))
        by_count = await products(work, ProductParameters(since=YEAR.since, until=YEAR.until, order="orders"))
        february = await products(work, ProductParameters(since=date(2026, 2, 1), until=date(2026, 2, 28)))
    mug, service = table.rows
    assert mug[1:6] == ("骨瓷马克杯", "M-1", Decimal(14), "只", Decimal("1400.00"))
    assert mug[7:] == (4, 2)
    assert service[5] == Decimal("94.34")
    assert table.totals[5] == Decimal("1494.34")
    assert [row[1] for row in by_count.rows] == ["骨瓷马克杯", "安装"]
    assert [row[3] for row in february.rows] == [Decimal(1)]
    assert table.paths[0] == f"/products/{shop.mug}"


async def test_cohorts_count_who_comes_back(year, database, tenant):
    async with database.work(tenant) as work:
        table = await cohorts(work, CohortParameters(since=YEAR.since, until=YEAR.until, show="customers"))
        share = await cohorts(work, CohortParameters(since=YEAR.since, until=YEAR.until))
    assert [row[:5] for row in table.rows] == [("2026-01", 2, 2, 1, 1), ("2026-03", 1, 1, 0, 0)]
    assert share.rows[0][2:5] == (Decimal("100.0"), Decimal("50.0"), Decimal("50.0"))


async def test_rfm_scores_fifths_and_ties_alike(shop, database, tenant):
    parties = [await another(shop.client, f"客户{n}") for n in range(5)]
    today = datetime.now(ZONE).date()
    for n, party in enumerate(parties):
        for _again in range(n + 1):
            await sell(shop.client, party, shop.mug, (today - timedelta(days=30 - n)).isoformat())
    same = await another(shop.client, "与客户4一样")
    for _again in range(5):
        await sell(shop.client, same, shop.mug, (today - timedelta(days=26)).isoformat())
    async with database.work(tenant) as work:
        table = await rfm(work, RfmParameters(days=90))
        scores = {row[0]: row[2:5] for row in table.rows}
        assert scores["客户4"] == scores["与客户4一样"] == (5, 5, 5)
        assert scores["客户0"] == (1, 1, 1)
        assert (await rfm(work, RfmParameters(days=27))).rows[0][0] in ("客户4", "与客户4一样")
        await score_all(work)
        await score_all(work)
        assert await work.session.scalar(sa.select(sa.func.count()).select_from(RfmScore)) == 6
    page = await shop.client.get(f"/parties/{parties[4]}")
    assert "重要价值客户" in page.text


async def test_stage_times_are_quartiles_of_stays(client, shop, database, tenant):
    async with database.work(tenant) as work:
        pipeline = (await pipelines(work))[0]
        stage = next(each for each in pipeline.stages if each.kind is StageKind.OPEN)
        closed = next(each.id for each in pipeline.stages if each.kind is StageKind.WON)
        begin = datetime(2026, 3, 2, 9, tzinfo=ZONE)
        for days in (1, 2, 3, 4, 40):
            o = Opportunity(
                name="o", party_id=shop.party, pipeline_id=stage.pipeline_id, stage_id=closed, state=StageKind.WON, stage_since=begin,
                currency="CNY", amount=Decimal(100), last_activity_at=begin, closed_at=begin + timedelta(days=days), made_by="x",
            )  # fmt: skip
            work.session.add(o)
            await work.session.flush()
            for to, kind, at in ((stage.id, StageKind.OPEN, begin), (closed, StageKind.WON, begin + timedelta(days=days))):
                work.session.add(StageMove(opportunity_id=o.id, stage_id=to, kind=kind, at=at, by="x", amount=Decimal(100)))
        await work.session.flush()
        [row] = (await stage_time(work, YEAR)).rows
        heat = await win_hours(work, HeatParameters(since=YEAR.since, until=YEAR.until, show="amount"))
    assert row[2:7] == (5, Decimal("2.0"), Decimal("3.0"), Decimal("4.0"), Decimal("25.6"))
    assert row[7:] == (0, 2, 2, 0, 0, 1)
    tuesday = next(line for line in heat.rows if line[0] in ("Tuesday", "星期二", "周二"))
    assert [c.label for c in heat.columns[1:]] == ["09:00"]
    assert tuesday[1] == Decimal(100)
    assert heat.heat(Decimal(100)) == 5


async def test_leads_convert_by_source(client, shop, database, tenant):
    async with database.work(tenant) as work:
        for n, (source, state) in enumerate((("展会", LeadState.CONVERTED), ("展会", LeadState.NEW), (None, LeadState.NEW))):
            party = Party(name=f"p{n}", name_key=f"p{n}", search_text="") if state is LeadState.CONVERTED else None
            if party:
                work.session.add(party)
                await work.session.flush()
            work.session.add(Lead(name=f"l{n}", source=source, state=state, party_id=party.id if party else None, search_text=""))
        await work.session.flush()
        table = await conversion(work, ConversionParameters(by="source"))
        month = await conversion(work, ConversionParameters())
    assert table.rows[0][:4] == ("展会", 2, 1, Decimal("50.0"))
    assert len(table.rows) == 2
    assert sum(row[1] for row in month.rows) == 3


async def test_a_pivot_counts_an_order_of_two_products_once(shop, database, tenant):
    lines = [{"product_id": shop.mug, "quantity": "1"}, {"product_id": shop.service, "quantity": "1"}]
    order = await shop.draft(*lines, ordered_on="2026-03-02")
    await shop.post(order, "confirm")
    async with database.work(tenant) as work:
        asked = PivotParameters(since=YEAR.since, until=YEAR.until, rows="product", columns="month", measure="count")
        table = await pivot(work, asked)
        amounts = await pivot(work, PivotParameters(since=YEAR.since, until=YEAR.until, rows="customer", columns="weekday"))
        with pytest.raises(Invalid) as refused:
            await pivot(work, PivotParameters(rows="stage"))
        with pytest.raises(Invalid):
            await pivot(work, PivotParameters(of="leads", rows="source", measure="quantity"))
        empty = await pivot(work, PivotParameters(since=date(2020, 1, 1), until=date(2020, 2, 1)))
    assert [row[1:] for row in table.rows] == [(1, 1), (1, 1)]
    assert table.totals[1:] == (1, 1)
    assert amounts.totals[-1] == amounts.rows[0][-1] == Decimal("194.34")
    assert refused.value.errors[0].field == "rows"
    assert empty.rows == []


async def test_follow_up_counts_by_person_and_leaves_out_what_is_private(client, shop, database, tenant):
    for kind, private in (("call", False), ("call", False), ("visit", False), ("note", True)):
        body = {"kind": kind, "body": "谈了价格", "private": private}
        answer = await client.post(f"/api/v1/parties/{shop.party}/timeline", json=body)
        assert answer.status_code == 201, answer.text
    async with database.work(tenant) as work:
        rows = (await follow_up(work, Span())).rows
    assert [row[1:] for row in rows] == [(2, 1, 0, 0, 0, 3, 1)]


async def test_every_report_opens_for_its_reader_and_shows_only_what_they_may_see(shop, year, client_for, tenant, database):
    async with database.work(tenant) as work:
        work.session.add(Employee(code="E1", name="王丽"))
    keys = (
        "conversion",
        "stage_time",
        "win_hours",
        "products",
        "cohorts",
        "follow_up",
        "rfm",
        "targets",
        "pivot",
        "funnel",
        "win_rate",
        "ranking",
    )
    stranger = await client_for(tenant, role="sales")
    for key in keys:
        page = await shop.client.get(f"/reports/core_crm/{key}?run=1&since=2026-01-01&until=2026-12-31")
        assert page.status_code == 200, (key, page.text[:300])
        csv = await shop.client.get(f"/reports/core_crm/{key}/export.csv?run=1")
        assert csv.status_code == 200, key
    for key in ("products", "cohorts", "rfm", "pivot"):
        seen = await stranger.get(f"/reports/core_crm/{key}?run=1&since=2026-01-01&until=2026-12-31")
        assert seen.status_code == 200
        assert "骨瓷马克杯" not in seen.text, key
        assert "联华生鲜" not in seen.text, key
    reader = await client_for(tenant, permissions={"crm.order.read"})
    assert (await reader.get("/reports/core_crm/targets")).status_code == 403


async def test_another_company_sees_nothing_of_it(year, other_client):
    page = await other_client.get("/reports/core_crm/products?run=1&since=2026-01-01&until=2026-12-31")
    assert "骨瓷马克杯" not in page.text
    assert Order.__tablename__ == "crm_order"
