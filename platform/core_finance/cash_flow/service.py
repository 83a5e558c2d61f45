"""Works off what was posted: each movement of cash to its line of the statement, summed by month."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, text, tuple_

from core_finance.cash_flow.model import CashDue, CashFlow, CashRule
from core_finance.cash_flow.rules import Rules, Tagged
from core_finance.cash_flow.split import Direction, Line, split
from core_finance.chart.model import Account, Ledger
from core_finance.posting.model import Voucher, VoucherLine
from kernel import clock
from kernel.ids import new_id
from kernel.work import Work

BATCH = 2000
"""Vouchers classified at a time."""

UNTAGGED = 0
"""Stands in the totals for "no line known"."""

_FLOWS = text("""
    WITH x AS MATERIALIZED (
        SELECT x.* FROM json_to_recordset(:rows) AS x(id uuid, voucher uuid, position integer, period integer, item integer,
            amount numeric, chosen boolean)
    ), kept AS (
        INSERT INTO finance_cash_flow (id, ledger_id, voucher_id, position, period, item, amount, is_chosen, created_at, updated_at)
        SELECT x.id, :ledger, x.voucher, x.position, x.period, x.item, x.amount, x.chosen, :at, :at FROM x
    )
    INSERT INTO finance_cash_total AS t (ledger_id, period, item, amount)
    SELECT :ledger, x.period, coalesce(x.item, 0), sum(x.amount) FROM x GROUP BY x.period, coalesce(x.item, 0)
    ON CONFLICT (ledger_id, period, item) DO UPDATE SET amount = t.amount + excluded.amount
""")


async def settle(work: Work, ledger: Ledger) -> int:
    """Classify all movements of cash that are not yet; how many vouchers there were.

    Who reads cash flows calls it first.  Two at once do not count anything twice: the second waits for the first.
    """
    if not await _is_due(work, ledger):
        return 0
    await lock(work, ledger)
    rules = await rules_of(work, ledger)
    done = 0
    while batch := await _take(work, ledger):
        done += len(batch)
        await _classify(work, ledger, rules, batch)
    return done


async def lock(work: Work, ledger: Ledger) -> None:
    """Hold the ledger's cash flows till the end of the transaction."""
    key = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/finance_cash_flow/' || :ledger, 0))"
    await work.session.execute(text(key), {"ledger": str(ledger.id)})


async def rules_of(work: Work, ledger: Ledger) -> Rules:
    """The rules in force: the company's own and the official ones of the standard."""
    own = await work.session.execute(select(CashRule.account, CashRule.direction, CashRule.item).where(CashRule.ledger_id == ledger.id))
    found: dict[tuple[str, Direction], int] = {(account, "in" if direction == "in" else "out"): item for account, direction, item in own}
    return Rules(ledger.standard, ledger.taxpayer, found, ledger.code_lengths)


async def voucher_lines(work: Work, vouchers: Sequence[UUID]) -> dict[UUID, list[Line]]:
    """The lines of posted vouchers as ``split`` takes them."""
    line, a = VoucherLine, Account
    query = (
        select(line.voucher_id, line.position, a.code, line.debit, line.credit, a.is_cash, line.cash_item, a.cash_item_in, a.cash_item_out)
        .join(a, a.id == line.account_id)
        .where(line.voucher_id.in_(vouchers))
        .order_by(line.voucher_id, line.position)
    )
    found: dict[UUID, list[Line]] = defaultdict(list)
    for row in await work.session.execute(query):
        found[row[0]].append(Line(*row[1:]))
    return found


def classify(lines: Sequence[Line], rules: Rules, *, reverses: bool = False) -> list[Tagged]:
    """The movement of cash of one voucher, line by line against it."""
    said = [line for line in lines if line.is_cash and line.item]
    chosen = max(said, key=lambda line: abs(line.value)).item if said else None
    return rules.tag(split(lines, reverses=reverses), chosen)


