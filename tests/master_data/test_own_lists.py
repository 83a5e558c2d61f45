"""Lists filtered, sorted and laid out by a company's own fields."""

import re

import pytest

PARTIES = "/api/v1/parties"
ROWS = {
    "甲": {"level": "A", "note": "100%好", "size": "9", "since": "2026-01-05", "chain": True},
    "乙": {"level": "B", "note": "一般", "size": "10.5", "since": "2026-03-01"},
    "丙": {"level": "A", "size": "-2"},
    "丁": {},
}


@pytest.fixture
async def rows(client):
    for code, kind in (("level", "choice"), ("note", "text"), ("size", "number"), ("since", "date"), ("chain", "check")):
        body = {"stem": "master.party", "code": code, "label": f"字段{code}", "kind": kind, "options": ["A", "B"]}
        assert (await client.post("/api/v1/custom-fields", json=body)).status_code == 201
    for name, custom in ROWS.items():
        assert (await client.post(PARTIES, json={"name": name, "custom": custom})).status_code == 201


async def names(client, **query):
    answer = await client.get(PARTIES, params={name.replace("__", "."): value for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return "".join(item["name"] for item in answer.json()["items"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"custom__level": "A"}, {"甲", "丙"}),
        ({"custom__note": "0%"}, {"甲"}),
        ({"custom__note": "_"}, set()),
        ({"custom__size__from": "9"}, {"甲", "乙"}),
        ({"custom__size__from": "-5", "custom__size__to": "9.0"}, {"甲", "丙"}),
        ({"custom__since__from": "2026-01-06"}, {"乙"}),
        ({"custom__since__to": "2026-03-01", "custom__level": "A"}, {"甲"}),
        ({"custom__chain": "true"}, {"甲"}),
    ],
)
async def test_a_list_is_filtered_by_kind_for_programs_and_people(client, rows, query, found):
    assert set(await names(client, **query)) == found
    shown = (await client.get("/parties", params={name.replace("__", "."): value for name, value in query.items()})).text
    table = shown.partition("<tbody")[2].partition("</form>")[0]
    assert {name for name in ROWS if f">{name}</a>" in table} == found
    counted = (await client.get(PARTIES, params={"total": "true", **{n.replace("__", "."): v for n, v in query.items()}})).json()
    assert counted["total"] == len(found)


async def test_numbers_sort_as_numbers_and_empty_values_stand_last(client, rows):
    assert await names(client, own_sort="size") == "丙甲乙丁"
    assert await names(client, own_sort="size", descending="true") == "乙甲丙丁"
    assert (await names(client, own_sort="since"))[:2] == "甲乙"
    first = (await client.get(PARTIES, params={"own_sort": "size", "limit": 2})).json()
    second = (await client.get(PARTIES, params={"own_sort": "size", "limit": 2, "after": first["next"]})).json()
    assert [item["name"] for item in (*first["items"], *second["items"])] == ["丙", "甲", "乙", "丁"]
    table = (await client.get("/parties", params={"sort": "custom.size"})).text.partition("<tbody")[2]
    assert re.findall(r">([甲乙丙丁])</a>", table) == ["丙", "甲", "乙", "丁"]


@pytest.mark.parametrize(
    "query",
    [
        {"custom.unknown": "1"}, {"custom.size": "9"}, {"custom.size.from": "viel"}, {"custom.size.from": "NaN"}, {"custom.since.to": "x"},
        {"custom.level": "C"}, {"custom.level' OR 1=1 --": "x"}, {"own_sort": "unknown"}, {"own_sort": "size'; DROP TABLE x"},
    ],
)  # fmt: skip
async def test_programs_are_told_what_cannot_be_asked_and_pages_leave_it_out(client, rows, query):
    assert (await client.get(PARTIES, params=query)).status_code == 422
    assert (await client.get("/parties", params={**query, "sort": "custom.x'y"})).status_code == 200
    assert (await client.get(f"{PARTIES}/export.csv", params=query)).status_code == 422


async def test_a_field_that_was_text_before_does_not_break_a_list_of_numbers(client, rows):
    fields = (await client.get("/api/v1/custom-fields", params={"stem": "master.party"})).json()
    note = next(field for field in fields if field["code"] == "note")
    await client.delete(f"/api/v1/custom-fields/{note['id']}")
    await client.post("/api/v1/custom-fields", json={"stem": "master.party", "code": "note", "label": "数", "kind": "number"})
    assert await names(client, custom__note__from="1") == ""
    assert len(await names(client, own_sort="note")) == 4


async def test_columns_are_chosen_kept_in_a_view_and_exported_lists_follow_the_filter(client, rows):
    chosen = {"col": ["name", "region", "custom.size"], "custom.level": "A"}
    page = (await client.get("/parties", params=chosen)).text
    heads = re.findall(r"<th scope=\"col\"[^>]*>(?:<a[^>]*>)?([^<]+)", page.partition("<thead")[2].partition("</thead>")[0])
    assert heads[0].strip() in ("Name", "名称")
    assert "字段size" in heads
    assert "字段level" not in heads
    saved = await client.post("/parties/views", data={"name": "大客户", "cols": "name,region,custom.size", "custom.level": "A"})
    assert saved.status_code == 303, saved.text
    again = (await client.get(saved.headers["location"])).text
    assert "大客户" in again
    assert "字段size" in again.partition("<thead")[2].partition("</thead>")[0]
    file = (await client.get("/parties/export.csv", params={"custom.level": "A"})).text
    assert "甲" in file
    assert "乙" not in file
    assert "甲" in (await client.get("/parties", params={"cols": "nonsense"})).text


async def test_the_form_says_what_is_asked_for_when(client, rows):
    body = {"stem": "master.party", "code": "shops", "label": "门店", "kind": "number", "shown_if": {"field": "chain", "value": "是"}}
    made = (await client.post("/api/v1/custom-fields", json=body)).json()
    assert made["shown_if"] == {"field": "chain", "value": "true"}
    form = (await client.get("/parties/new")).text
    assert 'data-shown-if="custom.chain" data-shown-value="true"' in form
    kept = await client.post(PARTIES, json={"name": "戊", "custom": {"chain": True, "shops": "3"}})
    assert kept.json()["custom"]["shops"] == "3"
    wrong = await client.post("/api/v1/custom-fields", json={**body, "code": "x", "shown_if": {"field": "nothing", "value": "1"}})
    assert wrong.status_code == 422


async def test_another_company_has_other_fields(client, other_client, rows):
    assert (await other_client.get(PARTIES, params={"custom.level": "A"})).status_code == 422
    assert "字段level" not in (await other_client.get("/parties")).text
