"""What must hold in a tenant's books at any moment.

Tests ask the product's own invariants: that these see what is wrong is shown by ``test_invariants``, which plants every kind
of corruption; and tests that keep books of their own beside them, such as the stateful one, compare the balances with those.
"""

from core_finance.chart.ledgers import ledgers
from core_finance.invariants.declared import INVARIANTS as DECLARED


async def broken_in(work):
    """Key of each invariant that does not hold -> what breaks it, in all ledgers of the company."""
    found = {}
    for ledger in await ledgers(work):
        for each in DECLARED:
            if breaches := await each.find(work, ledger.id):
                found.setdefault(each.key, []).extend(breach.message for breach in breaches)
    return found


# For the test that kills the server: it reads what is on the disk, by the driver alone and with none of our code between.
# Each query counts what breaks it.
ON_DISK = {
    "debits are credits": (
        "SELECT count(*) FROM (SELECT voucher_id FROM finance_voucher_line GROUP BY 1 HAVING sum(debit) <> sum(credit)) x"
    ),
    "each voucher has lines": (
        "SELECT count(*) FROM finance_voucher v WHERE NOT EXISTS (SELECT FROM finance_voucher_line WHERE voucher_id = v.id)"
    ),
    "totals are sums": (
        "SELECT count(*) FROM finance_voucher v WHERE total <> (SELECT sum(debit) FROM finance_voucher_line WHERE voucher_id = v.id)"
    ),
    "balances are lines": """
        SELECT count(*) FROM (
            SELECT period, account_id, sum(debit) AS debit, sum(credit) AS credit FROM finance_balance
            WHERE dimension_set_id = '00000000-0000-0000-0000-000000000000' GROUP BY 1, 2
        ) b FULL JOIN (
            SELECT v.period, l.account_id, sum(l.debit) AS debit, sum(l.credit) AS credit
            FROM finance_voucher_line l JOIN finance_voucher v ON v.id = l.voucher_id GROUP BY 1, 2
        ) l USING (period, account_id)
        WHERE (b.debit, b.credit) IS DISTINCT FROM (l.debit, l.credit)""",
    "numbers have no gaps": (
        "SELECT count(*) FROM (SELECT 1 FROM finance_voucher GROUP BY ledger_id, period, word HAVING max(number) <> count(*)) x"
    ),
    "lines carry their voucher's number": (
        "SELECT count(*) FROM finance_voucher_line l JOIN finance_voucher v ON v.id = l.voucher_id"
        " WHERE (l.entry_on, l.word, l.number) <> (v.entry_on, v.word, v.number)"
    ),
}
