"""The ledger under any history: after each step debits equal credits, balances equal lines, and numbers have no gaps."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from tests.core_finance.invariants import broken_in

from core_finance.chart.ledgers import create_ledger
from core_finance.closing.closing import PeriodNotReady, close, reopen
from core_finance.closing.service import do_step
from core_finance.closing.view import State
from core_finance.periods.service import PeriodNotNext
from core_finance.posting import errors
from core_finance.posting.engine import post, post_each
from core_finance.posting.reversal import reverse
from core_finance.posting.voucher import NewLine, NewVoucher

TRANSFER = "core_finance.transfer"
ACCOUNTS = ("1001", "1002", "1122", "1403", "2202", "5001", "5401")
D = Decimal
cents = st.integers(1, 10**9).map(lambda amount: D(amount) / 100)
days = st.dates(date(2026, 1, 1), date(2026, 4, 30))


@st.composite
def vouchers(draw):
    """Balanced vouchers of two to six lines, some in red."""
    amounts = draw(st.lists(cents, min_size=1, max_size=5))
    sign = draw(st.sampled_from((1, 1, 1, -1)))
    lines = [NewLine(account=draw(st.sampled_from(ACCOUNTS)), debit=sign * amount, summary="x") for amount in amounts]
    lines.append(NewLine(account=draw(st.sampled_from(ACCOUNTS)), credit=sign * sum(amounts, D(0)), summary="x"))
    return NewVoucher(on=draw(days), word=draw(st.sampled_from(words_of(lines))), lines=lines)


def words_of(lines):
    """Voucher words that fit: 收 debits cash, 付 credits it, 转 does not touch it."""
    cash = [line for line in lines if line.account in ("1001", "1002")]
    return "记" + "收" * any(x.debit for x in cash) + "付" * any(x.credit for x in cash) + "转" * (not cash)


class LedgerMachine(RuleBasedStateMachine):
    """What people do to one ledger.  ``run`` hands a coroutine to the tests' event loop and waits for it."""

    posted = Bundle("posted")
    run: staticmethod
    database = new_tenant = None

    @initialize()
    def open_books(self):
        self.tenant = self.run(self.new_tenant())
        self.ledger = self.run(self.within(create_ledger, name="Main", start=date(2026, 1, 1)))
        self.keys = 0
        self.numbers = Counter()
        self.balances = defaultdict(D)
        self.closed = 202512

    async def within(self, act, *arguments, **more):
        async with self.database.work(self.tenant) as work:
            return await act(work, *arguments, **more)

    def is_open(self, voucher):
        return voucher.period > self.closed

    def keep(self, voucher, result):
        self.numbers[voucher.period, voucher.word] += 1
        assert result.number == self.numbers[voucher.period, voucher.word]
        for line in voucher.lines:
            self.balances[voucher.period, line.account] += line.debit - line.credit

    @rule(target=posted, voucher=vouchers())
    def post_one(self, voucher):
        self.keys += 1
        voucher = replace(voucher, idempotency_key=f"k{self.keys}")
        if not self.is_open(voucher):
            with pytest.raises(errors.PeriodClosed):
                self.run(self.within(post, self.ledger, voucher))
            return None
        result = self.run(self.within(post, self.ledger, voucher))
        self.keep(voucher, result)
        return voucher, result

    @rule(entry=posted)
    def post_again(self, entry):
        if entry:
            again = self.run(self.within(post, self.ledger, replace(entry[0], id=NewVoucher(on=entry[0].on, lines=()).id)))
            assert (again.id, again.number, again.replayed) == (entry[1].id, entry[1].number, True)

    @rule(entry=posted, other=vouchers())
    def use_a_key_twice(self, entry, other):
        if entry and (other.on, other.lines) != (entry[0].on, entry[0].lines):
            with pytest.raises((errors.IdempotencyMismatch, errors.PeriodClosed)):
                self.run(self.within(post, self.ledger, replace(other, idempotency_key=entry[0].idempotency_key)))

    @rule(voucher=vouchers(), off=cents)
    def post_unbalanced(self, voucher, off):
        lines = [*voucher.lines[:-1], replace(voucher.lines[-1], credit=voucher.lines[-1].credit + off)]
        with pytest.raises((errors.Unbalanced, errors.LineNeedsOneSide)):
            self.run(self.within(post, self.ledger, replace(voucher, lines=lines)))

    @rule(entry=consumes(posted), on=days)
    def reverse_one(self, entry, on):
        if not entry or on.year * 100 + on.month <= self.closed:
            return
        voucher, result = entry
        on = max(on, voucher.on)
        red = self.run(self.within(reverse, self.ledger, result.id, on=on))
        lines = [replace(line, debit=-line.debit, credit=-line.credit) for line in voucher.lines]
        self.keep(replace(voucher, on=on, lines=lines), red)
        with pytest.raises(errors.AlreadyReversed):
            self.run(self.within(reverse, self.ledger, result.id, on=on))

    def following(self):
        return 202601 if self.closed == 202512 else self.closed + 1

    def held(self, period, account):
        """The balance of an account at the end of a month, as this machine knows it."""
        return sum((amount for (month, code), amount in self.balances.items() if code == account and month <= period), D(0))

    def transferred(self, period):
        """What the transfer of profit and loss does to the balances; a voucher each for revenue and expenses."""
        for account in ("5001", "5401"):
            if amount := self.held(period, account):
                self.balances[period, account] -= amount
                self.balances[period, "3103"] += amount
                self.numbers[period, "记"] += 1

    @rule(times=st.integers(1, 3), ahead=st.integers(0, 1))
    def transfer_at_once(self, times, ahead):
        """Several people do the step at the same moment; it is posted once."""
        period = self.following() + ahead
        if period > 202604:
            return

        async def all_at_once():
            return await asyncio.gather(*(self.within(do_step, self.ledger, period, TRANSFER) for _ in range(times)))

        assert {view.state for view in self.run(all_at_once())} == {State.DONE}
        self.transferred(period)

    @rule()
    def close_next(self):
        following = self.following()
        if following > 202603:
            return
        if any(self.held(following, account) for account in ("5001", "5401")):
            with pytest.raises(PeriodNotReady):
                self.run(self.within(close, self.ledger, following))
            self.run(self.within(do_step, self.ledger, following, TRANSFER))
            self.transferred(following)
        self.run(self.within(close, self.ledger, following))
        self.closed = following

    @rule()
    def reopen_last(self):
        if self.closed > 202512:
            if self.closed > 202601:
                with pytest.raises(PeriodNotNext):
                    self.run(self.within(reopen, self.ledger, self.closed - 1, "x"))
            self.run(self.within(reopen, self.ledger, self.closed, "x"))
            self.closed = 202512 if self.closed == 202601 else self.closed - 1

    @rule()
    def reopen_and_close_again(self):
        """Nothing is posted by closing a month once more; the invariants below look at balances and numbers."""
        if self.closed > 202512:
            self.run(self.within(reopen, self.ledger, self.closed, "x"))
            self.run(self.within(do_step, self.ledger, self.closed, TRANSFER))
            self.run(self.within(close, self.ledger, self.closed))

    @rule(voucher=vouchers())
    def post_while_the_month_closes(self, voucher):
        """It lands before the close or is refused, never in a closed month."""
        following = self.following()
        if voucher.period != following or following > 202603:
            return

        async def both():
            posting, closing = self.within(post, self.ledger, voucher), self.within(close, self.ledger, following)
            return await asyncio.gather(posting, closing, return_exceptions=True)

        posted, closed = self.run(both())
        if isinstance(posted, Exception):
            assert isinstance(posted, errors.PeriodClosed), posted
        else:
            self.keep(voucher, posted)
        if isinstance(closed, Exception):
            assert isinstance(closed, PeriodNotReady), closed
        else:
            self.closed = following

    @rule(voucher=vouchers(), times=st.integers(2, 5))
    def post_the_same_at_once(self, voucher, times):
        self.keys += 1
        if not self.is_open(voucher):
            return
        same = [replace(voucher, id=NewVoucher(on=voucher.on, lines=()).id, idempotency_key=f"k{self.keys}") for _ in range(times)]

        async def all_at_once():
            return await asyncio.gather(*(self.within(post, self.ledger, each) for each in same))

        results = self.run(all_at_once())
        assert len({result.id for result in results}) == 1
        assert sum(not result.replayed for result in results) == 1
        self.keep(voucher, results[0])

    @rule(batch=st.lists(vouchers(), min_size=2, max_size=5))
    def post_a_batch(self, batch):
        results = self.run(self.within(post_each, self.ledger, batch))
        for voucher, result in zip(batch, results, strict=True):
            if self.is_open(voucher):
                self.keep(voucher, result)
            else:
                assert isinstance(result, errors.PeriodClosed)

    @invariant()
    def books_hold(self):
        if not hasattr(self, "ledger"):
            return

        async def look(work):
            wrong = await broken_in(work)
            query = (
                "SELECT b.period, a.code, sum(b.debit - b.credit) FROM finance_balance b JOIN finance_account a ON a.id = b.account_id"
                " GROUP BY 1, 2"
            )
            return wrong, {(row[0], row[1]): row[2] for row in await work.session.execute(text(query)) if row[2]}

        wrong, balances = self.run(self.within(look))
        assert wrong == {}
        assert balances == {key: amount for key, amount in self.balances.items() if amount}


@pytest.mark.slow
async def test_the_books_hold_under_any_history(database, new_tenant):
    """Hypothesis runs in a thread of its own; what it asks of the database runs on the tests' event loop."""
    loop = asyncio.get_running_loop()
    LedgerMachine.database = database
    LedgerMachine.new_tenant = staticmethod(new_tenant)
    LedgerMachine.run = staticmethod(lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(60))
    await asyncio.to_thread(
        run_state_machine_as_test,
        LedgerMachine,
        settings=settings(max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)),
    )
