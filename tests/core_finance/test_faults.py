"""What is wrong with a form or a voucher is told at once and by name, beside the field where it is to be mended."""

import re
from html import unescape

import pytest
from tests.core_finance.pages import submit

FORM = {"name": "Main", "standard": "small_business", "taxpayer": "general", "currency": "CNY", "start": "2026-01"}
ENTRY = {
    "word": "记", "on": "2026-03-09", "attachments": "0", "draft_id": "", "version": "", "act": "post", "key": "",
    "summary": ["Sale", "", ""], "account": ["1122", "1002", "5001"], "extra": ["", "", ""],
    "debit": ["60", "40", ""], "credit": ["", "", "100"],
}  # fmt: skip
LEDGERS, VOUCHERS = "/api/v1/finance/ledgers", "/api/v1/vouchers"


def words(html):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


@pytest.fixture
async def books(client):
    """A ledger whose receivables and payables name their party."""
    client.cookies.set("lang", "en")
    assert (await client.post("/finance/setup", data={**FORM, "parties_required": "1"})).status_code == 303
    return client


async def asked(client, code):
    account = (await client.get(f"/api/v1/finance/accounts/{code}")).json()
    return account["required_dimensions"], account["optional_dimensions"]


# ------------------------------------------------------------ dimensions


async def test_a_line_without_its_party_is_refused_and_the_party_is_named(books):
    refused = await submit(books, "/vouchers/new", data=ENTRY)
    assert refused.status_code == 422
    assert "Line 1: account 1122 asks for: Party. Fill it in." in words(refused.text)
    assert "data-asks" in refused.text
    lines = [{"account": "1122", "debit": "5"}, {"account": "2202", "credit": "5"}]
    answer = await books.post(VOUCHERS, json={"on": "2026-03-09", "post": True, "lines": lines})
    assert answer.status_code == 422
    body = answer.json()
    assert (body["code"], body["missing"]) == ("dimension_missing", ["party"])
    assert [each["field"] for each in body["errors"]] == ["lines.0.dimensions", "lines.1.dimensions"]
    surplus = {"account": "1002", "debit": "5", "dimensions": {"party": "00000000-0000-0000-0000-000000000000"}}
    body = (await books.post(VOUCHERS, json={"on": "2026-03-09", "post": True, "lines": [surplus, lines[1]]})).json()
    assert (body["code"], body["surplus"], "does not keep: Party" in body["title"]) == ("dimension_not_kept", ["party"], True)


async def test_the_ledger_s_choice_is_written_into_the_accounts_and_stands_once_something_is_posted(books):
    for code in ("1122", "1123", "2202", "2203"):
        assert await asked(books, code) == (["party"], []), code
    assert await asked(books, "1221") == ([], ["party"])
    ledger = (await books.get(LEDGERS)).json()[0]
    off = await books.patch(f"{LEDGERS}/{ledger['id']}", json={"rules": {"parties_required": False}})
    assert off.status_code == 200, off.text
    assert await asked(books, "1122") == ([], ["party"])
    lines = [{"account": "1122", "debit": "5"}, {"account": "5001", "credit": "5"}]
    assert (await books.post(VOUCHERS, json={"on": "2026-03-09", "post": True, "lines": lines})).status_code == 201
    late = await books.patch(f"{LEDGERS}/{ledger['id']}", json={"rules": {"parties_required": True}})
    assert (late.status_code, late.json()["errors"][0]["field"]) == (409, "parties_required")
    # The page, whose box is locked now, still saves the rest.
    page = await books.get(f"/finance/ledgers/{ledger['id']}")
    assert re.search(r'name="parties_required" value="1"[^>]*disabled', page.text)
    version = re.search(r'name="version" value="(\d+)"', page.text)[1]
    saved = await books.post(
        f"/finance/ledgers/{ledger['id']}", data={"name": "Renamed", "version": version, "review": "none", "words": ["记"]}
    )
    assert saved.status_code == 303, words(saved.text)


