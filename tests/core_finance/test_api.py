"""Vouchers, books and statements through the REST API."""

from uuid import uuid4

import pytest
from tests.core_finance.pages import overwrite

LINES = [{"account": "1002", "summary": "Sale", "debit": "100.00"}, {"account": "5001", "summary": "Sale", "credit": "100.00"}]
V = "/api/v1/vouchers"


@pytest.fixture
async def books(client):
    """A signed-in browser of a company with a ledger from January 2026."""
    answer = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert answer.status_code == 201, answer.text
    return client


def voucher(on="2026-03-09", lines=LINES, **more):
    return {"on": on, "lines": lines, **more}


async def test_a_draft_becomes_a_posted_voucher_under_its_own_address(books):
    made = await books.post(V, json=voucher())
    assert (made.status_code, made.json()["state"], made.json()["number"]) == (201, "draft", 1)
    address = made.headers["location"]
    changed = await books.put(address, json=voucher(attachments=2, version=made.json()["version"]))
    assert changed.json()["attachments"] == 2
    posted = await books.post(f"{address}/post")
    assert (posted.status_code, posted.json()["state"], posted.json()["number"]) == (200, "posted", 1)
    assert (await books.get(address)).json() == posted.json()
    assert (await books.put(address, json=voucher(version=1))).json()["code"] == "already_posted"
    assert (await books.delete(address)).json()["code"] == "already_posted"


async def test_two_people_do_not_overwrite_each_other_s_draft(books):
    made = await books.post(V, json=voucher())
    await overwrite(books, made.headers["location"], voucher(attachments=1))
    refused = await books.put(made.headers["location"], json=voucher(version=made.json()["version"]))
    assert (refused.status_code, refused.json()["code"]) == (409, "voucher_changed")


async def test_a_draft_is_thrown_away_without_leaving_a_gap(books):
    made = await books.post(V, json=voucher())
    assert (await books.delete(made.headers["location"])).status_code == 204
    assert (await books.get(made.headers["location"])).status_code == 404
    assert (await books.post(V, json=voucher(post=True))).json()["number"] == 1


