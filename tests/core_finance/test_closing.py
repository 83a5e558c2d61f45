"""The period end: steps, checks, close and reopen."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text, update
from tests.core_finance.invariants import broken_in

from core_finance.books.figures import figures
from core_finance.books.trial import trial_balance
from core_finance.chart.ledgers import create_ledger
from core_finance.chart.model import Account, Standard
from core_finance.chart.rules import LedgerRules, keep_rules
from core_finance.chart.service import get_account
from core_finance.closing.closing import PeriodNotReady, StatementsFiled, close, read_checks, reopen
from core_finance.closing.lines import sized
from core_finance.closing.model import CloseStep
from core_finance.closing.service import StepHasPosted, StepTooEarly, do_step, read_steps, skip_step
from core_finance.closing.view import State
from core_finance.periods.model import Period, PeriodState
from core_finance.periods.service import PeriodNotNext
from core_finance.posting import errors
from core_finance.posting.engine import post, post_all
from core_finance.posting.model import Voucher, VoucherLine
from core_finance.posting.reading import read_voucher
from core_finance.posting.reversal import reverse
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.statements.model import FiledStatement
from core_finance.statements.service import statement
from identity.audit.model import AuditEntry
from kernel import clock
from kernel.errors import Invalid
from kernel.i18n import using
from vertical import JournalLine

D = Decimal
TRANSFER, YEAR_END, EXCHANGE = "core_finance.transfer", "core_finance.year_end", "core_finance.exchange"


def voucher(on, *lines, **more):
    """``("1002", "100")`` debits, ``("5001", "-100")`` credits."""
    made = [
        NewLine(account=code, summary="x", debit=max(D(amount), D(0)), credit=max(-D(amount), D(0)), dimensions=of[0] if of else {})
        for code, amount, *of in lines
    ]
    return NewVoucher(on=on, lines=made, **more)


def month(period):
    return date(period // 100, period % 100, 15)


async def trade(work, ledger, period, revenue="1000.00", cost="600.00"):
    """A sale, its cost, and interest earned, which stands on an expense account in credit."""
    on = month(period)
    await post_all(work, ledger, [
        voucher(on, ("1122", revenue), ("5001", f"-{revenue}")), voucher(on, ("5401", cost), ("1405", f"-{cost}")),
        voucher(on, ("1002", "3.21"), ("560302", "-3.21")),
    ])  # fmt: skip


async def states(work, ledger, period):
    return {view.key: view.state for view in await read_steps(work, ledger, period) if view.state is not State.ABSENT}


async def closed_to(work, ledger, last):
    """Months up to ``last`` closed without looking."""
    await work.session.execute(update(Period).where(Period.ledger_id == ledger.id, Period.code <= last).values(state=PeriodState.CLOSED))


async def balance(work, ledger, code, period):
    account = await get_account(work, ledger, code)
    found = (await figures(work, ledger, period, period)).get(account.id)
    return found.closing if found else D(0)


async def story(work, ledger):
    """Every automatic voucher in words, so that two histories can be compared."""
    n, v = VoucherLine, Voucher
    query = (
        select(v.period, v.word, v.number, v.kind, Account.code, n.debit, n.credit, n.summary)
        .join(n, n.voucher_id == v.id).join(Account, Account.id == n.account_id)
        .where(v.ledger_id == ledger.id, v.source_kind == "period_end")
        .order_by(v.period, v.word, v.number, n.position)
    )  # fmt: skip
    return (await work.session.execute(query)).all()


@pytest.fixture
async def ledger(work):
    return await create_ledger(work, name="Main", start=date(2026, 1, 1))


async def test_a_step_shows_its_calculation_and_its_voucher_before_anything_is_posted(work, ledger):
    await trade(work, ledger, 202601)
    view = next(v for v in await read_steps(work, ledger, 202601) if v.key == TRANSFER)
    assert view.state is State.WAITING
    assert [row[1:] for row in view.table.rows] == [
        (D("1000.00"), None, 0, D("1000.00")), (None, D("600.00"), 0, D("600.00")), (None, D("-3.21"), 0, D("-3.21"))]  # fmt: skip
    assert [[(x.account, x.debit, x.credit) for x in lines] for lines in view.missing] == [
        [("5001", D("1000.00"), 0), ("3103", 0, D("1000.00"))],
        [("5401", 0, D("600.00")), ("560302", 0, D("-3.21")), ("3103", D("596.79"), 0)],
    ]
    assert await story(work, ledger) == []


async def test_profit_and_loss_goes_to_the_profit_of_the_year_and_the_income_statement_stays(work, ledger):
    await trade(work, ledger, 202601)
    before = await statement(work, ledger, "income_statement", first=202601, last=202601)
    view = await do_step(work, ledger, 202601, TRANSFER)
    assert (view.state, len(view.posted)) == (State.DONE, 2)
    assert await balance(work, ledger, "3103", 202601) == D("-403.21")
    after = await statement(work, ledger, "income_statement", first=202601, last=202601)
    assert [c.amounts for c in after.cells] == [c.amounts for c in before.cells]
    posted = await read_voucher(work, view.posted[0].id)
    assert (posted.kind, posted.source.path, posted.entry_on) == (
        "closing",
        "/finance/close/202601#core_finance-transfer",
        date(2026, 1, 31),
    )


async def test_done_again_the_transfer_shows_the_whole_profit_and_what_was_transferred_before(work, ledger):
    await trade(work, ledger, 202601)
    first = await do_step(work, ledger, 202601, TRANSFER)
    assert next(row[1:] for row in first.table.rows) == (D("1000.00"), None, D("1000.00"), 0)
    await post(work, ledger, voucher(month(202601), ("1122", "50"), ("5001", "-50")))
    view = next(v for v in await read_steps(work, ledger, 202601) if v.key == TRANSFER)
    assert view.state is State.CHANGED
    assert [row[1:] for row in view.table.rows] == [
        (D("1050.00"), None, D("1000.00"), D("50.00")), (None, D("600.00"), D("600.00"), 0), (None, D("-3.21"), D("-3.21"), 0)]  # fmt: skip
    assert "453.21" in view.table.notes[0]
    assert "403.21" in view.table.notes[1]
    assert "50.00" in view.table.notes[1]
    assert [[(x.account, x.debit, x.credit) for x in lines] for lines in view.missing] == [[("5001", D(50), 0), ("3103", 0, D(50))]]
    await reverse(work, ledger, first.posted[0].id, on=date(2026, 1, 31))
    undone = next(v for v in await read_steps(work, ledger, 202601) if v.key == TRANSFER)
    assert next(row[1:] for row in undone.table.rows) == (D("1050.00"), None, 0, D("1050.00"))


async def test_vouchers_of_a_step_speak_the_company_s_language_and_its_table_the_reader_s(app, work, ledger):
    await trade(work, ledger, 202601)
    with using("en"):
        view = await do_step(work, ledger, 202601, TRANSFER)
        assert view.table.columns[1].label == "Revenue"
        posted = await read_voucher(work, view.posted[0].id)
        assert posted.lines[0].summary == "结转损益"
        assert posted.source.number == "结转损益"
        red = await read_voucher(work, (await reverse(work, ledger, posted.id, on=date(2026, 1, 31))).id)
        assert red.summary.startswith("注销")
    kept = await work.session.scalar(select(CloseStep.calculation).where(CloseStep.step == TRANSFER))
    assert kept["summary"] == "结转损益"


async def test_one_voucher_where_the_ledger_merges(work, ledger):
    keep_rules(ledger, LedgerRules(transfer="merged"))
    await trade(work, ledger, 202601)
    assert len((await do_step(work, ledger, 202601, TRANSFER)).posted) == 1
    assert await balance(work, ledger, "3103", 202601) == D("-403.21")


async def test_by_dimension_each_department_ends_at_nothing(work, ledger):
    from master_data.api import Department

    departments = [Department(code=f"D{n}", name=f"Shop {n}") for n in (1, 2)]
    work.session.add_all(departments)
    await work.session.flush()
    keep_rules(ledger, LedgerRules(transfer_by_dimension=True))
    for department, amount in zip(departments, ("70", "30"), strict=True):
        await post(work, ledger, voucher(month(202601), ("1002", amount), ("5001", f"-{amount}", {"department": department.id})))
    await post(work, ledger, voucher(month(202601), ("1002", "5"), ("5001", "-5")))
    view = await do_step(work, ledger, 202601, TRANSFER)
    lines = (await read_voucher(work, view.posted[0].id)).lines
    assert sorted((x.debit, bool(x.dimensions)) for x in lines if x.account == "5001") == [(5, False), (30, True), (70, True)]
    open_sets = (
        "SELECT count(*) FROM (SELECT 1 FROM finance_balance b JOIN finance_account a ON a.id = b.account_id WHERE a.code = '5001'"
        " GROUP BY b.dimension_set_id HAVING sum(b.debit - b.credit) <> 0) x"
    )
    assert await work.session.scalar(text(open_sets)) == 0


async def test_done_again_a_step_posts_just_the_difference(work, ledger):
    await trade(work, ledger, 202601)
    await do_step(work, ledger, 202601, TRANSFER)
    first = await story(work, ledger)
    assert (await do_step(work, ledger, 202601, TRANSFER)).state is State.DONE
    assert await story(work, ledger) == first
    await post(work, ledger, voucher(month(202601), ("5401", "50"), ("1405", "-50")))
    assert (await states(work, ledger, 202601))[TRANSFER] is State.CHANGED
    await do_step(work, ledger, 202601, TRANSFER)
    assert [row[4:7] for row in (await story(work, ledger))[len(first) :]] == [("5401", 0, 50), ("3103", 50, 0)]


async def test_what_was_reversed_by_hand_is_posted_anew(work, ledger):
    await trade(work, ledger, 202601)
    view = await do_step(work, ledger, 202601, TRANSFER)
    await reverse(work, ledger, view.posted[0].id, on=date(2026, 1, 31), by_hand=False)
    assert (await states(work, ledger, 202601))[TRANSFER] is State.CHANGED
    again = await do_step(work, ledger, 202601, TRANSFER)
    assert again.state is State.DONE
    assert await balance(work, ledger, "5001", 202601) == 0


async def test_close_reopen_close_gives_the_same_vouchers(work, ledger):
    await trade(work, ledger, 202601)
    await do_step(work, ledger, 202601, TRANSFER)
    await close(work, ledger, 202601)
    told = await story(work, ledger)
    book = await trial_balance(work, ledger, first=202601, last=202601)
    await reopen(work, ledger, 202601, "To look again")
    await do_step(work, ledger, 202601, TRANSFER)
    await close(work, ledger, 202601)
    assert await story(work, ledger) == told
    assert (await trial_balance(work, ledger, first=202601, last=202601)).totals == book.totals


async def test_steps_are_done_in_order(work, ledger):
    await closed_to(work, ledger, 202611)
    await trade(work, ledger, 202612)
    with pytest.raises(StepTooEarly):
        await do_step(work, ledger, 202612, YEAR_END)


async def test_skipping_needs_a_reason_and_standing_vouchers_cannot_be_skipped(work, ledger):
    await trade(work, ledger, 202601)
    with pytest.raises(Invalid):
        await skip_step(work, ledger, 202601, TRANSFER, " ")
    assert (await skip_step(work, ledger, 202601, TRANSFER, "表结法")).reason == "表结法"
    await do_step(work, ledger, 202601, TRANSFER)
    with pytest.raises(StepHasPosted):
        await skip_step(work, ledger, 202601, TRANSFER, "no")


async def test_the_small_business_standard_may_leave_the_transfer_to_december(work, ledger):
    await trade(work, ledger, 202601)
    with pytest.raises(PeriodNotReady):
        await close(work, ledger, 202601)
    await skip_step(work, ledger, 202601, TRANSFER, "表结法")
    await close(work, ledger, 202601)
    await closed_to(work, ledger, 202611)
    await skip_step(work, ledger, 202612, TRANSFER, "表结法")
    with pytest.raises(PeriodNotReady) as caught:
        await close(work, ledger, 202612)
    assert "core_finance.profit_and_loss" in {e.field for e in caught.value.errors}


async def test_the_enterprise_standard_may_not(work):
    ledger = await create_ledger(work, name="E", standard=Standard.ENTERPRISE, start=date(2026, 1, 1))
    await post(work, ledger, voucher(month(202601), ("1122", "10"), ("6001", "-10")))
    await skip_step(work, ledger, 202601, TRANSFER, "later")
    with pytest.raises(PeriodNotReady):
        await close(work, ledger, 202601)


@pytest.mark.parametrize(
    ("profit", "earlier", "capital", "reserve"),
    [
        ("1000.05", "0", None, "100.01"),  # half-up
        ("1000.00", "-400.00", None, "60.00"),  # after earlier losses
        ("1000.00", "400.00", None, "100.00"),
        ("1000.00", "0", "100.00", "50.00"),  # until half of the capital
        ("-1000.00", "0", None, "0"),
    ],
)
async def test_the_year_ends(work, ledger, profit, earlier, capital, reserve):
    keep_rules(ledger, LedgerRules(registered_capital=D(capital) if capital else None))
    if D(earlier):
        await post(work, ledger, voucher(month(202601), ("1002", earlier), ("310401", str(-D(earlier)))))
    await post(work, ledger, voucher(month(202612), ("1002", profit), ("5001", str(-D(profit)))))
    await closed_to(work, ledger, 202611)
    for key in (TRANSFER, YEAR_END):
        await do_step(work, ledger, 202612, key)
    assert await balance(work, ledger, "3103", 202612) == 0
    assert -await balance(work, ledger, "310101", 202612) == D(reserve)
    assert -await balance(work, ledger, "310401", 202612) == D(profit) + D(earlier) - D(reserve)
    assert await balance(work, ledger, "310403", 202612) == 0
    told = await story(work, ledger)
    await do_step(work, ledger, 202612, YEAR_END)
    assert await story(work, ledger) == told
    await close(work, ledger, 202612)


async def test_a_late_voucher_of_december_moves_profit_and_reserve_by_the_difference(work, ledger):
    await post(work, ledger, voucher(month(202612), ("1002", "1000"), ("5001", "-1000")))
    await closed_to(work, ledger, 202611)
    for key in (TRANSFER, YEAR_END):
        await do_step(work, ledger, 202612, key)
    await post(work, ledger, voucher(month(202612), ("560299", "200"), ("1002", "-200")))
    for key in (TRANSFER, YEAR_END):
        await do_step(work, ledger, 202612, key)
    assert [-await balance(work, ledger, code, 202612) for code in ("310101", "310401", "3103", "310403")] == [80, 720, 0, 0]
    red = [row for row in await story(work, ledger) if row.code == "310101"]
    assert [(row.debit, row.credit) for row in red] == [(0, 100), (0, -20)]


async def test_all_that_is_in_the_way_is_told_at_once_and_nothing_is_closed(work, ledger):
    await trade(work, ledger, 202602)
    with pytest.raises(PeriodNotReady) as caught:
        await close(work, ledger, 202602)
    fields = [e.field for e in caught.value.errors]
    assert fields == ["core_finance.earlier", "core_finance.profit_and_loss"]
    assert [f["path"] for f in caught.value.details["findings"]] == ["/finance/close/202601", "/finance/close/202602#core_finance-transfer"]
    assert await work.session.scalar(select(func.count()).where(Period.state == PeriodState.CLOSED, Period.ledger_id == ledger.id)) == 0


async def test_warnings_name_what_to_look_at_and_do_not_block(work, ledger):
    from master_data.api import create_party

    party = {"party": await create_party(work, name="联华")}
    await post_all(work, ledger, [
        voucher(month(202601), ("1403", "10"), ("1002", "-10")), voucher(month(202601), ("1002", "1"), ("1122", "-1", party)),
        voucher(month(202601), ("190101", "5"), ("1403", "-5")),
    ])  # fmt: skip
    found = {c.key: [f.message for f in c.findings] for c in await read_checks(work, ledger, 202601) if c.findings}
    assert set(found) == {"core_finance.negative_cash", "core_finance.wrong_side", "core_finance.pending", "core_finance.attachments"}
    assert "联华" in found["core_finance.wrong_side"][0]
    await close(work, ledger, 202601)


async def test_pending_losses_keep_the_year_open(work, ledger):
    await post(work, ledger, voucher(month(202612), ("190101", "5"), ("1403", "-5")))
    await closed_to(work, ledger, 202611)
    with pytest.raises(PeriodNotReady) as caught:
        await close(work, ledger, 202612)
    assert [e.field for e in caught.value.errors] == ["core_finance.pending_at_year_end"]


async def test_only_the_latest_closed_month_is_reopened_with_a_reason_that_is_kept(work, ledger):
    for code in (202601, 202602):
        await close(work, ledger, code)
    with pytest.raises(Invalid):
        await reopen(work, ledger, 202602, "")
    with pytest.raises(PeriodNotNext):
        await reopen(work, ledger, 202601, "x")
    await reopen(work, ledger, 202602, "A bill came late")
    entry = await work.session.scalar(select(AuditEntry).where(AuditEntry.action == "period.reopened"))
    assert (entry.before["state"], entry.after["state"], entry.after["reason"]) == ("closed", "open", "A bill came late")


async def test_filed_statements_keep_a_month_closed_unless_it_is_said(work, ledger):
    await close(work, ledger, 202601)
    work.session.add(FiledStatement(
        ledger_id=ledger.id, kind="balance_sheet", first=202601, last=202601, formulas_version=0, content={}, digest="x", filed_by="王会计",
        filed_at=clock.now(),
    ))  # fmt: skip
    await work.session.flush()
    with pytest.raises(StatementsFiled) as caught:
        await reopen(work, ledger, 202601, "x")
    assert "王会计" in caught.value.message
    assert (await reopen(work, ledger, 202601, "x", although_filed=True)).state is PeriodState.OPEN


def test_a_large_voucher_is_divided_and_each_part_balances():
    lines = [JournalLine(account=f"a{n}", amount=D(-1)) for n in range(2500)]
    lines += [JournalLine(account="b", amount=D(2400)), JournalLine(account="c", amount=D(100))]
    parts = sized(lines)
    assert all(len(part) <= 1000 and sum(x.amount for x in part) == 0 for part in parts)
    sums = {}
    for part in parts:
        for line in part:
            sums[line.account] = sums.get(line.account, 0) + line.amount
    assert sums == {line.account: line.amount for line in lines}


class TestTogether:
    """Several transactions at once, each committed."""

    @pytest.fixture
    async def within(self, database, tenant):
        async def run(act, *arguments, **more):
            async with database.work(tenant) as work:
                return await act(work, *arguments, **more)

        return run

    @pytest.fixture
    async def ledger(self, within):
        return await within(create_ledger, name="Main", start=date(2026, 1, 1))

    async def test_a_step_that_two_press_at_once_posts_once(self, within, ledger):
        await within(trade, ledger, 202601)
        await asyncio.gather(*(within(do_step, ledger, 202601, TRANSFER) for _ in range(4)))
        assert len(await within(story, ledger)) == 5

    async def test_a_voucher_never_lands_in_a_closed_month(self, within, ledger):
        """Whoever comes first wins: the others are refused by the closed month, or keep it open."""
        for code in range(202601, 202607):
            sales = [within(post, ledger, voucher(month(code), ("1002", "1"), ("5001", "-1"))) for _ in range(3)]
            results = await asyncio.gather(*sales[:2], within(close, ledger, code), sales[2], return_exceptions=True)
            closed = not isinstance(results[2], Exception)
            posted = [r for r in (*results[:2], results[3]) if not isinstance(r, Exception)]
            assert isinstance(results[2], PeriodNotReady) or closed
            assert all(isinstance(r, errors.PeriodClosed) for r in (*results[:2], results[3]) if isinstance(r, Exception))
            if closed:
                assert posted == []
            else:
                await within(do_step, ledger, code, TRANSFER)
                await within(close, ledger, code)
        assert await within(broken_in) == {}

    async def test_a_close_waits_for_who_is_posting_and_sees_it(self, within, ledger, database, tenant):
        async with database.work(tenant) as work:
            await post(work, ledger, voucher(month(202601), ("1002", "1"), ("5001", "-1")))
            closing = asyncio.create_task(within(close, ledger, 202601))
            done, _pending = await asyncio.wait([closing], timeout=0.2)
            assert not done
        with pytest.raises(PeriodNotReady):
            await closing

    async def test_who_posts_while_a_month_is_closed_waits_and_is_refused(self, within, ledger, database, tenant):
        async with database.work(tenant) as work:
            await close(work, ledger, 202601)
            posting = asyncio.create_task(within(post, ledger, voucher(month(202601), ("1002", "1"), ("5001", "-1"))))
            done, _pending = await asyncio.wait([posting], timeout=0.2)
            assert not done
        with pytest.raises(errors.PeriodClosed):
            await posting

    async def test_a_step_that_fails_half_way_leaves_nothing_and_goes_on_later(self, within, ledger, monkeypatch, state_of, tenant):
        await within(trade, ledger, 202601)
        before = await state_of(tenant)

        async def power_cut(*_arguments, **_more):
            raise RuntimeError("killed")

        with monkeypatch.context() as patch:
            patch.setattr("core_finance.closing.service._keep", power_cut)
            with pytest.raises(RuntimeError):
                await within(do_step, ledger, 202601, TRANSFER)
        assert await state_of(tenant) == before
        view = await within(do_step, ledger, 202601, TRANSFER)
        assert (view.state, len(view.posted)) == (State.DONE, 2)
