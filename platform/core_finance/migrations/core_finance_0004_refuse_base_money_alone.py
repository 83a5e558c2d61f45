"""Refuse base money alone on an account in foreign money."""

from alembic import op

revision = "core_finance_0004"
down_revision = "core_finance_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _replace(
        bad=""",
            CASE WHEN a.currency IS NOT NULL AND x.currency_amount IS NULL THEN x.position * 1000 + 9 END AS bare""",
        sums=" min(l.bare) AS bare,",
        rule="""            -- Base money alone moves an account in foreign money at a period end only (期末调汇), or repeats another.
            WHEN s.bare IS NOT NULL AND v.kind IN ('manual', 'automatic') AND v.source_kind IS DISTINCT FROM 'period_end' THEN s.bare
""",
    )


def downgrade() -> None:
    _replace(bad="", sums="", rule="")


def _replace(bad: str, sums: str, rule: str) -> None:
    """``finance_post`` anew in the schema at hand, with or without the rule."""
    op.execute("SELECT set_config('jingwei.search_path', current_setting('search_path'), true)")
    op.execute("SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)")
    op.execute(_POST.replace("@BAD@", bad).replace("@SUMS@", sums).replace("@RULE@", rule))
    op.execute("SELECT set_config('search_path', current_setting('jingwei.search_path'), true)")


