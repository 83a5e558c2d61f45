"""The trial balance on the shelf: its ranges and switches, its page, its files, and who may not read it."""

import pytest

from core_finance.books.codes import Codes
from core_finance.books.trial import Detail, trial_balance
from core_finance.chart.ledgers import create_ledger
from kernel.errors import Invalid

API = "/api/v1/finance/trial-balance"
SPAN = {"first": 202603, "last": 202603}


@pytest.fixture
async def company(client):
    """A posted voucher and a draft of March 2026."""
    client.cookies.set("lang", "en")
    assert (await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})).status_code == 201
    for post, amount in ((True, "80.00"), (False, "20.00")):
        lines = [{"account": "560201", "summary": "=Paper", "debit": amount}, {"account": "1002", "summary": "=Paper", "credit": amount}]
        answer = await client.post("/api/v1/vouchers", json={"on": "2026-03-09", "lines": lines, "post": post})
        assert answer.status_code == 201, answer.text
    return client


async def rows(client, **more):
    answer = await client.get(API, params={**SPAN, **more})
    assert answer.status_code == 200, answer.text
    return {row["account"]: row for row in answer.json()["rows"]}


async def test_the_switch_counts_drafts_as_if_they_were_posted(company):
    assert (await rows(company))["1002"]["closing_credit"] == "80.00"
    answer = (await company.get(API, params={**SPAN, "unposted": True})).json()
    assert (answer["unposted"], answer["balanced"], answer["totals"]["debit"]) == (True, True, "100.00")


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        ("1002", "", {"1002", "5602", "560201"}),
        ("", "1002", {"1002"}),
        ("5602", "5602", {"5602", "560201"}),
        ("56.02", "9", {"5602", "560201"}),
    ],
)
async def test_a_range_of_accounts_holds_all_below_its_end(company, low, high, shown):
    assert set(await rows(company, code_from=low, code_to=high)) == shown


async def test_levels_and_rows_without_figures(company):
    assert set(await rows(company, level=1)) == {"1002", "5602"}
    assert len(await rows(company, level=1, empty=True)) > 30


@pytest.mark.parametrize(
    "asked",
    [{"code_from": "x"}, {"code_from": "2", "code_to": "1"}, {"level": 0}, {"first": 202613}, {"first": 202604, "last": 202603}],
)
async def test_what_makes_no_trial_balance_is_refused(company, asked):
    answer = await company.get(API, params={**SPAN, **asked})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_page_leads_to_the_same_months_of_the_account(company):
    page = (await company.get("/finance/trial-balance?first=202603&last=202603&unposted=1")).text
    link = "/finance/accounts/1002/ledger?first=202603&amp;last=202603&amp;unposted=1"
    assert link in page
    assert "including unposted vouchers" in page
    lines = (await company.get(link.replace("&amp;", "&"))).text
    assert "Unposted" in lines
    assert "记-2" in lines


async def test_drafts_are_marked_in_json_and_files(company):
    asked = {**SPAN, "unposted": True}
    lines = (await company.get("/api/v1/finance/accounts/1002/ledger", params=asked)).json()["lines"]
    assert [(line["voucher"], line["posted"]) for line in lines] == [("记-1", True), ("记-2", False)]
    table = (await company.get("/api/v1/finance/accounts/1002/ledger/file", params={**asked, "form": "csv"})).text
    assert "记-2,Unposted,'=Paper" in table
    assert "记-1,,'=Paper" in table
    answer = await company.get("/api/v1/finance/accounts/1002/ledger/file", params={**asked, "form": "pdf"})
    assert answer.content[:5] == b"%PDF-"
    assert "with-unposted" in answer.headers["content-disposition"]


async def test_a_second_company_reads_none_of_it(company, other_client):
    assert (await other_client.get(API)).status_code == 409
    ledger = (await company.get("/api/v1/finance/ledgers")).json()[0]["id"]
    for path in (API, "/api/v1/finance/books/chronicle", "/api/v1/finance/books/general", "/api/v1/finance/accounts/1002/ledger"):
        for address in (path, f"{path}/file"):
            answer = await other_client.get(address, params={"ledger": ledger})
            assert (answer.status_code, answer.json()["code"]) == (404, "ledger_not_found")


async def test_a_range_that_is_none_is_refused(work):
    ledger = await create_ledger(work, name="Empty")
    with pytest.raises(Invalid):
        Codes.between("9", "1")
    made = await trial_balance(work, ledger, first=202601, last=202612, detail=Detail(empty=True, auxiliary=True))
    assert made.totals.holds
    assert all(row.parts == () for row in made)
