"""Vouchers on paper."""

import re
import shutil
import subprocess
from decimal import Decimal
from itertools import pairwise

import pytest

from core_finance.vouchers.paper import ROWS, Paper, Row, cells, paginate, printed, slots

V = "/api/v1/vouchers"
MILLIMETRES = 25.4 / 72


@pytest.fixture
async def books(client):
    answer = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert answer.status_code == 201, answer.text
    return client


def voucher(on="2026-03-09", count=1, amount="1280.50", **more):
    lines = [{"account": "1002", "summary": f"Sale {n}", "debit": amount} for n in range(count)]
    lines += [{"account": "22210107", "summary": f"Tax {n}", "credit": amount} for n in range(count)]
    return {"on": on, "lines": lines, "post": True, "attachments": 3, **more}


async def posted(client, **values):
    answer = await client.post(V, json=voucher(**values))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def tool(name, content, *options):
    if shutil.which(name) is None:
        pytest.skip(f"{name} of poppler-utils is not installed")
    return subprocess.run(
        [name, *options, "-", *(["-"] if name == "pdftotext" else [])], input=content, capture_output=True, check=True
    ).stdout.decode()


def words(content):
    """The text as it stands on the paper, digit cells joined."""
    return re.sub(r"\s+", " ", tool("pdftotext", content, "-layout"))


def pages(content):
    return int(re.search(r"Pages:\s+(\d+)", tool("pdfinfo", content))[1])


def millimetres(content):
    width, height = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", tool("pdfinfo", content)).groups()
    return round(float(width) * MILLIMETRES), round(float(height) * MILLIMETRES)


@pytest.mark.parametrize(("paper", "size"), [("a4", (210, 297)), ("a5", (210, 148)), ("240x140", (240, 140))])
async def test_a_voucher_is_printed_on_its_paper_in_both_languages(books, paper, size):
    one = await posted(books, amount="128600.07")
    chinese = await books.get(f"{V}/{one}/pdf", params={"paper": paper}, headers={"accept-language": "zh"})
    assert (chinese.status_code, chinese.headers["content-type"]) == (200, "application/pdf")
    assert (pages(chinese.content), millimetres(chinese.content)) == (1, size)
    shown = words(chinese.content)
    for text in (
        "记账凭证",
        "壹拾贰万捌仟陆佰元零柒分",
        "1 2 8 6 0 0 0 7",
        "2221.01.07 应交税费/应交增值税/",
        "2026 年 3 月 9 日",
        "附单据 3 张",
    ):
        assert text in shown or text.replace(" ", "") in shown.replace(" ", ""), (text, shown)
    english = words((await books.get(f"{V}/{one}/pdf", params={"paper": paper}, headers={"accept-language": "en"})).content)
    for text in ("Journal voucher", "128,600.07", "2026-03-09", "Attachments: 3", "Prepared by"):
        assert text in english


async def test_the_ledger_s_code_scheme_and_the_company_s_own_dimensions_are_printed(client):
    made = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01", "code_scheme": "4-3-3"})
    assert made.status_code == 201, made.text
    await client.post("/api/v1/finance/dimensions", json={"name": "地区", "name_en": "Region", "key": "region"})
    east = (await client.post("/api/v1/finance/dimensions/region/items", json={"code": "E", "name": "华东"})).json()["id"]
    await client.patch("/api/v1/finance/accounts/1002", json={"optional_dimensions": ["region"]})
    lines = [{"account": "1002", "debit": "5", "dimensions": {"region": east}}, {"account": "2221001007", "credit": "5"}]
    posted = await client.post(V, json={"on": "2026-03-09", "lines": lines, "post": True})
    assert posted.status_code == 201, posted.text
    address = f"{V}/{posted.json()['id']}/pdf"
    for language, label in (("zh", "地区：华东"), ("en", "Region：华东")):
        shown = words((await client.get(address, headers={"accept-language": language})).content)
        assert "2221.001.007" in shown
        assert label in shown
    page = (await client.get(f"/vouchers/{posted.json()['id']}", headers={"accept-language": "en"})).text
    assert "Region 华东" in page


async def test_totals_are_carried_from_page_to_page(books):
    one = await posted(books, count=10)
    answer = await books.get(f"{V}/{one}/pdf", headers={"accept-language": "en"})
    assert pages(answer.content) == 3
    shown = words(answer.content)
    assert (shown.count("Carried forward"), shown.count("Brought forward"), shown.count("Total in words")) == (2, 2, 1)
    assert "10,244.00" in shown  # eight debits on the first page
    assert "12,805.00" in shown
    two_up = await books.get(f"{V}/{one}/pdf", params={"paper": "a4"}, headers={"accept-language": "en"})
    assert pages(two_up.content) == 2


async def test_a_draft_is_printed_as_not_posted_and_red_letters_with_a_minus(books):
    draft = (await books.post(V, json={**voucher(), "post": False})).json()["id"]
    shown = words((await books.get(f"{V}/{draft}/pdf", headers={"accept-language": "en"})).content)
    assert "记-1" in shown
    assert "not posted" in shown
    red = await posted(books, amount="-5.00")
    assert "-5.00" in words((await books.get(f"{V}/{red}/pdf", headers={"accept-language": "en"})).content)


