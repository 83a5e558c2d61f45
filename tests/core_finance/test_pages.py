"""The pages of finance, as a browser gets them."""

import json
import re
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from tests.core_finance.pages import submit

from core_finance.currencies.model import Rate, RateKind
from kernel.money import rmb_upper

ENTRY = {
    "word": "记", "on": "2026-03-09", "attachments": "2", "draft_id": "", "version": "", "act": "post",
    "summary": ["Sale", "Sale", ""], "account": ["1002 银行存款", "50.01", ""], "extra": ["", "", ""],
    "debit": ["1,280.50", "", ""], "credit": ["", "1280.5", ""],
}  # fmt: skip


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
async def books(client):
    client.cookies.set("lang", "en")
    answer = await client.post(
        "/finance/setup", data={"name": "Main", "standard": "small_business", "taxpayer": "general", "currency": "CNY", "start": "2026-01"}
    )
    assert answer.status_code == 303, answer.text
    return client


@pytest.fixture
async def posted(books):
    """The address of a posted voucher."""
    assert (await submit(books, "/vouchers/new", data=ENTRY)).status_code == 200
    return re.search(r'href="(/vouchers/[0-9a-f-]{36})"', (await books.get("/vouchers")).text)[1]


@pytest.mark.parametrize("path", ["/vouchers", "/vouchers/new", "/finance/trial-balance", "/finance/balance-sheet", "/finance/accounts"])
async def test_a_company_without_a_ledger_is_sent_to_open_its_books(client, path):
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/finance/setup")


async def test_what_the_grid_holds_is_posted_and_an_empty_grid_follows(books):
    answer = await submit(books, "/vouchers/new", data=ENTRY)
    assert answer.status_code == 200
    assert "记-1" in answer.headers["hx-trigger"].encode().decode("unicode_escape")
    assert 'value="2026-03-09"' in answer.text
    assert "1280" not in answer.text


