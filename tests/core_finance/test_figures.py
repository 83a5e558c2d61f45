"""What programs are told: figures with the decimals of their currency, names beside codes, and clear refusals."""

from decimal import Decimal
from typing import Annotated

import msgspec
import pytest

from core_finance.amounts import FOREIGN, Foreign, Plain, figure, in_currency

D = Decimal
F, V = "/api/v1/finance", "/api/v1/vouchers"
LINES = [{"account": "1002", "debit": "7"}, {"account": "5001", "credit": "7"}]


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [("7", "CNY", "7.00"), ("-0.00", "CNY", "0.00"), ("700.00", "JPY", "700"), ("0.5", "JPY", "0.5"), ("1.5", "KWD", "1.500"),
     ("3.5", "件", "3.5")],
)  # fmt: skip
def test_an_amount_has_the_decimals_of_its_currency(amount, currency, written):
    assert str(figure(D(amount), currency)) == written


class Part(msgspec.Struct):
    amount: Decimal | None
    foreign: Foreign | None = None
    rate: Plain | None = None
    currency: str = ""


class Whole(msgspec.Struct):
    total: Decimal
    parts: list[Part]
    by_name: dict[str, Decimal]
    left: Annotated[list[Part], msgspec.Meta(extra=FOREIGN)]
    what: str = "USD"


def test_every_amount_of_an_answer_is_written_in_the_currency_it_is_in():
    whole = Whole(D("7"), [Part(D("1"), D("2"), D("7.1"), "EUR"), Part(None)], {"a": D("0")}, [Part(D("3"))])
    told = msgspec.json.decode(msgspec.json.encode(in_currency(whole, "JPY")))
    assert told["total"] == "7"
    assert told["parts"][0] == {"amount": "1", "foreign": "2.00", "rate": "7.1", "currency": "EUR"}
    assert told["by_name"] == {"a": "0"}
    assert told["left"][0]["amount"] == "3.00"


async def opened(client, **more):
    made = await client.post(f"{F}/ledgers", json={"name": "Main", "start": "2026-01-01", **more})
    assert made.status_code == 201, made.text
    return client


@pytest.fixture
async def books(client):
    client.headers["accept-language"] = "en"
    return await opened(client)


async def test_figures_keep_their_decimals_wherever_they_are_told(books):
    draft = (await books.post(V, json={"on": "2026-01-09", "lines": LINES})).json()
    assert (draft["total"], draft["lines"][0]["debit"], draft["lines"][0]["credit"]) == ("7.00", "7.00", "0.00")
    posted = (await books.post(V, json={"on": "2026-01-09", "lines": LINES, "post": True})).json()
    assert (posted["total"], posted["lines"][1]["debit"]) == ("7.00", "0.00")
    assert {item["total"] for item in (await books.get(V, params={"state": "all"})).json()["items"]} == {"7.00"}
    months = {"first": 202601, "last": 202601}
    trial = (await books.get(f"{F}/trial-balance", params=months)).json()
    assert {row["account"]: (row["closing_debit"], row["closing_credit"]) for row in trial["rows"]} == {
        "1002": ("7.00", "0.00"), "5001": ("0.00", "7.00")}  # fmt: skip
    for kind in ("balance_sheet", "income_statement", "cash_flow"):
        made = (await books.get(f"{F}/statements/{kind}", params=months)).json()
        assert all(amount.endswith(".00") for cell in made["cells"] for amount in cell["amounts"].values())
    [step] = [s for s in (await books.get(f"{F}/periods/202601/steps")).json() if s["key"] == "core_finance.transfer"]
    assert step["calculation"]["totals"][1:3] == ["7.00", "0.00"]
    assert [(x["debit"], x["credit"]) for x in step["missing"][0]] == [("7.00", "0.00"), ("0.00", "7.00")]
    book = (await books.get(f"{F}/accounts/1002/ledger", params=months)).json()
    assert (book["opening"], book["lines"][0]["balance"], book["lines"][0]["credit"]) == ("0.00", "7.00", "0.00")
    assert (await books.get(f"{F}/cash-flow/proof", params=months)).json()["untagged"] == "0.00"


async def test_a_currency_without_decimals_has_none(client):
    await opened(client, currency="JPY")
    posted = (await client.post(V, json={"on": "2026-01-09", "lines": LINES, "post": True})).json()
    assert (posted["total"], posted["lines"][0]["credit"]) == ("7", "0")
    trial = (await client.get(f"{F}/trial-balance", params={"last": 202601})).json()
    assert {row["closing_debit"] for row in trial["rows"]} == {"7", "0"}


async def test_lines_name_their_account_beside_its_code(books):
    draft = (await books.post(V, json={"on": "2026-01-09", "lines": LINES})).json()
    assert [line["account_name"] for line in draft["lines"]] == ["银行存款", "主营业务收入"]
    assert [line["account_name"] for line in (await books.get(f"{V}/drafts")).json()["items"][0]["lines"]] == ["银行存款", "主营业务收入"]
    await books.post(V, json={"on": "2026-01-09", "lines": LINES, "post": True})
    book = (await books.get(f"{F}/accounts/1002/ledger", params={"last": 202601})).json()
    assert (book["account_name"], book["lines"][0]["account_name"]) == ("银行存款", "银行存款")
    [movement] = (await books.get(f"{F}/cash-flow/movements", params={"last": 202601})).json()["items"]
    assert movement["account_name"] == "主营业务收入"
    made = await books.post(f"{V}/templates", json={"name": "T", "lines": [{"account": "1002", "side": "debit"}]})
    assert made.json()["lines"][0]["account_name"] == "银行存款"
    entries = [{"account": "1001", "opening_debit": "5"}, {"account": "3001", "opening_credit": "5"}]
    saved = await books.put(f"{F}/opening-balances", json={"entries": entries, "version": 0})
    assert [(e["account_name"], e["opening_debit"]) for e in saved.json()["entries"]] == [("库存现金", "5.00"), ("实收资本", "0.00")]
    again = await books.put(f"{F}/opening-balances", json={"entries": saved.json()["entries"], "version": saved.json()["version"]})
    assert again.json() == saved.json(), "what was read can be sent back as it is"


