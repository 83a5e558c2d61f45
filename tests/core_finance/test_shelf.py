"""The books of the shelf against an oracle: plain Python over the lines, without balances and without SQL sums."""

import random
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core_finance.books.auxiliary import NothingSaid, auxiliary_balances, auxiliary_ledger
from core_finance.books.chronological import chronicle
from core_finance.books.columns import Analysis, NoSubAccounts, column_ledger
from core_finance.books.figures import MonthTotal
from core_finance.books.general import general_ledger
from core_finance.books.journal import NoCashAccount, cash_accounts, journal
from core_finance.books.ledger import BadCursor, account_ledger
from core_finance.books.summary import voucher_summary
from core_finance.books.trial import trial_balance
from core_finance.chart.ledgers import create_ledger
from core_finance.chart.service import accounts, get_account
from core_finance.posting.engine import post_all
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.vouchers.service import save_draft
from kernel.errors import Invalid
from kernel.ids import new_id
from master_data.api import Party, PartyKind

D = Decimal
CODES = ("1001", "1002", "1122", "2202", "5001", "560201", "560202", "560203", "22210101", "22210107")
SPLIT = "5602"


@dataclass(frozen=True)
class Line:
    """What the oracle keeps of a line."""

    voucher: int
    on: date
    account: str
    debit: Decimal
    credit: Decimal
    party: UUID | None
    posted: bool = True

    @property
    def period(self):
        return self.on.year * 100 + self.on.month


@dataclass
class Books:
    ledger: object
    lines: list[Line]
    parties: list[UUID]
    attachments: dict[int, tuple[int, int]] = field(default_factory=dict)
    how: dict[str, bool] = field(default_factory=dict)

    def of(self, code, first=0, last=999999):
        """In the order of the books: drafts are numbered after what is posted of their month."""
        found = [x for x in self.lines if x.account.startswith(code) and first <= x.period <= last]
        return sorted(found, key=lambda x: (x.on, not x.posted, x.voucher))

    def net(self, code, first=0, last=999999):
        return sum((x.debit - x.credit for x in self.of(code, first, last)), D(0))


def total(lines, side):
    return sum((getattr(x, side) for x in lines), D(0))


@pytest.fixture(params=["posted", "some unposted"])
async def books(work, request):
    """Two years with 160 random vouchers, many on the same days, some in red; a quarter may still be drafts."""
    ledger = await create_ledger(work, name="Shelf", start=date(2025, 1, 1))
    chosen, later = random.Random(11), random.Random(5)
    parties = [new_id() for _ in range(3)]
    for number, party in enumerate(parties):
        work.session.add(Party(id=party, kind=PartyKind.PERSON, name=f"甲{number}", name_key=f"甲{number}", search_text="x"))
    await work.session.flush()
    made = Books(ledger, [], parties, how={"unposted": request.param != "posted"})
    vouchers = []
    on = date(2025, 1, 1)
    for number in range(160):
        on = min(on + timedelta(days=chosen.choice((0, 0, 1, 9))), date(2026, 12, 31))
        picked, left, lines = chosen.sample(CODES, chosen.randint(1, 3)), D(0), []
        for code in picked:
            amount = D(chosen.randint(-50_000, 99_999)) / 100 or D(1)
            lines.append((code, amount))
            left += amount
        if not left:
            continue
        lines.append((chosen.choice(CODES), -left))
        new = []
        is_draft = made.how["unposted"] and later.random() < 0.25
        for code, amount in lines:
            party = chosen.choice([*parties, None]) if code in ("1122", "2202") else None
            red = amount < 0 and chosen.random() < 0.3
            debit, credit = (amount, D(0)) if amount > 0 or red else (D(0), -amount)
            new.append(
                NewLine(account=code, summary=f"v{number}", debit=debit, credit=credit, dimensions={"party": party} if party else {})
            )
            made.lines.append(Line(number, on, code, debit, credit, party, not is_draft))
        papers = chosen.randint(0, 3)
        made.attachments[number] = (on.year * 100 + on.month, papers)
        vouchers.append((is_draft, NewVoucher(on=on, lines=new, attachments=papers)))
    for place, (is_draft, voucher) in enumerate(vouchers):
        if is_draft:
            draft = await save_draft(work, ledger, voucher)
            draft.place = place
    await work.session.flush()
    await post_all(work, ledger, [voucher for is_draft, voucher in vouchers if not is_draft])
    return made


