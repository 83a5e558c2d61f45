"""Vouchers out to files and in from files."""

import csv
import io
import json

import pytest
from tests.core_finance.pages import submit

from core_finance.chart.ledgers import get_ledger
from core_finance.chart.model import Review

V = "/api/v1/vouchers"


@pytest.fixture
async def books(client):
    return await opened(client)


async def opened(client):
    answer = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert answer.status_code == 201, answer.text
    return client


async def keep_some(client):
    vouchers = [
        {"on": "2026-01-05", "attachments": 2, "lines": [
            {"account": "1002", "summary": "=cmd()", "debit": "1280.50"}, {"account": "5001", "summary": "Sale", "credit": "1280.50"}]},
        {"on": "2026-02-05", "lines": [{"account": "1002", "debit": "-5.00"}, {"account": "5001", "credit": "-5.00"}]},
        {"on": "2026-02-06", "word": "收", "lines": [
            {"account": "1002", "debit": "712.35", "currency": "USD", "currency_amount": "100.05", "rate": "7.12"},
            {"account": "5001", "credit": "712.35", "quantity": "3.5"}]},
    ]  # fmt: skip
    answer = await client.post(f"{V}/batch", json={"vouchers": vouchers})
    assert answer.status_code == 200, answer.text


async def exported(client, form, language="en"):
    query = {"first": 202601, "last": 202612, "form": form}
    answer = await client.get(f"{V}/export", params=query, headers={"accept-language": language})
    assert answer.status_code == 200, answer.text
    return answer.content


async def send(client, content, *, post=True, language="en"):
    return await client.post(
        f"{V}/import", params={"post": post}, files={"file": ("vouchers", content)}, headers={"accept-language": language}
    )


async def trial(client):
    return (await client.get("/api/v1/finance/trial-balance", params={"first": 202601, "last": 202612})).json()["rows"]


def table(*rows, header="key,date,account,debit,credit,summary"):
    return "\n".join([header, *rows]).encode()


@pytest.mark.parametrize(("form", "language"), [("csv", "zh"), ("csv", "en"), ("json", "zh"), ("xlsx", "zh"), ("xlsx", "en")])
async def test_what_one_company_exports_another_imports_to_the_same_balances(books, other_client, form, language):
    await opened(other_client)
    await keep_some(books)
    content = await exported(books, form, language)
    first = await send(other_client, content)
    assert (first.status_code, first.json()["created"]) == (200, 3), first.text
    assert await trial(other_client) == await trial(books)
    again = await send(other_client, content)
    assert (again.json()["created"], again.json()["replayed"]) == (0, 3)
    assert await trial(other_client) == await trial(books)
    ours, theirs = [json.loads(await exported(each, "json"))["vouchers"] for each in (books, other_client)]
    assert [{**voucher, "key": ""} for voucher in ours] == [{**voucher, "key": ""} for voucher in theirs]
    back = await send(books, content)  # where it came from it is known too
    assert (back.json()["created"], back.json()["replayed"]) == (0, 3)


async def test_drafts_are_imported_once_even_after_they_were_posted(books):
    content = table("A,2026-01-05,1002,5,,Sale", "A,,5001,,5,Sale")
    first = (await send(books, content, post=False)).json()
    assert (first["created"], first["vouchers"][0]["state"]) == (1, "draft")
    assert (await send(books, content, post=False)).json()["replayed"] == 1
    assert (await books.post(f"{V}/{first['vouchers'][0]['id']}/post")).status_code == 200
    for post in (False, True):
        again = (await send(books, content, post=post)).json()
        assert (again["created"], again["vouchers"][0]["state"]) == (0, "posted")
    assert len((await books.get(V)).json()["items"]) == 1


async def test_a_key_is_not_taken_for_another_voucher(books):
    assert (await send(books, table("A,2026-01-05,1002,5,,", "A,,5001,,5,"))).json()["created"] == 1
    other = await send(books, table("A,2026-01-05,1002,6,,", "A,,5001,,6,"))
    assert (other.status_code, other.json()["code"]) == (422, "import_refused")


