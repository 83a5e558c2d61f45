"""The page of opening balances, as a browser gets it."""

import re
from base64 import b64decode

import pytest
from tests.core_finance.pages import submit

PATH = "/finance/opening"
FIELDS = ("account", "held", "dim.party", "dim.department", "dim.project", "opening_debit", "opening_credit", "year_debit",
          "year_credit", "result")  # fmt: skip


def form(*rows, version="", more=()):
    """What a browser sends for the ledger that ``books`` opened."""
    return {"version": version, "ledger": form.ledger, **{name: [row.get(name, "") for row in rows] for name in (*FIELDS, *more)}}


CASH = {"account": "1001", "opening_debit": "1,200.50"}
CAPITAL = {"account": "3001", "opening_credit": "1200.5"}


@pytest.fixture
async def books(client):
    client.cookies.set("lang", "en")
    data = {"name": "Main", "standard": "small_business", "taxpayer": "general", "currency": "CNY", "start": "2026-07"}
    assert (await client.post("/finance/setup", data=data)).status_code == 303
    form.ledger = (await client.get("/api/v1/finance/ledgers")).json()[0]["id"]
    return client


async def send(books, content, name="x.csv"):
    return await books.post(f"{PATH}/file", data={"ledger": form.ledger}, files={"file": (name, content)})


async def saved(client):
    return (await client.get("/api/v1/finance/opening-balances")).json()["entries"]


async def test_without_a_ledger_the_books_are_opened_first(client):
    assert (await client.get(PATH)).headers["location"] == "/finance/setup"


async def test_the_page_lists_leaf_accounts_and_saves_what_balances(books):
    shown = (await books.get(PATH)).text
    assert (
        shown.count('name="account"')
        == shown.count('name="dim.party"')
        == shown.count('name="result"')
        == shown.count('name="year_credit"')
    )
    assert 'value="222101"' not in shown
    answer = await books.post(PATH, data=form(CASH, CAPITAL))
    assert answer.status_code == 200
    assert 'value="1200.50"' in answer.text
    assert [e["account"] for e in await saved(books)] == ["1001", "3001"]
    assert "2026-06" not in (await books.get("/finance/close")).text
    assert (await books.get("/finance/opening/lines/1122")).text.count('name="dim.party"') == 1


async def test_what_does_not_balance_comes_back_as_typed_and_nothing_is_saved(books, state_of, tenant):
    before = await state_of(tenant)
    wrong = await books.post(PATH, data=form(CASH))
    assert wrong.status_code == 422
    assert "off by 1200.50" in wrong.text
    assert 'value="1,200.50"' in wrong.text
    for row, words in (
        ({**CASH, "opening_debit": "many"}, "many is no amount"),
        ({"account": "1122", "dim.party": "Nobody", "opening_debit": "5"}, "Party: there is none named Nobody"),
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
    owed = {"account": "1122", "dim.party": "衡山机械有限公司", "opening_debit": "7", "year_debit": "9", "year_credit": "9"}
    paid = {"account": "3001", "opening_credit": "7", "year_debit": "9", "year_credit": "9"}
    assert (await books.post(PATH, data=form(owed, paid))).status_code == 200
    entries = await saved(books)
    assert len(entries[0]["dimensions"]) == 1
    file = (await books.get(f"{PATH}/file?form={kind}")).content
    answer = await send(books, file)
    assert answer.status_code == 200
    assert "Rows with errors" not in answer.text
    assert answer.text.count('value="7.00"') + answer.text.count('value="7"') == 2
    assert await saved(books) == entries


async def test_wrong_rows_of_a_file_can_be_downloaded_with_their_reasons(books):
    text = "Code,Opening debit,Opening credit\n1001,5,\n7777,5,\n1002,x,\n1122,,1.234\n".encode("gb18030")
    answer = await send(books, text)
    assert "3 rows of the file were left out" in answer.text
    rows = b64decode(re.search(r"data:text/csv;base64,([^\"]+)", answer.text)[1].replace("&#43;", "+")).decode("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["Row", "3", "4", "5"]
    assert "no account 7777" in rows[1]
    assert await saved(books) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"a,b\n1,2\n", b"\x00\x01", b'Code,"'])
async def test_a_file_that_is_none_is_refused(books, content):
    answer = await send(books, content)
    assert answer.status_code == 422


async def test_readers_see_and_only_managers_change(books, client_for, tenant):
    reader = await client_for(tenant, permissions={"finance.ledger.read"})
    assert "Save opening" not in (await reader.get(PATH)).text
    assert (await reader.post(PATH, data=form(CASH, CAPITAL))).status_code == 403
    assert (await submit(books, "/finance/close/202607/close")).status_code == 200
    assert (await books.post(PATH, data=form(CASH, CAPITAL))).status_code == 422
    assert "is closed" in (await books.get(PATH)).text


