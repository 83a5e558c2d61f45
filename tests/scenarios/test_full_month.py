"""A small manufacturer's December, kept through the API from the first account to the statements.

The oracle is other code: the vouchers are exported as plain-text accounting and read with beancount, and the statements are
added up here by what the notes to the official forms (财会〔2011〕17号, appendix) say of each line.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import httpx
import pytest
from beancount import loader
from beancount.core.data import Transaction
from tests.scenarios import december

D = Decimal
PERIOD = 202612
SIDES = ("debit", "credit")


@dataclass
class Kept:
    """The company's books: a program's browser, the ledger, and what was posted under which summary."""

    client: httpx.AsyncClient
    ledger: str
    parties: dict[str, str]
    posted: dict[str, dict]

    async def get(self, path, **query):
        answer = await self.client.get(f"/api/v1{path}", params={"ledger": self.ledger, **query})
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    async def send(self, method, path, **body):
        answer = await self.client.request(method, f"/api/v1{path}", params={"ledger": self.ledger, **body.pop("query", {})}, **body)
        assert answer.status_code in (200, 201), (path, answer.text)
        return answer.json()


def split(account):
    code, _slash, party = account.partition("/")
    return code, party


def line_of(kept, line, summary):
    code, party = split(line.account)
    sent = {"account": code, "summary": summary, "debit": line.debit, "credit": line.credit}
    if line.usd:
        sent |= {"currency": "USD", "currency_amount": line.usd, "rate": line.rate}
    return sent | ({"dimensions": {"party": kept.parties[party]}} if party else {})


def on(day):
    return f"2026-12-{day:02}"


@pytest.fixture(scope="module")
async def month(app, settings, database, new_tenant):
    """Everything but the period end, entered once for all tests of this module."""
    from tests.conftest import HEADER, CookieNames, _new_member, signature

    tenant = await new_tenant(name=december.COMPANY)
    secret, session_id = await _new_member(database, tenant, None, "owner")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url=settings.tenant_url(tenant.slug, "").rstrip("/"),
        cookies={CookieNames.of(settings).session: secret},
        headers={HEADER: signature(settings.derive("csrf"), f"session|{session_id}")},
    ) as client:
        made = await client.post("/api/v1/finance/ledgers", json={"name": december.COMPANY, "start": "2026-12-01"})
        assert made.status_code == 201, made.text
        kept = Kept(client, made.json()["id"], {}, {})
        for code, name in december.PARTIES.items():
            party = await client.post("/api/v1/parties", json={"kind": "organisation", "name": name})
            assert party.status_code == 201, party.text
            kept.parties[code] = party.json()["id"]
        for name in ("人民币户", "美元户"):
            await kept.send("POST", "/finance/accounts", json={"parent": "1002", "name": name})
        await kept.send("POST", "/finance/rates", json={"currency": "USD", "on": on(31), "rate": december.CLOSING_RATE})
        await enter_openings(kept)
        for number, voucher in enumerate(december.DAILY):
            await enter(kept, voucher, number)
        await cancel(kept, december.REVERSED, december.REVERSED_ON)
        yield kept


async def enter_openings(kept):
    entries = []
    for each in december.OPENINGS:
        code, party = split(each.account)
        entry = {"account": code, "opening_debit": each.debit, "opening_credit": each.credit, "year_debit": each.year_debit,
                 "year_credit": each.year_credit}  # fmt: skip
        entries.append(entry | ({"dimensions": {"party": kept.parties[party]}} if party else {}))
    await kept.send("PUT", "/finance/opening-balances", json={"entries": entries, "version": 0})


async def enter(kept, voucher, number):
    """Posted, and sent again as after a lost answer: it stands once."""
    body = {"on": on(voucher.day), "lines": [line_of(kept, line, voucher.summary) for line in voucher.lines], "post": True}
    for _again in range(2):
        headers = {"Idempotency-Key": f"december-{number}"}
        kept.posted[voucher.summary] = await kept.send("POST", "/vouchers", json=body, headers=headers)


async def cancel(kept, summary, day):
    await kept.send("POST", f"/vouchers/{kept.posted[summary]['id']}/reverse", json={"on": on(day)})


def operations(app):
    return {operation.operation_id for item in app.openapi_schema.paths.values() for operation in vars(item).values()
            if getattr(operation, "operation_id", None)}  # fmt: skip


async def period_end(app, kept):
    """The transfer of profit and loss and the year end: by the steps of the period end where there are some, else by file."""
    if "doPeriodStep" in operations(app):
        for step in await kept.get(f"/finance/periods/{PERIOD}/steps"):
            if step["state"] in ("waiting", "changed", "blocked"):
                await kept.send("POST", f"/finance/periods/{PERIOD}/steps/{step['key']}/do")
        return
    vouchers = [
        {"key": voucher.summary, "date": on(voucher.day), "word": "记", "kind": kind,
         "lines": [{"account": x.account, "summary": voucher.summary, **amounts(x)} for x in voucher.lines]}
        for kind, group in (("closing", december.TRANSFER), ("manual", december.YEAR_END)) for voucher in group
    ]  # fmt: skip
    document = {"format": "jingwei.vouchers", "version": 1, "vouchers": vouchers}
    await kept.send("POST", "/vouchers/import", files={"file": ("end.json", json.dumps(document).encode())}, query={"post": "true"})


def amounts(line):
    return {side: getattr(line, side) for side in SIDES if D(getattr(line, side))}


class Books:
    """What beancount reads: entries of the year, each posting with its account, party, side and kind of voucher."""

    def __init__(self, exported, *, before=()):
        text = "\n".join(plain_text(exported, before))
        entries, errors, _options = loader.load_string(text)
        assert errors == [], errors[:3]
        self.postings = [
            (entry.date, p.account.split(":")[1][1:], p.meta.get("party", ""), p.meta["side"], p.units.number, entry.meta["kind"])
            for entry in entries if isinstance(entry, Transaction) for p in entry.postings
        ]  # fmt: skip

    def balance(self, code, before):
        """Debits less credits of all below ``code`` until the day before."""
        return sum((n for day, own, _p, _s, n, _k in self.postings if own.startswith(code) and day < before), D(0))

    def turnover(self, code, side, since, before):
        sign = 1 if side == "debit" else -1
        return sum(
            (sign * n for day, own, _p, s, n, _k in self.postings if own.startswith(code) and s == side and since <= day < before), D(0)
        )

    def by_party(self, code, before):
        found = defaultdict(D)
        for day, own, party, _side, n, _kind in self.postings:
            if own.startswith(code) and day < before:
                found[own, party] += n
        return found.values()

    def earned(self, code, since, before):
        """What moved apart from the transfer of profit and loss; debit is positive."""
        return sum(
            (n for day, own, _p, _s, n, k in self.postings if own.startswith(code) and since <= day < before and k != "closing"), D(0)
        )

    def codes(self):
        return sorted({own for _d, own, *_rest in self.postings})


def plain_text(exported, before):
    """The export as plain-text accounting; amounts of the credit side are negative, red ones of either side turned round."""
    accounts = sorted({line["account"] for voucher in exported for line in voucher["lines"]} | {split(o.account)[0] for o in before})
    yield from (f"2025-01-01 open Assets:A{code}:All" for code in accounts)
    for voucher in exported:
        yield f'{voucher["date"]} * "{voucher["word"]}-{voucher["number"]}"'
        yield f'  kind: "{voucher["kind"]}"'
        for line in voucher["lines"]:
            for side in SIDES:
                if side in line:
                    yield posting(line["account"], side, D(line[side]), line.get("party", ""))


def posting(code, side, amount, party):
    signed = amount if side == "debit" else -amount
    return f'  Assets:A{code}:All  {signed} CNY\n    side: "{side}"\n    party: "{party}"'


JANUARY, DECEMBER, NEXT = date(2026, 1, 1), date(2026, 12, 1), date(2027, 1, 1)


async def read_back(kept):
    return Books((await kept.get("/vouchers/export", first=202512, last=PERIOD))["vouchers"])


def test_the_example_is_a_month_of_every_kind():
    every = [*december.DAILY, *december.TRANSFER, *december.YEAR_END]
    assert len(every) + 1 == 68
    assert any(line.usd for voucher in every for line in voucher.lines)
    for voucher in every:
        assert sum(D(x.debit) - D(x.credit) for x in voucher.lines) == 0, voucher.summary
    assert (
        sum(D(o.debit) - D(o.credit) for o in december.OPENINGS) == sum(D(o.year_debit) - D(o.year_credit) for o in december.OPENINGS) == 0
    )


async def test_the_export_is_what_was_entered(month):
    """So the oracle below reads our data, not ours through our own mistakes."""
    exported = (await month.get("/vouchers/export", first=PERIOD, last=PERIOD))["vouchers"]
    parties = {name: code for code, name in december.PARTIES.items()}
    seen = [
        (v["date"], [(x["account"] + ("/" + parties[x["party"]] if "party" in x else ""), D(x.get("debit", 0)), D(x.get("credit", 0)))
                     for x in v["lines"]])
        for v in exported
    ]  # fmt: skip
    entered = [(on(v.day), [(x.account, D(x.debit), D(x.credit)) for x in v.lines]) for v in december.DAILY]
    tea = next(v for v in december.DAILY if v.summary == december.REVERSED)
    red = (on(december.REVERSED_ON), [(x.account, -D(x.debit), -D(x.credit)) for x in tea.lines])
    assert [entry for entry in seen if entry[0] <= on(31)][: len(entered) + 1] == [*entered, red]
    assert {v["number"] for v in exported} == set(range(1, len(exported) + 1))


@pytest.fixture(scope="module")
async def closed(app, month):
    """The month with its period end."""
    await period_end(app, month)
    return month


async def test_the_trial_balance_agrees_with_beancount_to_the_cent(closed):
    books = await read_back(closed)
    trial = await closed.get("/finance/trial-balance", first=PERIOD, last=PERIOD)
    assert trial["balanced"]
    leaves = {row["account"]: row for row in trial["rows"] if row["is_leaf"]}
    assert set(books.codes()) == set(leaves)
    for code, row in leaves.items():
        opening, closing = books.balance(code, DECEMBER), books.balance(code, NEXT)
        assert D(row["opening_debit"]) - D(row["opening_credit"]) == opening, code
        assert D(row["closing_debit"]) - D(row["closing_credit"]) == closing, code
        for side in SIDES:
            assert D(row[side]) == books.turnover(code, side, DECEMBER, NEXT), (code, side)
            assert D(row[f"year_{side}"]) == books.turnover(code, side, JANUARY, NEXT), (code, side)


async def test_openings_and_movements_until_november_are_those_of_the_data(closed):
    """The figures of the company's former program, account by account."""
    books = await read_back(closed)
    expected, moved = defaultdict(D), defaultdict(lambda: [D(0), D(0)])
    for each in december.OPENINGS:
        code = split(each.account)[0]
        expected[code] += D(each.debit) - D(each.credit)
        moved[code][0] += D(each.year_debit)
        moved[code][1] += D(each.year_credit)
    for code, balance in expected.items():
        assert books.balance(code, DECEMBER) == balance, code
        assert [books.turnover(code, side, JANUARY, DECEMBER) for side in SIDES] == moved[code], code