async def test_formulas_are_inert_in_a_spreadsheet(books):
    await keep_some(books)
    rows = list(csv.reader(io.StringIO((await exported(books, "csv")).decode("utf-8-sig"))))
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)
    assert (await exported(books, "xlsx")).startswith(b"PK")


@pytest.mark.parametrize("post", [True, False])
@pytest.mark.parametrize(
    ("rows", "field"),
    [
        (("A,2026-01-05,1002,5,,", "A,,5001,,4,"), "rows.2.lines"),
        (("A,2026-01-05,1002,5,,", "A,,9999,,5,"), "rows.3.account"),
        (("A,2026-01-05,100201,5,,", "A,,5001,,5,"), "rows.2.currency_amount"),
        (("A,2026-01-05,1002,x,,", "A,,5001,,5,"), "rows.2.debit"),
        (("A,2026-01-05,1002,NaN,,", "A,,5001,,5,"), "rows.2.debit"),
        (("A,2026-01-05,1002,0.001,,", "A,,5001,,0.001,"), "rows.2.debit"),
        (("A,5 January,1002,5,,", "A,,5001,,5,"), "rows.2.date"),
        (("A,2026-01-05,1002,5,,", "A,2026-01-06,5001,,5,"), "rows.3.date"),
        ((",2026-01-05,1002,5,,", ",,5001,,5,"), "rows.2.key"),
        (("A,2026-01-05,1002,5,5,", "A,,5001,,,"), "rows.2.debit"),
        (("A,2026-01-05,1002,5,," + "x" * 201, "A,,5001,,5,"), "rows.2.summary"),
    ],
)
async def test_every_wrong_row_is_named_and_nothing_is_written(books, tenant, state_of, rows, field, post):
    for name, currency in (("USD", "USD"), ("CNY", None)):
        added = await books.post("/api/v1/finance/accounts", json={"parent": "1002", "name": name, "currency": currency})
        assert added.status_code == 201, added.text
    before = await state_of(tenant)
    answer = await send(books, table("G,2026-01-05,1001,1,,", "G,,5001,,1,", *[row.replace(",1002,", ",1001,") for row in rows]), post=post)
    assert (answer.status_code, answer.json()["code"]) == (422, "import_refused"), answer.text
    place = f"rows.{int(field.split('.')[1]) + 2}.{field.split('.')[2]}"
    assert place in [error["field"] for error in answer.json()["errors"]]
    assert await state_of(tenant) == before


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
async def test_dimensions_of_the_company_s_own_and_cash_flow_lines_go_out_and_come_in(books, other_client, form):
    await opened(other_client)
    for company in (books, other_client):
        for name, key in (("地区", "region"), ("摘要", "summary_of")):
            kind = {"name": name, "name_en": "Region" if key == "region" else "", "key": key}
            assert (await company.post("/api/v1/finance/dimensions", json=kind)).status_code == 201
        made = await company.post("/api/v1/finance/dimensions/region/items", json={"code": "EAST", "name": "华东"})
        await company.post("/api/v1/finance/dimensions/summary_of/items", json={"code": "S", "name": "S"})
        asked = {"optional_dimensions": ["region", "summary_of"]}
        assert (await company.patch("/api/v1/finance/accounts/5001", json=asked)).status_code == 200
    east = (await books.get("/api/v1/finance/dimensions/region/items")).json()["items"][0]["id"]
    other = (await books.get("/api/v1/finance/dimensions/summary_of/items")).json()["items"][0]["id"]
    assert made.json()["id"] != east
    lines = [
        {"account": "1002", "debit": "5", "cash_item": 1},
        {"account": "5001", "credit": "5", "dimensions": {"region": east, "summary_of": other}},
    ]
    assert (await books.post(V, json={"on": "2026-01-05", "lines": lines, "post": True})).status_code == 201
    content = await exported(books, form)
    if form == "csv":
        assert content.decode("utf-8-sig").splitlines()[0].endswith(",Region,dim.summary_of")
    if form == "json":
        assert json.loads(content)["vouchers"][0]["lines"][1]["dim.region"] == "EAST"
    done = await send(other_client, content)
    assert (done.status_code, done.json()["created"]) == (200, 1), done.text
    theirs = (await other_client.get(f"{V}/{done.json()['vouchers'][0]['id']}")).json()["lines"]
    assert theirs[0]["cash_item"] == 1
    assert set(theirs[1]["dimensions"]) == {"region", "summary_of"}
    assert theirs[1]["dimensions"]["region"] == made.json()["id"]
    assert (await send(books, content)).json()["replayed"] == 1