_POST = r"""
CREATE OR REPLACE FUNCTION finance_post(
    p_ledger uuid, p_at timestamptz, p_vouchers json, p_lines json, p_dimensions json, p_measured boolean
) RETURNS TABLE (
    ordinal integer, voucher_id uuid, period integer, word text, number integer, replayed boolean, problem integer
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
-- A plan made while the books are empty must serve when they are full: it looks rows up, and takes the last number, by index.
SET enable_seqscan = off
SET enable_sort = off
AS $body$
#variable_conflict use_column
BEGIN
    -- Postings to one month wait for each other here.  What follows sees all that was committed before.
    PERFORM 1 FROM finance_period p
    WHERE p.ledger_id = p_ledger AND p.code IN (
        SELECT x.period FROM json_to_recordset(p_vouchers) AS x(period integer)
    )
    ORDER BY p.code
    FOR NO KEY UPDATE;

    RETURN QUERY
    WITH v AS MATERIALIZED (
        SELECT x.* FROM json_to_recordset(p_vouchers) AS x(
            ordinal integer, id uuid, period integer, word text, entry_on date, kind text, summary text, attachments integer,
            made_by text, made_by_id uuid, reviewed_by text, signed_by text, posted_by text, posted_by_id uuid, reverses_id uuid,
            by_hand boolean, source_kind text, source_id uuid, source_number text,
            source_path text, idempotency_key text, body_hash text)
    ), l AS MATERIALIZED (
        SELECT x.*, a.id AS account_id, a.is_cash, x.position * 1000 + CASE
            WHEN a.id IS NULL THEN 1
            WHEN NOT a.is_leaf THEN 2
            WHEN NOT a.is_active THEN 3
            WHEN scale(x.debit) > 2 OR scale(x.credit) > 2 THEN 4
            WHEN (x.debit = 0) = (x.credit = 0) THEN 5
            WHEN x.currency_amount IS NOT NULL AND a.currency IS NOT NULL AND x.currency <> a.currency THEN 8
            WHEN x.dimension_set_id IS NULL THEN CASE WHEN a.required_dimensions <> '{}' THEN 6 END
            WHEN NOT a.required_dimensions <@ string_to_array(x.dimensions, ',') THEN 6
            WHEN NOT string_to_array(x.dimensions, ',') <@ (a.required_dimensions || a.optional_dimensions) THEN 7
            END AS bad@BAD@
        FROM json_to_recordset(p_lines) AS x(
            ordinal integer, position integer, account text, summary text, debit numeric, credit numeric, currency text,
            currency_amount numeric, rate numeric, quantity numeric, dimension_set_id uuid, dimensions text,
            cash_item integer)
        LEFT JOIN LATERAL (
            SELECT a.* FROM finance_account a WHERE a.ledger_id = p_ledger AND a.code = x.account LIMIT 1
        ) a ON true
    ), sums AS (
        SELECT l.ordinal, sum(l.debit) AS debit, sum(l.credit) AS credit, min(l.bad) AS bad,@SUMS@
            bool_or(l.is_cash AND l.debit <> 0) AS cash_debit, bool_or(l.is_cash AND l.credit <> 0) AS cash_credit
        FROM l GROUP BY l.ordinal
    ), judged AS MATERIALIZED (
        SELECT v.ordinal, v.id, v.period, v.word, s.debit AS total, k.id AS known_id, k.number AS known_number, CASE
            WHEN k.id IS NOT NULL THEN CASE WHEN k.body_hash IS DISTINCT FROM v.body_hash THEN 101 END
            WHEN p.state IS NULL OR v.period <> extract(year FROM v.entry_on) * 100 + extract(month FROM v.entry_on) THEN 102
            WHEN p.state <> 'open' THEN 103
            WHEN s.ordinal IS NULL THEN 104
            WHEN s.bad IS NOT NULL THEN s.bad
@RULE@            WHEN s.debit <> s.credit THEN 105
            WHEN v.word <> ALL (g.words) AND v.by_hand THEN 106
            WHEN v.word = '收' AND NOT s.cash_debit THEN 107
            WHEN v.word = '付' AND NOT s.cash_credit THEN 108
            WHEN v.word = '转' AND (s.cash_debit OR s.cash_credit) THEN 109
            WHEN g.review <> 'none' AND v.by_hand AND v.reviewed_by IS NULL THEN 110
            WHEN g.poster_apart AND v.by_hand AND v.made_by_id = v.posted_by_id THEN 111
            WHEN g.signs AND v.by_hand AND v.signed_by IS NULL AND (s.cash_debit OR s.cash_credit) THEN 112
            END AS problem
        FROM v
        CROSS JOIN (
            SELECT g.words, g.review, g.poster_apart, g.rules @> '{"cashier_signs": true}' AS signs FROM finance_ledger g
            WHERE g.id = p_ledger
        ) g
        LEFT JOIN sums s ON s.ordinal = v.ordinal
        LEFT JOIN LATERAL (SELECT p.state FROM finance_period p WHERE p.ledger_id = p_ledger AND p.code = v.period LIMIT 1) p ON true
        LEFT JOIN LATERAL (
            SELECT k.id, k.number, k.body_hash FROM finance_voucher k
            WHERE k.ledger_id = p_ledger AND k.idempotency_key = v.idempotency_key LIMIT 1
        ) k ON v.idempotency_key IS NOT NULL
    ), fresh AS MATERIALIZED (
        SELECT j.ordinal, j.total, (row_number() OVER (PARTITION BY j.period, j.word ORDER BY j.ordinal) + coalesce((
                SELECT h.number FROM finance_voucher h
                WHERE h.ledger_id = p_ledger AND h.period = j.period AND h.word = j.word
                ORDER BY h.number DESC LIMIT 1), 0))::integer AS number
        FROM judged j WHERE j.problem IS NULL AND j.known_id IS NULL
    ), w AS MATERIALIZED (
        SELECT l.*, v.id AS voucher_id, v.period, v.entry_on, v.word, v.kind = 'closing' AS closing, f.number
        FROM fresh f JOIN v ON v.ordinal = f.ordinal JOIN l ON l.ordinal = f.ordinal
    ), new_vouchers AS (
        INSERT INTO finance_voucher (
            id, ledger_id, period, word, number, entry_on, kind, summary, total, attachments, made_by, reviewed_by, signed_by,
            posted_by, posted_by_id, posted_at, reverses_id, source_kind, source_id, source_number, source_path, idempotency_key, body_hash)
        SELECT v.id, p_ledger, v.period, v.word, f.number, v.entry_on, v.kind, v.summary, f.total, v.attachments, v.made_by,
            v.reviewed_by, v.signed_by, v.posted_by, v.posted_by_id, p_at, v.reverses_id, v.source_kind, v.source_id, v.source_number,
            v.source_path, v.idempotency_key, v.body_hash
        FROM fresh f JOIN v ON v.ordinal = f.ordinal
    ), new_lines AS (
        INSERT INTO finance_voucher_line (
            voucher_id, position, account_id, entry_on, word, number, summary, debit, credit, currency, currency_amount, rate,
            quantity, dimension_set_id, cash_item)
        SELECT w.voucher_id, w.position, w.account_id, w.entry_on, w.word, w.number, w.summary, w.debit, w.credit, w.currency,
            w.currency_amount, w.rate, w.quantity, w.dimension_set_id, w.cash_item
        FROM w
    ), new_cash AS (
        INSERT INTO finance_cash_due (ledger_id, voucher_id) SELECT DISTINCT p_ledger, w.voucher_id FROM w WHERE w.is_cash
    ), new_balances AS (
        INSERT INTO finance_balance AS b (ledger_id, dimension_set_id, period, account_id, currency, closing, debit, credit)
        SELECT p_ledger, '00000000-0000-0000-0000-000000000000', w.period, w.account_id, w.currency, w.closing, sum(w.debit), sum(w.credit)
        FROM w
        GROUP BY w.period, w.account_id, w.currency, w.closing
        -- One order for everybody, so that two postings never wait for each other in a circle.
        ORDER BY w.period, w.account_id, w.currency, w.closing
        ON CONFLICT (ledger_id, dimension_set_id, period, account_id, currency, closing) DO UPDATE SET
            debit = b.debit + excluded.debit, credit = b.credit + excluded.credit
    )
    SELECT j.ordinal, coalesce(j.known_id, j.id), j.period, j.word, coalesce(j.known_number, f.number), j.known_id IS NOT NULL,
        j.problem
    FROM judged j LEFT JOIN fresh f ON f.ordinal = j.ordinal;

    IF p_dimensions IS NOT NULL THEN
        -- Only what was posted: a refused voucher must not keep a customer from being deleted.
        INSERT INTO finance_dimension_set (id, party_id, department_id, employee_id, project_id, product_id, others)
        SELECT x.id, x.party, x.department, x.employee, x.project, x.product, coalesce(x.others, '')
        FROM json_to_recordset(p_dimensions) AS x(
            id uuid, party uuid, department uuid, employee uuid, project uuid, product uuid, others text)
        WHERE x.id IN (
            SELECT n.dimension_set_id FROM json_to_recordset(p_vouchers) AS v(id uuid) JOIN finance_voucher_line n ON n.voucher_id = v.id)
        ORDER BY x.id
        ON CONFLICT (id) DO NOTHING;
        -- No foreign key tells of which kind an item is: what was posted must speak of items of its kinds.
        IF EXISTS (
            SELECT FROM json_to_recordset(p_vouchers) AS x(id uuid)
            JOIN finance_voucher_line n ON n.voucher_id = x.id
            JOIN finance_dimension_set s ON s.id = n.dimension_set_id AND (s.others <> '' OR s.project_id IS NOT NULL)
            CROSS JOIN LATERAL string_to_table(concat_ws(';', 'project=' || s.project_id, nullif(s.others, '')), ';') AS each(pair)
            LEFT JOIN finance_dimension_item i ON i.kind = split_part(each.pair, '=', 1) AND i.id = split_part(each.pair, '=', 2)::uuid
            WHERE i.id IS NULL
        ) THEN
            RAISE foreign_key_violation USING MESSAGE = 'finance_dimension_set names an item that does not exist';
        END IF;
        INSERT INTO finance_balance AS b (ledger_id, dimension_set_id, period, account_id, currency, closing, debit, credit)
        SELECT p_ledger, n.dimension_set_id, h.period, n.account_id, n.currency, h.kind = 'closing', sum(n.debit), sum(n.credit)
        FROM json_to_recordset(p_vouchers) AS x(id uuid)
        JOIN finance_voucher h ON h.id = x.id
        JOIN finance_voucher_line n ON n.voucher_id = h.id
        WHERE n.dimension_set_id IS NOT NULL
        GROUP BY n.dimension_set_id, h.period, n.account_id, n.currency, h.kind = 'closing'
        ORDER BY h.period, n.account_id, n.dimension_set_id, n.currency
        ON CONFLICT (ledger_id, dimension_set_id, period, account_id, currency, closing) DO UPDATE SET
            debit = b.debit + excluded.debit, credit = b.credit + excluded.credit;
    END IF;

    IF p_measured THEN
        INSERT INTO finance_measure AS m (
            account_id, dimension_set_id, period, currency, currency_debit, currency_credit, quantity_debit, quantity_credit)
        SELECT n.account_id, d.id, h.period, n.currency,
            sum(CASE WHEN n.debit <> 0 THEN coalesce(n.currency_amount, 0) ELSE 0 END),
            sum(CASE WHEN n.credit <> 0 THEN coalesce(n.currency_amount, 0) ELSE 0 END),
            sum(CASE WHEN n.debit <> 0 THEN coalesce(n.quantity, 0) ELSE 0 END),
            sum(CASE WHEN n.credit <> 0 THEN coalesce(n.quantity, 0) ELSE 0 END)
        FROM json_to_recordset(p_vouchers) AS x(id uuid)
        JOIN finance_voucher h ON h.id = x.id
        JOIN finance_voucher_line n ON n.voucher_id = h.id
        CROSS JOIN LATERAL (VALUES ('00000000-0000-0000-0000-000000000000'::uuid), (n.dimension_set_id)) AS d(id)
        WHERE d.id IS NOT NULL AND (n.currency_amount IS NOT NULL OR n.quantity IS NOT NULL)
        GROUP BY d.id, h.period, n.account_id, n.currency
        ORDER BY h.period, n.account_id, d.id, n.currency
        ON CONFLICT (account_id, dimension_set_id, period, currency) DO UPDATE SET
            currency_debit = m.currency_debit + excluded.currency_debit,
            currency_credit = m.currency_credit + excluded.currency_credit,
            quantity_debit = m.quantity_debit + excluded.quantity_debit,
            quantity_credit = m.quantity_credit + excluded.quantity_credit;
    END IF;
END
$body$
"""
