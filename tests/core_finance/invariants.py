"""What must hold in a tenant's books at any moment: each query counts what breaks it."""

INVARIANTS = {
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
    "numbers have no gaps": "SELECT count(*) FROM (SELECT 1 FROM finance_voucher GROUP BY period, word HAVING max(number) <> count(*)) x",
    "lines carry their voucher's number": (
        "SELECT count(*) FROM finance_voucher_line l JOIN finance_voucher v ON v.id = l.voucher_id"
        " WHERE (l.entry_on, l.word, l.number) <> (v.entry_on, v.word, v.number)"
    ),
}