async def all_pages(read, of, limit):
    """Every line of a book that comes in pages."""
    found, after = [], None
    while True:
        page = await read(after=after, limit=limit)
        found += of(page)
        after = page.following if hasattr(page, "following") else page.book.following
        if after is None:
            return found, page


@pytest.mark.parametrize(("first", "last"), [(202503, 202503), (202502, 202507), (202501, 202602)])
@pytest.mark.parametrize("level", [1, 2, 9])
async def test_the_general_ledger_runs_month_by_month(work, books, first, last, level):
    entries, after = [], ""
    while after is not None:
        page = await general_ledger(work, books.ledger, **books.how, first=first, last=last, level=level, after=after, limit=4)
        entries += page.accounts
        after = page.following
    chart = {a.code: a for a in await accounts(work, books.ledger)}
    expected = [c for c in sorted(chart) if chart[c].level <= level and books.of(c, 0, last)]
    assert [e.account.code for e in entries] == expected
    for entry in entries:
        code = entry.account.code
        assert (entry.months[0].period, entry.months[-1].period) == (first, last)
        for month in entry.months:
            january = month.period // 100 * 100
            assert month.opening == books.net(code, 0, month.period - 1)
            assert month.debit == total(books.of(code, month.period, month.period), "debit")
            assert month.credit == total(books.of(code, month.period, month.period), "credit")
            assert month.year_debit == total(books.of(code, january, month.period), "debit")
            assert month.year_credit == total(books.of(code, january, month.period), "credit")
            assert month.closing == books.net(code, 0, month.period)


async def test_too_many_months_are_refused(work, books):
    with pytest.raises(Invalid):
        await general_ledger(work, books.ledger, **books.how, first=190001, last=299912)


@pytest.mark.parametrize("limit", [1, 7, 500])
async def test_a_journal_totals_each_day_however_it_is_cut_into_pages(work, books, limit):
    account = await get_account(work, books.ledger, "1002")
    assert account.id in {a.id for a in await cash_accounts(work, books.ledger)}

    async def read(**page):
        return await journal(work, books.ledger, account, **books.how, first=202502, last=202604, **page)

    lines, last = await all_pages(read, lambda page: page.lines, limit)
    mine = books.of("1002", 202502, 202604)
    assert len(lines) == len(mine) > 20
    balance, days = books.net("1002", 0, 202501), defaultdict(list)
    for entry in lines:
        balance += entry.line.debit - entry.line.credit
        assert entry.line.balance == balance
    for x in mine:
        days[x.on].append(x)
    assert any(len(of_day) > 1 for of_day in days.values())
    told = [entry.day for entry in lines if entry.day]
    assert [d.on for d in told] == sorted(days)
    for day in told:
        assert (day.debit, day.credit) == (total(days[day.on], "debit"), total(days[day.on], "credit"))
        assert day.balance == sum((x.debit - x.credit for x in books.of("1002") if x.on <= day.on), D(0))
    assert (last.figures.debit, last.figures.closing) == (total(mine, "debit"), balance)


async def test_a_journal_names_the_accounts_on_the_other_side(work, books):
    account = await get_account(work, books.ledger, "1002")
    page = await journal(work, books.ledger, account, **books.how, first=202501, last=202612, limit=500)
    for entry in page.lines:
        number = int(entry.line.summary[1:])
        way = entry.line.debit - entry.line.credit > 0
        other = {x.account for x in books.lines if x.voucher == number and (x.debit - x.credit > 0) != way} - {"1002"}
        assert set(entry.counter) == other


