"""Opportunities: written, moved along the stages, won into an order, lost for a reason, reopened."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from tests.anew import put_anew

from core_crm.pipeline.model import StageMove
from core_crm.pipeline.query import OpportunityQuery, list_opportunities
from core_crm.pipeline.service import OpportunityInput, create_opportunity
from core_crm.pipeline.stages import lose_opportunity, move_opportunity, reopen_opportunity, win_opportunity
from kernel import clock
from master_data.api import create_party


@pytest.fixture
async def stages(shop):
    """The first pipeline's stages by name."""
    [pipeline] = (await shop.client.get("/api/v1/pipelines")).json()
    return {stage["name"]: stage["id"] for stage in pipeline["stages"]}


@pytest.fixture
async def deal(shop):
    """Writes opportunities: by default one of 50,000 yuan."""

    async def write(**fields):
        body = {"party_id": shop.party, "name": "三家门店的咖啡机", "amount": "50000", "expected_on": "2026-12-20", **fields}
        answer = await shop.client.post("/api/v1/opportunities", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return write


async def do(shop, deal, command, **body):
    return await shop.client.post(f"/api/v1/opportunities/{deal['id']}/{command}", json=body)


async def pipeline_of(shop):
    return (await shop.client.get("/api/v1/pipelines")).json()[0]


async def change_stage(shop, name, **fields):
    """Write the first pipeline anew with other demands of one stage."""
    pipeline = await pipeline_of(shop)
    for stage in pipeline["stages"]:
        if stage["name"] == name:
            stage.update(fields)
    body = {"name": pipeline["name"], "stages": pipeline["stages"], "version": pipeline["version"]}
    answer = await shop.client.put(f"/api/v1/pipelines/{pipeline['id']}", json=body)
    assert answer.status_code == 200, answer.text


async def test_a_company_begins_with_a_pipeline_in_its_language(stages):
    assert list(stages) == ["初步接洽", "需求确认", "方案报价", "商务谈判", "赢单", "输单"]


async def test_an_opportunity_begins_in_the_first_stage(deal, stages):
    made = await deal()
    assert (made["stage_id"], made["state"], made["amount"]) == (stages["初步接洽"], "open", "50000.00")


async def test_the_amount_is_the_sum_of_the_lines(shop, deal):
    lines = [
        {"product_id": shop.mug, "quantity": "10", "discount_percent": "10"},
        {"description": "定制", "quantity": "1", "unit_price": "80"},
    ]
    assert (await deal(amount="1", lines=lines))["amount"] == "1097.00"


async def test_a_wrong_line_is_named(shop, deal):
    body = {"party_id": shop.party, "name": "x", "lines": [{"quantity": "-1", "description": "y", "unit_price": "1"}]}
    answer = await shop.client.post("/api/v1/opportunities", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "lines.0.quantity"


async def test_moves_are_kept_with_their_times(shop, deal, stages):
    made = await deal()
    await do(shop, made, "move", stage_id=stages["需求确认"])
    await do(shop, made, "move", stage_id=stages["初步接洽"])
    history = (await shop.client.get(f"/api/v1/opportunities/{made['id']}/stages")).json()
    assert [stay["stage"] for stay in history] == ["初步接洽", "需求确认", "初步接洽"]
    assert all(stay["seconds"] >= 0 for stay in history)


async def test_the_history_cannot_be_rewritten(work):
    party_id = await create_party(work, name="联华生鲜超市有限公司")
    await create_opportunity(work, OpportunityInput(party_id=party_id, name="x"))
    await work.session.flush()
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        await work.session.execute(sa.update(StageMove).values(by="nobody"))


async def test_a_stage_refuses_what_lacks_its_required_fields(shop, deal, stages):
    await change_stage(shop, "方案报价", required=["source", "lines"])
    made = await deal()
    refused = await do(shop, made, "move", stage_id=stages["商务谈判"])
    assert (refused.status_code, refused.json()["code"]) == (409, "fields_missing")
    assert [error["field"] for error in refused.json()["errors"]] == ["source", "lines"]
    assert (await do(shop, made, "move", stage_id=stages["需求确认"])).status_code == 200


async def test_a_required_field_cannot_be_emptied_again(shop, deal, stages):
    await change_stage(shop, "初步接洽", required=["source"])
    assert (await shop.client.post("/api/v1/opportunities", json={"party_id": shop.party, "name": "x"})).json()["code"] == "fields_missing"
    made = await deal(source="展会")
    body = {"party_id": shop.party, "name": "x", "source": ""}
    assert (await put_anew(shop.client, f"/api/v1/opportunities/{made['id']}", body)).json()["code"] == "fields_missing"


async def test_exit_criteria_are_ticked_before_it_goes_on(shop, deal, stages):
    await change_stage(shop, "初步接洽", criteria=["已联系决策人"])
    made = await deal()
    refused = await do(shop, made, "move", stage_id=stages["需求确认"])
    assert refused.json()["code"] == "criteria_open"
    assert "已联系决策人" in refused.json()["title"]
    assert (await do(shop, made, "criteria", criterion="别的")).status_code == 422
    assert (await do(shop, made, "criteria", criterion="已联系决策人")).status_code == 200
    assert (await do(shop, made, "move", stage_id=stages["需求确认"])).status_code == 200


async def test_going_back_asks_for_nothing(shop, deal, stages):
    made = await deal()
    await do(shop, made, "move", stage_id=stages["需求确认"])
    await change_stage(shop, "需求确认", criteria=["已报价"], required=["source"])
    assert (await do(shop, made, "move", stage_id=stages["初步接洽"])).status_code == 200


async def test_winning_writes_a_draft_order_and_makes_a_customer(shop, deal):
    made = await deal(lines=[{"product_id": shop.mug, "quantity": "2"}])
    won = (await do(shop, made, "win")).json()
    assert won["state"] == "won"
    order = (await shop.client.get(f"/api/v1/orders/{won['order_id']}")).json()
    assert (order["state"], order["gross"], order["lines"][0]["description"]) == ("draft", made["amount"], "骨瓷马克杯")
    assert (await shop.client.get(f"/api/v1/parties/{shop.party}")).json()["stage"] == "customer"
    assert made["name"] in (await shop.client.get(f"/orders/{won['order_id']}")).text
    assert f"/orders/{won['order_id']}" in (await shop.client.get(f"/opportunities/{made['id']}")).text


async def test_an_opportunity_is_won_once(shop, deal):
    made = await deal()
    assert (await do(shop, made, "win")).status_code == 200
    again = await do(shop, made, "win")
    assert (again.status_code, again.json()["code"]) == (409, "opportunity_closed")
    orders = (await shop.client.get("/api/v1/orders")).json()["items"]
    assert len(orders) == 1


async def test_nothing_is_won_where_the_order_cannot_be_written(client_for, shop, deal, tenant):
    made = await deal()
    clerk = await client_for(tenant, permissions={"crm.opportunity.read", "crm.opportunity.update"})
    # a role without a rule sees everything, but may write no order
    refused = await clerk.post(f"/api/v1/opportunities/{made['id']}/win", json={})
    assert refused.status_code == 403
    assert (await shop.client.get(f"/api/v1/opportunities/{made['id']}")).json()["state"] == "open"


async def test_another_currency_is_won_with_an_order_in_it(shop, deal):
    made = await deal(currency="USD")
    won = (await do(shop, made, "win")).json()
    order = (await shop.client.get(f"/api/v1/orders/{won['order_id']}")).json()
    assert (won["state"], order["currency"], order["gross"]) == ("won", "USD", made["amount"])


async def test_losing_needs_a_reason_of_the_list(shop, deal, stages):
    made = await deal()
    assert (await do(shop, made, "move", stage_id=stages["输单"])).json()["code"] == "lost_reason_needed"
    assert (await do(shop, made, "lose", lost_reason_id=made["id"])).json()["code"] == "lost_reason_needed"
    reason = (await shop.client.get("/api/v1/lost-reasons")).json()[0]
    lost = (await do(shop, made, "lose", lost_reason_id=reason["id"], remark="差 5%")).json()
    assert (lost["state"], lost["lost_reason_id"], lost["lost_remark"]) == ("lost", reason["id"], "差 5%")
    assert (await do(shop, made, "move", stage_id=stages["需求确认"])).json()["code"] == "opportunity_closed"


async def test_a_reason_out_of_use_cannot_be_chosen(shop, deal):
    made, reason = await deal(), (await shop.client.get("/api/v1/lost-reasons")).json()[0]
    await shop.client.put(f"/api/v1/lost-reasons/{reason['id']}", json={"name": reason["name"], "active": False})
    assert (await do(shop, made, "lose", lost_reason_id=reason["id"])).json()["code"] == "lost_reason_needed"


async def test_reopening_keeps_the_history(shop, deal, stages):
    made = await deal()
    assert (await do(shop, made, "reopen")).json()["code"] == "opportunity_not_closed"
    reason = (await shop.client.get("/api/v1/lost-reasons")).json()[0]
    await do(shop, made, "lose", lost_reason_id=reason["id"])
    opened = (await do(shop, made, "reopen", stage_id=stages["需求确认"], reason="客户重新询价")).json()
    assert (opened["state"], opened["lost_reason_id"], opened["closed_at"]) == ("open", None, None)
    history = (await shop.client.get(f"/api/v1/opportunities/{made['id']}/stages")).json()
    assert [(stay["stage"], stay["reason"]) for stay in history] == [
        ("初步接洽", None), ("输单", reason["name"]), ("需求确认", "客户重新询价"),
    ]  # fmt: skip


async def test_a_won_one_with_a_confirmed_order_is_not_reopened(shop, deal):
    made = await deal()
    won = (await do(shop, made, "win")).json()
    await shop.client.post(f"/api/v1/orders/{won['order_id']}/confirm")
    assert (await do(shop, made, "reopen")).status_code == 422
    await shop.client.post(f"/api/v1/orders/{won['order_id']}/cancel", json={})
    assert (await do(shop, made, "reopen")).json()["state"] == "open"


async def test_two_who_edit_at_once_learn_who_changed_what(shop, deal):
    made = await deal()
    body = {"party_id": shop.party, "name": made["name"], "amount": "60000", "version": made["version"]}
    assert (await shop.client.put(f"/api/v1/opportunities/{made['id']}", json=body)).status_code == 200
    late = await shop.client.put(f"/api/v1/opportunities/{made['id']}", json=body | {"amount": "1"})
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")
    changes = {change["field"]: (change["before"], change["after"]) for change in late.json()["changes"]}
    assert changes["amount"] == ("50000.00 CNY", "60000.00 CNY")
    assert "60000.00 CNY" in late.json()["title"]
    assert (await shop.client.get(f"/api/v1/opportunities/{made['id']}")).json()["amount"] == "60000.00"


async def test_an_open_one_is_deleted_and_a_closed_one_is_kept(shop, deal):
    first, second = await deal(), await deal()
    assert (await shop.client.delete(f"/api/v1/opportunities/{first['id']}")).status_code == 204
    assert (await shop.client.get(f"/api/v1/opportunities/{first['id']}")).status_code == 404
    await do(shop, second, "win")
    assert (await shop.client.delete(f"/api/v1/opportunities/{second['id']}")).status_code == 409


async def test_cards_keep_the_place_they_were_dropped_at(shop, deal, stages):
    a, b, c = await deal(name="a"), await deal(name="b"), await deal(name="c")
    pipeline = await pipeline_of(shop)
    await do(shop, c, "move", stage_id=stages["初步接洽"], before=a["id"])
    await do(shop, b, "move", stage_id=stages["初步接洽"])
    columns = (await shop.client.get(f"/api/v1/opportunities/board?pipeline_id={pipeline['id']}")).json()
    assert [card["name"] for card in columns[0]["cards"]] == ["c", "a", "b"]
    assert columns[0]["sums"] == [{"currency": "CNY", "count": 3, "amount": "150000.00", "weighted": "15000.00"}]


async def test_ranks_are_spread_when_they_come_too_close(work):
    party_id = await create_party(work, name="联华生鲜超市有限公司")
    a, b, c = [await create_opportunity(work, OpportunityInput(party_id=party_id, name=name)) for name in "abc"]
    for _ in range(60):
        await move_opportunity(work, a.id, a.stage_id, before=b.id)
        await move_opportunity(work, c.id, c.stage_id, before=b.id)
    rows, _next = await list_opportunities(work, OpportunityQuery())
    assert len(rows) == 3
    await work.session.refresh(a), await work.session.refresh(b), await work.session.refresh(c)
    assert a.rank < c.rank < b.rank


async def test_the_forecast_weighs_by_stage_and_month(shop, deal, stages):
    first, _second, undated = await deal(), await deal(amount="1000", expected_on="2027-01-05"), await deal(expected_on=None)
    await do(shop, first, "move", stage_id=stages["方案报价"])
    months = {row["month"]: row for row in (await shop.client.get("/api/v1/opportunities/forecast")).json()}
    assert (months["2026-12-01"]["amount"], months["2026-12-01"]["weighted"]) == ("50000.00", "25000.00")
    assert months["2027-01-01"]["weighted"] == "100.00"
    assert months[None]["count"] == 1
    assert undated["expected_on"] is None


async def test_an_opportunity_is_stale_after_the_days_of_its_stage(work):
    party_id = await create_party(work, name="联华生鲜超市有限公司")
    await create_opportunity(work, OpportunityInput(party_id=party_id, name="x"))
    with clock.frozen(datetime.now(UTC) + timedelta(days=13)):
        assert not (await list_opportunities(work, OpportunityQuery(stale=True)))[0]
    with clock.frozen(datetime.now(UTC) + timedelta(days=15)):
        [row] = (await list_opportunities(work, OpportunityQuery(stale=True)))[0]
        assert row.stale


async def test_a_noted_contact_ends_the_silence(shop, deal):
    made = await deal()
    noted = await shop.client.post(f"/api/v1/opportunities/{made['id']}/timeline", json={"body": "电话沟通", "kind": "call"})
    assert noted.status_code == 201
    after = (await shop.client.get(f"/api/v1/opportunities/{made['id']}")).json()
    assert after["last_activity_at"] > made["last_activity_at"]
    bad = await shop.client.post(f"/api/v1/opportunities/{made['id']}/timeline", json={"body": "x", "next_contact_on": "2020-01-01"})
    assert bad.status_code == 422


async def test_events_tell_what_became_of_it(work, monkeypatch):
    told = []
    monkeypatch.setattr(type(work.bus), "publish", lambda _bus, _work, event: told.append(type(event).__name__) or _done())
    party_id = await create_party(work, name="联华生鲜超市有限公司")
    made = await create_opportunity(work, OpportunityInput(party_id=party_id, name="x", amount=Decimal(10)))
    await win_opportunity(work, made.id)
    await reopen_opportunity(work, made.id)
    reason = (await work.session.execute(sa.text("SELECT id FROM crm_lost_reason LIMIT 1"))).scalar_one()
    await lose_opportunity(work, made.id, reason)
    assert [name for name in told if name.startswith("Opp")] == [
        "OpportunityCreated", "OpportunityWon", "OpportunityReopened", "OpportunityLost",
    ]  # fmt: skip


async def _done():
    return None


async def test_a_stage_with_opportunities_is_not_taken_away(shop, deal):
    await deal()
    pipeline = await pipeline_of(shop)
    body = {"name": pipeline["name"], "stages": pipeline["stages"][1:], "version": pipeline["version"]}
    refused = await shop.client.put(f"/api/v1/pipelines/{pipeline['id']}", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "stage_in_use")
    body["stages"] = [*pipeline["stages"][:3], *pipeline["stages"][4:]]
    kept = await shop.client.put(f"/api/v1/pipelines/{pipeline['id']}", json=body)
    assert [stage["name"] for stage in kept.json()["stages"]] == ["初步接洽", "需求确认", "方案报价", "赢单", "输单"]


async def test_a_pipeline_needs_an_end(shop):
    body = {"name": "续约", "stages": [{"name": "提醒"}, {"name": "成交", "kind": "won"}]}
    assert (await shop.client.post("/api/v1/pipelines", json=body)).status_code == 422
    body["stages"].append({"name": "流失", "kind": "lost"})
    made = await shop.client.post("/api/v1/pipelines", json=body)
    assert [stage["probability"] for stage in made.json()["stages"]] == ["0", "100", "0"]


async def test_another_company_sees_nothing_of_it(other_client, shop, deal):
    made = await deal()
    assert (await other_client.get(f"/api/v1/opportunities/{made['id']}")).status_code == 404
    assert (await other_client.get("/api/v1/opportunities")).json()["items"] == []
    assert (await other_client.get("/api/v1/opportunities/totals")).json() == []
    pipeline = await pipeline_of(shop)
    assert (await other_client.get(f"/api/v1/opportunities/board?pipeline_id={pipeline['id']}")).status_code == 404
