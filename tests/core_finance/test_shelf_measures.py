"""Books of quantities, foreign money and several dimensions, against plain Python; and drafts against what they become."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core_finance.books.auxiliary import auxiliary_balances, auxiliary_ledger
from core_finance.books.columns import column_ledger
from core_finance.books.ledger import BadCursor
from core_finance.books.measured import NoForeignCurrency, NoUnit, currency_ledger, quantity_ledger
from core_finance.books.trial import Detail, trial_balance
from core_finance.chart.ledgers import create_ledger
from core_finance.chart.service import get_account
from core_finance.dimensions.model import DimensionItem, DimensionKind
from core_finance.dimensions.service import DimensionNotFound
from core_finance.posting.engine import post_all
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.vouchers.service import post_draft, save_draft
from kernel.errors import Invalid
from kernel.ids import new_id
from master_data.api import Department

D = Decimal
STOCK, BANK, COST, OTHER = "1405", "1002", "5602", "5001"


@dataclass
class Kept:
    """What the oracle keeps: of each line its voucher's day, account, net amount, measure and what it names."""

    ledger: Any
    departments: list
    projects: list
    regions: list
    lines: list[tuple[date, str, Decimal, Decimal, dict]] = field(default_factory=list)
    drafts: list = field(default_factory=list)

    def of(self, code, first=0, last=999999, **named):
        return [
            x for x in self.lines
            if x[1].startswith(code) and first <= x[0].year * 100 + x[0].month <= last
            and all(x[4].get(kind) == value for kind, value in named.items())
        ]  # fmt: skip


def net(lines, place=2):
    return sum((x[place] for x in lines), D(0))


@pytest.fixture
async def kept(work):
    """A year of goods that come and go, dollars, and costs of departments, projects and regions; the last third are drafts."""
    ledger = await create_ledger(work, name="Measures", start=date(2026, 1, 1))
    departments, projects, regions = ([new_id() for _ in range(2)] for _ in range(3))
    work.session.add(DimensionKind(key="region", name="地区", name_en="Region", position=1))
    work.session.add_all([Department(id=key, code=f"D{n}", name=f"部门{n}") for n, key in enumerate(departments)])
    work.session.add_all([DimensionItem(id=key, kind="project", code=f"P{n}", name=f"项目{n}") for n, key in enumerate(projects)])
    work.session.add_all([DimensionItem(id=key, kind="region", code=f"R{n}", name=f"地区{n}") for n, key in enumerate(regions)])
    (await get_account(work, ledger, STOCK)).unit = "件"
    (await get_account(work, ledger, BANK)).currency = "USD"
    (await get_account(work, ledger, "560201")).optional_dimensions = ["department", "project", "region"]
    await work.session.flush()
    made, chosen, vouchers = Kept(ledger, departments, projects, regions), random.Random(3), []
    on = date(2026, 1, 1)
    for number in range(60):
        on += timedelta(days=chosen.choice((1, 5, 9)))
        sign = chosen.choice((1, 1, -1))
        if number % 3 == 0:
            quantity = D(chosen.randint(1, 90))
            amount = quantity * D("12.5")
            more, code, measure, named = {"quantity": quantity}, STOCK, sign * quantity, {}
        elif number % 3 == 1:
            money = D(chosen.randint(100, 9000)) / 100
            amount = (money * D("7.1")).quantize(D("0.01"))
            more, code, measure, named = {"currency": "USD", "currency_amount": money, "rate": D("7.1")}, BANK, sign * money, {}
        else:
            amount, sign = D(chosen.randint(1, 9000)), 1
            choices = {"department": departments, "project": projects, "region": regions}
            named = {kind: chosen.choice(items) for kind, items in choices.items() if chosen.random() < 0.8}
            more, code, measure = {"dimensions": named}, "560201", D(0)
        debit, credit = (amount, D(0)) if sign > 0 else (D(0), amount)
        lines = [
            NewLine(account=code, summary=f"m{number}", debit=debit, credit=credit, **more),
            NewLine(account=OTHER, summary=f"m{number}", debit=credit, credit=debit),
        ]
        made.lines.append((on, code, debit - credit, measure, named))
        vouchers.append(NewVoucher(on=min(on, date(2026, 12, 31)), lines=lines))
    await post_all(work, ledger, vouchers[:40])
    for place, voucher in enumerate(vouchers[40:]):
        draft = await save_draft(work, ledger, voucher)
        draft.place = place
        made.drafts.append(draft.id)
    await work.session.flush()
    return made


SPAN = {"first": 202603, "last": 202612}


async def pages(read, limit):
    lines, after = [], None
    while True:
        page = await read(after=after, limit=limit)
        lines += page.lines
        after = page.following
        if after is None:
            return lines, page


@pytest.mark.parametrize("limit", [1, 4, 500])
@pytest.mark.parametrize(("code", "read"), [(STOCK, quantity_ledger), (BANK, currency_ledger)])
async def test_a_ledger_runs_the_measure_and_the_amount_side_by_side(work, kept, code, read, limit):
    account = await get_account(work, kept.ledger, code)
    lines, page = await pages(lambda **how: read(work, kept.ledger, account, unposted=True, **SPAN, **how), limit)
    before, mine = kept.of(code, 0, 202602), kept.of(code, 202603, 202612)
    assert len(lines) == len(mine) > 10
    measure, amount = net(before, 3), net(before)
    for entry, x in zip(lines, mine, strict=True):
        measure, amount = measure + x[3], amount + x[2]
        assert (entry.debit - entry.credit, entry.balance, entry.line.balance) == (x[3], measure, amount)
    assert (page.figures.opening, page.figures.closing) == (net(before, 3), measure)
    assert page.figures.debit == sum((x[3] for x in mine if x[3] > 0), D(0))


