"""What must hold of each posted voucher and its lines."""

from collections.abc import Sequence

from core_finance.invariants.looking import holds
from kernel.i18n import N_
from vertical import Invariant

_SUMS = """FROM (
    SELECT l.voucher_id, sum(l.debit) AS debit, sum(l.credit) AS credit FROM finance_voucher_line l GROUP BY l.voucher_id
) x JOIN finance_voucher v ON v.id = x.voucher_id AND v.ledger_id = :ledger"""

# What a set of dimensions names, and what of it nobody knows.
_KINDS = """array_remove(ARRAY[
    CASE WHEN s.party_id IS NOT NULL THEN 'party' END, CASE WHEN s.department_id IS NOT NULL THEN 'department' END,
    CASE WHEN s.employee_id IS NOT NULL THEN 'employee' END, CASE WHEN s.project_id IS NOT NULL THEN 'project' END,
    CASE WHEN s.product_id IS NOT NULL THEN 'product' END], NULL)
    || ARRAY(SELECT split_part(each.pair, '=', 1) FROM string_to_table(s.others, ';') AS each(pair))"""
_UNKNOWN = """SELECT s.id FROM finance_dimension_set s WHERE
    s.party_id IS NOT NULL AND NOT EXISTS (SELECT FROM master_party m WHERE m.id = s.party_id)
    OR s.department_id IS NOT NULL AND NOT EXISTS (SELECT FROM master_department m WHERE m.id = s.department_id)
    OR s.employee_id IS NOT NULL AND NOT EXISTS (SELECT FROM master_employee m WHERE m.id = s.employee_id)
    OR s.product_id IS NOT NULL AND NOT EXISTS (SELECT FROM master_product m WHERE m.id = s.product_id)
    OR s.project_id IS NOT NULL AND NOT EXISTS (SELECT FROM finance_dimension_item m WHERE m.id = s.project_id)
    OR EXISTS (
        SELECT FROM string_to_table(nullif(s.others, ''), ';') AS each(pair) WHERE NOT EXISTS (
            SELECT FROM finance_dimension_item m
            WHERE m.kind = split_part(each.pair, '=', 1) AND m.id::text = split_part(each.pair, '=', 2)))"""

