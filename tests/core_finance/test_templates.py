"""Kept summaries, templates, and copies for another ledger."""

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core_finance.pages import submit

from core_finance.vouchers.templates import TemplateLine, fill

V = "/api/v1/vouchers"
LINES = [{"account": "1002", "summary": "Rent", "credit": "106.00"}, {"account": "560208", "summary": "Rent", "debit": "106.00"}]
SHARES = [
    {"account": "560208", "side": "debit", "how": "percent", "value": "60", "summary": "Rent"},
    {"account": "560105", "side": "debit", "how": "percent", "value": "40"},
    {"account": "1002", "side": "credit", "how": "percent", "value": "100"},
]


@pytest.fixture
async def books(client):
    answer = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert answer.status_code == 201, answer.text
    client.cookies.set("lang", "en")
    return client


async def test_a_summary_is_kept_once_and_found_by_code_text_and_initials(books, other_client, tenant, state_of):
    kept = await books.post(f"{V}/phrases", json={"text": "支付房租", "code": "FZ1"})
    assert (kept.status_code, kept.json()["mnemonic"]) == (201, "zffz")
    for text in ("fz1", "房租", "zff"):
        assert [p["text"] for p in (await books.get(f"{V}/phrases", params={"search": text})).json()] == ["支付房租"]
        assert (await books.get("/vouchers/choices/phrases", params={"q": text})).json() == [{"n": "支付房租", "c": "FZ1"}]
    before = await state_of(tenant)
    for body, field in (({"text": "支付房租"}, "text"), ({"text": "房租", "code": "FZ1"}, "code")):
        refused = await books.post(f"{V}/phrases", json=body)
        assert (refused.status_code, refused.json()["code"], refused.json()["errors"][0]["field"]) == (409, "phrase_taken", field)
    assert await state_of(tenant) == before
    address = f"{V}/phrases/{kept.json()['id']}"
    assert (await books.put(address, json={"text": "支付厂房租金", "code": "FZ1", "version": 1})).json()["text"] == "支付厂房租金"
    assert (await other_client.get(f"{V}/phrases")).json() == []
    assert (await other_client.put(address, json={"text": "x", "version": 1})).status_code == 404
    assert (await other_client.delete(address)).status_code == 404
    assert (await books.delete(address)).status_code == 204
    assert (await books.get(f"{V}/phrases")).json() == []


async def test_the_page_of_summaries_keeps_changes_and_deletes(books):
    assert (await books.post("/vouchers/phrases", data={"text": "工资", "code": "GZ", "id": ""})).status_code == 303
    assert (await books.post("/vouchers/phrases/quick", data={"text": "水电费"})).status_code == 204
    page = (await books.get("/vouchers/phrases")).text
    assert "工资" in page
    assert "水电费" in page
    refused = await books.post("/vouchers/phrases", data={"text": "工资", "code": "", "id": ""})
    assert refused.status_code == 422
    assert "is kept already" in refused.text


async def test_a_template_fills_fixed_shared_and_open_amounts(books):
    made = await books.post(f"{V}/templates", json={"name": "Rent", "lines": SHARES})
    assert made.status_code == 201, made.text
    page = (await books.get("/vouchers/new", params={"template": made.json()["id"], "amount": "1,000.01"})).text
    for value in ('value="600.01"', 'value="400.00"', 'value="1000.01"', 'value="Rent"'):
        assert value in page, value
    nonsense = await books.get("/vouchers/new", params={"template": made.json()["id"], "amount": "many"})
    assert nonsense.status_code == 200
    taken = await books.post(f"{V}/templates", json={"name": "Rent", "lines": SHARES})
    assert (taken.status_code, taken.json()["code"]) == (409, "template_name_taken")


@given(shares=st.lists(st.integers(1, 97), min_size=1, max_size=8), fen=st.integers(-(10**9), 10**9))
def test_shares_that_make_a_whole_come_to_the_amount_to_the_cent(shares, fen):
    shares = [Decimal(100 * share) / sum(shares) for share in shares[:-1]]
    shares = [share.quantize(Decimal("0.01")) for share in shares]
    shares.append(100 - sum(shares))
    lines = [TemplateLine(account="1", side="debit", how="percent", value=share) for share in shares]
    lines.append(TemplateLine(account="2", side="credit", how="percent", value=Decimal(100)))
    total = Decimal(fen) / 100
    filled = fill(lines, total)
    assert sum(line.debit for line in filled) == filled[-1].credit == total