async def test_a_voucher_whose_button_is_pressed_twice_is_posted_once(books):
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', (await books.get("/vouchers/new")).text)[1]
    answers = [await submit(books, "/vouchers/new", data={**ENTRY, "key": key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["hx-trigger"] == answers[1].headers["hx-trigger"]
    assert f'value="{key}"' not in answers[0].text
    assert len((await books.get("/api/v1/vouchers")).json()["items"]) == 1
    other = await submit(books, "/vouchers/new", data={**ENTRY, "key": key, "attachments": "3"})
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("", "is kept in a foreign currency"),
        ('{"item": "99"}', "line 99 of the cash flow statement takes no movements"),
        ('{"item": "7"}', "line 7 of the cash flow statement takes no movements"),
        ('{"item": "x"}', "x is no line of the cash flow statement"),
    ],
)
async def test_what_a_line_lacks_beside_account_and_amount_is_said_in_its_cell(books, extra, said):
    added = await books.post("/api/v1/finance/accounts", json={"parent": "1002", "name": "USD", "currency": "USD"})
    account = "100201" if not extra else "1001"
    assert added.status_code == 201
    answer = await submit(books, "/vouchers/new", data={**ENTRY, "account": [account, "5001", ""], "extra": [extra, "", ""]})
    assert answer.status_code == 422
    assert said in words(re.search(r'<tr class="vl bad-acc">.*?</tr>', answer.text, re.DOTALL)[0])


@pytest.mark.parametrize("path", ["/vouchers?period=²", "/vouchers?q=²", "/finance/trial-balance?first=²", "/parties?page=²"])
async def test_digits_that_are_no_numbers_break_no_page(books, path):
    assert (await books.get(path)).status_code < 500


async def test_hidden_fields_with_nonsense_break_no_form(books):
    answer = await submit(books, "/vouchers/new", data={**ENTRY, "draft_id": "x", "version": "²", "attachments": "²", "key": "x"})
    assert answer.status_code == 422
    assert "Count of attachments" in words(answer.text)


async def test_a_wrong_voucher_comes_back_with_the_error_in_its_cell(books):
    wrong = {**ENTRY, "summary": ["", "Sale", "Sale"], "account": ["", "1002", "7777"], "debit": ["", "5", ""], "credit": ["", "", "5"]}
    answer = await submit(books, "/vouchers/new", data=wrong)
    assert answer.status_code == 422
    assert "there is no account 7777" in words(answer.text)
    assert 'value="1002"' in answer.text
    assert (await books.get("/api/v1/vouchers")).json()["items"] == []
    answer = await submit(books, "/vouchers/new", data={**ENTRY, "credit": ["", "5", ""]})
    assert "off by 1275.50" in words(answer.text)
    answer = await submit(books, "/vouchers/new", data={**ENTRY, "debit": ["many", "", ""]})
    assert "many is no amount" in words(answer.text)
    answer = await submit(books, "/vouchers/new", data={**ENTRY, "on": "tomorrow"})
    assert "tomorrow is no day" in words(answer.text)


async def test_a_half_done_voucher_waits_as_a_draft_and_is_posted_later(books):
    answer = await submit(books, "/vouchers/new", data={**ENTRY, "act": "draft", "credit": ["", "", ""]})
    assert answer.status_code == 200
    listed = (await books.get("/vouchers")).text
    address = re.search(r'href="(/vouchers/[0-9a-f-]{36})"', listed)[1]
    page = (await books.get(address)).text
    draft_id, version = re.search(r'name="draft_id" value="(.+?)"', page)[1], re.search(r'name="version" value="(\d+)"', page)[1]
    assert 'value="1280.50"' in page
    done = await submit(books, "/vouchers/new", data={**ENTRY, "draft_id": draft_id, "version": version})
    assert done.status_code == 200
    assert "Posted" in words((await books.get(address)).text)


async def test_a_voucher_shows_its_lines_and_is_reversed_once(books, posted):
    page = words((await books.get(posted)).text)
    assert "1,280.50" in page
    assert rmb_upper(Decimal("1280.50")) in page
    red = await submit(books, f"{posted}/reverse", data={"on": "2026-04-01"})
    assert red.status_code == 303
    assert "-1,280.50" in words((await books.get(red.headers["location"])).text)
    assert "was cancelled in red by" in words((await books.get(posted)).text)
    assert (await submit(books, f"{posted}/reverse", data={"on": "2026-04-01"})).status_code == 409


async def test_books_lead_from_statement_to_voucher(books, posted):
    span = "?first=202603&last=202603"
    trial = (await books.get(f"/finance/trial-balance{span}")).text
    assert "1,280.50" in words(trial)
    assert "/finance/accounts/1002/ledger" in trial
    ledger = (await books.get(f"/finance/accounts/1002/ledger{span}")).text
    assert posted in ledger
    for kind, line in (("balance-sheet", 1), ("income-statement", 1)):
        page = (await books.get(f"/finance/{kind}{span}")).text
        assert "1,280.50" in words(page)
        assert "Does not tie out" not in page
        link = re.search(rf'href="(/finance/{kind}/{line}\?[^"]+)"', page)[1].replace("&amp;", "&")
        assert "1,280.50" in words((await books.get(link)).text)


@pytest.mark.parametrize("path", ["/finance/trial-balance", "/finance/balance-sheet", "/finance/income-statement"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_books_are_handed_out_as_files(books, posted, path, form):
    answer = await books.get(f"{path}?last=202603&form={form}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content[:2] == b"PK" if form == "xlsx" else "1280.50" in answer.text
    assert (await books.get(f"{path}?last=202603&form=exe")).status_code == 404


async def test_every_page_is_drawn_in_both_languages(books, posted):
    for language in ("en", "zh_CN"):
        books.cookies.set("lang", language)
        for path in ("/vouchers", "/vouchers/new", posted, f"/vouchers/new?copy={posted[-36:]}", "/finance/setup", "/finance/accounts",
                     "/finance/close", "/finance/close/202601", "/finance/rates",
                     "/finance/amortisation", "/finance/trial-balance", "/finance/balance-sheet",
                     "/finance/income-statement", "/"):  # fmt: skip
            answer = await books.get(path)
            assert answer.status_code == 200, (path, answer.text[:500])


async def test_the_chart_is_searched_extended_and_disabled(books):
    assert "Cash in bank" in (await books.get("/finance/accounts?q=yhck")).text
    mark = {"ledger": (await books.get("/api/v1/finance/ledgers")).json()[0]["id"]}
    added = await books.post("/finance/accounts", data={**mark, "parent": "1002", "name": "工商银行", "code": "", "name_en": ""})
    assert added.status_code == 303
    refused = await books.post("/finance/accounts", data={**mark, "parent": "nope", "name": "x", "code": "", "name_en": ""})
    assert refused.status_code == 422
    await books.post("/finance/accounts/100201/disable", data=mark)
    assert "Disabled" in (await books.get("/finance/accounts?q=1002")).text


async def test_the_grid_s_choices_carry_balances_and_dimensions(books, posted):
    choices = (await books.get("/vouchers/choices")).json()
    by_code = {a["c"]: a for a in choices["accounts"]}
    assert by_code["1002"]["b"] == "1280.50"
    assert by_code["22210107"]["p"] == "xxse"
    assert "x" not in by_code["1122"], "no party is there to choose yet"
    assert by_code["1002"]["m"] is True
    party = (await books.post("/api/v1/parties", json={"name": "联华"})).json()["id"]
    by_code = {a["c"]: a for a in (await books.get("/vouchers/choices")).json()["accounts"]}
    assert by_code["1122"]["x"] == [{"k": "party", "l": "Party", "r": False}]
    assert [item["id"] for item in (await books.get("/vouchers/choices/items?kind=party&q=lh")).json()] == [party]
    assert choices["cash"][0] == {"n": 1, "l": "Cash from sales of goods and services"}


async def test_a_closed_month_is_shown_closed(books, posted):
    assert (await books.get("/finance/periods")).headers["location"] == "/finance/close"
    assert "Ready to close" in words((await books.get("/finance/close/202601")).text)
    assert "2026-01 is closed" in (await submit(books, "/finance/close/202601/close")).headers["hx-trigger"]
    assert "2026-01 Closed" in words((await books.get("/finance/close")).text)
    refused = await submit(books, "/finance/close/202601/reopen", data={"reopen_reason": " "})
    assert (refused.status_code, "Say why the period" in refused.text) == (422, True)
    assert "Ready to close" in words((await submit(books, "/finance/close/202601/reopen", data={"reopen_reason": "A late bill"})).text)


async def test_the_cockpit_does_all_steps_one_by_one_and_says_what_is_in_the_way(books, posted):
    for month in ("01", "02"):
        await submit(books, f"/finance/close/2026{month}/close")
    page = words((await books.get("/finance/close/202603")).text)
    assert "7. Transfer of profit and loss To do 1,280.50" in page
    assert "No asset register yet" in page
    assert "5001 Main operating revenue" in page
    refused = await submit(books, "/finance/close/202603/close")
    assert (refused.status_code, "cannot be closed yet" in refused.text) == (422, True)
    done = await submit(books, "/finance/close/202603/next")
    assert "All steps are done." in done.headers["hx-trigger"]
    assert "Transfer of profit and loss Done 1,280.50" in words(done.text)
    assert "Must be mended" not in done.text
    assert (await submit(books, "/finance/close/202603/close")).status_code == 200


async def test_a_step_is_skipped_on_the_page_with_a_reason(books, posted):
    address = "/finance/close/202603/steps/core_finance.transfer/skip"
    refused = await submit(books, address, data={"reason": ""})
    assert (refused.status_code, "Say why the step is left out" in refused.text) == (422, True)
    assert "Skipped: 表结法" in (await submit(books, address, data={"reason": "表结法"})).text


async def test_an_auditor_sees_the_period_end_and_changes_nothing(client_for, tenant, books, posted):
    reader = await client_for(tenant, permissions={"finance.ledger.read", "finance.report.read"})
    page = (await reader.get("/finance/close/202603")).text
    assert "Transfer of profit" in page or "结转损益" in page
    assert "/steps/" not in page
    for address in ("202603/next", "202603/close", "202603/reopen", "202603/steps/core_finance.transfer/do"):
        assert (await reader.post(f"/finance/close/{address}")).status_code == 403


async def test_the_list_has_a_tab_for_each_state_and_tells_every_refusal(books):
    for debit in ("5", "6"):
        await submit(books, "/vouchers/new", data={**ENTRY, "act": "draft", "debit": [debit, "", ""], "credit": ["", "5", ""]})
    page = (await books.get("/vouchers?show=draft")).text
    ids = re.findall(r'name="voucher" value="([0-9a-f-]{36})"', page)
    assert len(ids) == 2
    done = words((await submit(books, "/vouchers/review", data={"voucher": ids})).text)
    assert "1 vouchers: reviewed" in done
    assert "off by 1" in done
    assert "2026-03 记-2" in done
    assert re.findall(r'name="voucher" value="([0-9a-f-]{36})"', (await books.get("/vouchers?show=reviewed")).text) == [ids[1]]
    reviewed = (await books.get(f"/vouchers/{ids[1]}")).text
    assert "Take the review back" in reviewed
    assert 'name="debit"' not in reviewed
    assert (await submit(books, f"/vouchers/{ids[1]}/unreview", data={"reason": ""})).status_code == 303
    assert 'name="debit"' in (await books.get(f"/vouchers/{ids[1]}")).text
    assert (await submit(books, f"/vouchers/{ids[1]}/review", data={})).status_code == 303
    assert "1 vouchers: posted" in words((await submit(books, "/vouchers/post", data={"voucher": ids})).text)
    assert "2026-03 记-2" in words((await books.get(f"/vouchers/{ids[0]}")).text)
    assert f'rel="prev" href="/vouchers/{ids[1]}"' in (await books.get(f"/vouchers/{ids[0]}")).text
    assert (await submit(books, "/vouchers/post", data={})).status_code == 422
    printed = await submit(books, "/vouchers/print.pdf", data={"voucher": ids, "paper": "a5"})
    assert printed.content.startswith(b"%PDF")
    for query, count in (("amount=5.00", 1), ("amount=x", 0), ("q=Sale", 2), ("period=202604", 0), ("until=202603&word=记", 2)):
        assert len(re.findall(r'name="voucher"', (await books.get(f"/vouchers?{query}")).text)) == count, query
    assert (await submit(books, "/vouchers/order", data={"period": "202603"})).status_code == 303


async def test_a_line_says_more_than_account_and_amount(books):
    party = (await books.post("/api/v1/parties", json={"name": "联华"})).json()["id"]
    extra = json.dumps({"dims": {"party": [party, "联华"]}, "currency": "USD", "amount": "100.00", "rate": "7.1234", "item": "1"})
    entry = {**ENTRY, "act": "draft", "account": ["1122", "5001", ""], "extra": [extra, json.dumps({"quantity": "3"}), ""],
             "debit": ["712.34", "", ""], "credit": ["", "712.34", ""]}  # fmt: skip
    assert (await submit(books, "/vouchers/new", data=entry)).status_code == 200
    [draft] = (await books.get("/api/v1/vouchers/drafts")).json()["items"]
    first, second = draft["lines"]
    assert (first["dimensions"], first["currency_amount"], first["rate"], first["cash_item"]) == (
        {"party": party},
        "100.00",
        "7.12340000",
        1,
    )
    assert second["quantity"] == "3.000000"
    page = unescape((await books.get(f"/vouchers/{draft['id']}")).text)
    assert f'{{"dims":{{"party":["{party}","联华"]}},"currency":"USD","amount":"100","rate":"7.1234","item":"1"}}' in page
    for wrong, said in (
        ({"dims": {"party": ["", "nobody"]}}, "Choose nobody from the list"),
        ({"amount": "many"}, "many is no amount"),
        ({"quantity": "1.1234567"}, "at most 6 decimals"),
        ({"amount": "5", "currency": "USD", "rate": ""}, "give the amount in it and the rate"),
    ):
        refused = await submit(books, "/vouchers/new", data={**entry, "act": "post", "extra": [json.dumps(wrong), "", ""]})
        assert (refused.status_code, said in words(unescape(refused.text))) == (422, True), (wrong, words(refused.text)[:400])
    assert (await submit(books, "/vouchers/new", data={**entry, "extra": ["nonsense", "", ""]})).status_code == 422


async def test_the_grid_proposes_the_rate_of_the_day_and_the_next_number(books, database, tenant):
    async with database.work(tenant) as work:
        work.session.add_all(
            Rate(base="CNY", currency="USD", kind=RateKind.SPOT, on=date(2026, 3, day), rate=Decimal(rate))
            for day, rate in ((1, "7.1"), (9, "7.2"))
        )
    for day, rate in (("2026-03-08", "7.10000000"), ("2026-03-09", "7.20000000"), ("2026-02-01", None), ("x", None)):
        assert (await books.get("/vouchers/choices/rate", params={"currency": "USD", "on": day})).json() == {"rate": rate}
    await submit(books, "/vouchers/new", data={**ENTRY, "act": "draft"})
    for query, number in (({"word": "记", "on": "2026-03-01"}, 2), ({"word": "收", "on": "2026-03-01"}, 1), ({"word": "记", "on": ""}, 1)):
        assert (await books.get("/vouchers/choices/number", params=query)).json() == {"number": number}


async def test_a_voucher_of_600_lines_goes_through_the_form(books):
    lines = 300
    entry = {**ENTRY, "summary": ["Sale"] * 2 * lines, "account": ["1002"] * lines + ["5001"] * lines, "extra": [""] * 2 * lines,
             "debit": ["1.01"] * lines + [""] * lines, "credit": [""] * lines + ["1.01"] * lines}  # fmt: skip
    assert (await submit(books, "/vouchers/new", data=entry)).status_code == 200
    assert (await books.get("/api/v1/vouchers")).json()["items"][0]["total"] == "303.00"
