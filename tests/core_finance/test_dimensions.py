"""Dimensions: the company's own kinds from their making to the red-letter voucher, and the items of each."""

import re
from base64 import b64decode
from uuid import uuid4

import pytest

from core_finance.chart.changing import change_account
from core_finance.chart.ledgers import create_ledger
from core_finance.dimensions.keeping import KindInUse, KindTaken, RowsRefused, add_item, add_kind, change_kind, import_items, list_items
from core_finance.dimensions.service import DimensionNotFound, find_items, kinds, labels, missing_items, names
from kernel.errors import Invalid
from kernel.i18n import using
from master_data.api import create_party, create_product

API = "/api/v1/finance/dimensions"
V = "/api/v1/vouchers"


async def test_every_company_has_its_kinds_and_adds_its_own(work):
    assert [kind.key for kind in await kinds(work)] == ["party", "department", "employee", "project", "product"]
    kind = await add_kind(work, name="地区", name_en="Region")
    assert kind.key == "region"
    assert (await add_kind(work, name="车辆")).key == "cl"
    with using("en"):
        assert (await labels(work))["region"] == "Region"
    await change_kind(work, "region", is_active=False)
    assert "region" not in [kind.key for kind in await kinds(work)]
    assert "region" in await labels(work)


@pytest.mark.parametrize(("values", "field"), [({"name": " "}, "name"), ({"name": "x", "key": "Ä"}, "key"), ({"name": "x" * 61}, "name")])
async def test_a_kind_without_a_proper_name_or_key_is_refused(work, values, field):
    with pytest.raises(Invalid) as refused:
        await add_kind(work, **values)
    assert refused.value.errors[0].field == field


@pytest.mark.parametrize(("name", "key"), [("地区", "other"), ("Other", "party"), ("Other", "region")])
async def test_names_and_keys_are_taken_once(work, name, key):
    await add_kind(work, name="地区", name_en="Region")
    with pytest.raises(KindTaken):
        await add_kind(work, name=name, key=key)


async def test_a_kind_that_accounts_keep_is_not_disabled(work):
    ledger = await create_ledger(work, name="Main")
    await add_kind(work, name="地区", key="region")
    await change_account(work, ledger, "1122", optional_dimensions=["party", "region"])
    with pytest.raises(KindInUse, match="1122"):
        await change_kind(work, "region", is_active=False)


async def test_one_service_finds_and_names_items_of_every_kind(work):
    await add_kind(work, name="地区", key="region")
    made = {
        "party": await create_party(work, name="衡山机械有限公司"), "product": await create_product(work, sku="S-1", name="轴承"),
        "project": (await add_item(work, "project", code="P1", name="新厂房")).id,
        "region": (await add_item(work, "region", code="N", name="华北")).id,
    }  # fmt: skip
    texts = {"party": "hsjx", "product": "zc", "project": "xcf", "region": "华"}
    for kind, value in made.items():
        assert [item.id for item in await find_items(work, kind, texts[kind], 5)] == [value]
        assert await find_items(work, kind, "nothing like it", 5) == []
    assert set((await names(work, made.items())).values()) == {"衡山机械有限公司", "轴承", "新厂房", "华北"}
    assert await missing_items(work, made.items()) == set()
    swapped = {("project", made["region"]), ("region", made["project"]), ("party", uuid4())}
    assert await missing_items(work, swapped) == swapped
    with pytest.raises(DimensionNotFound):
        await find_items(work, "colour", "", 5)


async def test_a_file_of_items_goes_in_whole_or_not_at_all(work):
    rows = [(2, {"code": "A", "name": "甲"}), (3, {"code": "B", "name": "乙"})]
    assert await import_items(work, "project", rows) == 2
    with pytest.raises(RowsRefused) as refused:
        await import_items(
            work, "project", [(2, {"code": "C", "name": "丙"}), (3, {"code": "", "name": "丁"}), (4, {"code": "C", "name": ""})]
        )
    assert {error.field for error in refused.value.errors} == {"rows.3.code", "rows.4.name", "rows.4.code"}
    await import_items(work, "project", [(2, {"code": "A", "name": "甲乙"})])
    assert [(item.code, item.name) for item in await list_items(work, "project")] == [("A", "甲乙"), ("B", "乙")]


@pytest.fixture
async def books(client):
    """A ledger whose account of sales must name a region, and may name a project; with a region in north and one in south."""
    client.cookies.set("lang", "en")
    await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert (await client.post(API, json={"name": "地区", "key": "region"})).status_code == 201
    changed = await client.patch(
        "/api/v1/finance/accounts/5001", json={"required_dimensions": ["region"], "optional_dimensions": ["project"]}
    )
    assert changed.status_code == 200, changed.text
    return client


async def item(client, kind, code):
    made = await client.post(f"{API}/{kind}/items", json={"code": code, "name": f"Item {code}"})
    assert made.status_code == 201, made.text
    return made.json()["id"]


def sale(**dimensions):
    lines = [{"account": "1001", "debit": "5"}, {"account": "5001", "credit": "5", "dimensions": dimensions}]
    return {"on": "2026-03-09", "lines": lines, "post": True}


