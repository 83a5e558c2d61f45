"""Cash flows by the direct method: hand-made vouchers, random ones, red letters, two readers at once."""

import asyncio
import random
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_finance.cash_flow.items import ItemFilter, apply_rules, choose_item, movements, proof
from core_finance.cash_flow.own_rules import save_rule
from core_finance.cash_flow.rules import Rules, items
from core_finance.cash_flow.service import cash_totals, settle
from core_finance.cash_flow.split import Line, split
from core_finance.chart import official
from core_finance.chart.ledgers import create_ledger
from core_finance.chart.model import Standard, Taxpayer
from core_finance.chart.service import accounts
from core_finance.posting.engine import post, post_all
from core_finance.posting.reading import read_voucher
from core_finance.posting.reversal import red_letter
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.statements.layout import cash_rules
from core_finance.statements.service import statement

D = Decimal
CASH = ("1001", "1002", "1012")


def voucher(*lines, on=date(2026, 3, 9), **more):
    """``"1002 100"`` debits, ``"-1122 100"`` credits; ``@3`` chooses line 3."""
    made = []
    for text in lines:
        words = text.split()
        side = "credit" if words[0].startswith("-") else "debit"
        item = next((int(word[1:]) for word in words if word.startswith("@")), None)
        made.append(NewLine(account=words[0].lstrip("-"), summary="x", cash_item=item, **{side: D(words[1])}))
    return NewVoucher(on=on, lines=made, by_hand=False, **more)


@pytest.fixture
async def small(work):
    return await create_ledger(work, name="Small", start=date(2026, 1, 1))


@pytest.fixture
async def enterprise(work):
    return await create_ledger(work, name="Large", standard=Standard.ENTERPRISE, start=date(2026, 1, 1))


async def totals_of(work, ledger, first, last):
    """Line -> money in less money out, over some periods."""
    return (await cash_totals(work, ledger, {"asked": (first, last)}))["asked"]


async def flows(work, ledger, *vouchers):
    """Line -> money in less money out, after posting."""
    await post_all(work, ledger, vouchers)
    await settle(work, ledger)
    return {item: amount for item, amount in (await totals_of(work, ledger, 202601, 202612)).items() if amount}


CASES = {
    "a receipt with its tax": (["1002 113", "-5001 100", "-22210107 13"], {1: 113}),
    "a customer pays": (["1002 50", "-1122 50"], {1: 50}),
    "a sale is refunded": (["5001 100", "22210107 13", "-1002 113"], {1: -113}),
    "materials with input tax": (["1403 100", "22210101 13", "-1002 113"], {3: -113}),
    "a machine with input tax": (["1601 100", "22210101 13", "-1002 113"], {12: -113}),
    "a machine half on credit": (["1601 100", "-1002 50", "-2202 50"], {12: -50}),
    "wages less tax kept back": (["221101 10000", "-1002 9500", "-222116 500"], {4: -9500}),
    "tax kept back is paid": (["222116 500", "-1002 500"], {5: -500}),
    "VAT of last month": (["222102 30", "222112 2.10", "-1002 32.10"], {5: -D("32.10")}),
    "VAT of this month": (["22210103 30", "-1002 30"], {5: -30}),
    "between our accounts": (["1002 100", "-1001 100"], {}),
    "cash out and a cost": (["1001 2000", "560202 500", "-1002 2500"], {6: -500}),
    "a receipt less the bank's charge": (["1002 990", "560303 10", "-1122 1000"], {1: 990}),
    "in and out in one voucher": (["1002 100", "-1122 100", "2202 100", "-1002 100"], {1: 100, 3: -100}),
    "interest of the bank in red": (["1002 5", "560302 -5"], {2: 5}),
    "dividends": (["2232 70", "-1002 70"], {18: -70}),
    "a loan and its interest": (["2001 1000", "560301 12", "-1002 1012"], {16: -1000, 17: -12}),
    "cents that do not divide": (["1601 100", "1403 100", "560202 100", "-1002 100", "-2202 200"],
                                 {12: -D("33.34"), 3: -D("33.33"), 6: -D("33.33")}),
    "a difference of exchange": (["1002 8", "-530105 8"], {6: 8}),
    "a grant": (["1002 8", "-530102 8"], {2: 8}),
    "chosen at entry": (["1002 8", "-530102 8 @15"], {15: 8}),
    "chosen on the cash": (["1002 8 @15", "-530102 8"], {15: 8}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_a_voucher_of_the_small_business_standard(work, small, name):
    lines, expected = CASES[name]
    assert await flows(work, small, voucher(*lines)) == expected


@pytest.mark.parametrize("name", CASES)
async def test_a_red_letter_takes_back_what_the_voucher_said(work, small, name):
    posted = await post(work, small, voucher(*CASES[name][0]))
    await settle(work, small)
    assert await flows(work, small, red_letter(await read_voucher(work, posted.id), date(2026, 4, 1))) == {}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["1002 9", "-222102 9"], {2: 9}),
        (["222116 500", "-1002 500"], {6: -500}),
        (["1002 8", "-660303 8"], {32: 8}),
        (["2605 100", "-1002 100"], {29: -100}),
        (["1711 100", "-1002 100"], {19: -100}),
        (["1002 80", "-1002 80"], {}),
        (["1002 80", "-1811 80"], {0: 80}),
    ],
)
async def test_a_voucher_of_the_enterprise_standard(work, enterprise, lines, expected):
    assert await flows(work, enterprise, voucher(*lines)) == expected