def balance_sheet(books, before):
    """Lines of 会小企01表 by the notes to the form (小企业会计准则 appendix, 资产负债表编制说明)."""

    def at(*codes):
        return sum((books.balance(code, before) for code in codes), D(0))

    def owed(sign, *codes):
        """Parties on one side only: receivables in debit, advances in credit."""
        return sum((max(D(0), sign * net) for code in codes for net in books.by_party(code, before)), D(0))

    sheet = {
        1: at("1001", "1002", "1012"),  # 库存现金、银行存款、其他货币资金
        2: at("1101"), 3: at("1121"),
        4: owed(1, "1122", "2203"), 5: owed(1, "1123", "2202"),
        6: at("1131"), 7: at("1132"), 8: at("1221"),
        9: at("1401", "1402", "1403", "1404", "1405", "1407", "1408", "1411", "1421", "4001", "4101", "4401", "4403"),
        10: at("1403"), 11: at("4001"), 12: at("1405"), 13: at("1411"),
        14: at("1901"), 16: at("1501"), 17: at("1511"), 18: at("1601"), 19: -at("1602"), 21: at("1604"), 22: at("1605"), 23: at("1606"),
        24: at("1621", "1622"), 25: at("1701", "1702"), 26: at("4301"), 27: at("1801"), 28: D(0),
        31: -at("2001"), 32: -at("2201"), 33: owed(-1, "2202", "1123"), 34: owed(-1, "2203", "1122"),
        35: -at("2211"), 36: -at("2221"), 37: -at("2231"), 38: -at("2232"), 39: -at("2241"), 40: D(0),
        42: -at("2501"), 43: -at("2701"), 44: -at("2401"), 45: D(0),
        48: -at("3001"), 49: -at("3002"), 50: -at("3101"),
        51: -at("3103", "3104", "5"),  # what is not transferred yet is profit, too
    }  # fmt: skip
    sheet[20] = sheet[18] - sheet[19]
    sheet[15] = sum(sheet[n] for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 14))
    sheet[29] = sum(sheet[n] for n in (16, 17, 20, 21, 22, 23, 24, 25, 26, 27, 28))
    sheet[30] = sheet[15] + sheet[29]
    sheet[41] = sum(sheet[n] for n in range(31, 41))
    sheet[46] = sum(sheet[n] for n in range(42, 46))
    sheet[47] = sheet[41] + sheet[46]
    sheet[52] = sum(sheet[n] for n in range(48, 52))
    sheet[53] = sheet[47] + sheet[52]
    return sheet


