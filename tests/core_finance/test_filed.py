"""Statements as they were filed, and the REST and pages around statements and cash flows."""

import csv
import io
import re
from datetime import date
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook
from tests.core_finance.pages import overwrite, submit

from core_finance.cash_flow.items import CashFlowFiled, ItemFilter, choose_item, movements
from core_finance.chart.ledgers import create_ledger
from core_finance.posting.engine import post_all
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.statements.filing import StatementDoesNotTie, differences, file_statement, filed_statements
from kernel.errors import Forbidden
from kernel.i18n import using

D = Decimal
F = "/api/v1/finance"


def entry(debit, credit, amount, on=date(2026, 3, 5)):
    return NewVoucher(on=on, lines=[NewLine(account=debit, summary="x", debit=D(amount)), NewLine(account=credit, credit=D(amount))])


@pytest.fixture
async def ledger(work):
    ledger = await create_ledger(work, name="Filed", start=date(2026, 1, 1))
    await post_all(work, ledger, [entry("1002", "3001", 1000), entry("560202", "1002", 30)])
    return ledger


async def test_what_was_filed_stays_and_is_compared_with_today(work, ledger):
    filed = await file_statement(work, ledger, "income_statement", first=202603, last=202603, note="March")
    assert await differences(work, ledger, filed) == []
    await post_all(work, ledger, [entry("560202", "1002", 5)])
    changed = {(d.line, d.column): (d.filed, d.today) for d in await differences(work, ledger, filed)}
    assert changed[14, "period"] == (30, 35)
    assert changed[32, "year"] == (-30, -35)
    assert next(c for c in filed.content["cells"] if c["line"] == 14)["amounts"] == {"year": "30.00", "period": "30.00"}


async def test_filing_twice_the_same_is_filing_once_in_any_language(work, ledger):
    with using("en"):
        first = await file_statement(work, ledger, "balance_sheet", first=202603, last=202603)
    with using("zh_CN"):
        assert (await file_statement(work, ledger, "balance_sheet", first=202603, last=202603)).id == first.id
    await post_all(work, ledger, [entry("1002", "3001", 1)])
    assert (await file_statement(work, ledger, "balance_sheet", first=202603, last=202603)).id != first.id
    page = await filed_statements(work, ledger, limit=1)
    assert (len(page.rows), page.following) == (1, page.rows[0].id)
    assert [row.id for row in (await filed_statements(work, ledger, after=page.following)).rows] == [first.id]


async def test_a_cash_flow_statement_with_open_ends_is_not_filed(work, ledger):
    await post_all(work, ledger, [entry("1002", "310101", 9)])
    with pytest.raises(StatementDoesNotTie, match=r"9\.00"):
        await file_statement(work, ledger, "cash_flow", first=202603, last=202603)
    assert (await filed_statements(work, ledger)).rows == []


async def test_movements_of_filed_months_stay_unless_who_may_reopen_says_so(work, work_for, tenant, ledger):
    await file_statement(work, ledger, "cash_flow", first=202603, last=202603)
    [row] = (await movements(work, ledger, ItemFilter(first=202603, last=202603, item=6))).rows
    with pytest.raises(CashFlowFiled):
        await choose_item(work, ledger, [row.id], 3)
    assert await choose_item(work, ledger, [row.id], 3, filed=True) == 1


@pytest.fixture
async def books(client):
    """A company whose ledger starts in July, with its opening balances."""
    client.cookies.set("lang", "en")
    await client.post(f"{F}/ledgers", json={"name": "Main", "start": "2026-07-01"})
    opening = [
        {"account": "1002", "opening_debit": "150.00", "year_debit": "90.00", "year_credit": "40.00"},
        {"account": "3001", "opening_credit": "150.00", "year_credit": "50.00"},
    ]
    answer = await client.put(f"{F}/opening-balances", json={"entries": opening, "version": 0})
    assert answer.status_code == 200, answer.text
    for debit, credit, amount in (("1002", "5001", "100.00"), ("560202", "1002", "30.00"), ("1002", "310101", "7.00")):
        lines = [{"account": debit, "summary": "x", "debit": amount}, {"account": credit, "summary": "x", "credit": amount}]
        answer = await client.post("/api/v1/vouchers", json={"on": "2026-07-05", "word": "记", "lines": lines, "post": True})
        assert answer.status_code == 201, answer.text
    return client


