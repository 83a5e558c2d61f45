"""Pages of the pipeline as a browser without scripts uses them, and its reports."""

import re

import pytest

from core_crm.orders.form import LINE_FIELDS


def form(shop, *lines, **head):
    data = {"party_id": shop.party, "party_name": "联华", "name": "咖啡机", "amount": "5000", "currency": "CNY", **head}
    return data | {name: [line.get(name, "") for line in lines] for name in LINE_FIELDS}


@pytest.fixture
async def path(shop):
    sent = await shop.client.post(
        "/opportunities/new", data=form(shop, {"product_id": shop.mug, "quantity": "2"}, competitors="甲公司：低价")
    )
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


async def stages_of(shop):
    [pipeline] = (await shop.client.get("/api/v1/pipelines")).json()
    return {stage["name"]: stage["id"] for stage in pipeline["stages"]}


async def test_an_opportunity_is_written_and_edited(shop, path):
    page = (await shop.client.get(path)).text
    assert "226.00" in page
    assert "甲公司" in page
    editor = await shop.client.get(f"{path}/edit")
    assert "骨瓷马克杯" in editor.text
    version = re.search(r'name="version" value="(\d+)"', editor.text)[1]
    saved = await shop.client.post(f"{path}/edit", data=form(shop, {}, amount="9,000", version=version))
    assert saved.status_code == 303, saved.text
    assert "9,000.00" in (await shop.client.get(path)).text


async def test_a_late_edit_comes_back_with_what_changed_and_can_be_saved_over(shop, path):
    version = re.search(r'name="version" value="(\d+)"', (await shop.client.get(f"{path}/edit")).text)[1]
    assert (await shop.client.post(f"{path}/edit", data=form(shop, {}, amount="7000", version=version))).status_code == 303
    late = await shop.client.post(f"{path}/edit", data=form(shop, {}, amount="8000", remark="我的备注", version=version))
    assert late.status_code == 422
    assert "7000.00 CNY" in late.text
    assert "我的备注" in late.text
    now = re.search(r'name="version" value="(\d+)"', late.text)[1]
    assert (await shop.client.post(f"{path}/edit", data=form(shop, {}, amount="8000", version=now))).status_code == 303


async def test_what_was_typed_stays(shop):
    answer = await shop.client.post(
        "/opportunities/new", data=form(shop, {"description": "x", "quantity": "abc"}, name="", expected_on="soon")
    )
    assert answer.status_code == 422
    for text in ("abc", "soon"):
        assert f'value="{text}"' in answer.text


async def test_a_card_is_dropped_and_the_totals_follow(shop, path):
    stages = await stages_of(shop)
    moved = await shop.client.post(
        f"{path}/move", data={"stage": stages["Proposal and quote"] if "Proposal and quote" in stages else stages["方案报价"]}
    )
    assert moved.status_code == 200, moved.text
    assert moved.text.count('hx-swap-oob="true"') == 7
    assert "undo" in moved.headers["hx-trigger"]


async def test_a_refused_drop_says_why(shop, path):
    stages = await stages_of(shop)
    [pipeline] = (await shop.client.get("/api/v1/pipelines")).json()
    pipeline["stages"][0]["criteria"] = ["已联系决策人"]
    body = {"name": pipeline["name"], "stages": pipeline["stages"], "version": pipeline["version"]}
    assert (await shop.client.put(f"/api/v1/pipelines/{pipeline['id']}", json=body)).status_code == 200
    refused = await shop.client.post(f"{path}/move", data={"stage": list(stages.values())[1]}, headers={"hx-request": "true"})
    assert refused.status_code == 409
    assert "已联系决策人" in refused.text
    shown = await shop.client.post(f"{path}/stage", data={"stage": list(stages.values())[1]})
    assert shown.status_code == 422
    assert 'role="alert"' in shown.text
    assert (await shop.client.post(f"{path}/criteria", data={"criterion": "已联系决策人", "met": "1"})).status_code == 303
    assert (await shop.client.post(f"{path}/stage", data={"stage": list(stages.values())[1]})).status_code == 303


async def test_a_card_on_lost_leads_to_the_reasons(shop, path):
    stages = await stages_of(shop)
    led = await shop.client.post(f"{path}/move", data={"stage": list(stages.values())[-1]}, headers={"hx-request": "true"})
    assert led.headers["hx-redirect"] == f"{path}/lose"
    assert (await shop.client.post(f"{path}/lose", data={})).status_code == 422
    reason = (await shop.client.get("/api/v1/lost-reasons")).json()[0]
    assert (await shop.client.post(f"{path}/lose", data={"lost_reason_id": reason["id"]})).status_code == 303
    assert reason["name"] in (await shop.client.get(path)).text
    assert (await shop.client.post(f"{path}/reopen", data={"reason": "再谈"})).status_code == 303