def income_statement(books, since):
    """Lines of 会小企02表 by the notes to the form: the amounts that arose, costs as debits."""

    def cost(*codes):
        return sum((books.earned(code, since, NEXT) for code in codes), D(0))

    made = {
        1: -cost("5001", "5051"), 2: cost("5401", "5402"), 3: cost("5403"), 4: cost("540305"), 5: D(0), 6: cost("540301"),
        7: cost("540306"), 8: cost("540307"), 9: cost("540304", "540308", "540309", "540310"), 10: cost("540302", "540303", "540311"),
        11: cost("5601"), 12: cost("560103"), 13: cost("560102"), 14: cost("5602"), 15: cost("560209"), 16: cost("560204"),
        17: cost("560210"), 18: cost("5603"), 19: cost("560301", "560302"), 20: -cost("5111"),
        22: -cost("5301"), 23: -cost("530102"), 24: cost("5711"), 25: cost("571102"), 26: cost("571104"), 27: cost("571105"),
        28: cost("571106"), 29: cost("571107"), 31: cost("5801"),
    }  # fmt: skip
    made[21] = made[1] - made[2] - made[3] - made[11] - made[14] - made[18] + made[20]
    made[30] = made[21] + made[22] - made[24]
    made[32] = made[30] - made[31]
    return made