async def test_the_year_before_the_ledger_is_entered_and_must_tie(books):
    opening = (await books.get(f"{F}/cash-flow/opening")).json()
    assert (opening["month"], opening["change"]) == (202606, "50.00")
    refused = await overwrite(books, f"{F}/cash-flow/opening", {"amounts": {"1": "90.00"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "cash_opening_refused")
    for wrong, field in (({"7": "50"}, "amounts.7"), ({"1": "50.001"}, "amounts.1")):
        assert (await overwrite(books, f"{F}/cash-flow/opening", {"amounts": wrong})).json()["errors"][0]["field"] == field
    assert (await overwrite(books, f"{F}/cash-flow/opening", {"amounts": {"1": "90.00", "3": "40.00"}})).status_code == 200
    made = (await books.get(f"{F}/statements/cash_flow", params={"last": 202607})).json()
    cells = {cell["line"]: cell["amounts"] for cell in made["cells"]}
    assert cells[1] == {"year": "190.00", "period": "100.00"}
    assert D(cells[21]["year"]) == 100
    assert {check["left"] for check in made["checks"] if not check["holds"]} >= {"7.00"}


async def test_a_program_puts_movements_on_lines_and_files(books):
    await overwrite(books, f"{F}/cash-flow/opening", {"amounts": {"1": "90.00", "3": "40.00"}})
    found = (await books.get(f"{F}/cash-flow/movements", params={"last": 202607, "item": 0})).json()
    [row] = found["items"]
    assert (row["account"], row["amount"], row["item"]) == ("310101", "7.00", None)
    bad = await books.post(f"{F}/cash-flow/movements/choose", json={"ids": [row["id"]], "item": 20})
    assert (bad.status_code, bad.json()["code"]) == (422, "cash_item_unknown")
    assert (await books.post(f"{F}/cash-flow/movements/choose", json={"ids": [row["id"]], "item": 2})).json() == {"changed": 1}
    proof = (await books.get(f"{F}/cash-flow/proof", params={"last": 202607})).json()
    assert (proof["tagged"], proof["untagged"], proof["change"], proof["holds"]) == ("77.00", "0.00", "77.00", True)
    made = (await books.get(f"{F}/statements/cash_flow", params={"last": 202607})).json()
    assert made["holds"], [c for c in made["checks"] if not c["holds"]]
    why = (await books.get(f"{F}/statements/cash_flow/lines/2", params={"last": 202607, "column": "period"})).json()
    assert (why["amount"], [m["account"] for m in why["movements"]], why["movement_count"]) == ("7.00", ["310101"], 1)
    filed = (await books.post(f"{F}/statements/cash_flow/filed", json={"last": 202607})).json()
    assert (await books.get(f"{F}/statements/filed/{filed['id']}/differences")).json() == []
    assert (await books.get(f"{F}/statements/filed")).json()["items"][0]["id"] == filed["id"]
    again = await books.post(f"{F}/cash-flow/movements/choose", json={"ids": [row["id"]], "item": 1})
    assert (again.status_code, again.json()["code"]) == (409, "cash_flow_filed")


async def test_rules_are_made_applied_and_taken_away(books):
    assert (await books.get(f"{F}/cash-flow/proof", params={"last": 202607})).json()["untagged"] == "7.00"
    rule = (await books.put(f"{F}/cash-flow/rules", json={"account": "3101", "direction": "in", "item": 15})).json()
    assert (await books.post(f"{F}/cash-flow/rules/apply")).json() == {"changed": 1}
    assert (await books.get(f"{F}/cash-flow/rules")).json() == [rule]
    for wrong, field in (
        ({"account": "99"}, "account"),
        ({"direction": "up"}, "direction"),
        ({"item": 7}, "item"),
        ({"account": "1002"}, "account"),
    ):
        body = {"account": "3101", "direction": "in", "item": 15, **wrong}
        assert (await books.put(f"{F}/cash-flow/rules", json=body)).json()["errors"][0]["field"] == field
    assert (await books.delete(f"{F}/cash-flow/rules/{rule['id']}")).status_code == 204
    assert (await books.delete(f"{F}/cash-flow/rules/{rule['id']}")).status_code == 404


async def test_the_columns_follow_the_months(books):
    def keys(made):
        return [column["key"] for column in made["columns"]]

    async def read(kind, first, last):
        return keys((await books.get(f"{F}/statements/{kind}", params={"first": first, "last": last})).json())

    assert await read("income_statement", 202607, 202607) == ["year", "period"]
    assert await read("income_statement", 202607, 202609) == ["period", "year"]
    assert await read("income_statement", 202601, 202612) == ["year", "prior"]
    assert await read("balance_sheet", 202601, 202612) == ["closing", "year_opening"]


@pytest.mark.parametrize("lang", ["zh", "en", "both"])
@pytest.mark.parametrize("kind", ["balance-sheet", "income-statement", "cash-flow"])
async def test_the_files_have_the_official_head(books, kind, lang):
    sheet = await books.get(f"/finance/{kind}", params={"last": 202607, "form": "xlsx", "lang": lang})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    head = " ".join(str(cell) for row in rows[:3] for cell in row)
    assert "会小企0" in head
    assert ("编制单位" in head) == (lang != "en")
    assert ("2026年7月" in head) == (lang != "en")
    pdf = await books.get(f"{F}/statements/{kind.replace('-', '_')}/file", params={"last": 202607, "form": "pdf", "lang": lang})
    assert pdf.status_code in (200, 503)
    if pdf.status_code == 200:
        assert pdf.content.startswith(b"%PDF")


PATHS = [
    "/finance/balance-sheet", "/finance/income-statement", "/finance/cash-flow", "/finance/cash-flow/items", "/finance/cash-flow/rules",
    "/finance/cash-flow/opening", "/finance/filed", "/finance/balance-sheet/formulas", "/finance/balance-sheet/formulas?line=1",
    "/finance/income-statement/formulas?line=1", "/finance/balance-sheet/30?column=closing", "/finance/cash-flow/1?column=year",
    "/finance/cash-flow/7?column=year", "/finance/cash-flow/21?column=period", "/finance/balance-sheet?by=quarter&lang=both",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_every_page_is_drawn(books, path):
    answer = await books.get(path + ("&" if "?" in path else "?") + "last=202607")
    assert answer.status_code == 200, answer.text[:500]


async def test_a_page_files_and_shows_what_changed(books):
    refused = await submit(books, "/finance/cash-flow/filed", data={"first": "202607", "last": "202607", "note": "my note"})
    assert refused.status_code == 422
    assert "my note" in refused.text
    answer = await submit(books, "/finance/income-statement/filed", data={"first": "202607", "last": "202607"})
    assert answer.status_code == 303
    assert "As the books say" in (await books.get(answer.headers["location"])).text
    assert "Income statement" in (await books.get("/finance/filed")).text


async def test_a_page_changes_a_formula_after_trying_it(books):
    form = {"line": "1", "account": ["1001", "1002", "1012", "1121", ""], "take": ["net_debit"] * 5, "sign": ["1"] * 5,
            "from_period": "202607", "note": "with notes"}  # fmt: skip
    tried = await submit(books, "/finance/balance-sheet/formulas", data={**form, "act": "preview"})
    assert "1121" in tried.text
    assert "on more than one line" in tried.text
    refused = await submit(books, "/finance/balance-sheet/formulas", data={**form, "account": ["77", "", "", "", ""], "act": "save"})
    assert refused.status_code == 422
    assert "There is no account 77" in refused.text
    assert (await submit(books, "/finance/balance-sheet/formulas", data={**form, "act": "save"})).status_code == 303
    assert "with notes" in (await books.get("/finance/balance-sheet/formulas")).text
    assert (await submit(books, "/finance/balance-sheet/formulas", data={"act": "official", "from_period": "202607"})).status_code == 303
    assert [v["version"] for v in (await books.get(f"{F}/statements/balance_sheet/formulas")).json()] == [2, 1]


async def test_the_workbench_puts_ticked_movements_on_a_line(books):
    shown = await books.get("/finance/cash-flow/items", params={"first": 202607, "last": 202607, "item": 0})
    [row] = re.findall(r'name="ids" value="([0-9a-f-]{36})"', shown.text)
    data = {"first": "202607", "last": "202607", "shown": "0", "ids": row}
    refused = await submit(books, "/finance/cash-flow/items", data={**data, "item": ""})
    assert refused.status_code == 422
    assert (await submit(books, "/finance/cash-flow/items", data={**data, "item": "2"})).status_code == 303
    assert row in (await books.get("/finance/cash-flow/items", params={"first": 202607, "last": 202607, "item": 2})).text


async def test_a_page_keeps_the_cash_flows_of_the_year(books):
    refused = await submit(books, "/finance/cash-flow/opening", data={"item-1": "ten"})
    assert refused.status_code == 422
    assert 'value="ten"' in refused.text
    assert (await submit(books, "/finance/cash-flow/opening", data={"item-1": "90", "item-3": "40"})).status_code == 303


async def test_another_company_sees_and_changes_nothing(books, other_client):
    await other_client.post(f"{F}/ledgers", json={"name": "Theirs", "start": "2026-01-01"})
    filed = (await books.post(f"{F}/statements/income_statement/filed", json={"last": 202607})).json()["id"]
    row = (await books.get(f"{F}/cash-flow/movements", params={"last": 202607})).json()["items"][0]["id"]
    assert (await other_client.get(f"{F}/statements/filed/{filed}")).status_code == 404
    assert (await other_client.get(f"/finance/filed/{filed}")).status_code == 404
    assert (await other_client.get(f"{F}/statements/filed")).json()["items"] == []
    assert (await other_client.get(f"{F}/cash-flow/movements", params={"last": 202607})).json()["items"] == []
    taken = await other_client.post(f"{F}/cash-flow/movements/choose", json={"ids": [row], "item": 1})
    assert (taken.status_code, taken.json()["code"]) == (404, "movement_not_found")


async def test_who_may_only_read_changes_nothing(client_for, tenant, books):
    reader = await client_for(tenant, permissions={"finance.report.read"})
    assert (await reader.get(f"{F}/statements/cash_flow", params={"last": 202607})).status_code == 200
    for method, path, body in (
        ("post", f"{F}/statements/balance_sheet/filed", {"last": 202607}),
        ("post", f"{F}/statements/balance_sheet/formulas", {"lines": {}, "from_period": 202607}),
        ("put", f"{F}/cash-flow/rules", {"account": "3101", "direction": "in", "item": 1}),
        ("put", f"{F}/cash-flow/opening", {"amounts": {}}),
        ("post", f"{F}/cash-flow/movements/choose", {"ids": ["00000000-0000-0000-0000-000000000000"], "item": 1}),
    ):
        assert (await getattr(reader, method)(path, json=body)).status_code == 403


async def test_the_right_to_reopen_is_asked_for(work_for, tenant, work, ledger):
    await file_statement(work, ledger, "cash_flow", first=202603, last=202603)
    [row] = (await movements(work, ledger, ItemFilter(first=202603, last=202603, item=6))).rows
    object.__setattr__(work.actor, "permissions", frozenset({"finance.statement.manage"}))
    with pytest.raises(Forbidden):
        await choose_item(work, ledger, [row.id], 3, filed=True)


async def test_the_supplement_of_an_enterprise_is_on_page_json_sheet_and_paper(client):
    ledger = (await client.post(f"{F}/ledgers", json={"name": "Large", "standard": "enterprise", "start": "2026-01-01"})).json()
    at = {"last": 202601, "ledger": ledger["id"]}
    read = (await client.get(f"{F}/statements/cash_flow", params=at)).json()
    assert [cell["line"] for cell in read["supplement"]] == list(range(36, 60))
    page = await client.get("/finance/cash-flow", params={"last": 202601, "lang": "both"})
    assert "与主表经营活动现金流量净额的差额" in page.text
    assert "Difference to the operating cash flow" in page.text
    sheet = await client.get("/finance/cash-flow", params={"last": 202601, "form": "xlsx", "lang": "en"})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    assert "Supplementary information" in [row[0] for row in rows]
    paper = await client.get(f"{F}/statements/cash_flow/file", params={**at, "form": "pdf", "lang": "zh"})
    assert paper.status_code in (200, 503)


async def test_the_supplement_is_in_files_for_programs_and_in_what_is_filed(client):
    ledger = (await client.post(f"{F}/ledgers", json={"name": "Large", "standard": "enterprise", "start": "2026-01-01"})).json()
    lines = [{"account": "1002", "debit": "500"}, {"account": "600101", "credit": "500"}]
    lines[1]["account"] = next(a["code"] for a in (await client.get(f"{F}/accounts?search=6001")).json() if a["is_leaf"])
    made = await client.post("/api/v1/vouchers", json={"on": "2026-01-05", "lines": lines, "post": True})
    assert made.status_code == 201, made.text
    at = {"last": 202601, "ledger": ledger["id"]}
    text = (await client.get(f"{F}/statements/cash_flow/file", params={**at, "form": "csv", "lang": "en"})).content.decode("utf-8-sig")
    rows = {row[1]: row for row in csv.reader(io.StringIO(text))}
    assert "Supplementary information" in text
    assert (rows["36"][0], "500.00" in rows["36"], len(rows["59"])) == ("Net profit", True, len(rows["1"]))
    filed = (await client.post(f"{F}/statements/cash_flow/filed", json={"last": 202601})).json()
    content = (await client.get(f"{F}/statements/filed/{filed['id']}")).json()["content"]
    assert next(cell for cell in content["supplement"] if cell["line"] == 36)["amounts"]["period"] == "500.00"
    page = (await client.get(f"/finance/filed/{filed['id']}", headers={"accept-language": "en"})).text
    assert "Supplementary information" in page
    again = [{"account": lines[1]["account"], "credit": "-7"}, {"account": "1122", "debit": "-7"}]
    assert (await client.post("/api/v1/vouchers", json={"on": "2026-01-06", "lines": again, "post": True})).status_code == 201
    changed = {each["line"] for each in (await client.get(f"{F}/statements/filed/{filed['id']}/differences")).json()}
    assert 36 in changed
    assert "/finance/cash-flow/36?" not in (await client.get(f"/finance/filed/{filed['id']}")).text
