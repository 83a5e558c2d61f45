"""A small manufacturer's December through the pages: from the new company to the year's statements, as an accountant does it.

The pages must show what ``tests.scenarios.test_full_month`` works out.  There the oracle reads the vouchers that the product
exports; here it reads the plain data of ``tests.scenarios.december``, so that entering them is tested, too.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook
from tests.scenarios import december
from tests.scenarios.test_full_month import DECEMBER, JANUARY, NEXT, Books, balance_sheet, cash_flow, income_statement, split

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

D = Decimal
MONTH = "first=202612&last=202612"
TYPED = 4
"""So many vouchers are typed in the grid, the rest come from a file."""

Row = Mapping[str, str]


def test_a_december_through_the_pages(site: Any, new_page: Callable[..., Page], shoot: Callable[[Page, str], None], tmp_path: Path) -> None:
    page = new_page()
    home = sign_up(page, site)
    open_the_books(page, home)
    bring_openings(page, home, tmp_path)
    for voucher in december.DAILY[:TYPED]:
        type_voucher(page, home, voucher)
    import_vouchers(page, home, tmp_path, december.DAILY[TYPED:])
    review_and_post(page, home, len(december.DAILY))
    cancel(page, home, december.REVERSED, december.REVERSED_ON)
    review_and_post(page, home, 1)
    close_the_month(page, home)
    shoot(page, "december-closed")
    oracle = Books(exported())
    compare_trial_balance(page, home, oracle)
    for path, column, label, expected in statements(oracle):
        page.goto(f"{home}/finance/{path}?last=202612")
        shown = cells(page, label)
        assert {line: shown.get(line) for line in expected} == expected, (path, column)
        expect(page.locator("main .badge.ok").first).to_be_visible()  # ties out
        shoot(page, f"december-{path}")


# ------------------------------------------------------------ the oracle


def exported() -> list[dict[str, Any]]:
    """The data as the product would export them."""
    entries = [(o.account, D(o.debit), D(o.credit), D(o.year_debit), D(o.year_credit)) for o in december.OPENINGS]
    closed = [(account, *transferred(account, *moved)) for account, _debit, _credit, *moved in entries]
    earned = [(x[0], x[3] - gone[1], x[4] - gone[2]) for x, gone in zip(entries, closed, strict=True)]
    opened = [
        numbered("2025-12-31", "opening", [(x[0], x[1] - x[3], x[2] - x[4]) for x in entries], 1),
        numbered("2026-11-30", "opening", earned, 2),
        numbered("2026-11-30", "closing", closed, 3),
    ]
    tea = next(v for v in december.DAILY if v.summary == december.REVERSED)
    red = [(x.account, -D(x.debit), -D(x.credit)) for x in tea.lines]
    made = [numbered(on(v.day), "manual", plain(v), n) for n, v in enumerate((*december.DAILY, *december.YEAR_END), 4)]
    made += [numbered(on(v.day), "closing", plain(v), n) for n, v in enumerate(december.TRANSFER, 80)]
    return [*opened, *made, numbered(on(december.REVERSED_ON), "reversal", red, 90)]


def transferred(account: str, debit: Decimal, credit: Decimal) -> tuple[Decimal, Decimal]:
    """What of the movements until November was the transfer of profit and loss, of income on one side, of costs on the other."""
    if account == "3103":
        return debit, credit
    if not account.startswith("5"):
        return D(0), D(0)
    return (debit, D(0)) if account.startswith(("5001", "5051", "5111", "5301")) else (D(0), credit)


def plain(voucher: december.Voucher) -> list[tuple[str, Decimal, Decimal]]:
    return [(x.account, D(x.debit), D(x.credit)) for x in voucher.lines]


def numbered(day: str, kind: str, sides: Sequence[tuple[str, Decimal, Decimal]], number: int) -> dict[str, Any]:
    lines = []
    for account, debit, credit in sides:
        code, party = split(account)
        amounts = {name: str(amount) for name, amount in (("debit", debit), ("credit", credit)) if amount}
        lines.append({"account": code, "party": party, **amounts})
    return {"date": day, "kind": kind, "word": "记", "number": number, "lines": lines}


def statements(books: Books) -> Iterator[tuple[str, str, str, dict[int, Decimal]]]:
    """Address, column, its label, and what it shows by line."""
    yield "balance-sheet", "closing", "期末余额", balance_sheet(books, NEXT)
    yield "balance-sheet", "year_opening", "年初余额", balance_sheet(books, JANUARY)
    yield "income-statement", "period", "本月金额", income_statement(books, DECEMBER)
    yield "income-statement", "year", "本年累计金额", income_statement(books, JANUARY)
    for label, year, since in (("本月金额", False, DECEMBER), ("本年累计金额", True, JANUARY)):
        flows, opening = cash_flow(year=year), books.balance("100", since)
        yield "cash-flow", label, label, flows | {21: opening, 22: opening + flows[20]}


def compare_trial_balance(page: Page, home: str, books: Books) -> None:
    page.goto(f"{home}/finance/trial-balance?{MONTH}")
    shown = {row["科目"].split(" ")[0].replace(".", ""): row for row in table(page, "科目余额表")}
    for code in books.codes():
        opening, closing = books.balance(code, DECEMBER), books.balance(code, NEXT)
        expected = {
            "期初借方": max(opening, D(0)), "期初贷方": max(-opening, D(0)),
            "期末借方": max(closing, D(0)), "期末贷方": max(-closing, D(0)),
            "借方": books.turnover(code, "debit", DECEMBER, NEXT), "贷方": books.turnover(code, "credit", DECEMBER, NEXT),
            "本年累计借方": books.turnover(code, "debit", JANUARY, NEXT), "本年累计贷方": books.turnover(code, "credit", JANUARY, NEXT),
        }  # fmt: skip
        assert {name: amount(shown[code][name]) for name in expected} == expected, code
    expect(page.locator("main .badge.ok")).to_have_text("借贷平衡")


# ------------------------------------------------------------ reading pages


def table(page: Page, label: str) -> list[Row]:
    """The rows of a table, by the label of each cell."""
    found: list[Row] = page.evaluate(
        """label => [...document.querySelectorAll(`table[aria-label="${label}"] tbody tr`)].map(
            row => Object.fromEntries([...row.querySelectorAll("[data-th]")].map(cell => [cell.dataset.th, cell.innerText.trim()])))""",
        label,
    )
    return found


def cells(page: Page, column: str) -> dict[int, Decimal]:
    """Line -> amount of a statement."""
    rows = [row for label in ("资产", "负债和所有者权益", "项目") for row in table(page, label)]
    return {int(row["行次"]): amount(row[column]) for row in rows if row.get("行次", "").isdecimal()}


def amount(text: str) -> Decimal:
    return D(text.replace(",", "").replace("—", "") or 0)


# ------------------------------------------------------------ doing it


def on(day: int) -> str:
    return date(2026, 12, day).isoformat()


def save(page: Page) -> None:
    page.locator("main form button[type=submit]:not([name=again])").last.click()


def sign_up(page: Page, site: Any) -> str:
    page.goto(f"{site.base_url}/signup")
    page.fill("[name=company]", december.COMPANY)
    with page.expect_response("**/signup/slug*"):
        page.press("[name=company]", "Tab")
    page.fill("[name=slug]", "hengtai")
    with page.expect_response("**/signup/slug*"):
        page.press("[name=slug]", "Tab")
    page.fill("[name=name]", "何会计")
    page.fill("[name=email]", "he@hengtai.example.com")
    page.fill("[name=password]", "a long and quiet river")
    page.press("[name=password]", "Enter")
    home: str = site.company("hengtai", "")
    page.wait_for_url(f"{home}/")
    return home


def open_the_books(page: Page, home: str) -> None:
    """A ledger from December on, the parties, two bank accounts, the closing rate of the dollar."""
    page.goto(f"{home}/finance/setup")
    page.fill("[name=start]", "2026-12")
    page.select_option("[name=review]", "anyone")
    save(page)
    page.wait_for_url("**/finance/accounts")
    for code, name in december.PARTIES.items():
        page.goto(f"{home}/parties/new")
        page.fill("[name=name]", name)
        page.check("[name=is_supplier]" if code in "ABC" else "[name=is_customer]")
        save(page)
        page.wait_for_url(re.compile(r"/parties(?!/new)"))
    for name in ("人民币户", "美元户"):
        page.goto(f"{home}/finance/accounts/new?parent=1002")
        page.fill("[name=name]", name)
        save(page)
        page.wait_for_url("**/finance/accounts?q=1002")
    page.goto(f"{home}/finance/rates")
    page.select_option("main form[method=post] [name=currency]", "USD")
    page.select_option("main form[method=post] [name=kind]", "closing")
    page.fill("main form[method=post] [name=on]", on(31))
    page.fill("main form[method=post] [name=rate]", december.CLOSING_RATE)
    page.locator("main form[method=post] button[type=submit]").first.click()
    expect(page.locator("main table")).to_contain_text("USD")


def bring_openings(page: Page, home: str, folder: Path) -> None:
    """The template is downloaded, filled in and taken over; then the cash flows of January to November are typed."""
    page.goto(f"{home}/finance/opening")
    with page.expect_download() as started:
        page.click('main a[href*="form=xlsx"]')
    template = folder / "template.xlsx"
    started.value.save_as(template)
    header = [str(cell) for cell in CalamineWorkbook.from_path(template).get_sheet_by_index(0).to_python()[0]]
    rows = []
    for each in december.OPENINGS:
        code, party = split(each.account)
        known = {"编码": code, "往来单位": december.PARTIES.get(party, ""), "期初借方": each.debit, "期初贷方": each.credit,
                 "本年累计借方": each.year_debit, "本年累计贷方": each.year_credit}  # fmt: skip
        assert known.keys() <= set(header)
        rows.append([known.get(name, "") for name in header])
    filled = folder / "filled.xlsx"
    with xlsxwriter.Workbook(filled) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([header, *rows]):
            sheet.write_row(place, 0, row)
    page.set_input_files("main [name=file]", filled)
    page.locator('main form[action$="/file"] button[type=submit]').click()
    expect(page.locator(".toast").last).to_contain_text("文件已读入")
    expect(page.locator("#opening [role=status]")).to_contain_text("4,001,050.00")
    page.locator("#opening button[type=submit]").click()
    expect(page.locator(".toast").last).to_contain_text("期初余额已保存")
    page.goto(f"{home}/finance/cash-flow/opening")
    for line, sum_ in december.OPENING_FLOWS.items():
        page.fill(f"[name=item-{line}]", sum_)
    save(page)
    page.wait_for_url("**/finance/cash-flow?last=202612")


def type_voucher(page: Page, home: str, voucher: december.Voucher) -> None:
    """By the keyboard alone, from the menu's key to the next empty grid."""
    if "/vouchers/new" not in page.url:
        page.goto(f"{home}/vouchers/new")
    expect(page.locator("[name=summary]").first).to_be_focused()
    keys = page.keyboard
    page.locator("[name=on]").fill(on(voucher.day))
    page.locator("[name=summary]").first.focus()
    for place, line in enumerate(voucher.lines):
        code, party = split(line.account)
        if place == 0:
            keys.type(voucher.summary)
        keys.press("Enter")
        keys.type(code)
        expect(page.locator("#acc-pop [role=option]").first).to_contain_text(code)
        keys.press("Enter")
        if party:  # asked for, so Enter stopped at it
            expect(page.locator("[data-kind=party]:focus")).to_be_visible()
            keys.type(december.PARTIES[party])
            expect(page.locator("#acc-pop [role=option]")).to_contain_text(december.PARTIES[party])
            keys.press("Enter")
        if D(line.credit):
            keys.press("Enter")
        keys.type(line.debit if D(line.debit) else line.credit)
        keys.press("Enter")
    expect(page.locator("[data-state]")).to_have_class(re.compile("ok"))
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.status == 200):
        keys.press("Control+Enter")
    expect(page.locator("[name=account]").first).to_have_value("")