async def test_a_small_scale_taxpayer_pays_and_collects_vat_on_one_account(work):
    ledger = await create_ledger(work, name="Tiny", taxpayer=Taxpayer.SMALL_SCALE, start=date(2026, 1, 1))
    sale, paid = voucher("1002 101", "-5001 100", "-222101 1"), voucher("222101 1", "560303 5", "-1002 6")
    assert await flows(work, ledger, sale, paid) == {1: 101, 5: -1, 6: -5}


@pytest.mark.parametrize("standard", list(Standard))
@pytest.mark.parametrize("taxpayer", list(Taxpayer))
def test_every_account_of_the_chart_has_a_line_or_is_left_to_a_person_on_purpose(standard, taxpayer):
    known = cash_rules(standard)["accounts"]
    rules, valid = Rules(standard, taxpayer, {}), items(standard)
    for account in official.chart(standard, taxpayer):
        if official.is_cash(account.code):
            continue
        if not any(account.code.startswith(prefix) for prefix in known):
            pytest.fail(f"{account.code} {account.name}")
        for direction in ("in", "out"):
            item = rules.item(account.code, direction)
            assert item in valid or any(account.code.startswith(p) and pair is None for p, pair in known.items())


amounts = st.decimals("-9999.99", "9999.99", places=2).filter(bool)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["1002", "1001", "1122", "2202", "5001"]), amounts), min_size=1, max_size=8), st.booleans())
def test_the_shares_add_up_to_the_change_of_cash_whatever_the_voucher(drawn, red):
    nets = [*drawn, ("5602", -sum(net for _a, net in drawn))]
    lines = []
    for position, (code, net) in enumerate(nets, 1):
        on_debit = (net > 0) != red
        amount = -abs(net) if red else abs(net)
        lines.append(Line(position, code, amount if on_debit else D(0), D(0) if on_debit else amount, code.startswith("10")))
    lines = [line for line in lines if line.value]
    shares = split(lines)
    assert sum((s.amount for s in shares), D(0)) == sum((line.debit - line.credit for line in lines if line.is_cash), D(0))
    assert all(abs(s.amount) <= abs(s.line.value) and not s.line.is_cash for s in shares)
    assert len({s.line.position for s in shares}) == len(shares)
    back = split([Line(x.position, x.account, -x.debit, -x.credit, x.is_cash) for x in lines], reverses=True)
    if sum(x.debit for x in lines) >= 0:
        assert {s.line.position: -s.amount for s in back} == {s.line.position: s.amount for s in shares}