async def make(books, path, **values):
    made = await books.post(f"/api/v1/{path}", json=values)
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def test_every_dimension_of_an_account_has_a_field_and_several_go_together(books):
    await books.post("/api/v1/finance/dimensions", json={"name": "地区", "name_en": "Region", "key": "region"})
    region = await make(books, "finance/dimensions/region/items", code="N", name="华北")
    party = await make(books, "parties", name="衡山机械有限公司")
    change = {"required_dimensions": ["party", "region"], "optional_dimensions": []}
    assert (await books.patch("/api/v1/finance/accounts/1122", json=change)).status_code == 200
    owed = {"account": "1122", "opening_debit": "1200.5", "dim.party": "衡山机械有限公司", "dim.region": "N"}
    lacking = await books.post(PATH, data=form(owed | {"dim.region": ""}, CAPITAL, more=["dim.region"]))
    assert (lacking.status_code, "asks for: Region" in lacking.text) == (422, True)
    assert (await books.post(PATH, data=form(owed, CAPITAL, more=["dim.region"]))).status_code == 200
    assert (await saved(books))[0]["dimensions"] == {"party": party, "region": region}
    file = (await books.get(f"{PATH}/file?form=csv")).content
    assert "Rows with errors" not in (await send(books, file)).text


async def test_of_two_parties_with_one_name_the_one_that_was_drawn_stays(books):
    parties = [await make(books, "parties", name="衡山机械有限公司", same_name_allowed=more) for more in (False, True)]
    entries = [{"account": "1122", "opening_debit": "5", "dimensions": {"party": party}} for party in parties]
    entries.append({"account": "3001", "opening_credit": "10"})
    assert (await books.put("/api/v1/finance/opening-balances", json={"entries": entries, "version": 0})).status_code == 200
    page = (await books.get(PATH)).text
    held = [text.replace("&#34;", '"') for text in re.findall(r'name="held" value="(\{&[^"]+)"', page)]
    rows = [{"account": "1122", "opening_debit": "6", "dim.party": "衡山机械有限公司", "held": each} for each in held]
    assert (await books.post(PATH, data=form(*rows, {"account": "3001", "opening_credit": "12"}))).status_code == 200
    assert {e["dimensions"].get("party") for e in await saved(books)} == {*parties, None}
    assert (await books.post(PATH, data=form({**rows[0], "held": ""}, CAPITAL))).status_code == 422


async def test_foreign_money_and_quantities_are_entered_read_and_written_to_files(books):
    await books.patch("/api/v1/finance/accounts/1002", json={"currency": "USD"})
    await books.patch("/api/v1/finance/accounts/1405", json={"unit": "件"})
    more = [f"{when}_{what}" for what in ("currency", "quantity") for when in ("opening", "year_debit", "year_credit")]
    rows = [
        {"account": "1002", "opening_debit": "700", "opening_currency": "100", "year_debit": "700", "year_debit_currency": "100"},
        {"account": "1405", "opening_debit": "50", "opening_quantity": "2.5"},
        {"account": "3001", "opening_credit": "750", "year_credit": "700"},
    ]
    answer = await books.post(PATH, data=form(*rows, more=more))
    assert answer.status_code == 200, answer.text
    entries = await saved(books)
    assert (entries[0]["opening_currency"], entries[0]["year_debit_currency"], entries[1]["opening_quantity"]) == (
        "100.00", "100.00", "2.500000")  # fmt: skip
    assert 'value="2.50"' in answer.text
    file = (await books.get(f"{PATH}/file?form=xlsx")).content
    again = await send(books, file)
    assert "Rows with errors" not in again.text
    wrong = await books.post(PATH, data=form({**rows[1], "opening_debit": ""}, more=more))
    assert "amount in the base currency as well" in wrong.text


async def test_a_long_file_is_saved_whole_and_the_page_shows_its_beginning(books):
    items = "code,name\n" + "".join(f"P{n:04},Project {n}\n" for n in range(2400))
    imported = await books.post("/api/v1/finance/dimensions/project/items/import", files={"file": ("x.csv", items.encode())})
    assert imported.json() == {"rows": 2400}, imported.text
    rows = "".join(f"1605,P{n:04},{n + 1}.01,\n" for n in range(2400))
    text = f"code,project,opening debit,opening credit\n{rows}3001,,,{sum(range(2401)) + 24}\n"
    bad = await send(books, text.replace("P0007", "P9999").encode())
    assert (bad.status_code, "1 rows of the file were left out" in bad.text) == (200, True)
    assert await saved(books) == []
    answer = await send(books, text.encode())
    assert answer.status_code == 200, answer.text
    assert "more rows stand in the file only" in answer.text
    assert len(await saved(books)) == 2401
    vouchers = (await books.get("/api/v1/vouchers", params={"kind": "opening"})).json()["items"]
    assert len(vouchers) >= 3