async def test_a_range_and_ticked_vouchers_are_one_file(books):
    ids = [await posted(books, on=f"2026-0{month}-05") for month in (1, 1, 2, 3)]
    for query, count in (
        ({"first": 202601, "last": 202601}, 1), ({"first": 202601, "last": 202603}, 2), ({"last": 202602, "paper": "a5"}, 3),
        ({"voucher": [ids[0], ids[3]], "paper": "240x140"}, 2), ({"first": 202601, "word": "记"}, 2),
    ):  # fmt: skip
        for prefix in ("/api/v1", ""):
            answer = await books.get(f"{prefix}/vouchers/print.pdf", params=query)
            assert answer.status_code == 200, answer.text
            assert pages(answer.content) == count


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"first": 203001}, 404, "no_vouchers"),
        ({"voucher": "00000000-0000-7000-8000-000000000000"}, 404, "no_vouchers"),
    ],
)
async def test_nothing_to_print_is_said(books, query, status, code):
    answer = await books.get(f"{V}/print.pdf", params=query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await books.get(f"{V}/print.pdf", params={"first": 202601, "paper": "letter"})).status_code in (400, 422)


async def test_another_company_s_voucher_is_not_printed(books, other_client):
    one = await posted(books)
    await other_client.post("/api/v1/finance/ledgers", json={"name": "Other"})
    assert (await other_client.get(f"{V}/{one}/pdf")).status_code == 404
    assert (await other_client.get(f"{V}/print.pdf", params={"voucher": one})).status_code == 404


async def test_pages_offer_to_print(books):
    one = await posted(books)
    books.cookies.set("lang", "en")
    assert f"/vouchers/{one}/pdf?paper=240x140" in (await books.get(f"/vouchers/{one}")).text
    listed = (await books.get("/vouchers?period=202603")).text
    assert f'name="voucher" value="{one}"' in listed
    assert "/vouchers/print.pdf?first=202603" in listed


@pytest.mark.parametrize("paper", Paper)
def test_every_line_is_on_one_page_and_the_sums_run_on(paper):
    rows = [Row("s", "a", Decimal(n), Decimal(0), 1 + n % 3) for n in range(1, 60)]
    made = paginate(rows, paper, "brought")
    assert [row for page in made for row in page.rows if row.summary != "brought"] == rows
    assert all(sum(row.slots for row in page.rows) + page.blank == ROWS[paper] and page.blank >= 0 for page in made)
    assert made[-1].carried == (sum(row.debit for row in rows), 0)
    for before, after in pairwise(made):
        assert (after.rows[0].debit, after.rows[0].credit) == before.carried
    assert [page.last for page in made] == [False] * (len(made) - 1) + [True]


def test_amounts_fall_into_their_cells():
    assert cells([Decimal("1.00")]) == "亿千百十万千百十元角分"
    assert cells([Decimal("9999999999999999.99")]).endswith("亿千百十万千百十元角分")
    assert printed(Decimal("0.05"))["digits"] == ["0", "0", "5"]
    assert printed(Decimal("1280.5"), "¥")["digits"] == list("¥128050")
    assert printed(Decimal("-3"))["digits"] == list("-300")
    assert printed(Decimal(0))["digits"] == []
    assert printed(Decimal(0), "¥")["text"] == "0.00"
    assert slots("长" * 200, "a", Paper.A5) == 4
    assert slots("short", "a", Paper.A5) == 1


async def test_the_covers_of_a_month_name_its_books_numbers_and_who_bound_them(books, other_client):
    for word, count in (("记", 3), ("收", 2)):
        for _ in range(count):
            lines = [{"account": "1002", "debit": "5"}, {"account": "5001", "credit": "5"}]
            body = {"on": "2026-03-09", "word": word, "lines": lines, "post": True, "attachments": 3}
            assert (await books.post(V, json=body)).status_code == 201
    query = {"period": 202603, "books": 2, "bound_by": "王 会计", "bound_on": "2026-04-02"}
    chinese = await books.get(f"{V}/cover.pdf", params=query, headers={"accept-language": "zh"})
    assert (chinese.status_code, pages(chinese.content), millimetres(chinese.content)) == (200, 2, (210, 148)), chinese.text
    first, second = re.sub(r"\s", "", words(chinese.content)).split("会计凭证封面")[1:]
    facts = ("青禾商贸有限公司", "Main", "2026年3月", "第1册共2册", "记-1—记-2", "本册附件6张", "装订人：王会计", "装订日期：2026年4月2日")
    assert [text for text in facts if text not in first] == [], first
    assert [text for text in ("第2册共2册", "记-3—记-3", "收-1—收-2", "本册附件9张") if text not in second] == [], second
    english = await books.get(f"{V}/cover.pdf", params={"period": 202603, "paper": "240x140"}, headers={"accept-language": "en"})
    assert (pages(english.content), millimetres(english.content)) == (1, (240, 140))
    shown = words(english.content)
    for text in ("Voucher cover", "3/2026", "Book 1 of 1", "记-1 — 记-3", "Attachments in this book: 15", "Bound by: 林晓"):
        assert text in shown, (text, shown)
    assert pages((await books.get("/vouchers/cover.pdf", params={**query, "books": 5, "paper": "a4"})).content) == 3
    for wrong, code in (
        ({"books": 6}, "invalid"),
        ({"books": 0}, "invalid"),
        ({"period": 202604}, "no_vouchers"),
        ({"period": 202513}, "period_not_found"),
    ):
        assert (await books.get(f"{V}/cover.pdf", params={**query, **wrong})).json()["code"] == code
    assert (await other_client.get(f"{V}/cover.pdf", params=query)).json()["code"] == "ledger_missing"
    theirs = (await books.get("/api/v1/finance/ledgers")).json()[0]["id"]
    await other_client.post("/api/v1/finance/ledgers", json={"name": "Other", "start": "2026-01-01"})
    assert (await other_client.get(f"{V}/cover.pdf", params={**query, "ledger": theirs})).status_code == 404
    assert 'action="/vouchers/cover.pdf"' in (await books.get("/vouchers/exchange")).text
