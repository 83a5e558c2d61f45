"""People to talk to: their parts, what they asked for, and who sees and changes them."""

import pytest

ALL = {
    "name": "李经理", "position": "采购总监", "phone": "13800001111", "email": "li@example.com", "wechat": "li_wx",
    "birthday_on": "1985-03-09", "decides": True, "handles": True, "finance": False, "technical": True, "influences": False,
    "preferred_channel": "wechat", "contact_time": "工作日 14 点后", "language": "zh", "do_not_call": True,
}  # fmt: skip


@pytest.fixture
async def party(client):
    return (await client.post("/api/v1/parties", json={"name": "青禾有限公司"})).json()


@pytest.fixture
async def contact(client, party):
    answer = await client.post(f"/api/v1/parties/{party['id']}/contacts", json=ALL)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_contact_has_several_parts_and_wishes(client, party, contact):
    assert {name: contact[name] for name in ALL} == ALL
    page = (await client.get(f"/parties/{party['id']}", headers={"accept-language": "zh"})).text
    for word in ("经办人", "技术", "请勿致电", "li_wx", "1985-03-09", "工作日 14 点后"):
        assert word in page, word
    assert 'href="tel:13800001111"' not in page, "who is not to be called cannot be called by a tap"


async def test_a_contact_is_changed_where_it_stands(client, party, contact):
    address = f"/parties/{party['id']}/contacts/{contact['id']}"
    form = {"name": "李经理", "finance": "1", "language": "en", "version": str(contact["version"]), "birthday_on": "1986/1/2"}
    wrong = await client.post(address, data=form)
    assert wrong.status_code == 422
    done = await client.post(address, data={**form, "birthday_on": "1986-01-02"})
    assert done.status_code == 200, done.text
    now = (await client.get(f"/api/v1/parties/{party['id']}/contacts")).json()[0]
    assert (now["finance"], now["decides"], now["language"], now["birthday_on"], now["phone"]) == (True, False, "en", "1986-01-02", None)
    assert (await client.post(address, data={**form, "birthday_on": ""})).status_code == 422, "somebody changed it meanwhile"
    patched = await client.patch(f"/api/v1{address}", json={"phone": "139", "version": now["version"]})
    assert (patched.json()["phone"], patched.json()["finance"]) == ("139", True)
    assert (await client.patch(f"/api/v1{address}", json={"phone": "1", "version": now["version"]})).json()["code"] == "version_conflict"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "}, {"email": "nobody"}, {"birthday_on": "2999-01-01"}, {"birthday_on": "1800-01-01"}, {"language": "xx"},
        {"preferred_channel": "pigeon"}, {"contact_time": "长" * 81}, {"wechat": "x" * 81}, {"unknown": 1},
    ],
)  # fmt: skip
async def test_wrong_contacts_are_refused(client, party, contact, tenant, state_of, wrong):
    before = await state_of(tenant)
    address = f"/api/v1/parties/{party['id']}/contacts"
    assert (await client.post(address, json={"name": "x", **wrong})).status_code in (400, 422)
    assert (await client.patch(f"{address}/{contact['id']}", json=wrong)).status_code in (400, 422)
    assert await state_of(tenant) == before


async def test_contacts_come_and_go_by_file(client, party, contact):
    table = (await client.get("/api/v1/contacts/export.csv")).text
    assert "li_wx" in table
    assert "1985-03-09" in table
    rows = "name,party_id,decides,finance,language,do_not_call\n王会计,青禾有限公司,否,是,英文,是\n"
    done = await client.post("/api/v1/contacts/import", files={"file": ("x.csv", rows.encode(), "text/csv")})
    assert done.json()["created"] == 1, done.text
    found = (await client.get("/api/v1/contacts", params={"finance": "true"})).json()["items"]
    assert [(c["name"], c["language"], c["do_not_call"]) for c in found] == [("王会计", "en", True)]


async def test_contacts_are_seen_as_far_as_their_party_is(client, tenant, seat_for, party, contact):
    seat = await seat_for(tenant, "sales")
    one = f"/api/v1/contacts/{contact['id']}"
    assert (await seat.client.get("/api/v1/contacts")).json()["items"] == []
    assert (await seat.client.get(one)).status_code == 404
    assert (await seat.client.post("/api/v1/contacts", json={"name": "x", "party_id": party["id"]})).status_code == 409
    await client.put(f"/api/v1/parties/{party['id']}/collaborators/{seat.employee_id}", json={})
    assert (await seat.client.get(one)).json()["name"] == "李经理"
    assert (await seat.client.patch(one, json={"name": "x"})).json()["code"] == "record_read_only"
    assert (await seat.client.delete(one)).status_code == 403
    assert (await seat.client.post("/api/v1/contacts", json={"name": "x", "party_id": party["id"]})).status_code == 409
    assert (await seat.client.patch(f"/api/v1/parties/{party['id']}/contacts/{contact['id']}", json={"name": "x"})).status_code == 403
    await client.put(f"/api/v1/parties/{party['id']}/collaborators/{seat.employee_id}", json={"may_edit": True})
    assert (await seat.client.patch(one, json={"name": "李总"})).json()["name"] == "李总"


async def test_another_company_sees_no_contact(other_client, client, party, contact):
    one = f"/api/v1/contacts/{contact['id']}"
    assert (await other_client.get("/api/v1/contacts")).json()["items"] == []
    for answer in (await other_client.get(one), await other_client.patch(one, json={"name": "x"}), await other_client.delete(one)):
        assert answer.status_code == 404
    assert (await other_client.post(f"/parties/{party['id']}/contacts/{contact['id']}", data={"name": "x"})).status_code == 404
    assert (await other_client.post("/api/v1/contacts", json={"name": "x", "party_id": party["id"]})).status_code == 409
    assert "李经理" not in (await other_client.get("/contacts")).text


async def test_a_contact_of_another_party_is_not_changed_through_this_one(client, contact):
    other = (await client.post("/api/v1/parties", json={"name": "别的公司"})).json()
    assert (await client.patch(f"/api/v1/parties/{other['id']}/contacts/{contact['id']}", json={"name": "x"})).status_code == 404


async def test_a_party_keeps_its_own_wishes(client):
    made = (await client.post("/api/v1/parties", json={"name": "甲", "phone": "138", "do_not_call": True, "language": "ja"})).json()
    assert (made["do_not_call"], made["language"]) == (True, "ja")
    page = (await client.get(f"/parties/{made['id']}")).text
    assert '<a class="btn lg" href="tel:138"' not in page
    assert (await client.patch(f"/api/v1/parties/{made['id']}", json={"preferred_channel": "x"})).status_code in (400, 422)


async def test_a_phone_that_is_hidden_at_the_party_is_hidden_at_its_contacts(client, tenant, seat_for, party, contact):
    entries = [{"role": "viewer", "field": "phone", "right": "masked"}]
    assert (await client.put("/api/v1/scopes/fields", params={"stem": "master.party"}, json=entries)).status_code == 200
    seat = await seat_for(tenant, "viewer")
    assert (await seat.client.get(f"/api/v1/contacts/{contact['id']}")).json()["phone"] != "13800001111"
    assert "13800001111" not in (await seat.client.get(f"/parties/{party['id']}")).text