async def test_winning_leads_to_the_order(shop, path):
    won = await shop.client.post(f"{path}/win", data={"with_order": "1"})
    assert won.headers["location"].startswith("/orders/")
    again = await shop.client.post(f"{path}/win", data={"with_order": "1"})
    assert again.status_code == 422
    assert 'role="alert"' in again.text


async def test_a_contact_is_noted_on_the_page(shop, path):
    noted = await shop.client.post(f"{path}/timeline", data={"kind": "call", "body": "约好周五演示"})
    assert "约好周五演示" in noted.text
    assert (await shop.client.post(f"{path}/timeline", data={"kind": "call", "body": ""})).status_code == 422


@pytest.mark.parametrize(
    "address",
    [
        "/opportunities", "/opportunities/list", "/opportunities/list?show=stale", "/opportunities/list?show=all&q=联华&owner=me",
        "/opportunities/calendar", "/opportunities/calendar?month=2026-12", "/opportunities/forecast", "/opportunities/pipelines",
        "/opportunities/pipelines/new", "/reports/core_crm/funnel?run=1", "/reports/core_crm/win_rate?run=1&by=weekday",
        "/reports/core_crm/win_rate?run=1&by=hour", "/reports/core_crm/win_rate?run=1&by=owner", "/reports/core_crm/ranking?run=1",
    ],
)  # fmt: skip
async def test_every_page_opens(shop, path, address):
    answer = await shop.client.get(address)
    assert answer.status_code == 200, answer.text[:500]
    assert "card bad" not in answer.text


async def test_a_pipeline_is_changed_on_its_page(shop):
    [pipeline] = (await shop.client.get("/api/v1/pipelines")).json()
    page = (await shop.client.get(f"/opportunities/pipelines/{pipeline['id']}")).text
    count = int(re.search(r'name="count" value="(\d+)"', page)[1])
    assert sorted(map(int, re.findall(r'name="stage_name\.(\d+)"', page))) == list(range(count))
    data = {"name": "新销售", "active": "1", "count": str(count), "version": str(pipeline["version"])}
    for n, stage in enumerate(pipeline["stages"]):
        data |= {
            f"id.{n}": stage["id"],
            f"stage_name.{n}": stage["name"],
            f"kind.{n}": stage["kind"],
            f"probability.{n}": stage["probability"],
        }
    data |= {
        "criteria.0": "已联系决策人\n已确认预算",
        "required.1": "source",
        f"stage_name.{count - 1}": "合同",
        f"kind.{count - 1}": "open",
    }
    data[f"probability.{count - 1}"] = "90"
    saved = await shop.client.post(f"/opportunities/pipelines/{pipeline['id']}", data=data)
    assert saved.status_code == 303, saved.text
    [after] = (await shop.client.get("/api/v1/pipelines")).json()
    assert (after["name"], after["stages"][0]["criteria"]) == ("新销售", ["已联系决策人", "已确认预算"])
    assert [stage["name"] for stage in after["stages"]][4] == "合同"
    wrong = await shop.client.post(f"/opportunities/pipelines/{pipeline['id']}", data=data | {"version": "1"})
    assert wrong.status_code == 422
    assert (await shop.client.post("/opportunities/lost-reasons", data={"name": "项目取消"})).status_code == 303
    assert (await shop.client.post("/opportunities/lost-reasons", data={"name": "项目取消"})).status_code == 422


async def test_the_funnel_counts_what_went_on(shop):
    made = []
    for n in range(4):
        body = {"party_id": shop.party, "name": f"商机{n}", "amount": "100", "source": "展会"}
        made.append((await shop.client.post("/api/v1/opportunities", json=body)).json())
    stages = list((await stages_of(shop)).values())
    for each in made[:2]:
        await shop.client.post(f"/api/v1/opportunities/{each['id']}/move", json={"stage_id": stages[2]})
    await shop.client.post(f"/api/v1/opportunities/{made[0]['id']}/win", json={})
    reason = (await shop.client.get("/api/v1/lost-reasons")).json()[0]
    await shop.client.post(f"/api/v1/opportunities/{made[1]['id']}/lose", json={"lost_reason_id": reason["id"]})
    page = (await shop.client.get("/reports/core_crm/funnel/export.csv?run=1")).text
    reached = [line.split(",")[2] for line in page.splitlines()[1:6]]
    assert reached == ["4", "2", "2", "1", "1"]
    drawn = (await shop.client.get("/reports/core_crm/funnel?run=1")).text
    assert re.findall(r'<td class="[^"]*\bmain\b[^"]*"[^>]*>([^<]*)</td>', drawn)[:4] == list(await stages_of(shop))[:4]
    rate = (await shop.client.get("/reports/core_crm/win_rate/export.csv?run=1&by=source")).text.splitlines()[1].split(",")
    assert rate[:4] == ["展会", "2", "1", "50.00"]
    ranked = (await shop.client.get("/reports/core_crm/ranking/export.csv?run=1")).text.splitlines()[1].split(",")
    assert ranked[2:6] == ["1", "100.00", "1", "2"]