def cells(statement, column):
    return {cell["line"]: D(cell["amounts"][column]) for cell in statement["cells"]}


async def test_the_balance_sheet_is_that_of_the_notes_to_the_form(closed):
    books = await read_back(closed)
    made = await closed.get("/finance/statements/balance_sheet", first=PERIOD, last=PERIOD)
    assert cells(made, "closing") == balance_sheet(books, NEXT)
    assert cells(made, "year_opening") == balance_sheet(books, JANUARY)
    total = cells(made, "closing")
    assert total[30] == total[53] == D("3621013.23")
    assert total[34] == D(15000)  # the customer who paid in advance
    assert made["uncovered"] == []
    assert [check["text"] for check in made["checks"] if not check["holds"] and ">=" not in check["text"]] == []


async def test_the_income_statement_is_that_of_the_notes_to_the_form(closed):
    books = await read_back(closed)
    made = await closed.get("/finance/statements/income_statement", first=PERIOD, last=PERIOD)
    assert cells(made, "period") == income_statement(books, DECEMBER)
    assert cells(made, "year") == income_statement(books, JANUARY)
    assert (cells(made, "period")[32], cells(made, "year")[32]) == (D("246670.03"), D("1081540.03"))


def cash_flow(*, year):
    """Lines of 会小企03表: what somebody put beside each voucher, with that of January to November for the year."""
    tea = next(v for v in december.DAILY if v.summary == december.REVERSED)
    made = {line: D(0) for line in range(1, 23)}
    for voucher in december.DAILY:
        for line, amount in voucher.flows.items():
            made[line] += D(amount)
    for line, amount in tea.flows.items():
        made[line] -= D(amount)
    if year:
        for line, amount in december.OPENING_FLOWS.items():
            made[line] += D(amount)
    # The dollars are worth less at the end of the month: 汇率变动 has no line of its own here, and stands on line 6.
    made[6] += D(500)
    made[7] = made[1] + made[2] - made[3] - made[4] - made[5] - made[6]
    made[13] = made[8] + made[9] + made[10] - made[11] - made[12]
    made[19] = made[14] + made[15] - made[16] - made[17] - made[18]
    made[20] = made[7] + made[13] + made[19]
    return made