def import_vouchers(page: Page, home: str, folder: Path, vouchers: Sequence[december.Voucher]) -> None:
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["标识", "日期", "摘要", "科目", "借方", "贷方", "币种", "原币金额", "汇率", "往来单位"])
    for number, voucher in enumerate(vouchers):
        for line in voucher.lines:
            code, party = split(line.account)
            amounts = [D(side) or "" for side in (line.debit, line.credit)]
            foreign = ["USD", line.usd, line.rate] if line.usd else ["", "", ""]
            sheet.writerow([f"12-{number}", on(voucher.day), voucher.summary, code, *amounts, *foreign, december.PARTIES.get(party, "")])
    file = folder / "vouchers.csv"
    file.write_text(text.getvalue(), encoding="utf-8-sig")
    page.goto(f"{home}/vouchers/exchange")
    page.set_input_files("main [name=file]", file)
    page.click("main button[value=import]")
    expect(page.locator("main .notice")).to_contain_text(f"导入 {len(vouchers)} 张")


def review_and_post(page: Page, home: str, count: int) -> None:
    """All that wait, in two batches: one to review, one to post."""
    for show, button in (
        ("draft", "main button[formaction$='/review']"),
        ("reviewed", "main form[action='/vouchers/post'] button.primary"),
    ):
        page.goto(f"{home}/vouchers?show={show}")
        while (more := page.locator("main tbody.more a")).count():
            rows = page.locator("main tbody.pg tr").count()
            more.click()
            expect(page.locator("main tbody.pg tr")).not_to_have_count(rows)
        expect(page.locator("main tbody.pg tr")).to_have_count(count)
        page.check("main thead .chk input")
        page.click(button)
        expect(page.locator("main .notice.ok")).to_contain_text(f"{count} 张")
        expect(page.locator("main .notice.warn")).to_have_count(0)


