"""Numbers of identity papers: true ones only, sealed, masked, one for each person, and every look is kept."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from identity.audit.model import AuditEntry
from kernel.sealing import SealBroken, unseal
from master_data.papers.numbers import PaperKind, PaperNumberWrong, check_digit, clean
from master_data.parties.model import PartyKind

CARD = "11010519491231002X"  # the example of GB 11643-1999


async def person(client, name="王芳"):
    return (await client.post("/api/v1/parties", json={"name": name, "kind": "person"})).json()["id"]


def test_the_example_of_the_standard_is_true():
    assert clean(PaperKind.ID_CARD, " 110105 19491231 002x ") == CARD


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(place, more):
    wrong = CARD[:place] + str((int(CARD[place]) + more) % 10) + CARD[place + 1 :]
    if wrong[0] != "0":
        with pytest.raises(PaperNumberWrong):
            clean(PaperKind.ID_CARD, wrong)


@pytest.mark.parametrize("first", ["11010519491331002", "11010500000101002", "11010519490230002"])
def test_a_birthday_that_is_none_is_refused(first):
    with pytest.raises(PaperNumberWrong):
        clean(PaperKind.ID_CARD, first + check_digit(first))


async def test_a_number_is_sealed_masked_and_opened_on_the_record(client, database, tenant, settings):
    party_id = await person(client)
    path = f"/api/v1/parties/{party_id}/paper"
    assert (await client.get(path)).status_code == 404
    assert (await client.put(path, json={"number": CARD})).json() == {"kind": "id_card", "number": "110********002X"}
    assert (await client.get(f"{path}/number")).json() == {"number": CARD}
    async with database.owner_engine.connect() as connection:
        rows = (await connection.execute(sa.text(f"SELECT p::text FROM {tenant.schema}.master_paper p"))).scalars().all()
        audit = (await connection.execute(sa.text(f"SELECT a::text FROM {tenant.schema}.{AuditEntry.__tablename__} a"))).scalars().all()
    assert CARD not in "".join(rows)
    assert CARD not in "".join(audit)
    assert any("paper.shown" in entry for entry in audit)
    page = (await client.get(f"/parties/{party_id}")).text
    assert "110********002X" in page
    assert CARD not in page
    assert CARD in (await client.post(f"/parties/{party_id}/paper/number")).text
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_a_sealed_number_cannot_be_moved_to_another_person(client, database, tenant, settings):
    first, second = await person(client), await person(client, "李雷")
    await client.put(f"/api/v1/parties/{first}/paper", json={"number": CARD})
    await client.put(f"/api/v1/parties/{second}/paper", json={"kind": "passport", "number": "E12345678"})
    async with database.owner_engine.begin() as connection:
        await connection.execute(
            sa.text(
                f"UPDATE {tenant.schema}.master_paper SET sealed = "
                f"(SELECT sealed FROM {tenant.schema}.master_paper WHERE party_id = :a) WHERE party_id = :b"
            ),
            {"a": first, "b": second},
        )
    answer = await client.get(f"/api/v1/parties/{second}/paper/number")
    assert (answer.status_code, answer.json()["code"]) == (409, "paper_unreadable")
    with pytest.raises(SealBroken):
        unseal(settings.derive("identity-papers"), second, "v1.AAAA")


async def test_two_persons_do_not_share_a_number(client, client_for, tenant, database):
    first, second = await person(client), await person(client, "李雷")
    await client.put(f"/api/v1/parties/{first}/paper", json={"number": CARD})
    again = await client.put(f"/api/v1/parties/{second}/paper", json={"number": CARD.lower()})
    assert (again.status_code, again.json()["code"]) == (409, "paper_taken")
    assert "王芳" in again.json()["title"]
    found = await client.post("/api/v1/party-by-paper", json={"number": CARD})
    assert found.json() == {"party_id": first}
    page = await client.post(f"/parties/{second}/paper", data={"kind": "id_card", "number": CARD})
    assert page.status_code == 422
    assert "王芳" in page.text


async def test_companies_have_no_papers(client):
    company = (await client.post("/api/v1/parties", json={"name": "青禾"})).json()["id"]
    refused = await client.put(f"/api/v1/parties/{company}/paper", json={"number": CARD})
    assert refused.status_code == 422
    assert "party-paper" not in (await client.get(f"/parties/{company}")).text
    assert PartyKind.ORGANISATION == "organisation"


async def test_the_whole_number_is_for_who_may_see_it(client, client_for, tenant, other_client):
    party_id = await person(client)
    path = f"/api/v1/parties/{party_id}/paper"
    await client.put(path, json={"number": CARD})
    reader = await client_for(tenant, permissions={"master.party.read"})
    assert (await reader.get(path)).json()["number"] == "110********002X"
    assert (await reader.get(f"{path}/number")).status_code == 403
    assert (await reader.put(path, json={"number": CARD})).status_code == 403
    assert (await reader.post(f"/parties/{party_id}/paper/number")).status_code == 403
    for method, address in (("GET", path), ("GET", f"{path}/number"), ("DELETE", path)):
        assert (await other_client.request(method, address)).status_code == 404
    assert (await other_client.put(path, json={"number": CARD})).status_code == 404
    assert (await other_client.post("/api/v1/party-by-paper", json={"number": CARD})).json() == {"party_id": None}
