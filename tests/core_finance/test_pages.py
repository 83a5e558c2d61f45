"""The pages of finance, as a browser gets them."""

import re
from decimal import Decimal

import pytest

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
    assert (await books.post("/vouchers/new", data=ENTRY)).status_code == 200
    return re.search(r'href="(/vouchers/[0-9a-f-]{36})"', (await books.get("/vouchers")).text)[1]


@pytest.mark.parametrize("path", ["/vouchers", "/vouchers/new", "/finance/trial-balance", "/finance/balance-sheet", "/finance/accounts"])
async def test_a_company_without_a_ledger_is_sent_to_open_its_books(client, path):
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/finance/setup")


async def test_what_the_grid_holds_is_posted_and_an_empty_grid_follows(books):
    answer = await books.post("/vouchers/new", data=ENTRY)
    assert answer.status_code == 200
    assert "记-1" in answer.headers["hx-trigger"].encode().decode("unicode_escape")
    assert 'value="2026-03-09"' in answer.text
    assert "1280" not in answer.text


async def test_a_voucher_whose_button_is_pressed_twice_is_posted_once(books):
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', (await books.get("/vouchers/new")).text)[1]
    answers = [await books.post("/vouchers/new", data={**ENTRY, "key": key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["hx-trigger"] == answers[1].headers["hx-trigger"]
    assert f'value="{key}"' not in answers[0].text
    assert len((await books.get("/api/v1/vouchers")).json()["items"]) == 1
    other = await books.post("/vouchers/new", data={**ENTRY, "key": key, "attachments": "3"})
    assert other.status_code == 422


@pytest.mark.parametrize("path", ["/vouchers?period=²", "/vouchers?q=²", "/finance/trial-balance?first=²", "/parties?page=²"])
async def test_digits_that_are_no_numbers_break_no_page(books, path):
    assert (await books.get(path)).status_code < 500


async def test_hidden_fields_with_nonsense_break_no_form(books):
    answer = await books.post("/vouchers/new", data={**ENTRY, "draft_id": "x", "version": "²", "attachments": "²", "key": "x"})
    assert answer.status_code == 422
    assert "Count of attachments" in words(answer.text)


async def test_a_wrong_voucher_comes_back_with_the_error_in_its_cell(books):
    wrong = {**ENTRY, "summary": ["", "Sale", "Sale"], "account": ["", "1002", "7777"], "debit": ["", "5", ""], "credit": ["", "", "5"]}
    answer = await books.post("/vouchers/new", data=wrong)
    assert answer.status_code == 422
    assert "there is no account 7777" in words(answer.text)
    assert 'value="1002"' in answer.text
    assert (await books.get("/api/v1/vouchers")).json()["items"] == []
    answer = await books.post("/vouchers/new", data={**ENTRY, "credit": ["", "5", ""]})
    assert "off by 1275.50" in words(answer.text)
    answer = await books.post("/vouchers/new", data={**ENTRY, "debit": ["many", "", ""]})
    assert "many is no amount" in words(answer.text)
    answer = await books.post("/vouchers/new", data={**ENTRY, "on": "tomorrow"})
    assert "tomorrow is no day" in words(answer.text)


async def test_a_half_done_voucher_waits_as_a_draft_and_is_posted_later(books):
    answer = await books.post("/vouchers/new", data={**ENTRY, "act": "draft", "credit": ["", "", ""]})
    assert answer.status_code == 200
    listed = (await books.get("/vouchers")).text
    address = re.search(r'href="(/vouchers/[0-9a-f-]{36})"', listed)[1]
    page = (await books.get(address)).text
    draft_id, version = re.search(r'name="draft_id" value="(.+?)"', page)[1], re.search(r'name="version" value="(\d+)"', page)[1]
    assert 'value="1280.50"' in page
    done = await books.post("/vouchers/new", data={**ENTRY, "draft_id": draft_id, "version": version})
    assert done.status_code == 200
    assert "Posted" in words((await books.get(address)).text)


async def test_a_voucher_shows_its_lines_and_is_reversed_once(books, posted):
    page = words((await books.get(posted)).text)
    assert "1,280.50" in page
    assert rmb_upper(Decimal("1280.50")) in page
    red = await books.post(f"{posted}/reverse", data={"on": "2026-04-01"})
    assert red.status_code == 303
    assert "-1,280.50" in words((await books.get(red.headers["location"])).text)
    assert "was cancelled in red by" in words((await books.get(posted)).text)
    assert (await books.post(f"{posted}/reverse", data={"on": "2026-04-01"})).status_code == 409


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
                     "/finance/periods", "/finance/trial-balance", "/finance/balance-sheet", "/finance/income-statement", "/"):  # fmt: skip
            answer = await books.get(path)
            assert answer.status_code == 200, (path, answer.text[:500])


async def test_the_chart_is_searched_extended_and_disabled(books):
    assert "Cash in bank" in (await books.get("/finance/accounts?q=yhck")).text
    added = await books.post("/finance/accounts", data={"parent": "1002", "name": "工商银行", "code": "", "name_en": ""})
    assert added.status_code == 303
    refused = await books.post("/finance/accounts", data={"parent": "nope", "name": "x", "code": "", "name_en": ""})
    assert refused.status_code == 422
    await books.post("/finance/accounts/100201/disable")
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
    assert (await books.post("/finance/periods/202601/close")).status_code == 303
    page = words((await books.get("/finance/periods")).text)
    assert "2026-01 Closed" in page