async def test_a_ledger_made_by_a_program_leaves_the_party_to_whoever_enters(client):
    assert (await client.post(LEDGERS, json={"name": "Main"})).status_code == 201
    assert await asked(client, "1122") == ([], ["party"])
    assert (
        await client.post(LEDGERS, json={"name": "Strict", "code_scheme": "4-3-2", "rules": {"parties_required": True}})
    ).status_code == 201
    strict = (await client.get(LEDGERS)).json()[1]["id"]
    account = (await client.get("/api/v1/finance/accounts/2202", params={"ledger": strict})).json()
    assert account["required_dimensions"] == ["party"]


# ------------------------------------------------------------ summaries


async def test_a_line_without_a_summary_has_the_one_above_it(books):
    data = {**ENTRY, "account": ["1001", "1002", "5001"]}
    assert (await submit(books, "/vouchers/new", data=data)).status_code == 200
    [voucher] = (await books.get(VOUCHERS)).json()["items"]
    assert [line["summary"] for line in (await books.get(f"{VOUCHERS}/{voucher['id']}")).json()["lines"]] == ["Sale"] * 3


async def test_a_voucher_that_says_nothing_is_marked_in_its_cell_and_not_posted(books):
    silent = {**ENTRY, "account": ["", "1002", "5001"], "summary": ["", "", ""], "debit": ["", "100", ""]}
    refused = await submit(books, "/vouchers/new", data=silent)
    assert refused.status_code == 422
    cell = re.search(
        r'<tr class="vl[^"]*"[^>]*>(?:(?!</tr>).)*aria-label="Summary, line 2"[^>]*aria-invalid.*?</td>', refused.text, re.DOTALL
    )
    assert cell
    assert "Say in the summary what happened" in cell[0]
    assert (await submit(books, "/vouchers/new", data={**silent, "act": "draft"})).status_code == 200
    draft = re.search(r'href="/vouchers/([0-9a-f-]{36})"', (await books.get("/vouchers")).text)[1]
    for act in ("review", "post"):
        answer = await books.post(f"/api/v1/vouchers/drafts/{draft}/{act}")
        if answer.status_code == 404:
            answer = await books.post(f"/api/v1/vouchers/{draft}/{act}")
        assert (answer.status_code, answer.json()["code"]) == (422, "summary_missing"), (act, answer.text)


# ------------------------------------------------------------ setting up


async def test_a_new_ledger_tells_all_that_is_wrong_with_it_at_once(client):
    client.cookies.set("lang", "en")
    wrong = {**FORM, "name": "", "currency": "RMB", "start": "soon", "code_scheme": "3-3", "reserve_percent": "half",
             "registered_capital": "1.234", "words": ["付"]}  # fmt: skip
    refused = await client.post("/finance/setup", data=wrong)
    assert refused.status_code == 422
    marked = {name.replace("-", "_") for name in re.findall(r'id="f-([\w-]+)"[^>]*aria-invalid', refused.text)}
    assert marked == {"name", "currency", "start", "code_scheme", "reserve_percent", "registered_capital"}
    assert "Use 记 for all vouchers" in words(refused.text)
    assert "7 fields need attention" in words(refused.text)
    answer = await client.post(LEDGERS, json={"name": "x", "currency": "XXX", "code_scheme": "3-3"})
    assert [each["field"] for each in answer.json()["errors"]] == ["currency", "code_scheme"]
    assert (await client.get(LEDGERS)).json() == []


async def test_opening_balances_tell_what_cannot_be_read_and_what_cannot_stand_at_once(books):
    def row(account, party="", debit="", credit=""):
        return {"account": account, "held": "", "dim.party": party, "dim.department": "", "dim.project": "", "opening_debit": debit,
                "opening_credit": credit}  # fmt: skip

    rows = [row("1001", debit="many"), row("1122", debit="5"), row("1002", debit="1.005", credit="2"), row("1123", "Nobody", "7")]
    data = {"version": "", **{name: [each[name] for each in rows] for name in rows[0]}}
    refused = await submit(books, "/finance/opening", data=data)
    assert refused.status_code == 422
    text = words(refused.text)
    for said in ("many is no amount", "1122 asks for: Party", "1.005 has more than two decimals", "one side only", "none named Nobody"):
        assert said in text, said


# ------------------------------------------------------------ another ledger