async def test_only_cash_and_bank_have_journals(work, books):
    with pytest.raises(NoCashAccount):
        await journal(work, books.ledger, await get_account(work, books.ledger, "5001"), **books.how, first=202501, last=202501)


@pytest.mark.parametrize("cursor", ["x", "x~1", "W10~1~2", "W10~a~b", "~~", "W10~NaN~1"])
async def test_a_broken_cursor_is_refused(work, books, cursor):
    account = await get_account(work, books.ledger, "1002")
    with pytest.raises(BadCursor):
        await journal(work, books.ledger, account, **books.how, first=202501, last=202501, after=cursor)


@pytest.mark.parametrize(("code", "sign"), [("5602", 1), ("2221", -1)])
async def test_columns_split_an_account_among_its_sub_accounts(work, books, code, sign):
    account = await get_account(work, books.ledger, code)

    async def read(**page):
        return await column_ledger(work, books.ledger, account, **books.how, first=202503, last=202512, **page)

    lines, page = await all_pages(read, lambda page: [(line, page.place(line)) for line in page.book.lines], 9)
    mine = books.of(code, 202503, 202512)
    assert len(lines) == len(mine) > 5
    for line, amounts in lines:
        assert sum(amounts.values()) == sign * (line.debit - line.credit)
        assert all(line.account.startswith(column) for column in amounts)
    for column in page.columns:
        below = column.account.code
        assert column.opening == sign * books.net(below, 0, 202502)
        assert column.moved == sign * books.net(below, 202503, 202512) == sum(amounts.get(below, D(0)) for _, amounts in lines)
        assert column.closing == sign * books.net(below, 0, 202512)
    assert sum(column.closing for column in page.columns) == sign * page.book.figures.closing


async def test_an_account_without_sub_accounts_has_no_columns(work, books):
    with pytest.raises(NoSubAccounts):
        await column_ledger(work, books.ledger, await get_account(work, books.ledger, "1001"), **books.how, first=202501, last=202501)


@pytest.mark.parametrize(("first", "last"), [(202504, 202504), (202501, 202612)])
@pytest.mark.parametrize(("level", "width"), [(1, 4), (2, 6), (9, 30)])
async def test_the_voucher_summary_counts_each_voucher_once(work, books, first, last, level, width):
    made = await voucher_summary(work, books.ledger, **books.how, first=first, last=last, level=level)
    groups = defaultdict(list)
    for x in books.of("", first, last):
        groups[x.account[:width]].append(x)
    assert {r.account.code: (r.debit, r.credit, r.vouchers) for r in made.rows} == {
        code: (total(of, "debit"), total(of, "credit"), len({x.voucher for x in of})) for code, of in groups.items()
    }
    assert made.debit == made.credit == total(books.of("", first, last), "debit")
    papers = [count for period, count in books.attachments.values() if first <= period <= last]
    assert [(w.word, w.vouchers, w.attachments) for w in made.words] == ([("记", len(papers), sum(papers))] if papers else [])


@pytest.mark.parametrize("code", ["1122", "2202"])
async def test_balances_by_party_add_up_to_the_account(work, books, code):
    account = await get_account(work, books.ledger, code)
    made = await auxiliary_balances(work, books.ledger, account, "party", **books.how, first=202504, last=202601)
    found = {row.value: row.figures for row in made.rows}
    for party in {x.party for x in books.of(code, 0, 202601)}:

        def lines(first, last, party=party):
            return [x for x in books.of(code, first, last) if x.party == party]

        of = found[party]
        assert of.opening == total(lines(0, 202503), "debit") - total(lines(0, 202503), "credit")
        assert (of.debit, of.credit) == (total(lines(202504, 202601), "debit"), total(lines(202504, 202601), "credit"))
        assert (of.year_debit, of.year_credit) == (total(lines(202601, 202601), "debit"), total(lines(202601, 202601), "credit"))
    assert made.total.closing == books.net(code, 0, 202601) == sum(of.closing for of in found.values())
    assert [row.name for row in made.rows if row.value] == sorted(row.name for row in made.rows if row.value)