@pytest.mark.parametrize("standard", list(Standard))
async def test_random_books_prove_the_change_of_cash(work, standard):
    ledger = await create_ledger(work, name="Random", standard=standard, start=date(2026, 1, 1))
    chosen = random.Random(5)
    leaves = [a.code for a in await accounts(work, ledger, leaves=True)]
    vouchers = []
    for _ in range(200):
        picked = [chosen.choice(CASH[:2]), *chosen.sample(leaves, chosen.randint(1, 4))]
        nets = [D(chosen.randint(-99_999, 99_999)) / 100 or D(1) for _ in picked]
        nets[-1] -= sum(nets)
        if 0 in nets:
            continue
        on = date(2026, chosen.randint(1, 12), 5)
        lines = [NewLine(account=c, **({"debit": n} if n > 0 else {"credit": -n})) for c, n in zip(picked, nets, strict=True)]
        vouchers.append(NewVoucher(on=on, by_hand=False, lines=lines))
    await post_all(work, ledger, vouchers)
    for first, last in ((202601, 202601), (202602, 202609), (202601, 202612)):
        assert (await proof(work, ledger, first, last)).holds
    made = await statement(work, ledger, "cash_flow", first=202607, last=202607)
    failing = {check.text for check in made.checks if not check.holds}
    untagged = (await totals_of(work, ledger, 202601, 202607)).get(0, D(0))
    assert bool(failing) == bool(untagged)


async def test_the_statement_has_year_and_month_and_ties_to_cash(work, small):
    await flows(
        work, small, voucher("1002 1000", "-3001 1000", on=date(2026, 1, 5)), voucher("1403 300", "-1002 300", on=date(2026, 2, 5)),
        voucher("1002 113", "-5001 100", "-22210107 13", on=date(2026, 3, 9)),
    )  # fmt: skip
    made = await statement(work, small, "cash_flow", first=202603, last=202603)
    assert made.holds
    rows = {number: (made.amount(number, "year"), made.amount(number, "period")) for number in (1, 3, 7, 15, 20, 21, 22)}
    assert rows == {1: (113, 113), 3: (300, 0), 7: (-187, 113), 15: (1000, 0), 20: (813, 113), 21: (0, 700), 22: (813, 813)}


async def test_the_enterprise_statement_compares_with_the_year_before(work, enterprise):
    await flows(
        work, enterprise, voucher("1002 1000", "-4001 1000", on=date(2026, 3, 5)), voucher("6601 30", "-1002 30", on=date(2027, 3, 5))
    )
    made = await statement(work, enterprise, "cash_flow", first=202703, last=202703)
    assert made.holds
    rows = {number: (made.amount(number, "period"), made.amount(number, "prior")) for number in (8, 23, 33, 34, 35)}
    assert rows == {8: (30, 0), 23: (0, 1000), 33: (-30, 1000), 34: (1000, 0), 35: (970, 1000)}


async def test_what_stands_on_no_line_is_named_with_its_amount(work, small):
    await flows(work, small, voucher("1002 80", "-310101 80"))
    made = await statement(work, small, "cash_flow", first=202603, last=202603)
    failing = [check for check in made.checks if not check.holds]
    assert any(check.left == 80 and check.right == 0 for check in failing)
    assert not made.holds


async def test_a_movement_is_put_on_a_line_and_the_totals_follow(work, small):
    await flows(work, small, voucher("1002 80", "-310101 80"), voucher("1002 20", "-1122 20"))
    wanted = ItemFilter(first=202601, last=202612)
    [first, second] = (await movements(work, small, wanted)).rows
    assert (first.item, first.amount, second.item) == (None, 80, 1)
    assert await choose_item(work, small, [first.id], 15) == 1
    assert await choose_item(work, small, [first.id], 15) == 0
    totals = await totals_of(work, small, 202601, 202612)
    assert (totals[0], totals[15], totals[1]) == (0, 80, 20)
    assert await choose_item(work, small, [second.id], None) == 1
    assert (await totals_of(work, small, 202601, 202612))[0] == 20


async def test_a_red_letter_follows_what_a_person_chose(work, small):
    posted = await post(work, small, voucher("1002 80", "-310101 80"))
    [row] = (await movements(work, small, ItemFilter(first=202601, last=202612))).rows
    await choose_item(work, small, [row.id], 15)
    assert await flows(work, small, red_letter(await read_voucher(work, posted.id), date(2026, 4, 1))) == {}


async def test_rules_asked_again_leave_alone_what_a_person_chose(work, small):
    await flows(work, small, voucher("1002 20", "-1122 20"), voucher("1002 7", "-1122 7"))
    [_, second] = (await movements(work, small, ItemFilter(first=202601, last=202612))).rows
    await choose_item(work, small, [second.id], 2)
    await save_rule(work, small, account="1122", direction="in", item=9)
    assert await apply_rules(work, small) == 1
    assert {i: a for i, a in (await totals_of(work, small, 202601, 202612)).items() if a} == {9: 20, 2: 7}