async def test_an_address_with_another_ledger_switches_nothing_and_says_so(books, other_client):
    first = (await books.get(LEDGERS)).json()[0]["id"]
    second = (await books.post(LEDGERS, json={"name": "Branch"})).json()["id"]
    asks = await books.get("/vouchers/new", params={"ledger": second, "amount": "5"})
    assert "This address is for the ledger Branch" in words(asks.text)
    assert f'action="/finance/ledgers/{second}/switch"' in asks.text
    assert 'value="/vouchers/new?amount=5"' in asks.text
    assert f'name="ledger" value="{first}"' in (await books.get("/vouchers/new")).text
    assert "<ui-voucher" in (await books.get("/vouchers/new", params={"ledger": first})).text
    lines = [{"account": "1001", "debit": "5"}, {"account": "3001", "credit": "5"}]
    voucher = await books.post(VOUCHERS, params={"ledger": second}, json={"on": "2026-03-09", "post": True, "lines": lines})
    shown = await books.get(f"/vouchers/{voucher.json()['id']}")
    assert "This voucher belongs to the ledger Branch; you keep Main now." in words(shown.text)
    assert (await other_client.post(LEDGERS, json={"name": "Theirs"})).status_code == 201
    assert (await other_client.get("/vouchers/new", params={"ledger": second})).status_code == 404
    assert (await books.get("/vouchers/new", params={"ledger": "²"})).status_code == 404


# ------------------------------------------------------------ what nobody should type


@pytest.mark.parametrize(
    "typed", ["1e400000000", "1e5", "NaN", "Infinity", "10²", "١٢٣", "1_000", "--5", "1,23.4.5", "0x10", ".", "9" * 40]
)
async def test_what_is_no_amount_is_said_in_its_cell(books, state_of, tenant, typed):
    before = await state_of(tenant)
    data = {**ENTRY, "account": ["1001", "1002", "5001"], "debit": [typed, "40", ""]}
    refused = await submit(books, "/vouchers/new", data=data)
    assert (refused.status_code, "is no amount; type digits" in words(refused.text)) == (422, True), words(refused.text)[:600]
    assert await state_of(tenant) == before


async def test_amounts_may_be_typed_as_a_chinese_keyboard_writes_them(books):
    data = {**ENTRY, "account": ["1001", "1002", "5001"], "debit": ["６０．００", " 40, ", ""], "credit": ["", "", "１００"]}
    assert (await submit(books, "/vouchers/new", data=data)).status_code == 200


async def test_a_draft_whose_lines_alone_were_changed_elsewhere_is_not_overwritten(books):
    data = {**ENTRY, "account": ["1001", "1002", "5001"], "act": "draft"}
    assert (await submit(books, "/vouchers/new", data=data)).status_code == 200
    draft = re.search(r'href="/vouchers/([0-9a-f-]{36})"', (await books.get("/vouchers")).text)[1]
    version = re.search(r'name="version" value="(\d+)"', (await books.get(f"/vouchers/{draft}")).text)[1]
    seen = {**data, "draft_id": draft, "version": version}
    assert (await submit(books, "/vouchers/new", data={**seen, "debit": ["70", "30", ""]})).status_code == 200
    late = await submit(books, "/vouchers/new", data={**seen, "debit": ["80", "20", ""]})
    assert late.status_code == 422
    assert "saved this voucher meanwhile" in words(late.text)


async def test_movements_of_cash_must_be_ticked_before_they_are_put_anywhere(books):
    sent = {"item": "1", "first": "202603", "last": "202603"}
    refused = await submit(books, "/finance/cash-flow/items", data=sent)
    assert (refused.status_code, "Tick the movements first." in words(refused.text)) == (422, True)


async def test_a_new_voucher_begins_with_a_day_that_can_be_posted_to(client, work):
    client.cookies.set("lang", "en")
    year = work.today().year + 1
    assert (await client.post("/finance/setup", data={**FORM, "start": f"{year}-01"})).status_code == 303
    assert f'name="on" value="{year}-01-01"' in (await client.get("/vouchers/new")).text
    assert f'<option value="{year}01" selected>' in (await client.get("/vouchers/exchange")).text