async def test_the_ledger_of_a_party_holds_its_lines_only(work, books):
    account = await get_account(work, books.ledger, "1122")
    party = books.parties[0]

    async def read(**page):
        return await auxiliary_ledger(work, books.ledger, account, {"party": party}, **books.how, first=202504, last=202612, **page)

    lines, page = await all_pages(read, lambda page: page.lines, 3)
    mine = [x for x in books.of("1122") if x.party == party]
    balance = sum((x.debit - x.credit for x in mine if x.period < 202504), D(0))
    after = [x for x in mine if x.period >= 202504]
    assert len(lines) == len(after) > 2
    for line, x in zip(lines, after, strict=True):
        balance += x.debit - x.credit
        assert (line.entry_on, line.debit, line.credit, line.balance, line.posted) == (x.on, x.debit, x.credit, balance, x.posted)
    assert page.figures.closing == balance


async def test_a_party_that_no_voucher_names_has_no_ledger(work, books):
    account = await get_account(work, books.ledger, "1122")
    with pytest.raises(NothingSaid):
        await auxiliary_ledger(work, books.ledger, account, {"party": new_id()}, **books.how, first=202501, last=202501)


@pytest.mark.parametrize("limit", [1, 7, 500])
async def test_an_account_s_ledger_totals_each_month_however_it_is_cut_into_pages(work, books, limit):
    account = await get_account(work, books.ledger, SPLIT)

    async def read(**page):
        return await account_ledger(work, books.ledger, account, **books.how, first=202502, last=202604, **page)

    lines, last = await all_pages(read, lambda page: [*page.lines, *page.months], limit)
    months = [x for x in lines if isinstance(x, MonthTotal)]
    mine = books.of(SPLIT, 202502, 202604)
    assert [m.period for m in months] == sorted({x.period for x in mine})
    for month in months:
        of, year = books.of(SPLIT, month.period, month.period), books.of(SPLIT, month.period // 100 * 100, month.period)
        assert (month.debit, month.credit) == (total(of, "debit"), total(of, "credit"))
        assert (month.year_debit, month.year_credit) == (total(year, "debit"), total(year, "credit"))
        assert month.balance == books.net(SPLIT, 0, month.period)
    assert last.figures.closing == books.net(SPLIT, 0, 202604)


@pytest.mark.parametrize("limit", [1, 5, 500])
async def test_the_chronological_book_holds_every_line_once_in_order(work, books, limit):
    async def read(**page):
        return await chronicle(work, books.ledger, **books.how, first=202503, last=202511, **page)

    lines, last = await all_pages(read, lambda page: page.lines, limit)
    mine = books.of("", 202503, 202511)
    assert len(lines) == len(mine) > 50
    assert [(x.entry_on, x.number, x.position) for x in lines] == sorted((x.entry_on, x.number, x.position) for x in lines)
    assert sorted((x.summary, x.account, x.debit, x.credit, x.posted) for x in lines) == sorted(
        (f"v{x.voucher}", x.account, x.debit, x.credit, x.posted) for x in mine
    )
    for period in {x.period for x in mine}:
        numbers = {x.number for x in lines if x.entry_on.year * 100 + x.entry_on.month == period}
        assert numbers == set(range(1, len(numbers) + 1))
    assert last.debit == last.credit == total(mine, "debit")


async def test_columns_of_both_sides_show_debits_and_credits_apart(work, books):
    account = await get_account(work, books.ledger, "2221")
    page = await column_ledger(work, books.ledger, account, **books.how, first=202501, last=202612, analysis=Analysis.BOTH, limit=500)
    for column in page.columns:
        assert column.moved == total(books.of(column.group, 202501, 202612), column.side)
        assert column.moved == sum(page.place(line).get(column.key, D(0)) for line in page.book.lines)
    assert [column.side for column in page.columns] == sorted((c.side for c in page.columns), reverse=True)
    assert sum(c.moved for c in page.columns if c.side == "debit") == page.book.figures.debit
    assert sum(c.moved for c in page.columns if c.side == "credit") == page.book.figures.credit


async def test_columns_may_be_the_values_of_a_dimension(work, books):
    account = await get_account(work, books.ledger, "1122")
    page = await column_ledger(work, books.ledger, account, **books.how, first=202504, last=202612, dimension="party", limit=500)
    for column in page.columns:
        party = None if column.group == "-" else UUID(column.group)
        mine = [x for x in books.of("1122", 202504, 202612) if x.party == party]
        assert column.moved == total(mine, "debit") - total(mine, "credit")
        assert column.moved == sum(page.place(line).get(column.key, D(0)) for line in page.book.lines)
    assert sum(column.closing for column in page.columns) == page.book.figures.closing


async def test_drafts_are_left_out_unless_they_are_asked_for(work, books):
    drafts = [x for x in books.lines if not x.posted]
    assert bool(drafts) == books.how["unposted"]
    page = await chronicle(work, books.ledger, first=202501, last=202612, limit=500)
    assert len(page.lines) == len(books.lines) - len(drafts)
    balances = await trial_balance(work, books.ledger, first=202501, last=202612)
    assert balances.totals.debit == total([x for x in books.lines if x.posted], "debit")


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


API, SPAN = "/api/v1/finance/books", "first=202603&last=202604"
PAGES = ("general", "account", "trial", "journal", "chronicle", "columns", "auxiliary", "summary")


@pytest.fixture
async def company(client):
    """A company with two vouchers: bought in March, sold to a customer in April.  Gives the browser and the customer's id."""
    client.cookies.set("lang", "en")
    assert (await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})).status_code == 201
    made = await client.post("/api/v1/parties", json={"name": "百川贸易", "kind": "organisation"})
    assert made.status_code == 201, made.text
    party = made.json()["id"]
    bought = [{"account": "560201", "summary": "Paper", "debit": "80.00"}, {"account": "1002", "summary": "Paper", "credit": "80.00"}]
    sold = [
        {"account": "1122", "summary": "Sale", "debit": "300.00", "dimensions": {"party": party}},
        {"account": "5001", "summary": "Sale", "credit": "300.00"},
    ]
    for on, lines in (("2026-03-09", bought), ("2026-04-10", sold)):
        answer = await client.post("/api/v1/vouchers", json={"on": on, "lines": lines, "post": True})
        assert answer.status_code == 201, answer.text
    return client, party