async def _is_due(work: Work, ledger: Ledger) -> bool:
    return bool(await work.session.scalar(select(exists().where(CashDue.ledger_id == ledger.id))))


async def _take(work: Work, ledger: Ledger) -> list[UUID]:
    """The next vouchers that are due, off the queue.  Those cancelled in red come after what they cancel, as ids are in order of time."""
    oldest = select(CashDue.ledger_id, CashDue.voucher_id).where(CashDue.ledger_id == ledger.id).order_by(CashDue.voucher_id).limit(BATCH)
    taken = delete(CashDue).where(tuple_(CashDue.ledger_id, CashDue.voucher_id).in_(oldest)).returning(CashDue.voucher_id)
    return list((await work.session.execute(taken)).scalars())


async def _classify(work: Work, ledger: Ledger, rules: Rules, batch: Sequence[UUID]) -> None:
    # What came before the first month are opening balances; their cash flows are entered by line (cash_flow/opening.py).
    query = select(Voucher.id, Voucher.period, Voucher.reverses_id).where(Voucher.id.in_(batch), Voucher.period >= ledger.start_period)
    heads = list(await work.session.execute(query))
    lines = await voucher_lines(work, [head.id for head in heads])
    made: dict[UUID, list[Tagged]] = {}
    for head in heads:
        made[head.id] = classify(lines[head.id], rules, reverses=head.reverses_id is not None)
    said = await _said_of(work, [head.reverses_id for head in heads if head.reverses_id])
    for head in heads:
        # A red letter undoes its original on the line where that stands, also where a person put it there.
        known = said.get(head.reverses_id, {})
        made[head.id] = [Tagged(t.share, *known[t.share.line.position]) if t.share.line.position in known else t for t in made[head.id]]
    rows = [_row(head.id, head.period, tagged) for head in heads for tagged in made[head.id]]
    if rows:
        await work.session.execute(_FLOWS, {"rows": json.dumps(rows), "ledger": ledger.id, "at": clock.now()})


def _row(voucher_id: UUID, period: int, tagged: Tagged) -> dict[str, Any]:
    return {
        "id": str(new_id()), "voucher": str(voucher_id), "position": tagged.share.line.position, "period": period, "item": tagged.item,
        "amount": str(tagged.share.amount), "chosen": tagged.is_chosen,
    }  # fmt: skip


async def _said_of(work: Work, vouchers: Sequence[UUID]) -> dict[UUID | None, dict[int, tuple[int | None, bool]]]:
    """Voucher -> position -> line of the statement, and whether a person chose it."""
    found: dict[UUID | None, dict[int, tuple[int | None, bool]]] = defaultdict(dict)
    if vouchers:
        query = select(CashFlow.voucher_id, CashFlow.position, CashFlow.item, CashFlow.is_chosen).where(CashFlow.voucher_id.in_(vouchers))
        for voucher_id, position, item, is_chosen in await work.session.execute(query):
            found[voucher_id][position] = (item, is_chosen)
    return found


async def cash_totals(work: Work, ledger: Ledger, spans: Mapping[str, tuple[int, int]]) -> dict[str, dict[int, Decimal]]:
    """Span -> line of the statement -> money in less money out, in the periods from one to the other; ``UNTAGGED`` for none."""
    firsts, lasts = [first for first, _last in spans.values()], [last for _first, last in spans.values()]
    rows = await work.session.execute(_TOTALS, {"ledger": ledger.id, "spans": list(spans), "firsts": firsts, "lasts": lasts})
    found: dict[str, dict[int, Decimal]] = {span: {} for span in spans}
    for span, item, amount in rows:
        found[span][item] = amount
    return found


_TOTALS = text("""
    SELECT s.span, t.item, sum(t.amount)
    FROM unnest(CAST(:spans AS text[]), CAST(:firsts AS integer[]), CAST(:lasts AS integer[])) AS s(span, first, last)
    JOIN finance_cash_total t ON t.ledger_id = :ledger AND t.period BETWEEN s.first AND s.last
    GROUP BY s.span, t.item
""")