async def test_what_a_file_says_of_own_dimensions_is_checked_by_column(books):
    await books.post("/api/v1/finance/dimensions", json={"name": "地区", "key": "region"})
    header = "key,date,account,debit,credit,地区,cash_item"
    wrong = await send(books, table("A,2026-01-05,1002,5,,WEST,99", "A,,5001,,5,,x", header=header))
    assert {error["field"] for error in wrong.json()["errors"]} == {"rows.2.dim.region", "rows.3.cash_item"}
    unknown = await send(books, table("A,2026-01-05,1002,5,,,99", "A,,5001,,5,,", header=header))
    assert [error["field"] for error in unknown.json()["errors"]] == ["rows.2.cash_item"]
    assert (await send(books, table("A,2026-01-05,1002,5,,,", header=header.replace("地区", "颜色")))).json()["code"] == "file_refused"


async def test_exchange_differences_come_back_from_a_file_as_such(books, other_client):
    await opened(other_client)
    for company in (books, other_client):
        added = await company.post("/api/v1/finance/accounts", json={"parent": "1002", "name": "USD", "currency": "USD"})
        assert added.json()["code"] == "100201"
        rate = {"currency": "USD", "on": "2026-01-31", "rate": "7.1", "kind": "closing"}
        assert (await company.post("/api/v1/finance/rates", json=rate)).status_code == 200
    lines = [
        {"account": "100201", "debit": "700", "currency": "USD", "currency_amount": "100", "rate": "7"},
        {"account": "3001", "credit": "700"},
    ]
    assert (await books.post(V, json={"on": "2026-01-05", "lines": lines, "post": True})).status_code == 201
    assert (await books.post("/api/v1/finance/periods/202601/steps/core_finance.exchange/do")).status_code == 200
    for form in ("csv", "json"):
        content = await exported(books, form)
        done = await send(other_client, content)
        assert done.status_code == 200, done.text
    assert await trial(other_client) == await trial(books)
    assert [v["kind"] for v in json.loads(await exported(other_client, "json"))["vouchers"]] == ["manual", "exchange"]
    as_draft = await send(
        books, table("Z,2026-01-05,1001,5,,exchange", "Z,,5001,,5,", header="key,date,account,debit,credit,kind"), post=False
    )
    assert as_draft.json()["errors"][0]["field"] == "rows.2.kind"


async def test_an_unknown_party_is_named(books):
    content = table("A,2026-01-05,1002,5,,某公司", "A,,5001,,5,", header="key,date,account,debit,credit,party")
    assert (await send(books, content)).json()["errors"][0]["field"] == "rows.2.party"


