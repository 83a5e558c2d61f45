"""Initial."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_finance_0001"
down_revision = None
branch_labels = ("core_finance",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finance_dimension_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("employee_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("others", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_dimension_set")),
    )
    op.create_index(op.f("ix_finance_dimension_set_party_id"), "finance_dimension_set", ["party_id"], unique=False)
    op.create_table(
        "finance_ledger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("standard", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("taxpayer", sa.String(length=40), nullable=False),
        sa.Column("start_period", sa.Integer(), nullable=False),
        sa.Column("code_scheme", sa.String(length=30), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("standard IN ('small_business', 'enterprise')", name=op.f("ck_finance_ledger_standard_known")),
        sa.CheckConstraint("taxpayer IN ('general', 'small_scale')", name=op.f("ck_finance_ledger_taxpayer_known")),
        sa.CheckConstraint("mod(start_period, 100) BETWEEN 1 AND 12", name=op.f("ck_finance_ledger_start_period_month")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_ledger")),
        sa.UniqueConstraint("name", name=op.f("uq_finance_ledger_name")),
    )
    op.create_table(
        "finance_measure",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("dimension_set_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("currency_debit", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("currency_credit", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("quantity_debit", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("quantity_credit", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "dimension_set_id", "period", "currency", name=op.f("pk_finance_measure")),
        postgresql_with={"fillfactor": 60},
    )
    op.create_table(
        "finance_voucher",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=4), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("entry_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column("total", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("reviewed_by", sa.String(length=100), nullable=True),
        sa.Column("posted_by", sa.String(length=100), nullable=False),
        sa.Column("posted_by_id", sa.Uuid(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("source_kind", sa.String(length=60), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("source_number", sa.String(length=60), nullable=True),
        sa.Column("source_path", sa.String(length=300), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_voucher")),
    )
    op.create_index(
        "ix_finance_voucher_source_id", "finance_voucher", ["source_id"], unique=False, postgresql_where=sa.text("source_id IS NOT NULL")
    )
    op.create_index(
        "uq_finance_voucher_idempotency_key",
        "finance_voucher",
        ["ledger_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index(
        "uq_finance_voucher_reverses_id",
        "finance_voucher",
        ["reverses_id"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_index("uq_finance_voucher_series", "finance_voucher", ["ledger_id", "period", "word", "number"], unique=True)
    op.create_table(
        "finance_voucher_line",
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("entry_on", sa.Date(), nullable=False),
        sa.Column("word", sa.String(length=4), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column("debit", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("credit", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("currency_amount", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("rate", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("dimension_set_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(debit = 0) <> (credit = 0)", name=op.f("ck_finance_voucher_line_one_side")),
        sa.PrimaryKeyConstraint("voucher_id", "position", name=op.f("pk_finance_voucher_line")),
    )
    op.create_index(
        "ix_finance_voucher_line_account", "finance_voucher_line", ["account_id", "entry_on", "word", "number", "position"], unique=False
    )
    op.create_table(
        "finance_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("mnemonic", sa.String(length=100), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("is_leaf", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_cash", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("required_dimensions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("optional_dimensions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "category IN ('asset', 'liability', 'common', 'equity', 'cost', 'revenue', 'expense')",
            name=op.f("ck_finance_account_category_known"),
        ),
        sa.CheckConstraint("side IN ('debit', 'credit')", name=op.f("ck_finance_account_side_known")),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_account_ledger_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["finance_account.id"], name=op.f("fk_finance_account_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_account")),
        sa.UniqueConstraint("ledger_id", "code", name=op.f("uq_finance_account_ledger_id_code")),
    )
    op.create_index(op.f("ix_finance_account_parent_id"), "finance_account", ["parent_id"], unique=False)
    op.create_table(
        "finance_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=4), nullable=False),
        sa.Column("entry_on", sa.Date(), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("reviewed_by", sa.String(length=100), nullable=True),
        sa.Column("reviewed_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'reviewed')", name=op.f("ck_finance_draft_state_known")),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_draft_ledger_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_draft")),
    )
    op.create_index(op.f("ix_finance_draft_ledger_id_period"), "finance_draft", ["ledger_id", "period"], unique=False)
    op.create_table(
        "finance_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_finance_period_state_known")),
        sa.CheckConstraint("mod(code, 100) BETWEEN 1 AND 12", name=op.f("ck_finance_period_code_month")),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_period_ledger_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_period")),
        sa.UniqueConstraint("ledger_id", "code", name=op.f("uq_finance_period_ledger_id_code")),
    )
    op.create_table(
        "finance_account_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["finance_account.id"], name=op.f("fk_finance_account_key_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_account_key_ledger_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_account_key")),
        sa.UniqueConstraint("ledger_id", "key", name=op.f("uq_finance_account_key_ledger_id_key")),
    )
    op.create_index(op.f("ix_finance_account_key_account_id"), "finance_account_key", ["account_id"], unique=False)
    op.create_table(
        "finance_balance",
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("dimension_set_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("closing", sa.Boolean(), nullable=False),
        sa.Column("debit", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("credit", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["finance_account.id"], name=op.f("fk_finance_balance_account_id")),
        sa.PrimaryKeyConstraint(
            "ledger_id", "dimension_set_id", "period", "account_id", "currency", "closing", name=op.f("pk_finance_balance")
        ),
        postgresql_with={"fillfactor": 60},
    )
    op.create_index("ix_finance_balance_account", "finance_balance", ["account_id", "dimension_set_id", "period"], unique=False)
    op.create_table(
        "finance_draft_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=30), nullable=False),
        sa.Column("debit", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("credit", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("currency_amount", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("rate", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("employee_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("debit = 0 OR credit = 0", name=op.f("ck_finance_draft_line_one_side")),
        sa.ForeignKeyConstraint(["draft_id"], ["finance_draft.id"], name=op.f("fk_finance_draft_line_draft_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_draft_line")),
    )
    op.create_index(op.f("ix_finance_draft_line_draft_id"), "finance_draft_line", ["draft_id"], unique=False)
    op.execute("SELECT set_config('jingwei.search_path', current_setting('search_path'), true)")
    op.execute("SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)")
    op.execute(
        r"""
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

    IF p_dimensions IS NOT NULL THEN
        INSERT INTO finance_dimension_set (id, party_id, department_id, employee_id, project_id, product_id, others)
        SELECT x.id, x.party, x.department, x.employee, x.project, x.product, coalesce(x.others, '')
        FROM json_to_recordset(p_dimensions) AS x(
            id uuid, party uuid, department uuid, employee uuid, project uuid, product uuid, others text)
        ORDER BY x.id
        ON CONFLICT (id) DO NOTHING;
    END IF;

    RETURN QUERY
    WITH v AS MATERIALIZED (
        SELECT x.* FROM json_to_recordset(p_vouchers) AS x(
            ordinal integer, id uuid, period integer, word text, entry_on date, kind text, summary text, attachments integer,
            made_by text, reviewed_by text, posted_by text, posted_by_id uuid, reverses_id uuid,
            source_kind text, source_id uuid, source_number text,
            source_path text, idempotency_key text, body_hash text)
    ), l AS MATERIALIZED (
        SELECT x.*, a.id AS account_id, x.position * 1000 + CASE
            WHEN a.id IS NULL THEN 1
            WHEN NOT a.is_leaf THEN 2
            WHEN NOT a.is_active THEN 3
            WHEN scale(x.debit) > 2 OR scale(x.credit) > 2 THEN 4
            WHEN (x.debit = 0) = (x.credit = 0) THEN 5
            WHEN x.dimension_set_id IS NULL THEN CASE WHEN a.required_dimensions <> '{}' THEN 6 END
            WHEN NOT a.required_dimensions <@ string_to_array(x.dimensions, ',') THEN 6
            WHEN NOT string_to_array(x.dimensions, ',') <@ (a.required_dimensions || a.optional_dimensions) THEN 7
            END AS bad
        FROM json_to_recordset(p_lines) AS x(
            ordinal integer, position integer, account text, summary text, debit numeric, credit numeric, currency text,
            currency_amount numeric, rate numeric, quantity numeric, dimension_set_id uuid, dimensions text)
        LEFT JOIN LATERAL (
            SELECT a.* FROM finance_account a WHERE a.ledger_id = p_ledger AND a.code = x.account LIMIT 1
        ) a ON true
    ), sums AS (
        SELECT l.ordinal, sum(l.debit) AS debit, sum(l.credit) AS credit, min(l.bad) AS bad FROM l GROUP BY l.ordinal
    ), judged AS MATERIALIZED (
        SELECT v.ordinal, v.id, v.period, v.word, s.debit AS total, k.id AS known_id, k.number AS known_number, CASE
            WHEN k.id IS NOT NULL THEN CASE WHEN k.body_hash IS DISTINCT FROM v.body_hash THEN 101 END
            WHEN p.state IS NULL OR v.period <> extract(year FROM v.entry_on) * 100 + extract(month FROM v.entry_on) THEN 102
            WHEN p.state <> 'open' THEN 103
            WHEN s.ordinal IS NULL THEN 104
            WHEN s.bad IS NOT NULL THEN s.bad
            WHEN s.debit <> s.credit THEN 105
            END AS problem
        FROM v
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
            id, ledger_id, period, word, number, entry_on, kind, summary, total, attachments, made_by, reviewed_by, posted_by,
            posted_by_id, posted_at, reverses_id, source_kind, source_id, source_number, source_path, idempotency_key, body_hash)
        SELECT v.id, p_ledger, v.period, v.word, f.number, v.entry_on, v.kind, v.summary, f.total, v.attachments, v.made_by,
            v.reviewed_by, v.posted_by, v.posted_by_id, p_at, v.reverses_id, v.source_kind, v.source_id, v.source_number,
            v.source_path, v.idempotency_key, v.body_hash
        FROM fresh f JOIN v ON v.ordinal = f.ordinal
    ), new_lines AS (
        INSERT INTO finance_voucher_line (
            voucher_id, position, account_id, entry_on, word, number, summary, debit, credit, currency, currency_amount, rate,
            quantity, dimension_set_id)
        SELECT w.voucher_id, w.position, w.account_id, w.entry_on, w.word, w.number, w.summary, w.debit, w.credit, w.currency,
            w.currency_amount, w.rate, w.quantity, w.dimension_set_id
        FROM w
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
    )
    op.execute("SELECT set_config('search_path', current_setting('jingwei.search_path'), true)")


def downgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS finance_post(uuid, timestamptz, json, json, json, boolean)")
    op.drop_index(op.f("ix_finance_draft_line_draft_id"), table_name="finance_draft_line")
    op.drop_table("finance_draft_line")
    op.drop_index("ix_finance_balance_account", table_name="finance_balance")
    op.drop_table("finance_balance")
    op.drop_index(op.f("ix_finance_account_key_account_id"), table_name="finance_account_key")
    op.drop_table("finance_account_key")
    op.drop_table("finance_period")
    op.drop_index(op.f("ix_finance_draft_ledger_id_period"), table_name="finance_draft")
    op.drop_table("finance_draft")
    op.drop_index(op.f("ix_finance_account_parent_id"), table_name="finance_account")
    op.drop_table("finance_account")
    op.drop_index("ix_finance_voucher_line_account", table_name="finance_voucher_line")
    op.drop_table("finance_voucher_line")
    op.drop_index("uq_finance_voucher_series", table_name="finance_voucher")
    op.drop_index("uq_finance_voucher_reverses_id", table_name="finance_voucher", postgresql_where=sa.text("reverses_id IS NOT NULL"))
    op.drop_index(
        "uq_finance_voucher_idempotency_key", table_name="finance_voucher", postgresql_where=sa.text("idempotency_key IS NOT NULL")
    )
    op.drop_index("ix_finance_voucher_source_id", table_name="finance_voucher", postgresql_where=sa.text("source_id IS NOT NULL"))
    op.drop_table("finance_voucher")
    op.drop_table("finance_measure")
    op.drop_table("finance_ledger")
    op.drop_index(op.f("ix_finance_dimension_set_party_id"), table_name="finance_dimension_set")
    op.drop_table("finance_dimension_set")