async def test_a_request_that_is_sent_again_posts_once(books):
    key = {"Idempotency-Key": "k-1"}
    first = await books.post(V, json=voucher(post=True), headers=key)
    again = await books.post(V, json=voucher(post=True), headers=key)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await books.post(V, json=voucher("2026-03-10", post=True), headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    assert len((await books.get(V)).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (voucher(lines=[LINES[0], {**LINES[1], "credit": "99.00"}], post=True), 422, "unbalanced", "lines"),
        (voucher(lines=[LINES[0], {**LINES[1], "account": "9"}], post=True), 422, "unknown_account", "lines.1.account"),
        (voucher("2025-12-31", post=True), 409, "period_missing", "on"),
        (
            voucher(lines=[{**LINES[0], "debit": "0.001"}, {**LINES[1], "credit": "0.001"}], post=True),
            422,
            "too_many_decimals",
            "lines.0.debit",
        ),
        (voucher(word="银", post=True), 422, "unknown_word", "word"),
    ],
)
async def test_bad_input_gets_its_own_error_and_nothing_is_written(books, body, status, code, field):
    refused = await books.post(V, json=body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.json()["errors"][0]["field"] == field
    assert (await books.get(V)).json()["items"] == []
    assert (await books.get("/api/v1/finance/trial-balance")).json()["rows"] == []


@pytest.mark.parametrize(
    "body", [{}, {"on": "x", "lines": LINES}, {"on": "2026-03-09", "lines": []}, voucher(extra=1), voucher(attachments=-1)]
)
async def test_malformed_input_is_refused_before_anything_else(books, body):
    assert (await books.post(V, json=body)).status_code in (400, 422)


async def test_a_batch_posts_all_or_none_or_says_which(books):
    good, bad = voucher(), voucher(lines=[LINES[0], {**LINES[1], "credit": "1.00"}])
    assert (await books.post(f"{V}/batch", json={"vouchers": [good, bad]})).status_code == 422
    assert (await books.get(V)).json()["items"] == []
    partial = await books.post(f"{V}/batch", json={"vouchers": [good, bad, good], "partial": True})
    results = partial.json()["results"]
    assert [r["posted"] and r["posted"]["number"] for r in results] == [1, None, 2]
    assert results[1]["problem"]["code"] == "unbalanced"


async def test_a_reversal_is_linked_both_ways(books):
    posted = await books.post(V, json=voucher(post=True))
    red = await books.post(f"{V}/{posted.json()['id']}/reverse", json={"on": "2026-04-01"})
    assert [line["debit"] for line in red.json()["lines"]] == ["-100.00", "0.00"]
    assert (await books.get(posted.headers["location"])).json()["reversed_by"]["id"] == red.json()["id"]
    again = await books.post(f"{V}/{posted.json()['id']}/reverse", json={})
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")


async def test_the_list_goes_on_from_its_cursor(books):
    batch = [voucher(f"2026-{month:02}-01") for month in (1, 2, 3) for _ in range(3)]
    await books.post(f"{V}/batch", json={"vouchers": batch})
    seen, after = [], None
    while True:
        answer = (await books.get(V, params={"limit": 2} | ({"after": after} if after else {}))).json()
        seen += [(item["period"], item["number"]) for item in answer["items"]]
        after = answer["next"]
        if after is None:
            break
    assert seen == [(202600 + month, number) for month in (3, 2, 1) for number in (3, 2, 1)]
    assert (await books.get(V, params={"after": "!!"})).status_code == 422
    assert len((await books.get(V, params={"first": 202602, "last": 202602})).json()["items"]) == 3


async def test_the_books_tell_the_same_story(books):
    await books.post(V, json=voucher(post=True))
    trial = (await books.get("/api/v1/finance/trial-balance", params={"last": 202603})).json()
    assert trial["balanced"]
    assert {row["account"]: (row["closing_debit"], row["closing_credit"]) for row in trial["rows"]} == {
        "1002": ("100.00", "0.00"), "5001": ("0.00", "100.00")}  # fmt: skip
    book = (await books.get("/api/v1/finance/accounts/1002/ledger", params={"last": 202603})).json()
    assert [line["balance"] for line in book["lines"]] == ["100.00"]
    sheet = (await books.get("/api/v1/finance/statements/balance_sheet", params={"last": 202603})).json()
    amounts = {cell["line"]: cell["amounts"]["closing"] for cell in sheet["cells"]}
    assert (amounts[30], amounts[53], amounts[51]) == ("100.00", "100.00", "100.00")
    assert all(check["holds"] for check in sheet["checks"])
    income = (await books.get("/api/v1/finance/statements/income_statement", params={"last": 202603})).json()
    assert {cell["line"]: cell["amounts"]["period"] for cell in income["cells"]}[32] == "100.00"
    parts = await books.get("/api/v1/finance/statements/balance_sheet/lines/1", params={"last": 202603, "column": "closing"})
    assert parts.json()["accounts"] == [{"account": "1002", "name": "银行存款", "take": "net_debit", "amount": "100.00"}]
    assert parts.json()["amount"] == "100.00"
    assert (await books.get("/api/v1/finance/statements/cash")).status_code == 422
    wrong = await books.get("/api/v1/finance/statements/balance_sheet/lines/999", params={"column": "closing"})
    assert wrong.json()["code"] == "cell_not_found"


async def test_a_month_closes_in_order_and_only_when_nothing_waits(books):
    close = "/api/v1/finance/periods/{}/close"

    def found(refused):
        assert refused["code"] == "period_not_ready"
        return {each["check"] for each in refused["findings"]}

    await books.post(V, json=voucher("2026-01-05"))
    assert found((await books.post(close.format(202602))).json()) == {"core_finance.earlier"}
    assert found((await books.post(close.format(202601))).json()) == {"core_finance.unposted"}
    draft = (await books.get(f"{V}/drafts")).json()["items"][0]["id"]
    await books.post(f"{V}/{draft}/post")
    assert found((await books.post(close.format(202601))).json()) == {"core_finance.profit_and_loss"}
    step = (await books.post("/api/v1/finance/periods/202601/steps/core_finance.transfer/do")).json()
    assert (step["state"], step["amount"], [v["name"] for v in step["posted"]]) == ("done", "100.00", ["记-2"])
    assert (await books.post(close.format(202601))).json()["state"] == "closed"
    assert (await books.post(V, json=voucher("2026-01-06", post=True))).json()["code"] == "period_closed"
    reopen = "/api/v1/finance/periods/202601/reopen"
    assert (await books.post(reopen, json={"reason": ""})).json()["errors"][0]["field"] == "reason"
    assert (await books.post(reopen, json={"reason": "A late bill"})).json()["state"] == "open"
    assert (await books.post(close.format(203001))).json()["code"] == "period_not_found"


async def test_the_steps_of_a_month_are_told_and_skipped_with_a_reason(books, other_client):
    steps = "/api/v1/finance/periods/202601/steps"
    await books.post(V, json=voucher("2026-01-05", post=True))
    told = {step["key"]: step for step in (await books.get(steps)).json()}
    assert [told[key]["state"] for key in ("core_finance.amortisation", "core_finance.transfer", "place.100")] == [
        "nothing", "waiting", "absent"]  # fmt: skip
    transfer = told["core_finance.transfer"]
    assert [[(x["account"], x["debit"], x["credit"]) for x in lines] for lines in transfer["missing"]] == [
        [("5001", "100.00", "0.00"), ("3103", "0.00", "100.00")]]  # fmt: skip
    assert transfer["calculation"]["totals"][1:3] == ["100.00", "0.00"]
    assert (await books.post(f"{steps}/core_finance.transfer/skip", json={"reason": " "})).status_code == 422
    assert (await books.post(f"{steps}/core_finance.transfer/skip", json={"reason": "表结法"})).json()["state"] == "skipped"
    assert (await books.post(f"{steps}/core_finance.moon/do")).json()["code"] == "step_not_found"
    checks = (await books.get("/api/v1/finance/periods/202601/checks")).json()
    assert {c["key"] for c in checks if c["findings"]} == {"core_finance.attachments"}
    assert (await other_client.get(steps)).json()["code"] == "ledger_missing"


async def test_an_account_gets_a_sub_account_and_is_disabled_not_deleted(books):
    A = "/api/v1/finance/accounts"  # noqa: N806 - an address
    added = await books.post(A, json={"parent": "1002", "name": "工商银行"})
    assert (added.status_code, added.json()["code"]) == (201, "100201")
    assert (await books.post(V, json=voucher(post=True))).json()["code"] == "account_not_leaf"
    off = await books.patch(f"{A}/100201", json={"is_active": False})
    assert off.json()["is_active"] is False
    assert (await books.get(A, params={"search": "gsyh"})).json()[0]["name"] == "工商银行"
    assert [a["code"] for a in (await books.get(A, params={"search": "2221.01.07"})).json()] == ["22210107"]


async def test_without_a_ledger_the_way_out_is_named(client):
    refused = await client.get("/api/v1/finance/trial-balance")
    assert (refused.status_code, refused.json()["code"]) == (409, "ledger_missing")


async def test_another_company_s_voucher_does_not_exist(books, other_client):
    posted = (await books.post(V, json=voucher(post=True))).json()["id"]
    await other_client.post("/api/v1/finance/ledgers", json={"name": "Other"})
    assert (await other_client.get(f"{V}/{posted}")).status_code == 404
    assert (await other_client.post(f"{V}/{posted}/reverse", json={})).status_code == 404
    assert (await other_client.get(f"{V}/{uuid4()}")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", V, voucher(post=True)),
        ("POST", f"{V}/batch", {"vouchers": [voucher()]}),
        ("GET", "/api/v1/finance/trial-balance", None),
        ("POST", "/api/v1/finance/periods/202601/close", None),
        ("POST", "/api/v1/finance/accounts", {"parent": "1002", "name": "x"}),
    ],
)
async def test_who_may_only_enter_vouchers_may_not_do_more(client_for, tenant, books, method, path, body):
    clerk = await client_for(tenant, permissions={"finance.voucher.create", "finance.voucher.read"})
    assert (await clerk.request(method, path, json=body)).status_code == 403
    assert (await clerk.post(V, json=voucher())).status_code == 201


