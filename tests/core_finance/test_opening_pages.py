"""The page of opening balances, as a browser gets it."""

import re
from base64 import b64decode

import pytest

PATH = "/finance/opening"
FIELDS = ("account", "aux", "opening_debit", "opening_credit", "year_debit", "year_credit", "result", "held", "held_aux")


def form(*rows, version=""):
    return {"version": version, **{name: [row.get(name, "") for row in rows] for name in FIELDS}}


CASH = {"account": "1001", "opening_debit": "1,200.50"}
CAPITAL = {"account": "3001", "opening_credit": "1200.5"}


@pytest.fixture
async def books(client):
    client.cookies.set("lang", "en")
    data = {"name": "Main", "standard": "small_business", "taxpayer": "general", "currency": "CNY", "start": "2026-07"}
    assert (await client.post("/finance/setup", data=data)).status_code == 303
    return client


async def saved(client):
    return (await client.get("/api/v1/finance/opening-balances")).json()["entries"]


async def test_without_a_ledger_the_books_are_opened_first(client):
    assert (await client.get(PATH)).headers["location"] == "/finance/setup"


async def test_the_page_lists_leaf_accounts_and_saves_what_balances(books):
    shown = (await books.get(PATH)).text
    assert shown.count('name="account"') == shown.count('name="aux"') == shown.count('name="result"') == shown.count('name="year_credit"')
    assert 'value="222101"' not in shown
    answer = await books.post(PATH, data=form(CASH, CAPITAL))
    assert answer.status_code == 200
    assert 'value="1200.50"' in answer.text
    assert [e["account"] for e in await saved(books)] == ["1001", "3001"]
    assert "2026-06" not in (await books.get("/finance/close")).text
    assert (await books.get("/finance/opening/lines/1122")).text.count('name="aux"') == 1


async def test_what_does_not_balance_comes_back_as_typed_and_nothing_is_saved(books, state_of, tenant):
    before = await state_of(tenant)
    wrong = await books.post(PATH, data=form(CASH))
    assert wrong.status_code == 422
    assert "off by 1200.50" in wrong.text
    assert 'value="1,200.50"' in wrong.text
    for row, words in (
        ({**CASH, "opening_debit": "many"}, "many is no amount"),
        ({"account": "1122", "aux": "Nobody", "opening_debit": "5"}, "no party or department named Nobody"),
        ({"account": "7777", "opening_debit": "5"}, "no account 7777"),
        ({"account": "5001", "opening_debit": "5"}, "began the year at zero"),
    ):
        refused = await books.post(PATH, data=form({"account": "1002"}, row, CAPITAL))
        assert (refused.status_code, words in refused.text) == (422, True), refused.text
    assert await state_of(tenant) == before


async def test_totals_follow_what_is_typed(books):
    assert "1,200.50" in (await books.post(f"{PATH}/check", data=form(CASH))).text
    assert "Balanced" in (await books.post(f"{PATH}/check", data=form(CASH, CAPITAL))).text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_the_file_of_what_stands_fills_the_page_again(books, kind):
    made = await books.post("/api/v1/parties", json={"name": "衡山机械有限公司"})
    assert made.status_code == 201, made.text
    owed = {"account": "1122", "aux": "衡山机械有限公司", "opening_debit": "7", "year_debit": "9", "year_credit": "9"}
    paid = {"account": "3001", "opening_credit": "7", "year_debit": "9", "year_credit": "9"}
    assert (await books.post(PATH, data=form(owed, paid))).status_code == 200
    entries = await saved(books)
    assert len(entries[0]["dimensions"]) == 1
    file = (await books.get(f"{PATH}/file?form={kind}")).content
    answer = await books.post(f"{PATH}/file", files={"file": (f"x.{kind}", file)})
    assert answer.status_code == 200
    assert "Rows with errors" not in answer.text
    assert answer.text.count('value="7.00"') + answer.text.count('value="7"') == 2
    assert await saved(books) == entries


async def test_wrong_rows_of_a_file_can_be_downloaded_with_their_reasons(books):
    text = "Code,Opening debit,Opening credit\n1001,5,\n7777,5,\n1002,x,\n1122,,1.234\n".encode("gb18030")
    answer = await books.post(f"{PATH}/file", files={"file": ("x.csv", text)})
    assert "3 rows of the file were left out" in answer.text
    rows = b64decode(re.search(r"data:text/csv;base64,([^\"]+)", answer.text)[1].replace("&#43;", "+")).decode("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["Row", "3", "4", "5"]
    assert "no account 7777" in rows[1]
    assert await saved(books) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"a,b\n1,2\n", b"\x00\x01", b'Code,"'])
async def test_a_file_that_is_none_is_refused(books, content):
    answer = await books.post(f"{PATH}/file", files={"file": ("x.xlsx", content)})
    assert answer.status_code == 422


async def test_readers_see_and_only_managers_change(books, client_for, tenant):
    reader = await client_for(tenant, permissions={"finance.ledger.read"})
    assert "Save opening" not in (await reader.get(PATH)).text
    assert (await reader.post(PATH, data=form(CASH, CAPITAL))).status_code == 403
    assert (await books.post("/finance/close/202607/close")).status_code == 200
    assert (await books.post(PATH, data=form(CASH, CAPITAL))).status_code == 422
    assert "is closed" in (await books.get(PATH)).text