async def test_a_voucher_becomes_a_template_that_is_changed_and_thrown_away(books):
    voucher = (await books.post(V, json={"on": "2026-03-09", "lines": LINES, "post": True})).json()["id"]
    made = await submit(books, f"/vouchers/{voucher}/template", data={"name": "Rent of the month", "amounts": "1"})
    address = made.headers["location"]
    [template] = (await books.get(f"{V}/templates")).json()
    assert [(line["how"], line["value"], line["side"]) for line in template["lines"]] == [
        ("fixed", "106.00", "credit"), ("fixed", "106.00", "debit")]  # fmt: skip
    typed = {"name": "Rent", "summary": ["Rent", "Rent"], "how": ["percent", "open"], "value": ["100", ""]}
    wrong = await submit(books, address, data={**typed, "value": ["101", ""]})
    assert (wrong.status_code, "no share up to 100" in wrong.text) == (422, True)
    assert (await submit(books, address, data=typed)).status_code == 303
    [template] = (await books.get(f"{V}/templates")).json()
    assert [(line["how"], line["value"]) for line in template["lines"]] == [("percent", "100"), ("open", "0")]
    assert (await books.get("/vouchers/templates")).status_code == 200
    assert (await books.get(address)).status_code == 200
    assert (await submit(books, f"{address}/delete", data={})).status_code == 303
    assert (await books.get(f"{V}/templates")).json() == []


async def test_another_company_s_template_does_not_exist(books, other_client):
    made = (await books.post(f"{V}/templates", json={"name": "Rent", "lines": SHARES})).json()["id"]
    await other_client.post("/api/v1/finance/ledgers", json={"name": "Other"})
    assert (await other_client.get(f"{V}/templates")).json() == []
    assert (await other_client.put(f"{V}/templates/{made}", json={"name": "x", "lines": SHARES, "version": 1})).status_code == 404
    assert (await other_client.delete(f"{V}/templates/{made}")).status_code == 404
    assert (await other_client.get("/vouchers/new", params={"template": made})).status_code == 404


async def test_a_voucher_is_copied_to_another_ledger_and_unknown_accounts_are_named(books, tenant, state_of):
    other = (await books.post("/api/v1/finance/ledgers", json={"name": "Second", "start": "2026-01-01"})).json()["id"]
    sub = (await books.post("/api/v1/finance/accounts", json={"parent": "1002", "name": "工商银行"})).json()["code"]
    lines = [{**LINES[0], "account": sub}, LINES[1]]
    one = (await books.post(V, json={"on": "2026-03-09", "lines": lines, "attachments": 2})).json()["id"]
    copied = (await books.post(f"{V}/{one}/copy", json={"to": other})).json()
    assert copied["unknown"] == [{"line": 1, "account": sub}]
    assert (copied["voucher"]["state"], copied["voucher"]["number"], copied["voucher"]["attachments"]) == ("draft", 1, 2)
    assert [d["id"] for d in (await books.get(f"{V}/drafts", params={"ledger": other})).json()["items"]] == [copied["voucher"]["id"]]
    before = await state_of(tenant)
    assert (await books.post(f"{V}/{one}/copy", json={"to": str(uuid4())})).status_code == 404
    early = await books.post(f"{V}/{one}/copy", json={"to": other, "on": "2020-01-01"})
    assert early.json()["code"] == "period_missing"
    assert await state_of(tenant) == before
    moved = await submit(books, f"/vouchers/{one}/copy-to", data={"to": other})
    assert moved.status_code == 303
    page = await books.get(moved.headers["location"])
    assert f"This ledger has no account {sub} to post to" in page.text


async def test_a_form_drawn_for_another_ledger_writes_nothing(books, tenant, state_of):
    other = (await books.post("/api/v1/finance/ledgers", json={"name": "Second", "start": "2026-01-01"})).json()["id"]
    entry = {"word": "记", "on": "2026-03-09", "attachments": "0", "draft_id": "", "version": "", "act": "draft", "ledger": other,
             "summary": ["Sale"], "account": ["1002"], "extra": [""], "debit": ["1"], "credit": [""]}  # fmt: skip
    before = await state_of(tenant)
    refused = await submit(books, "/vouchers/new", data=entry)
    assert refused.status_code == 422
    assert "you switched to" in refused.text
    assert f'name="ledger" value="{other}"' in refused.text
    assert (await submit(books, "/vouchers/post", data={"ledger": other, "voucher": str(uuid4())})).json()["code"] == "ledger_switched"
    assert await state_of(tenant) == before