async def test_a_line_names_a_customer_of_this_company_who_then_stays(books, other_client):
    def owed(party):
        return [{"account": "1122", "debit": "100.00", "dimensions": {"party": party}}, LINES[1]]

    theirs = (await other_client.post("/api/v1/parties", json={"name": "永辉"})).json()["id"]
    for party in (str(uuid4()), theirs):
        refused = await books.post(V, json=voucher(lines=owed(party), post=True))
        assert (refused.status_code, refused.json()["code"]) == (422, "dimension_unknown")
    ours = (await books.post("/api/v1/parties", json={"name": "联华"})).json()["id"]
    posted = await books.post(V, json=voucher(lines=owed(ours), post=True))
    assert (posted.status_code, posted.json()["number"]) == (201, 1)
    assert (await books.delete(f"/api/v1/parties/{ours}")).json()["code"] == "record_in_use"


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"debit": "1", "credit": "1"}, "line_needs_one_side"),
        ({"debit": "NaN"}, "line_needs_one_side"),
        ({"debit": "10.006"}, "too_many_decimals"),
    ],
)
async def test_a_draft_keeps_no_amount_that_the_books_could_not_hold(books, first, code):
    lines = [{"account": "1002", **first}, {"account": "5001", "credit": "1"}]
    answer = await books.post(V, json=voucher(lines=lines))
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert (await books.get(f"{V}/drafts")).json()["items"] == []


async def test_a_red_letter_says_the_same_of_cash(books):
    lines = [{"account": "1002", "credit": "5", "cash_item": 3}, {"account": "560202", "debit": "5"}]
    posted = (await books.post(V, json=voucher(lines=lines, post=True))).json()
    red = (await books.post(f"{V}/{posted['id']}/reverse", json={"on": "2026-03-10"})).json()
    assert [line["cash_item"] for line in red["lines"]] == [3, None]
    made = (await books.get("/api/v1/finance/statements/cash_flow", params={"first": 202603, "last": 202603})).json()
    assert {cell["line"]: cell["amounts"]["period"] for cell in made["cells"]}[3] in ("0", "0.00")