async def test_cash_changed_by_what_the_flows_say(closed):
    books = await read_back(closed)
    for since, year in ((DECEMBER, False), (JANUARY, True)):
        change = books.balance("100", NEXT) - books.balance("100", since)
        assert cash_flow(year=year)[20] == change


async def test_the_cash_flow_statement_is_that_of_the_data(closed, app):
    assert "readOpeningCashFlows" in operations(app)
    books = await read_back(closed)
    version = (await closed.get("/finance/cash-flow/opening"))["version"]
    await closed.send("PUT", "/finance/cash-flow/opening", json={"amounts": december.OPENING_FLOWS, "version": version})
    made = await closed.get("/finance/statements/cash_flow", first=PERIOD, last=PERIOD)
    for column, year, since in (("period", False, DECEMBER), ("year", True, JANUARY)):
        opening = books.balance("100", since)
        expected = cash_flow(year=year) | {21: opening}
        assert cells(made, column) == expected | {22: opening + expected[20]}
    assert (await closed.get("/finance/cash-flow/proof", first=PERIOD, last=PERIOD))["holds"]


async def test_the_period_end_posts_what_the_data_say(closed, app):
    assert "doPeriodStep" in operations(app)
    books = await read_back(closed)
    for code, balance in (("3103", D(0)), ("310101", D("-168154.00")), ("310401", D("-1186386.03")), ("5", D(0))):
        assert books.balance(code, NEXT) == balance, code
    assert {step["state"] for step in await closed.get(f"/finance/periods/{PERIOD}/steps")} <= {"done", "nothing", "absent", "skipped"}


async def test_the_month_is_closed_and_nothing_enters_it_any_more(closed):
    """Last of all: the books hold, the month is closed, a late voucher is refused."""
    run = await closed.send("POST", "/finance/invariants")
    assert [(r["key"], r["breaches"]) for r in run["results"] if r["state"] != "holds"] == []
    await closed.send("POST", f"/finance/periods/{PERIOD}/close")
    late = {"on": "2026-12-31", "post": True, "lines": [{"account": "1001", "debit": "1"}, {"account": "3001", "credit": "1"}]}
    answer = await closed.client.post("/api/v1/vouchers", json=late, params={"ledger": closed.ledger})
    assert (answer.status_code, answer.json()["code"]) == (409, "period_closed")