@pytest.mark.parametrize(
    ("content", "english", "chinese"),
    [
        (b"", "Choose a CSV, XLSX or JSON file", "请选择"),
        (b"   ", "The file is empty", "文件是空的"),
        (b"PK\x03\x04", "workbook cannot be read", "无法读取"),
        (b"\xff\xfe\xff", "neither UTF-8", "UTF-8"),
        (b"key,date,account,debit\n", "Credit is missing", "贷方"),
        (b"key,date,colour\n", "no column colour", "没有“colour”"),
        (table(), "holds no voucher", "没有凭证"),
        (table('"A,2026'), "not well-formed CSV", "CSV"),
        (table("A,2026-01-05,1002,5,,,,,x"), "more cells", "单元格"),
        (b"{", "not well-formed JSON", "JSON"),
        (b"[" * 100_000, "not well-formed JSON", "JSON"),
        (b"[]", "must be an object", "必须是对象"),
        (b'{"format": "x"}', "must say", "必须写明"),
        (b'{"format": "jingwei.vouchers", "version": 1, "vouchers": 1}', "must be a list", "必须是列表"),
        (b'{"format": "jingwei.vouchers", "version": 1, "vouchers": [{"x": 1}]}', "no member x", "没有成员"),
        (b'{"format": "jingwei.vouchers", "version": 1, "vouchers": [{"key": {}, "lines": []}]}', "text or a number", "文本或数字"),
    ],
)
async def test_a_malformed_file_is_refused_in_both_languages(books, content, english, chinese):
    for language, text in (("en", english), ("zh", chinese)):
        answer = await send(books, content, language=language)
        assert answer.status_code == 422, answer.text
        assert text in answer.json()["title"]


async def test_who_may_only_enter_vouchers_imports_drafts(books, client_for, tenant):
    clerk = await client_for(tenant, permissions={"finance.voucher.create", "finance.voucher.read"})
    content = table("A,2026-01-05,1002,5,,", "A,,5001,,5,")
    assert (await send(clerk, content)).status_code == 403
    assert (await send(clerk, content, post=False)).status_code == 200


async def test_the_page_imports_exports_and_hands_out_the_errors(books):
    books.cookies.set("lang", "en")
    await keep_some(books)
    assert (await books.get("/vouchers/exchange")).status_code == 200
    file = await books.get("/vouchers/exchange/export", params={"first": 202601, "last": 202612, "form": "csv"})
    assert "attachment" in file.headers["content-disposition"]
    good, bad = table("P,2026-01-05,1002,5,,", "P,,5001,,5,"), table("Q,2026-01-05,1002,5,,", "Q,,5001,,4,")

    async def act(content, act, mode="post"):
        return await submit(books, "/vouchers/exchange", data={"act": act, "mode": mode}, files={"file": ("v.csv", content)})

    wrong = await act(bad, "import")
    assert wrong.status_code == 422
    assert "off by" in wrong.text
    report = await act(bad, "check")
    assert report.status_code == 200
    rows = list(csv.reader(io.StringIO(report.content.decode("utf-8-sig"))))
    assert rows[0] == ["Row", "Column", "Reason"]
    assert rows[1][0] == "2"
    worded = await act(table("Q,2026-01-05,1002,x,,", "Q,,5001,,4,"), "check")
    assert list(csv.reader(io.StringIO(worded.content.decode("utf-8-sig"))))[1][:2] == ["2", "Debit"]
    await act(good, "check")
    assert len((await books.get(V)).json()["items"]) == 3
    assert "1 vouchers imported, 0 were there already" in (await act(good, "import")).text
    assert len((await books.get(V)).json()["items"]) == 4


async def test_two_thousand_vouchers_come_as_drafts_in_the_order_of_the_file(books, database, tenant):
    async with database.work(tenant) as work:
        (await get_ledger(work)).review = Review.ANYONE
    rows = [row for n in range(2000) for row in (f"K{n},2026-01-{n % 28 + 1:02},1002,1,,Sale {n}", f"K{n},,5001,,1,Sale {n}")]
    done = (await send(books, table(*rows), post=True)).json()
    assert (done["created"], {v["state"] for v in done["vouchers"]}) == (2000, {"draft"})
    last = (await books.get(f"{V}/{done['vouchers'][-1]['id']}")).json()
    assert (last["number"], last["summary"]) == (2000, "Sale 1999")
    assert (await send(books, table(*rows), post=True)).json()["replayed"] == 2000


async def test_no_file_brings_drafts_into_a_closed_month(books, tenant, state_of):
    await books.post("/api/v1/finance/periods/202601/close")
    before = await state_of(tenant)
    refused = await send(books, table("A,2026-01-05,1002,5,,", "A,,5001,,5,"), post=False)
    assert refused.json()["errors"][0]["field"] == "rows.2.date"
    assert await state_of(tenant) == before