async def test_a_kind_of_one_s_own_is_posted_read_and_cancelled_in_red(books):
    north, plant = await item(books, "region", "N"), await item(books, "project", "P1")
    posted = await books.post(V, json=sale(region=north, project=plant))
    assert posted.status_code == 201, posted.text
    assert posted.json()["lines"][1]["dimensions"] == {"region": north, "project": plant}
    red = await books.post(f"{V}/{posted.json()['id']}/reverse", json={"on": "2026-03-10"})
    assert red.status_code < 300, red.text
    again = (await books.get(f"{V}/{red.json()['id']}")).json()["lines"][1]
    assert (again["credit"], again["dimensions"]) == ("-5.00", {"region": north, "project": plant})


async def test_each_way_to_get_it_wrong_has_its_own_error_and_nothing_is_written(books, state_of, tenant):
    north, plant = await item(books, "region", "N"), await item(books, "project", "P1")
    party = (await books.post("/api/v1/parties", json={"name": "衡山机械有限公司"})).json()["id"]
    before = await state_of(tenant)
    for dimensions, code in (
        ({}, "dimension_missing"), ({"project": plant}, "dimension_missing"), ({"region": north, "party": party}, "dimension_not_kept"),
        ({"region": north, "colour": north}, "dimension_not_kept"), ({"region": str(uuid4())}, "dimension_unknown"),
        ({"region": plant}, "dimension_unknown"), ({"region": north, "project": north}, "dimension_unknown"),
    ):  # fmt: skip
        refused = await books.post(V, json=sale(**dimensions))
        assert (refused.status_code, refused.json()["code"]) == (422, code), (dimensions, refused.text)
    assert await state_of(tenant) == before


async def test_programs_keep_items_and_only_see_their_own_company_s(books, other_client, client_for, tenant):
    north = await item(books, "region", "N")
    taken = await books.post(f"{API}/region/items", json={"code": "N", "name": "x"})
    assert (taken.status_code, taken.json()["code"]) == (409, "dimension_item_code_taken")
    off = await books.patch(f"{API}/region/items/{north}", json={"is_active": False, "name": "North"})
    assert (off.json()["is_active"], off.json()["name"]) == (False, "North")
    assert (await books.get(f"{API}/region/choices")).json() == []
    for code in ("A", "B"):
        await item(books, "region", code)
    first = (await books.get(f"{API}/region/items", params={"limit": 2})).json()
    second = (await books.get(f"{API}/region/items", params={"limit": 2, "after": first["next"]})).json()
    assert [x["code"] for x in first["items"] + second["items"]] == ["A", "B", "N"]
    assert second["next"] is None
    file = {"file": ("x.csv", "编码,名称\nC,Centre\n".encode())}
    assert (await books.post(f"{API}/region/items/import", files=file)).json() == {"rows": 1}
    assert (await other_client.get(f"{API}/region/items")).status_code == 404
    assert (await other_client.get(f"{API}/project/items/{north}")).status_code == 404
    assert "region" not in [kind["key"] for kind in (await other_client.get(API)).json()]
    reader = await client_for(tenant, permissions={"finance.ledger.read"})
    assert (await reader.get(f"{API}/region/items")).status_code == 200
    assert (await reader.post(f"{API}/region/items", json={"code": "Z", "name": "x"})).status_code == 403


async def test_the_page_keeps_kinds_and_items(books):
    page = "/finance/dimensions"
    added = await books.post(page, data={"kind_name": "车辆", "kind_name_en": "Vehicle"})
    assert added.headers["location"] == f"{page}?kind=vehicle"
    assert (await books.post(f"{page}/vehicle/items", data={"code": "V1", "name": "货车"})).status_code == 303
    shown = (await books.get(f"{page}?kind=vehicle&q=hc")).text
    address = re.search(r'href="(/finance/dimensions/vehicle/items/[0-9a-f-]{36})"', shown)[1]
    assert 'value="V1"' in (await books.get(address)).text
    assert (await books.post(address, data={"code": "V2", "name": "货车", "is_active": "1"})).status_code == 303
    empty = await books.post(address, data={"code": "V3", "name": ""})
    assert (empty.status_code, 'value="V3"' in empty.text) == (422, True)
    assert (await books.post(f"{address}/disable")).status_code == 303
    twice = await books.post(f"{page}/vehicle/items", data={"code": "V2", "name": "Kept"})
    assert (twice.status_code, 'value="Kept"' in twice.text, "is taken" in twice.text) == (422, True, True)
    refused = await books.post(f"{page}/region", data={"act": "disable"})
    assert (refused.status_code, "5001" in refused.text) == (422, True)
    assert (await books.post(f"{page}/vehicle", data={"own_name": "汽车", "own_name_en": "Car"})).status_code == 303
    assert "Car" in (await books.get(f"{page}?kind=vehicle")).text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_the_file_of_a_kind_can_be_taken_over_again(books, form):
    await item(books, "region", "007")
    file = (await books.get(f"/finance/dimensions/region/file?form={form}")).content
    assert (await books.post("/finance/dimensions/project/file", files={"file": ("x", file)})).status_code == 303
    assert [x["code"] for x in (await books.get(f"{API}/project/items")).json()["items"]] == ["007"]


async def test_wrong_rows_of_a_file_come_back_with_their_reasons(books):
    text = b"code,name\nA,North\n,South\n"
    answer = await books.post("/finance/dimensions/region/file", files={"file": ("x.csv", text)})
    assert answer.status_code == 422
    rows = b64decode(re.search(r"data:text/csv;base64,([^\"]+)", answer.text)[1].replace("&#43;", "+")).decode("utf-8-sig").splitlines()
    assert [row.split(",")[:3] for row in rows] == [["Row", "Code", "Name"], ["3", "", "South"]]
    assert (await books.get(f"{API}/region/items")).json()["items"] == []
