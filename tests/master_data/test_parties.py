"""Credit codes, names that are the same, and who is told what about a double."""

from dataclasses import replace
from string import ascii_uppercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid
from kernel.work import Actor
from master_data.api import PARTIES, PartiesImported, PartyCreated, create_party, find_parties, get_party, uscc
from master_data.parties.names import masked, normalise
from master_data.tags.service import tag_names
from vertical.records import RecordRefused

GENUINE = ("91110000600037341L", "91350100M000100Y43", "9144030071526726XG")


@pytest.mark.parametrize("code", GENUINE)
def test_a_genuine_credit_code_is_valid(code):
    assert uscc.is_valid(code)


@given(st.text(uscc.ALPHABET, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(uscc.ALPHABET))
def test_any_single_wrong_character_is_found(first, place, other):
    code = first + uscc.check_digit(first)
    assert uscc.is_valid(code)
    wrong = code[:place] + other + code[place + 1 :]
    assert uscc.is_valid(wrong) == (wrong == code)


@given(st.text(digits + ascii_uppercase, max_size=20))
def test_only_eighteen_characters_of_the_alphabet_can_be_valid(text):
    assert not uscc.is_valid(text) or (len(text) == 18 and set(text) <= set(uscc.ALPHABET))


def test_a_code_is_read_as_people_type_it():
    assert uscc.clean(" ９１11 0000-6000 37341l ") == "91110000600037341L"
    assert uscc.clean("9I110000600O37341L") == "91110000600037341L"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("北京经纬（科技）有限公司", "北京经纬(科技) 有限责任公司"),
        ("Acme Co., Ltd.", "ACME"),
        ("ＡＢＣ股份有限公司", "abc"),
        ("上海 联华 生鲜", "上海联华生鲜"),
    ],
)
def test_spellings_of_one_name_are_equal(one, other):
    assert normalise(one) == normalise(other)


def test_different_names_stay_different():
    assert normalise("北京经纬（上海）有限公司") != normalise("北京经纬（广州）有限公司")
    assert normalise("有限公司") == "有限公司"
    assert normalise("&&&")


def test_a_masked_name_tells_whom_to_ask_but_not_who_it_is():
    assert masked("王小明") == "王**"


async def test_the_same_company_is_not_entered_twice(work):
    await create_party(work, name="杭州青禾商贸有限公司", owner="王小明")
    with pytest.raises(RecordRefused) as refused:
        await create_party(work, name="杭州青禾商贸 有限责任公司")
    assert "王小明" in refused.value.message
    assert refused.value.errors[0].field == "name"


async def test_who_may_not_see_parties_is_told_masked(work):
    await create_party(work, name="杭州青禾商贸有限公司", owner="王小明")
    stranger = replace(work, actor=Actor(id=None, name="林晓", permissions=frozenset({"master.party.create"})))
    with pytest.raises(RecordRefused) as refused:
        await create_party(stranger, name="杭州青禾商贸有限公司")
    assert "王**" in refused.value.message
    assert "青禾" not in refused.value.message


async def test_a_second_company_of_the_same_name_is_kept_when_meant(work):
    await create_party(work, name="杭州青禾商贸有限公司")
    await create_party(work, name="杭州青禾商贸有限公司", same_name_allowed=True)


async def test_a_credit_code_belongs_to_one_party_only(work):
    await create_party(work, name="甲", credit_code=GENUINE[0])
    with pytest.raises(RecordRefused) as refused:
        await create_party(work, name="乙", credit_code=GENUINE[0].lower(), same_name_allowed=True)
    assert refused.value.errors[0].field == "credit_code"


async def test_people_may_share_a_name_but_not_name_and_phone(work):
    await create_party(work, name="张伟", kind="person", phone="138 0000 0001")
    await create_party(work, name="张伟", kind="person", phone="138 0000 0002")
    with pytest.raises(RecordRefused):
        await create_party(work, name="张伟", kind="person", phone="+86 13800000001")


async def test_a_wrong_check_digit_says_so(work):
    with pytest.raises(Invalid) as refused:
        await create_party(work, name="甲", credit_code="911100006000373410")
    assert refused.value.errors[0].field == "credit_code"


async def test_a_party_is_found_by_initials_code_and_phone(work):
    party_id = await create_party(work, name="联华生鲜超市", credit_code=GENUINE[0], phone="0571-8888")
    for text in ("lhsx", "联华", "911100006", "0571-88", "LHSX"):
        assert [p.id for p in await find_parties(work, text)] == [party_id], text
    assert await find_parties(work, "%") == []


async def test_the_invoice_block_falls_back_to_name_and_code(work):
    party = await get_party(work, await create_party(work, name="联华", credit_code=GENUINE[0]))
    assert (party.title, party.tax_number) == ("联华", GENUINE[0])