async def test_many_movements_come_page_by_page(work, small):
    await flows(work, small, *[voucher("1002 1", "-1122 1") for _ in range(5)], *[voucher("1002 1", "-310101 1") for _ in range(3)])
    wanted, seen, after = ItemFilter(first=202601, last=202612), [], None
    while True:
        page = await movements(work, small, wanted, after=after, limit=3)
        seen += page.rows
        after = page.following
        if after is None:
            break
    assert len({row.id for row in seen}) == len(seen) == 8
    assert [row.item for row in seen] == [None] * 3 + [1] * 5


async def test_two_readers_at_once_count_nothing_twice(database, tenant, work_for):
    maker = await work_for(tenant)
    ledger = await create_ledger(maker, name="Busy", start=date(2026, 1, 1))
    await post_all(maker, ledger, [voucher("1002 1", "-1122 1") for _ in range(50)])
    await maker.session.commit()

    async def read():
        async with database.work(tenant, maker.actor) as reader:
            done = await settle(reader, ledger)
            await reader.session.commit()
            return done

    assert sorted(await asyncio.gather(*(read() for _ in range(4)))) == [0, 0, 0, 50]
    assert (await totals_of(await work_for(tenant), ledger, 202601, 202612)) == {1: D(50)}


async def supplement(work, ledger, *vouchers, on=202603):
    """Line of the supplement -> amount of the month, of what is not zero."""
    await post_all(work, ledger, vouchers)
    made = await statement(work, ledger, "cash_flow", first=on, last=on)
    return {cell.line.number: cell.amounts["period"] for cell in made.supplement if cell.amounts["period"]}


SUPPLEMENTS = {
    "sold on credit": ([["1122 113", "-6001 100", "-22210107 13"]], {36: 100, 51: -113, 52: 13}),
    "stock bought": ([["1403 100", "22210101 13", "-1002 113"]], {50: -100, 52: -13, 54: -113}),
    "stock bought on credit": ([["1403 100", "-2202 100"]], {50: -100, 52: 100}),
    "depreciation": ([["6601 30", "5101 20", "-1602 50"]], {36: -30, 39: 50, 50: -20}),
    "interest paid": ([["660301 40", "-1002 40"]], {36: -40, 46: 40}),
    "interest accrued": ([["660301 40", "-2231 40"]], {36: -40, 46: 40}),
    "wages accrued and paid": ([["6601 90", "-221101 90"], ["221101 60", "-1002 60"]], {36: -90, 52: 30, 54: -60}),
    "bad debts": ([["6702 9", "-1231 9"], ["1231 4", "-1122 4"]], {36: -9, 38: 9}),
    "impaired assets": ([["6701 9", "-1603 5", "-1471 4"]], {36: -9, 37: 9}),
    "an asset sold": ([["1606 100", "1602 50", "-1601 150"], ["1002 80", "-1606 80"], ["6115 20", "-1606 20"]], {36: -20, 43: 20}),
    "currency gained on cash": ([["1002 8", "-660303 8"]], {36: 8, 46: -8}),
    "deferred tax": ([["1811 5", "680102 2", "-2901 7"]], {36: -2, 48: -5, 49: 7}),
    "profit transferred": ([["1122 100", "-6001 100"], ["6001 100", "-4103 100", "closing"]], {36: 100, 51: -100}),
}
CASH_LINES = {56, 57, 58}


@pytest.mark.parametrize("said", SUPPLEMENTS)
async def test_the_supplement_reaches_the_operating_cash_flow(work, enterprise, said):
    vouchers, expected = SUPPLEMENTS[said]
    kinds = [("closing" if lines[-1] == "closing" else "manual", [line for line in lines if line != "closing"]) for lines in vouchers]
    found = await supplement(work, enterprise, *[voucher(*lines, kind=kind) for kind, lines in kinds])
    assert {number: amount for number, amount in found.items() if number not in CASH_LINES} == expected


async def test_what_no_balance_explains_is_a_line_of_its_own(work, enterprise):
    found = await supplement(work, enterprise, voucher("1002 500", "-4001 500"), voucher("1601 70", "-2202 70"))
    assert found == {52: 70, 54: 70, 55: -70, 56: 500, 58: 500}


async def test_the_small_business_statement_has_no_supplement(work, small):
    assert await supplement(work, small, voucher("1002 500", "-3001 500")) == {}
