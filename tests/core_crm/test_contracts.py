"""Contracts from the draft to the renewal: the plan of payments, receipts, reminders, papers."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.anew import put_anew

from core_crm.contracts.model import Contract, Instalment, Receipt
from core_crm.contracts.plan import settle
from core_crm.contracts.reminding import remind
from kernel import clock

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)


@pytest.fixture
def frozen():
    with clock.frozen(NOON):
        yield


def body(shop, **fields):
    plan = [
        {"name": "首付款", "due_on": "2026-03-01", "amount": "300"},
        {"name": "中期款", "due_on": "2026-06-01", "amount": "500"},
        {"name": "尾款", "due_on": "2026-12-01", "amount": "200"},
    ]
    milestones = [{"name": "验收", "due_on": "2026-05-01"}]
    base = {"title": "年度框架协议", "party_id": shop.party, "starts_on": "2026-01-01", "ends_on": "2026-12-31", "amount": "1000"}
    return {**base, "instalments": plan, "milestones": milestones, **fields}


async def draft(shop, **fields):
    answer = await shop.client.post("/api/v1/contracts", json=body(shop, **fields))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def post(shop, contract, command, data=None, client=None):
    kwargs = {"json": data} if data is not None else {}
    return await (client or shop.client).post(f"/api/v1/contracts/{contract['id']}/{command}", **kwargs)


async def active(shop, **fields):
    answer = await post(shop, await draft(shop, **fields), "activate")
    assert answer.status_code == 200, answer.text
    return answer.json()


amounts = st.decimals("0.01", "10000", places=2)


@given(
    st.lists(st.tuples(st.integers(1, 400), amounts), max_size=6),
    st.lists(st.tuples(amounts, st.booleans()), max_size=6),
    st.integers(1, 400),
)
def test_receipts_settle_the_oldest_due_first_and_nothing_is_lost(plan, receipts, day):
    contract = Contract(
        instalments=[Instalment(position=n, name="x", due_on=date.fromordinal(740000 + due), amount=a) for n, (due, a) in enumerate(plan)],
        receipts=[Receipt(amount=a, withdrawn_at=NOON if gone else None) for a, gone in receipts],
    )
    today = date.fromordinal(740000 + day)
    money = settle(contract, today)
    assert sum((row.paid for row in money.rows), Decimal(0)) + money.unassigned == money.received
    assert money.received == sum((a for a, gone in receipts if not gone), Decimal(0))
    for earlier, later in pairwise(money.rows):
        assert earlier.instalment.due_on <= later.instalment.due_on
        assert earlier.open == 0 or later.paid == 0
    past = sum((row.instalment.amount for row in money.rows if row.instalment.due_on < today), Decimal(0))
    assert money.overdue == max(past - money.received, Decimal(0))


async def test_a_contract_is_numbered_when_it_comes_into_force(shop, frozen):
    contract = await draft(shop)
    assert (contract["state"], contract["number"]) == ("draft", None)
    done = (await post(shop, contract, "activate")).json()
    assert (done["number"], done["state"], done["signed_on"]) == ("CT-2026-00001", "active", "2026-03-10")
    assert (await post(shop, contract, "activate")).json()["code"] == "contract_fixed"
    assert (await shop.client.delete(f"/api/v1/contracts/{contract['id']}")).json()["code"] == "contract_fixed"


async def test_the_plan_must_be_worth_the_contract(shop, frozen):
    contract = await draft(shop, amount="1000.01")
    refused = await post(shop, contract, "activate")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "instalments")
    assert (await active(shop, instalments=[]))["state"] == "active"


async def test_money_that_comes_in_settles_the_oldest_due(shop, frozen):
    contract = await active(shop)
    assert contract["overdue"] == "300.00"
    read = (await post(shop, contract, "receipts", {"amount": "450", "reference": "BK1"})).json()
    assert [(row["paid"], row["open"], row["overdue"]) for row in read["instalments"]] == [
        ("300.00", "0.00", False),
        ("150.00", "350.00", False),
        ("0.00", "200.00", False),
    ]
    assert (read["received"], read["overdue"]) == ("450.00", "0.00")
    [receipt] = read["receipts"]
    path = f"/api/v1/contracts/{contract['id']}/receipts/{receipt['id']}"
    back = (await shop.client.delete(path)).json()
    assert (back["received"], back["overdue"], len(back["receipts"])) == ("0.00", "300.00", 1)
    assert (await shop.client.delete(path)).json()["code"] == "receipt_not_found"


@pytest.mark.parametrize(
    ("receipt", "field"),
    [
        ({"amount": "1000.01"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "0.001"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "5", "on": "2026-03-11"}, "on"),
    ],
)
async def test_a_receipt_that_cannot_be_is_refused(shop, frozen, receipt, field):
    contract = await active(shop)
    answer = await post(shop, contract, "receipts", receipt)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text


async def test_many_receipts_at_once_never_pass_the_contract(shop):
    contract = await active(shop)
    answers = await asyncio.gather(*(post(shop, contract, "receipts", {"amount": "400"}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 422, 422, 422]


async def test_a_draft_takes_no_money_and_an_ended_contract_does(shop, frozen):
    contract = await draft(shop)
    assert (await post(shop, contract, "receipts", {"amount": "1"})).json()["code"] == "contract_fixed"
    await post(shop, contract, "activate")
    assert (await post(shop, contract, "end", {"reason": ""})).status_code in (400, 422)
    ended = (await post(shop, contract, "end", {"reason": "双方协商"})).json()
    assert (ended["state"], ended["end_reason"]) == ("ended", "双方协商")
    assert (await post(shop, contract, "receipts", {"amount": "1"})).status_code == 201
    changed = await put_anew(shop.client, f"/api/v1/contracts/{contract['id']}", body(shop))
    assert changed.json()["code"] == "contract_fixed"


async def test_a_contract_in_force_keeps_its_customer_and_what_was_reached(shop, frozen):
    contract = await active(shop)
    [milestone] = contract["milestones"]
    ticked = (await post(shop, contract, f"milestones/{milestone['id']}", {"done": True})).json()
    assert ticked["milestones"][0]["done_on"] == "2026-03-10"
    await post(shop, contract, "receipts", {"amount": "400"})
    other = (await shop.client.post("/api/v1/parties", json={"name": "别的客户"})).json()["id"]
    path = f"/api/v1/contracts/{contract['id']}"
    kept = {"milestones": [{"id": milestone["id"], "name": "终验"}], "party_id": other, "currency": "USD"}
    plan = [{"name": "一次付清", "due_on": "2026-07-01", "amount": "1200"}]
    changed = await put_anew(shop.client, path, body(shop, amount="1200", instalments=plan, **kept))
    assert changed.status_code == 200, changed.text
    read = changed.json()
    assert (read["party_id"], read["currency"], read["amount"]) == (shop.party, "CNY", "1200.00")
    assert (read["milestones"][0]["name"], read["milestones"][0]["done_on"]) == ("终验", "2026-03-10")
    assert read["instalments"][0]["paid"] == "400.00"
    too_little = await put_anew(shop.client, path, body(shop, amount="300", instalments=[]))
    assert too_little.json()["errors"][0]["field"] == "amount"
    stale = await shop.client.put(path, json=body(shop, version=1))
    assert stale.json()["code"] == "version_conflict"


async def test_it_takes_customer_and_amount_from_an_order_or_a_quote(shop, frozen):
    order = await shop.draft(ordered_on="2026-03-01")
    wanted = {"title": "供货合同", "starts_on": "2026-03-01", "ends_on": "2026-12-31"}
    made = (await shop.client.post("/api/v1/contracts", json={**wanted, "order_id": order["id"]})).json()
    assert (made["party_id"], made["amount"], made["order_id"]) == (shop.party, "226.00", order["id"])
    quote = {"party_id": shop.party, "lines": [{"product_id": shop.mug, "quantity": "3"}]}
    quote = (await shop.client.post("/api/v1/quotes", json=quote)).json()
    made = (await shop.client.post("/api/v1/contracts", json={**wanted, "quote_id": quote["id"]})).json()
    assert (made["party_id"], made["amount"], made["quote_id"]) == (shop.party, "339.00", quote["id"])
    page = (await shop.client.get(f"/contracts/new?quote_id={quote['id']}")).text
    assert 'value="339.00"' in page
    assert 'value="226.00"' in (await shop.client.get(f"/contracts/new?order_id={order['id']}")).text


async def test_a_contract_is_renewed_once_and_goes_on_where_it_ends(shop, frozen):
    contract = await active(shop)
    renewed = (await post(shop, contract, "renew")).json()
    assert (renewed["starts_on"], renewed["ends_on"], renewed["state"]) == ("2027-01-01", "2027-12-31", "draft")
    assert [row["due_on"] for row in renewed["instalments"]] == ["2027-03-01", "2027-06-01", "2027-12-01"]
    assert (renewed["renews_id"], renewed["received"]) == (contract["id"], "0.00")
    assert (await post(shop, contract, "renew")).json()["code"] == "contract_fixed"
    assert (await post(shop, renewed, "renew")).json()["code"] == "contract_fixed"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ends_on": "2025-12-31"}, "ends_on"),
        ({"amount": "-1"}, "amount"),
        ({"amount": None}, "amount"),
        ({"party_id": None}, "party_id"),
        ({"currency": "XXX"}, "currency"),
        ({"instalments": [{"name": "x", "due_on": "2026-03-01", "amount": "0"}]}, "instalments.0.amount"),
    ],
)
async def test_a_contract_that_cannot_be_is_refused(shop, fields, field):
    answer = await shop.client.post("/api/v1/contracts", json=body(shop, **fields))
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_the_list_shows_overdue_money_and_what_ends_soon(shop, frozen):
    late, paid = await active(shop, title="欠款"), await active(shop, title="已付")
    await post(shop, paid, "receipts", {"amount": "300"})
    soon = await active(shop, title="快到期", ends_on="2026-04-01", instalments=[])
    seen = {}
    for show in ("overdue", "soon", "active", "draft"):
        seen[show] = {row["id"] for row in (await shop.client.get("/api/v1/contracts", params={"show": show})).json()["items"]}
    assert seen == {"overdue": {late["id"]}, "soon": {soon["id"]}, "active": {late["id"], paid["id"], soon["id"]}, "draft": set()}
    [row] = (await shop.client.get("/api/v1/contracts", params={"show": "overdue"})).json()["items"]
    assert (row["overdue"], row["received"]) == ("300.00", "0.00")
    page = (await shop.client.get("/contracts?show=overdue")).text
    assert "300.00" in page
    assert late["id"] in page
    assert paid["id"] not in page
    rows, after = [], None
    while True:
        found = (await shop.client.get("/api/v1/contracts", params={"limit": 2} | ({"after": after} if after else {}))).json()
        rows += [row["id"] for row in found["items"]]
        if (after := found["next"]) is None:
            break
    assert rows == [soon["id"], paid["id"], late["id"]]


async def test_the_ledger_of_contracts_is_a_report_with_a_file(shop, frozen):
    contract = await active(shop)
    await post(shop, contract, "receipts", {"amount": "100"})
    page = await shop.client.get("/reports/core_crm/contract_ledger")
    assert page.status_code == 200
    for figure in ("1,000.00", "100.00", "900.00", "200.00", contract["number"]):
        assert figure in page.text, figure


async def test_papers_are_kept_and_handed_out_as_downloads(shop, frozen):
    contract = await draft(shop)
    path = f"/api/v1/contracts/{contract['id']}/files"
    sent = await shop.client.post(path, files={"file": ("../合同<1>.pdf", b"%PDF-1.7 x", "application/pdf")})
    assert sent.status_code == 201, sent.text
    [file] = sent.json()
    assert file["name"] == "合同1.pdf"
    again = await shop.client.post(path, files={"file": ("other.pdf", b"%PDF-1.7 x", "application/pdf")})
    assert len(again.json()) == 1
    got = await shop.client.get(f"{path}/{file['id']}")
    assert (got.content, got.headers["content-type"]) == (b"%PDF-1.7 x", "application/octet-stream")
    assert got.headers["content-disposition"].startswith("attachment")
    assert (await shop.client.post(path, files={"file": ("empty.pdf", b"", "application/pdf")})).status_code == 422
    assert (await shop.client.delete(f"{path}/{file['id']}")).status_code == 204
    assert (await shop.client.get(f"{path}/{file['id']}")).status_code == 404


async def told(work):
    rows = await work.session.execute(text("SELECT kind FROM workflow_notification ORDER BY kind"))
    return list(rows.scalars())


async def test_the_person_in_charge_is_reminded_once(shop, frozen, client_for, database, tenant):
    seller = await client_for(tenant, role="sales")
    party = (await seller.post("/api/v1/parties", json={"name": "销售的客户"})).json()["id"]
    made = await seller.post("/api/v1/contracts", json=body(shop, party_id=party, ends_on="2026-04-01", remind_days=30))
    contract = made.json()
    assert (await post(shop, contract, "activate", client=seller)).status_code == 200
    for _ in range(2):
        async with database.work(tenant) as work:
            await remind(work)
    async with database.work(tenant) as work:
        assert await told(work) == ["core_crm.contract_end_near", "core_crm.instalment_overdue"]
        query = text("SELECT count(*) FROM master_activity WHERE record_id = :id AND path = :path")
        found = await work.session.scalar(query, {"id": UUID(party), "path": f"/contracts/{contract['id']}"})
        assert found == 2  # in force, and near its end
    # A later last day is told of anew.
    changed = await put_anew(seller, f"/api/v1/contracts/{contract['id']}", body(shop, party_id=party, ends_on="2026-04-05"))
    assert changed.status_code == 200, changed.text
    async with database.work(tenant) as work:
        await remind(work)
        assert (await told(work)).count("core_crm.contract_end_near") == 2


async def test_a_seller_sees_their_own_contracts_and_notes_no_money(shop, frozen, client_for, tenant):
    contract = await active(shop)
    seller = await client_for(tenant, role="sales")
    assert (await seller.get("/api/v1/contracts")).json()["items"] == []
    assert (await seller.get(f"/contracts/{contract['id']}")).status_code == 404
    assert (await post(shop, contract, "receipts", {"amount": "1"}, seller)).status_code == 403
    accountant = await client_for(tenant, role="accountant")
    assert (await post(shop, contract, "receipts", {"amount": "1"}, accountant)).status_code == 201
    assert (await post(shop, contract, "end", {"reason": "x"}, accountant)).status_code == 403


async def test_another_company_reaches_nothing(shop, frozen, other_client):
    contract = await active(shop)
    sent = await shop.client.post(f"/api/v1/contracts/{contract['id']}/files", files={"file": ("a.pdf", b"x", "application/pdf")})
    file = sent.json()[0]["id"]
    path = f"/api/v1/contracts/{contract['id']}"
    milestone = contract["milestones"][0]["id"]
    for method, address, data in (
        ("GET", path, None),
        ("PUT", path, body(shop, version=1)),
        ("DELETE", path, None),
        ("POST", f"{path}/activate", None),
        ("POST", f"{path}/end", {"reason": "x"}),
        ("POST", f"{path}/renew", None),
        ("POST", f"{path}/milestones/{milestone}", {"done": True}),
        ("POST", f"{path}/receipts", {"amount": "1"}),
        ("DELETE", f"{path}/receipts/{uuid4()}", None),
        ("GET", f"{path}/files", None),
        ("GET", f"{path}/files/{file}", None),
        ("DELETE", f"{path}/files/{file}", None),
        ("GET", f"/contracts/{contract['id']}", None),
        ("GET", f"/contracts/{contract['id']}/files/{file}", None),
    ):
        assert (await other_client.request(method, address, json=data)).status_code == 404, address
    assert (await other_client.get("/api/v1/contracts")).json() == {"items": [], "next": None}
    assert (await other_client.post("/api/v1/contracts", json=body(shop))).status_code == 404


async def test_each_command_needs_its_permission(shop, frozen, client_for, tenant):
    contract = await active(shop)
    reader = await client_for(tenant, permissions={"crm.contract.read", "master.party.read"})
    path = f"/api/v1/contracts/{contract['id']}"
    for method, address, data in (
        ("POST", "/api/v1/contracts", body(shop)),
        ("PUT", path, body(shop)),
        ("DELETE", path, None),
        ("POST", f"{path}/activate", None),
        ("POST", f"{path}/end", {"reason": "x"}),
        ("POST", f"{path}/renew", None),
        ("POST", f"{path}/receipts", {"amount": "1"}),
    ):
        assert (await reader.request(method, address, json=data)).status_code == 403, address


def form(shop, **fields):
    base = {"title": "年度框架协议", "party_id": shop.party, "party_name": "联华", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    plan = {"instalment_name": ["首付", ""], "instalment_due_on": ["2026-03-01", ""], "instalment_amount": ["1,000", ""]}
    return {**base, "amount": "1000", "currency": "CNY", "milestone_name": ["验收"], "milestone_due_on": [""], **plan, **fields}


async def test_a_contract_lives_on_its_pages(shop, frozen):
    client = shop.client
    made = await client.post("/contracts/new", data=form(shop))
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    assert 'value="1000.00"' in (await client.get(f"{path}/edit")).text
    assert (await client.post(f"{path}/edit", data=form(shop, title="改名"))).status_code == 303
    assert (await client.post(f"{path}/activate")).status_code == 303
    page = (await client.get(path)).text
    assert "CT-2026-00001" in page
    assert "1,000.00" in page
    assert (await client.post(f"{path}/receipts", data={"amount": "1,000", "on": "2026-03-02"})).status_code == 303
    for wrong in ("x", "", "1"):
        refused = await client.post(f"{path}/receipts", data={"amount": wrong})
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    uploaded = await client.post(f"{path}/files", files={"file": ("合同.pdf", b"%PDF-1.7 y", "application/pdf")})
    assert uploaded.status_code == 303
    assert "合同.pdf" in (await client.get(path)).text
    renewed = await client.post(f"{path}/renew")
    assert renewed.headers["location"].endswith("/edit")
    assert (await client.post(f"{path}/end", data={"reason": ""})).status_code == 422
    assert (await client.post(f"{path}/end", data={"reason": "协商"})).status_code == 303
    assert "协商" in (await client.get(path)).text
    assert (await client.get(f"{path}/edit")).status_code == 303
    assert path in (await client.get(f"/parties/{shop.party}")).text


async def test_wrong_cells_of_the_editor_are_marked(shop):
    wrong = form(shop, title="", starts_on="x", instalment_amount=["abc", "5"], instalment_due_on=["2026-03-01", ""])
    answer = await shop.client.post("/contracts/new", data=wrong)
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 4
    assert 'value="abc"' in answer.text
    late = await shop.client.post("/contracts/new", data=form(shop, ends_on="2025-01-01"))
    assert late.status_code == 422


async def test_a_contract_that_never_ends_is_not_renewed(shop):
    contract = await active(shop, ends_on="9999-12-31")
    refused = await post(shop, contract, "renew")
    assert (refused.status_code, refused.json()["code"]) == (409, "contract_fixed"), refused.text


async def test_an_instalment_is_worth_a_cent_at_least(shop):
    plan = [{"name": "尾款", "due_on": "2026-12-01", "amount": "0.004"}]
    refused = await shop.client.post("/api/v1/contracts", json=body(shop, instalments=plan))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "instalments.0.amount"), refused.text


async def test_a_contract_goes_with_documents_of_its_own_customer_only(shop):
    other = (await shop.client.post("/api/v1/parties", json={"name": "别的客户"})).json()
    order = await shop.draft()
    quote = (await shop.client.post("/api/v1/quotes", json={"party_id": other["id"], "lines": []})).json()
    for documents, field in (
        ({"order_id": order["id"], "party_id": other["id"]}, "order_id"),
        ({"quote_id": quote["id"]}, "quote_id"),
        ({"quote_id": quote["id"], "order_id": order["id"], "party_id": other["id"]}, "order_id"),
    ):
        refused = await shop.client.post("/api/v1/contracts", json=body(shop, **documents))
        assert (refused.status_code, [e["field"] for e in refused.json()["errors"]]) == (422, [field]), refused.text
    unknown = body(shop, party_id=other["id"], quote_id=quote["id"], order_id=str(uuid4()))
    assert (await shop.client.post("/api/v1/contracts", json=unknown)).status_code == 404
    assert (await draft(shop, order_id=order["id"]))["order_id"] == order["id"]