def cancel(page: Page, home: str, summary: str, day: int) -> None:
    page.goto(f"{home}/vouchers?q={summary}&show=posted")
    page.locator("main tbody td.main a").filter(has_text=re.compile(f"^{summary}$")).click()
    page.fill("main [name=on]", on(day))
    page.locator('main form[action$="/reverse"] button[type=submit]').click()
    expect(page.locator("main .notice.warn").first).to_be_visible()


def close_the_month(page: Page, home: str) -> None:
    """Step by step, the year end among them, until nothing is left to do; then the month is closed."""
    page.goto(f"{home}/finance/close/202612")
    for _step in range(20):
        waiting = page.locator('main form[action*="/steps/"][action$="/do"] button.primary')
        if not waiting.count():
            break
        title = waiting.first.locator("xpath=ancestor::section//h2").inner_text()
        step = waiting.first.locator("xpath=ancestor::form").get_attribute("action")
        waiting.first.click()
        expect(page.locator(".toast").last).to_contain_text(title.split(". ")[1])
        expect(page.locator(f'main form[action="{step}"] button.primary')).to_have_count(0)
    page.once("dialog", lambda question: question.accept())
    page.locator('main form[action$="/close"] button').click()
    expect(page.locator("main .head .badge")).to_have_text("已结账")