async def test_creating_publishes_once_for_one_and_once_for_a_file(work, monkeypatch):
    published = []

    async def note(_bus, _work, event):
        published.append(event)

    monkeypatch.setattr(type(work.bus), "publish", note)
    party_id = await create_party(work, name="甲")
    assert published == [PartyCreated(party_id=party_id)]
    from vertical.bulk import insert_records
    from vertical.records import prepare

    rows = [prepare(PARTIES, {"name": name, "kind": "organisation"}) for name in ("乙", "丙")]
    ids = await insert_records(work, PARTIES, rows)
    assert published[1:] == [PartiesImported(party_ids=tuple(ids))]


async def test_contacts_and_addresses_belong_to_their_party(client, other_client):
    party = (await client.post("/api/v1/parties", json={"name": "甲"})).json()
    path = f"/api/v1/parties/{party['id']}"
    contact = await client.post(f"{path}/contacts", json={"name": "李经理", "phone": "1380000", "decides": True})
    assert contact.status_code == 201, contact.text
    address = await client.post(f"{path}/addresses", json={"street": "文三路 1 号", "kind": "delivery"})
    assert address.status_code == 201, address.text
    assert "李经理" in (await client.get(f"/parties/{party['id']}")).text
    assert (await client.post(f"{path}/contacts", json={"name": ""})).status_code in (400, 422)
    for other in (f"{path}/contacts", f"{path}/addresses"):
        assert (await other_client.get(other)).status_code == 404
    assert (await other_client.post(f"{path}/contacts", json={"name": "x"})).status_code == 404
    assert (await other_client.delete(f"{path}/contacts/{contact.json()['id']}")).status_code == 404
    assert (await client.delete(f"{path}/contacts/{contact.json()['id']}")).status_code == 204
    assert (await client.get(f"{path}/contacts")).json() == []


async def test_a_contact_without_a_name_is_refused_beside_the_field(client):
    party = (await client.post("/api/v1/parties", json={"name": "甲"})).json()
    answer = await client.post(f"/parties/{party['id']}/contacts", data={"name": "", "phone": "1380000"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "1380000" in answer.text


async def test_a_department_with_employees_cannot_be_deleted(client):
    department = (await client.post("/api/v1/departments", json={"code": "D", "name": "销售部"})).json()
    employee = await client.post("/api/v1/employees", json={"code": "E", "name": "王丽", "department_id": department["id"]})
    assert employee.status_code == 201
    answer = await client.delete(f"/api/v1/departments/{department['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "record_in_use")
    page = await client.post(f"/departments/{department['id']}/delete")
    assert page.status_code == 422
    assert "销售部" in (await client.get("/employees")).text


async def test_the_company_learns_tags_from_new_and_from_changed_records(client, database, tenant):
    made = (await client.post("/api/v1/parties", json={"name": "青禾", "tags": ["连锁"]})).json()
    plain = (await client.post("/api/v1/parties", json={"name": "东海"})).json()
    await client.patch(f"/api/v1/parties/{plain['id']}", json={"tags": ["华东"]})
    await client.patch(f"/api/v1/parties/{made['id']}", json={"region": "杭州"})
    async with database.work(tenant) as work:
        assert set(await tag_names(work)) == {"连锁", "华东"}


@pytest.mark.parametrize("search", ["QHSM", "ｑｈｓｍ", "青禾", "禾商", "（杭州）", "(杭州)", "0571 青禾"])
async def test_the_list_finds_a_name_by_part_by_initials_and_in_any_width(client, search):
    made = await client.post("/api/v1/parties", json={"name": "青禾商贸（杭州）有限公司", "phone": "0571-8888"})
    assert made.status_code == 201, made.text
    await client.post("/api/v1/parties", json={"name": "东海%有限公司"})
    found = (await client.get("/api/v1/parties", params={"search": search})).json()["items"]
    assert [item["id"] for item in found] == [made.json()["id"]]
    assert (await client.get("/api/v1/parties", params={"search": "海%"})).json()["items"][0]["name"] == "东海%有限公司"
    assert (await client.get("/api/v1/parties", params={"search": "青%"})).json()["items"] == []


async def test_no_department_stands_below_itself_and_nobody_reports_to_their_own_people(client):
    for path, field in (("departments", "parent_id"), ("employees", "manager_id")):
        one = (await client.post(f"/api/v1/{path}", json={"code": "A1", "name": "甲"})).json()
        two = (await client.post(f"/api/v1/{path}", json={"code": "A2", "name": "乙", field: one["id"]})).json()
        for above in (one, two):
            refused = await client.patch(f"/api/v1/{path}/{one['id']}", json={field: above["id"]})
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, field), refused.text