async def test_the_api_reads_every_book(company):
    client, party = company

    async def read(path):
        answer = await client.get(f"{API}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    general = await read(f"general?{SPAN}")
    bank = next(a for a in general["accounts"] if a["account"] == "1002")
    assert [(m["period"], m["closing"], m["year_credit"]) for m in bank["months"]] == [
        (202603, "-80.00", "80.00"),
        (202604, "-80.00", "80.00"),
    ]
    book = await read(f"journal?account=1002&{SPAN}")
    assert book["lines"][0]["counter"] == ["560201"]
    assert book["lines"][0]["day"]["credit"] == "80.00"
    columns = await read(f"columns?account=5602&{SPAN}")
    assert [(c["account"], c["moved"]) for c in columns["columns"]] == [("560201", "80.00")]
    summary = await read(f"summary?{SPAN}")
    assert (summary["debit"], summary["words"][0]["vouchers"], len(summary["rows"])) == ("380.00", 2, 4)
    by_party = await read(f"auxiliary?account=1122&{SPAN}")
    assert [(r["value"], r["name"], r["figures"]["closing"]) for r in by_party["rows"]] == [(party, "百川贸易", "300.00")]
    lines = await read(f"auxiliary/lines?account=1122&value={party}&{SPAN}")
    assert [(x["debit"], x["balance"]) for x in lines["lines"]] == [("300.00", "300.00")]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("journal?account=5001", 422, "no_cash_account"),
        ("journal?account=1002&after=x", 422, "bad_cursor"),
        ("columns?account=1002", 422, "no_sub_accounts"),
        ("auxiliary?account=1122&dimension=colour", 422, "dimension_not_found"),
        ("auxiliary?account=9", 404, "account_not_found"),
        ("auxiliary/lines?account=1122&value=00000000-0000-0000-0000-000000000001", 404, "dimension_value_not_found"),
        ("general?limit=0", 422, "invalid"),
        ("general?first=200001&last=202612", 422, "invalid"),
        ("summary?level=0", 422, "invalid"),
        ("general?level=-1", 422, "invalid"),
    ],
)
async def test_what_makes_no_book_gets_its_own_error(company, path, status, code):
    answer = await company[0].get(f"{API}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("tab", PAGES)
@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_every_book_is_a_page_and_a_file(company, tab, language):
    client, _party = company
    client.cookies.set("lang", language)
    page = await client.get(f"/finance/books/{tab}?{SPAN}")
    assert page.status_code == 200, page.text[:500]
    assert page.text.count('aria-current="page"') >= 1
    for form in ("csv", "xlsx"):
        answer = await client.get(f"/finance/books/{tab}?{SPAN}&form={form}")
        assert answer.status_code == 200
        assert answer.content[:2] == b"PK" if form == "xlsx" else answer.text.count("\n") >= 1
    assert (await client.get(f"/finance/books/{tab}?{SPAN}&form=pdf")).content[:5] == b"%PDF-"
    assert (await client.get(f"/finance/books/{tab}?form=exe")).status_code == 404


async def test_books_lead_down_to_the_voucher(company):
    client, _party = company
    assert (await client.get("/finance/books")).headers["location"] == "/finance/books/general"
    general = (await client.get(f"/finance/books/general?{SPAN}")).text
    link = re.search(r'href="(/finance/accounts/1002/ledger\?[^"]+)"', general)[1].replace("&amp;", "&")
    assert re.search(r'href="/vouchers/[0-9a-f-]{36}"', (await client.get(link)).text)
    journal_page = (await client.get(f"/finance/books/journal?account=1002&{SPAN}")).text
    assert "Total of the day" in words(journal_page)
    assert re.search(r'href="/vouchers/[0-9a-f-]{36}"', journal_page)
    by_party = (await client.get(f"/finance/books/auxiliary?account=1122&{SPAN}")).text
    link = re.search(r'href="(/finance/books/auxiliary/lines\?[^"]+)"', by_party)[1].replace("&amp;", "&")
    lines = (await client.get(link)).text
    assert "百川贸易" in lines
    assert "300.00" in lines
    assert re.search(r'href="/vouchers/[0-9a-f-]{36}"', lines)


async def test_without_a_ledger_the_shelf_leads_to_set_up(client):
    for tab in PAGES:
        assert (await client.get(f"/finance/books/{tab}")).headers["location"] == "/finance/setup"


async def test_books_want_the_right_to_read_them(client_for, tenant):
    stranger = await client_for(tenant, permissions={"finance.voucher.read"})
    for tab in PAGES:
        assert (await stranger.get(f"/finance/books/{tab}")).status_code == 403
        address = {"account": "/api/v1/finance/accounts/1002/ledger", "trial": "/api/v1/finance/trial-balance"}.get(tab, f"{API}/{tab}")
        for path in (address, f"{address}/file"):
            assert (await stranger.get(f"{path}?account=1002")).status_code == 403