async def test_only_what_is_measured_has_such_a_ledger(work, kept):
    other = await get_account(work, kept.ledger, OTHER)
    with pytest.raises(NoUnit):
        await quantity_ledger(work, kept.ledger, other, **SPAN)
    with pytest.raises(NoForeignCurrency):
        await currency_ledger(work, kept.ledger, other, **SPAN)
    with pytest.raises(NoForeignCurrency):
        await currency_ledger(work, kept.ledger, await get_account(work, kept.ledger, BANK), "EUR", **SPAN)


@pytest.mark.parametrize("cursor", ["x", "x~1", "~", "W10~NaN"])
async def test_a_broken_cursor_is_refused(work, kept, cursor):
    with pytest.raises(BadCursor):
        await quantity_ledger(work, kept.ledger, await get_account(work, kept.ledger, STOCK), after=cursor, **SPAN)


@pytest.mark.parametrize("kinds", [("department",), ("region",), ("department", "project"), ("region", "department")])
async def test_balances_by_one_or_two_dimensions_add_up(work, kept, kinds):
    account = await get_account(work, kept.ledger, COST)
    made = await auxiliary_balances(work, kept.ledger, account, *kinds, unposted=True, **SPAN)
    for row in made.rows:
        named = dict(zip(kinds, row.values, strict=True))
        mine = kept.of(COST, 202603, 202612, **named)
        assert row.figures.debit - row.figures.credit == net(mine)
        assert row.figures.opening == net(kept.of(COST, 0, 202602, **named))
        assert [name == "未指定" for name in row.names] == [value is None for value in row.values]
    assert made.total.closing == net(kept.of(COST, 0, 202612)) == sum(row.figures.closing for row in made.rows)


async def test_the_lines_of_a_pair_name_both(work, kept):
    account, pair = await get_account(work, kept.ledger, COST), {"department": kept.departments[0], "region": kept.regions[1]}
    lines, page = await pages(lambda **how: auxiliary_ledger(work, kept.ledger, account, pair, unposted=True, **SPAN, **how), 1)
    mine = kept.of(COST, 202603, 202612, **pair)
    assert [(x.entry_on, x.debit - x.credit) for x in lines] == [(x[0], x[2]) for x in mine]
    assert page.figures.closing == net(kept.of(COST, 0, 202612, **pair))


async def test_columns_may_be_the_company_s_own_dimension(work, kept):
    account = await get_account(work, kept.ledger, "560201")
    page = await column_ledger(work, kept.ledger, account, dimension="region", unposted=True, limit=500, **SPAN)
    assert {c.label for c in page.columns} >= {"地区0", "地区1"}
    for column in page.columns:
        assert column.moved == sum(page.place(line).get(column.key, D(0)) for line in page.book.lines)


async def test_a_dimension_that_is_none_is_refused(work, kept):
    account = await get_account(work, kept.ledger, COST)
    with pytest.raises(DimensionNotFound):
        await auxiliary_balances(work, kept.ledger, account, "colour", **SPAN)
    with pytest.raises(Invalid):
        await auxiliary_balances(work, kept.ledger, account, "region", "region", **SPAN)


async def test_a_trial_balance_shows_parts_quantities_and_currencies(work, kept):
    made = await trial_balance(
        work, kept.ledger, detail=Detail(auxiliary=True, quantity=True, currency=True), unposted=True, **SPAN
    )  # fmt: skip
    rows = {row.code: row for row in made}
    assert rows[STOCK].quantity.quantity_closing == net(kept.of(STOCK), 3)
    assert [(name, of.currency_closing) for name, of in rows[BANK].currencies] == [("USD", net(kept.of(BANK), 3))]
    named = [x for x in kept.of("560201") if x[4]]
    assert sum(part.closing for part in rows["560201"].parts) == net(named)
    assert len(rows["560201"].parts) == len({tuple(sorted(x[4].items())) for x in named})
    assert rows[COST].parts == ()


async def test_drafts_read_as_what_they_are_when_posted(work, kept):
    """Every book with drafts is the same book once they are posted: numbers, figures, parts."""

    async def read(*, unposted):
        how = {"unposted": unposted, **SPAN}
        account = {code: await get_account(work, kept.ledger, code) for code in (STOCK, BANK, COST)}
        detail = Detail(auxiliary=True, quantity=True, currency=True, empty=True)
        trial = await trial_balance(work, kept.ledger, detail=detail, **how)
        stock = await quantity_ledger(work, kept.ledger, account[STOCK], limit=500, **how)
        bank = await currency_ledger(work, kept.ledger, account[BANK], limit=500, **how)
        pairs = await auxiliary_balances(work, kept.ledger, account[COST], "project", "region", **how)
        split = await column_ledger(work, kept.ledger, account[COST], limit=500, **how)
        lines = [x.line for x in (*stock.lines, *bank.lines)] + list(split.book.lines)
        told = [(x.voucher_id, x.voucher, x.position, x.balance, x.currency, x.quantity) for x in lines]
        figures = [(r.code, r.figures, r.parts, r.quantity, r.currencies) for r in trial]
        return told, figures, [(r.values, r.figures) for r in pairs.rows], split.columns

    before = await read(unposted=True)
    assert before != await read(unposted=False)
    for draft_id in kept.drafts:
        await post_draft(work, kept.ledger, draft_id)
    assert await read(unposted=False) == before
    assert await read(unposted=True) == before
