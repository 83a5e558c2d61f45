"""Kills the application or PostgreSQL in the middle of a period end.  Nothing is half done; closing again makes the same vouchers."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.core_finance.invariants import ON_DISK
from tests.scenarios.closing_worker import PERIOD, close_month
from tests.scenarios.crash_house import WAIT_S, House

from core_finance.chart.changing import add_account
from core_finance.chart.ledgers import create_ledger
from core_finance.closing.amortisations import add_schedule
from core_finance.closing.lines import source_id
from core_finance.currencies.model import RateKind
from core_finance.currencies.service import save_rate
from core_finance.posting.engine import post_all
from core_finance.posting.voucher import NewLine, NewVoucher
from kernel.work import Work
from tenancy.catalog import Catalog

STEPS = ("core_finance.amortisation", "core_finance.exchange", "core_finance.transfer")
POINTS = 9
Story = dict[str, list[tuple[Any, ...]]]

VOUCHERS = """
    SELECT v.source_id, v.word, v.number, v.entry_on, v.kind, v.summary, v.source_number, v.total,
        (SELECT string_agg(concat_ws(' ', a.code, l.summary, l.debit, l.credit, l.currency, l.currency_amount), '; ' ORDER BY l.position)
         FROM finance_voucher_line l JOIN finance_account a ON a.id = l.account_id WHERE l.voucher_id = v.id) AS lines
    FROM finance_voucher v WHERE v.ledger_id = $1 AND v.source_kind = 'period_end' ORDER BY v.word, v.number
"""


class ClosingHouse(House):
    """A company with as many ledgers of the same content as there are points at which a period end is killed, and one more."""

    ledgers: list[UUID]

    async def fill(self, work: Work) -> None:
        await save_rate(work, base="CNY", currency="USD", kind=RateKind.CLOSING, on=date(2026, 1, 31), rate=Decimal("7.1"))
        self.ledgers = [await _books(work, f"L{number}") for number in range(POINTS + 1)]

    async def begin(self, ledger_id: UUID, stop_at: int) -> str:
        """Close a ledger's month in a process of its own; what it said: that it stopped, or after how many statements it was done."""
        file = self.folder / f"{ledger_id}-{stop_at}"
        worker = self.hire("closing_worker.py", str(ledger_id), str(stop_at), str(file))
        until = time.monotonic() + WAIT_S
        while not (said := _read(file)):
            assert worker.poll() is None or _read(file), "the process ended without a word"
            assert time.monotonic() < until, "the month is not closed"
            await asyncio.sleep(0.02)
        return said

    def crash(self, *, server: bool) -> None:
        """Kill the process that stopped, or the server below it."""
        worker = self.workers.pop()
        if server:
            self.restart(signal.SIGKILL)
        worker.kill()
        worker.wait()

    async def look(self, ledger_id: UUID) -> tuple[Story, list[str], str, int, dict[str, int]]:
        """Vouchers by step, steps noted as done, the month's state, what the audit log says, and what is broken."""
        connection = await self.ask()
        try:
            rows = await connection.fetch(VOUCHERS, ledger_id)
            done = await connection.fetch(
                "SELECT step FROM finance_close_step WHERE ledger_id = $1 AND state = 'done' ORDER BY 1", ledger_id
            )
            query = "SELECT state FROM finance_period WHERE ledger_id = $1 AND code = $2"
            state = await connection.fetchval(query, ledger_id, PERIOD)
            mine = f"period:{ledger_id}:{PERIOD}"
            told = await connection.fetchval("SELECT count(*) FROM audit_entry WHERE object = $1", mine)
            broken = {name: found for name, query in ON_DISK.items() if (found := await connection.fetchval(query))}
        finally:
            await connection.close()
        keys = {source_id(ledger_id, PERIOD, step): step for step in STEPS}
        story: Story = {step: [] for step in STEPS}
        for row in rows:
            story[keys[row["source_id"]]].append(tuple(row)[1:])
        return story, [row["step"] for row in done], state, told, broken


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


async def _books(work: Work, name: str) -> UUID:
    """A month with all that the steps of a period end post."""
    ledger = await create_ledger(work, name=name, start=date(2026, 1, 1))
    dollars = (await add_account(work, ledger, parent="1002", name="USD", currency="USD")).code
    yuan = (await add_account(work, ledger, parent="1002", name="CNY")).code

    def moved(debit: str, credit: str, amount: str, **foreign: Any) -> NewVoucher:
        lines = [
            NewLine(account=debit, summary="x", debit=Decimal(amount), **foreign),
            NewLine(account=credit, summary="x", credit=Decimal(amount)),
        ]
        return NewVoucher(on=date(2026, 1, 9), lines=lines, attachments=1)

    usd: dict[str, Any] = {"currency": "USD", "currency_amount": Decimal(100), "rate": Decimal(7)}
    await post_all(work, ledger, [
        moved(yuan, "3001", "5000"), moved(dollars, "3001", "700", **usd), moved(yuan, "5001", "1000"), moved("5401", "1405", "400"),
        moved("1801", yuan, "1200"),
    ])  # fmt: skip
    schedule = {"name": "Rent", "amount": Decimal(1200), "residual": Decimal(0), "months": 12, "first_period": PERIOD}
    await add_schedule(work, ledger, {**schedule, "expense_account": "560299", "asset_account": "1801"})
    return ledger.id


@pytest.fixture
async def house(catalog: Catalog, tmp_path: Path) -> AsyncIterator[ClosingHouse]:
    house = ClosingHouse(tmp_path)
    try:
        await house.furnish()
        yield house
    finally:
        house.close()


@pytest.mark.crash
@pytest.mark.slow
async def test_a_period_end_that_is_killed_is_half_done_nowhere_and_done_again_the_same(house: ClosingHouse) -> None:
    model, *others = house.ledgers
    said = await house.begin(model, 0)
    assert said.startswith("done after ")
    statements = int(said.split()[-1])
    whole, steps, state, told, broken = await house.look(model)
    assert (steps, state, told, broken) == (sorted(STEPS), "closed", len(STEPS) + 1, {})
    assert all(whole.values())
    seen = set()
    for number, ledger_id in enumerate(others):
        point = statements * (number + 1) // POINTS  # the last one is the commit of the close itself
        assert await house.begin(ledger_id, point) == "stopped"
        house.crash(server=number % 2 == 1)
        story, steps, state, told, broken = await house.look(ledger_id)
        assert (broken, state, told) == ({}, "open", len(steps)), point
        assert [step for step in STEPS if story[step]] == [step for step in STEPS if step in steps], point
        assert {step: made for step, made in story.items() if made} == {step: whole[step] for step in steps}, point
        seen.add(len(steps))
        database = house.database()
        await close_month(database, house.tenant, ledger_id)
        await database.close()
        story, steps, state, told, broken = await house.look(ledger_id)
        assert (story, steps, state, told, broken) == (whole, sorted(STEPS), "closed", len(STEPS) + 1, {}), point
    assert seen == set(range(len(STEPS) + 1)), "some of the points lie within each step and in the close"