VOUCHERS: Sequence[Invariant] = (
    holds(
        "debits_are_credits",
        N_("Of each voucher, debits equal credits"),
        N_("%(voucher)s: debits are %(debit)s, credits %(credit)s."),
        "SELECT $voucher, x.debit, x.credit $sums WHERE x.debit <> x.credit $in_order",
        order=10,
        sums=_SUMS,
    ),
    holds(
        "totals_are_sums",
        N_("A voucher's total is the sum of its lines"),
        N_("%(voucher)s: its total is %(total)s, its debits add up to %(debit)s."),
        "SELECT $voucher, v.total, x.debit $sums WHERE v.total <> x.debit $in_order",
        order=11,
        sums=_SUMS,
    ),
    holds(
        "vouchers_have_lines",
        N_("Each voucher has lines"),
        N_("%(voucher)s has no line."),
        "SELECT $voucher FROM finance_voucher v"
        " WHERE v.ledger_id = :ledger AND NOT EXISTS (SELECT FROM finance_voucher_line l WHERE l.voucher_id = v.id) $in_order",
        order=12,
    ),
    holds(
        "lines_have_vouchers",
        N_("Each line belongs to a voucher and an account of one ledger"),
        N_("Line %(position)s of %(voucher)s, on %(account)s, has no voucher or no account in this ledger."),
        """SELECT v.id AS voucher_id, l.position, l.word, l.number, $account,
            coalesce(v.period, (extract(year FROM l.entry_on) * 100 + extract(month FROM l.entry_on))::integer) AS period
        FROM finance_voucher_line l LEFT JOIN finance_voucher v ON v.id = l.voucher_id LEFT JOIN finance_account a ON a.id = l.account_id
        WHERE (v.ledger_id = :ledger OR a.ledger_id = :ledger) AND v.ledger_id IS DISTINCT FROM a.ledger_id
        ORDER BY l.entry_on, l.word, l.number""",
        order=13,
    ),
    holds(
        "lines_name_their_voucher",
        N_("Lines carry their voucher's date, word and number"),
        N_("%(voucher)s: line %(position)s says %(line_word)s-%(line_number)s of %(line_on)s."),
        """SELECT $voucher, l.position, l.word AS line_word, l.number AS line_number, l.entry_on::text AS line_on $lines
        WHERE (l.entry_on, l.word, l.number) <> (v.entry_on, v.word, v.number) $in_order""",
        order=14,
    ),
    holds(
        "numbers_have_no_gaps",
        N_("Voucher numbers run from 1 without a gap, in each month and word"),
        N_("Before %(voucher)s numbers are missing, from %(first)s to %(last)s."),
        """SELECT n.voucher_id, n.period, n.word, n.number, n.before + 1 AS first, n.number - 1 AS last FROM (
            SELECT v.id AS voucher_id, v.period, v.word, v.number,
                lag(v.number, 1, 0) OVER (PARTITION BY v.period, v.word ORDER BY v.number) AS before
            FROM finance_voucher v WHERE v.ledger_id = :ledger
        ) n WHERE n.number <> n.before + 1 ORDER BY n.period, n.word, n.number""",
        order=15,
    ),
    holds(
        "months_are_those_of_dates",
        N_("A voucher stands in the month of its date"),
        N_("%(voucher)s is dated %(day)s."),
        """SELECT $voucher, v.entry_on::text AS day FROM finance_voucher v WHERE v.ledger_id = :ledger
            AND v.period <> extract(year FROM v.entry_on) * 100 + extract(month FROM v.entry_on) $in_order""",
        order=16,
    ),
    holds(
        "months_are_kept",
        N_("No voucher stands in a month that the ledger does not keep"),
        N_("%(voucher)s: the ledger has no month %(period)s."),
        """SELECT $voucher FROM finance_voucher v WHERE v.ledger_id = :ledger
            AND NOT EXISTS (SELECT FROM finance_period p WHERE p.ledger_id = v.ledger_id AND p.code = v.period) $in_order""",
        order=17,
    ),
    holds(
        "reversals_mirror",
        N_("A red-letter voucher mirrors the original line by line"),
        N_("%(voucher)s does not mirror %(original)s, which it cancels."),
        """SELECT $voucher, coalesce(o.word || '-' || o.number, '-') AS original
        FROM finance_voucher v LEFT JOIN finance_voucher o ON o.id = v.reverses_id AND o.ledger_id = v.ledger_id
        WHERE v.ledger_id = :ledger AND v.reverses_id IS NOT NULL AND (o.id IS NULL OR v.entry_on < o.entry_on OR EXISTS (
            SELECT FROM (SELECT * FROM finance_voucher_line WHERE voucher_id = v.id) r
            FULL JOIN (SELECT * FROM finance_voucher_line WHERE voucher_id = o.id) l USING (position)
            WHERE (r.account_id, r.debit, r.credit, r.currency, r.currency_amount, r.quantity, r.dimension_set_id) IS DISTINCT FROM
                (l.account_id, -l.debit, -l.credit, l.currency, -l.currency_amount, -l.quantity, l.dimension_set_id)
        )) $in_order""",
        order=18,
    ),
    holds(
        "keys_are_used_once",
        N_("What was sent twice was posted once"),
        N_("%(voucher)s was posted %(times)s times, under the key %(key)s."),
        """SELECT $voucher, v.idempotency_key AS key, x.times FROM finance_voucher v JOIN (
            SELECT idempotency_key, count(*) AS times FROM finance_voucher
            WHERE ledger_id = :ledger AND idempotency_key IS NOT NULL GROUP BY idempotency_key HAVING count(*) > 1
        ) x ON x.idempotency_key = v.idempotency_key WHERE v.ledger_id = :ledger $in_order""",
        order=19,
    ),
    holds(
        "leaves_hold_lines",
        N_("Only accounts without sub-accounts are posted to"),
        N_("%(voucher)s: line %(position)s stands on %(account)s, which has sub-accounts."),
        """SELECT $voucher, l.position, $account $lines JOIN finance_account a ON a.id = l.account_id
        WHERE NOT a.is_leaf OR a.id IN (SELECT c.parent_id FROM finance_account c WHERE c.parent_id IS NOT NULL) $in_order, l.position""",
        order=20,
    ),
    holds(
        "dimensions_are_given",
        N_("Lines say what their account asks for (auxiliary dimensions)"),
        N_("%(voucher)s: line %(position)s on %(account)s does not say all that the account asks for: %(asked)s."),
        """SELECT $voucher, l.position, $account, array_to_string(a.required_dimensions, ', ') AS asked $lines
        JOIN finance_account a ON a.id = l.account_id AND a.required_dimensions <> '{}'
        LEFT JOIN finance_dimension_set s ON s.id = l.dimension_set_id
        WHERE s.id IS NULL OR NOT a.required_dimensions <@ ($kinds) $in_order, l.position""",
        order=21,
        kinds=_KINDS,
    ),
    holds(
        "dimensions_are_known",
        N_("Customers, departments and other items that lines name exist"),
        N_("%(voucher)s: line %(position)s names an item that does not exist."),
        """WITH unknown AS MATERIALIZED ($unknown) SELECT $voucher, l.position $lines
        LEFT JOIN finance_dimension_set s ON s.id = l.dimension_set_id
        WHERE l.dimension_set_id IS NOT NULL AND (s.id IS NULL OR s.id IN (SELECT id FROM unknown)) $in_order, l.position""",
        order=22,
        unknown=_UNKNOWN,
    ),
    holds(
        "rates_fit",
        N_("Foreign amount times rate is the amount in base currency, within a cent"),
        N_("%(voucher)s: line %(position)s has %(currency_amount)s %(currency)s at %(rate)s, but %(amount)s in base currency."),
        """SELECT $voucher, l.position, l.currency, l.currency_amount, l.rate, l.debit + l.credit AS amount $lines
        WHERE l.currency_amount <> 0 AND (l.rate IS NULL OR abs(l.currency_amount * l.rate - l.debit - l.credit) > 0.01)
        $in_order, l.position""",
        order=23,
    ),
)