async def overwrites(books):
    """Each PUT that writes over something: its address, a body without version, and the version that is there."""
    draft = (await books.post(V, json={"on": "2026-01-09", "lines": LINES})).json()
    phrase = (await books.post(f"{V}/phrases", json={"text": "Rent"})).json()
    template = (await books.post(f"{V}/templates", json={"name": "T", "lines": [{"account": "1002", "side": "debit"}]})).json()
    rule = (await books.put(f"{F}/cash-flow/rules", json={"account": "2241", "direction": "in", "item": 2})).json()
    return [
        (f"{V}/{draft['id']}", {"on": "2026-01-10", "lines": LINES}, draft["version"], "voucher_changed"),
        (f"{V}/phrases/{phrase['id']}", {"text": "Rent of the shop"}, phrase["version"], "phrase_changed"),
        (f"{V}/templates/{template['id']}", {"name": "U", "lines": template["lines"]}, template["version"], "template_changed"),
        (f"{F}/cash-flow/rules", {"account": "2241", "direction": "in", "item": 16}, rule["version"], "cash_rule_changed"),
        (f"{F}/opening-balances", {"entries": []}, 0, "opening_changed"),
    ]


async def test_nothing_is_overwritten_without_its_version(books, tenant, state_of):
    for address, body, version, changed in await overwrites(books):
        before = await state_of(tenant)
        refused = await books.put(address, json=body)
        assert (refused.status_code, refused.json()["code"]) == (428, "version_required"), address
        old = await books.put(address, json=body | {"version": version + 7})
        assert (old.status_code, old.json()["code"]) == (409, changed), address
        assert await state_of(tenant) == before
        assert (await books.put(address, json=body | {"version": version})).status_code == 200, address


async def test_cash_flows_before_the_ledger_are_not_overwritten_without_their_version(client):
    await opened(client, start="2026-07-01")
    entries = [{"account": "1002", "opening_debit": "5", "year_debit": "5"}, {"account": "3001", "opening_credit": "5", "year_credit": "5"}]
    assert (await client.put(f"{F}/opening-balances", json={"entries": entries, "version": 0})).status_code == 200
    read = (await client.get(f"{F}/cash-flow/opening")).json()
    body = {"amounts": {"14": "5"}}
    assert (await client.put(f"{F}/cash-flow/opening", json=body)).json()["code"] == "version_required"
    assert (await client.put(f"{F}/cash-flow/opening", json=body | {"version": read["version"] + 1})).json()[
        "code"
    ] == "cash_opening_changed"
    saved = await client.put(f"{F}/cash-flow/opening", json=body | {"version": read["version"]})
    assert (saved.status_code, saved.json()["amounts"]) == (200, {"14": "5.00"}), saved.text
    assert saved.json()["version"] != read["version"]
    assert (await client.get(f"{F}/cash-flow/opening")).json() == saved.json()


@pytest.mark.parametrize("day", ["0001-01-01", "2025-12-31", "9999-12-31"])
@pytest.mark.parametrize("post", [False, True])
async def test_a_day_that_no_month_of_the_ledger_holds_is_refused_at_once(books, day, post):
    refused = await books.post(V, json={"on": day, "lines": LINES, "post": post})
    assert (refused.status_code, refused.json()["code"]) == (409, "period_missing")
    assert refused.json()["errors"][0]["field"] == "on"
    assert f"no period {day[:7].lstrip('0') if day < '1000' else day[:7]}" in refused.json()["title"]


@pytest.mark.parametrize("month", [0, -1, 202600, 202613, 999999, 99999999999])
async def test_what_is_no_month_is_named_by_its_parameter(books, month):
    await books.post(V, json={"on": "2026-01-09", "lines": LINES, "post": True})
    for path in (V, f"{V}/drafts", f"{V}/export", f"{V}/print.pdf", f"{F}/trial-balance", f"{F}/statements/balance_sheet"):
        for name in ("first", "last"):
            refused = await books.get(path, params={name: month})
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, name), path
            assert f"{month} is no period" in refused.json()["title"]
    filed = await books.post(f"{F}/statements/balance_sheet/filed", json={"last": month})
    assert (filed.status_code, filed.json()["errors"][0]["field"]) == (422, "last")
    assert (await books.post(f"{V}/order", json={"period": month})).json()["errors"][0]["field"] == "period"
    told = (await books.get(f"{F}/periods/{month}/steps")).json()
    assert (told["code"], f"no period {month}." in told["title"]) == ("period_not_found", True)
    turned = await books.get(V, params={"first": 202605, "last": 202601})
    assert turned.json()["errors"] == [{"field": "first", "message": "The first period comes after the last; exchange them."}]
