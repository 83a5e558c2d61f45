"""Keep whole books: review, dimensions, period end, cash flow, statements, invariants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_finance_0003"
down_revision = "core_finance_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finance_attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_attachment")),
    )
    op.create_index(op.f("ix_finance_attachment_voucher_id"), "finance_attachment", ["voucher_id"], unique=False)
    op.create_table(
        "finance_cash_due",
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_id", "voucher_id", name=op.f("pk_finance_cash_due")),
    )
    op.create_table(
        "finance_cash_flow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("is_chosen", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_cash_flow")),
        sa.UniqueConstraint("voucher_id", "position", name=op.f("uq_finance_cash_flow_voucher_id_position")),
    )
    op.create_index("ix_finance_cash_flow_item", "finance_cash_flow", ["ledger_id", "period", "item"], unique=False)
    op.create_table(
        "finance_cash_total",
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.PrimaryKeyConstraint("ledger_id", "period", "item", name=op.f("pk_finance_cash_total")),
    )
    op.create_table(
        "finance_dimension_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("mnemonic", sa.String(length=100), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_dimension_item")),
        sa.UniqueConstraint("kind", "code", name=op.f("uq_finance_dimension_item_kind_code")),
    )
    op.create_index(op.f("ix_finance_dimension_item_kind_name"), "finance_dimension_item", ["kind", "name"], unique=False)
    op.create_table(
        "finance_dimension_kind",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,19}$'", name=op.f("ck_finance_dimension_kind_key_plain")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_dimension_kind")),
        sa.UniqueConstraint("key", name=op.f("uq_finance_dimension_kind_key")),
    )
    op.create_table(
        "finance_phrase",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("mnemonic", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_phrase")),
        sa.UniqueConstraint("text", name=op.f("uq_finance_phrase_text")),
    )
    op.create_table(
        "finance_rate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.String(length=3), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('spot', 'closing', 'average')", name=op.f("ck_finance_rate_kind_known")),
        sa.CheckConstraint("rate > 0", name=op.f("ck_finance_rate_rate_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_rate")),
        sa.UniqueConstraint("base", "currency", "kind", "on", name=op.f("uq_finance_rate_base_currency_kind_on")),
    )
    op.create_table(
        "finance_amortisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("residual", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("first_period", sa.Integer(), nullable=False),
        sa.Column("stopped_period", sa.Integer(), nullable=True),
        sa.Column("charged_before", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("expense_account", sa.String(length=30), nullable=False),
        sa.Column("expense_dimensions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asset_account", sa.String(length=30), nullable=False),
        sa.Column("asset_dimensions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0 AND residual >= 0 AND residual < amount", name=op.f("ck_finance_amortisation_amounts_sensible")),
        sa.CheckConstraint("months BETWEEN 1 AND 1200", name=op.f("ck_finance_amortisation_months_sensible")),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_amortisation_ledger_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_amortisation")),
        sa.UniqueConstraint("ledger_id", "name", name=op.f("uq_finance_amortisation_ledger_id_name")),
    )
    op.create_table(
        "finance_cash_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=30), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_finance_cash_rule_direction_known")),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_cash_rule_ledger_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_cash_rule")),
        sa.UniqueConstraint("ledger_id", "account", "direction", name=op.f("uq_finance_cash_rule_ledger_id_account_direction")),
    )
    op.create_table(
        "finance_close_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("calculation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done_by", sa.String(length=100), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('done', 'skipped')", name=op.f("ck_finance_close_step_state_known")),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_close_step_ledger_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_close_step")),
        sa.UniqueConstraint("ledger_id", "period", "step", name=op.f("uq_finance_close_step_ledger_id_period_step")),
    )
    op.create_table(
        "finance_filed_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("formulas_version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("filed_by", sa.String(length=100), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_filed_statement_ledger_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_filed_statement")),
        info={"privileges": "insert_only"},
    )
    op.create_index(op.f("ix_finance_filed_statement_ledger_id"), "finance_filed_statement", ["ledger_id"], unique=False)
    op.create_table(
        "finance_invariant_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ran_by", sa.String(length=100), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("results", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_invariant_run_ledger_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_invariant_run")),
        info={"privileges": "insert_only"},
    )
    op.create_index(op.f("ix_finance_invariant_run_ledger_id_ran_at"), "finance_invariant_run", ["ledger_id", "ran_at"], unique=False)
    op.create_table(
        "finance_seat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_seat_ledger_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_seat")),
        sa.UniqueConstraint("person_id", name=op.f("uq_finance_seat_person_id")),
    )
    op.create_table(
        "finance_statement_formulas",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_period", sa.Integer(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_statement_formulas_ledger_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_statement_formulas")),
        sa.UniqueConstraint("ledger_id", "kind", "version", name=op.f("uq_finance_statement_formulas_ledger_id_kind_version")),
        info={"privileges": "insert_only"},
    )
    op.create_table(
        "finance_voucher_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("word", sa.String(length=4), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["finance_ledger.id"], name=op.f("fk_finance_voucher_template_ledger_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_voucher_template")),
        sa.UniqueConstraint("ledger_id", "name", name=op.f("uq_finance_voucher_template_ledger_id_name")),
    )
    op.add_column("finance_account", sa.Column("cash_item_in", sa.Integer(), nullable=True))
    op.add_column("finance_account", sa.Column("cash_item_out", sa.Integer(), nullable=True))
    op.execute(
        "INSERT INTO finance_dimension_item (id, kind, code, name, mnemonic, is_active, created_at, updated_at, version)"
        " SELECT DISTINCT project_id, 'project', left(project_id::text, 30), project_id::text, '', true, now(), now(), 1"
        " FROM finance_dimension_set WHERE project_id IS NOT NULL"
    )
    op.create_index("ix_finance_voucher_day", "finance_voucher", ["ledger_id", "entry_on", "word", "number"], unique=False)
    op.create_index(op.f("ix_finance_dimension_set_project_id"), "finance_dimension_set", ["project_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_finance_dimension_set_project_id"), "finance_dimension_set", "finance_dimension_item", ["project_id"], ["id"]
    )
    op.add_column("finance_draft", sa.Column("place", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("finance_draft", sa.Column("kind", sa.String(length=20), server_default="manual", nullable=False))
    op.add_column("finance_draft", sa.Column("reverses_id", sa.Uuid(), nullable=True))
    op.add_column("finance_draft", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("finance_draft", sa.Column("signed_by", sa.String(length=100), nullable=True))
    op.add_column("finance_draft", sa.Column("signed_by_id", sa.Uuid(), nullable=True))
    op.add_column("finance_draft", sa.Column("idempotency_key", sa.String(length=200), nullable=True))
    op.add_column("finance_draft", sa.Column("body_hash", sa.String(length=64), nullable=True))
    op.create_index(
        "uq_finance_draft_reverses_id",
        "finance_draft",
        ["reverses_id"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_index(
        "uq_finance_draft_idempotency_key",
        "finance_draft",
        ["ledger_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.add_column(
        "finance_draft_line", sa.Column("others", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("finance_draft_line", sa.Column("cash_item", sa.Integer(), nullable=True))
    op.add_column("finance_ledger", sa.Column("filing_period", sa.String(length=40), server_default="month", nullable=False))
    op.add_column(
        "finance_ledger", sa.Column("words", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{记,收,付,转}'"), nullable=False)
    )
    op.add_column("finance_ledger", sa.Column("review", sa.String(length=40), server_default="none", nullable=False))
    op.add_column("finance_ledger", sa.Column("poster_apart", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column(
        "finance_ledger", sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.create_check_constraint(op.f("ck_finance_ledger_filing_period_known"), "finance_ledger", "filing_period IN ('month', 'quarter')")
    op.create_check_constraint(op.f("ck_finance_ledger_review_known"), "finance_ledger", "review IN ('none', 'anyone', 'second_person')")
    op.add_column("finance_voucher", sa.Column("signed_by", sa.String(length=100), nullable=True))
    op.add_column("finance_voucher_line", sa.Column("cash_item", sa.Integer(), nullable=True))
    # --- data and functions
    op.execute(
        "INSERT INTO finance_cash_due (ledger_id, voucher_id) SELECT DISTINCT a.ledger_id, l.voucher_id"
        " FROM finance_voucher_line l JOIN finance_account a ON a.id = l.account_id WHERE a.is_cash"
    )
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
            END AS bad
        FROM json_to_recordset(p_lines) AS x(
            ordinal integer, position integer, account text, summary text, debit numeric, credit numeric, currency text,
            currency_amount numeric, rate numeric, quantity numeric, dimension_set_id uuid, dimensions text,
            cash_item integer)
        LEFT JOIN LATERAL (
            SELECT a.* FROM finance_account a WHERE a.ledger_id = p_ledger AND a.code = x.account LIMIT 1
        ) a ON true
    ), sums AS (
        SELECT l.ordinal, sum(l.debit) AS debit, sum(l.credit) AS credit, min(l.bad) AS bad,
            bool_or(l.is_cash AND l.debit <> 0) AS cash_debit, bool_or(l.is_cash AND l.credit <> 0) AS cash_credit
        FROM l GROUP BY l.ordinal
    ), judged AS MATERIALIZED (
        SELECT v.ordinal, v.id, v.period, v.word, s.debit AS total, k.id AS known_id, k.number AS known_number, CASE
            WHEN k.id IS NOT NULL THEN CASE WHEN k.body_hash IS DISTINCT FROM v.body_hash THEN 101 END
            WHEN p.state IS NULL OR v.period <> extract(year FROM v.entry_on) * 100 + extract(month FROM v.entry_on) THEN 102
            WHEN p.state <> 'open' THEN 103
            WHEN s.ordinal IS NULL THEN 104
            WHEN s.bad IS NOT NULL THEN s.bad
            WHEN s.debit <> s.credit THEN 105
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
    )
    op.execute(
        r"""
CREATE OR REPLACE FUNCTION finance_descend(p_parent uuid, p_child uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $body$
BEGIN
    -- Postings wait here, and see the sub-account when they go on.
    PERFORM 1 FROM finance_period p WHERE p.ledger_id = (SELECT a.ledger_id FROM finance_account a WHERE a.id = p_parent)
    ORDER BY p.code FOR NO KEY UPDATE;
    PERFORM 1 FROM finance_account WHERE id IN (p_parent, p_child) ORDER BY id FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM finance_account c WHERE c.parent_id = p_parent) <> 1
        OR NOT EXISTS (SELECT FROM finance_account c WHERE c.id = p_child AND c.parent_id = p_parent AND c.is_leaf)
        OR EXISTS (SELECT FROM finance_balance b WHERE b.account_id = p_child)
    THEN
        RAISE check_violation USING MESSAGE = 'only the first and unused sub-account takes over what was posted';
    END IF;
    UPDATE finance_account SET is_leaf = false WHERE id = p_parent;
    UPDATE finance_voucher_line SET account_id = p_child WHERE account_id = p_parent;
    UPDATE finance_balance SET account_id = p_child WHERE account_id = p_parent;
    UPDATE finance_measure SET account_id = p_child WHERE account_id = p_parent;
END
$body$
"""
    )
    op.execute("SELECT set_config('search_path', current_setting('jingwei.search_path'), true)")


def downgrade() -> None:
    # Both speak of columns that go; an older release that is to post again restores its own finance_post first.
    op.execute("DROP FUNCTION IF EXISTS finance_descend(uuid, uuid)")
    op.execute("DROP FUNCTION IF EXISTS finance_post(uuid, timestamptz, json, json, json, boolean)")
    op.drop_column("finance_voucher_line", "cash_item")
    op.drop_column("finance_voucher", "signed_by")
    op.drop_column("finance_ledger", "rules")
    op.drop_column("finance_ledger", "poster_apart")
    op.drop_column("finance_ledger", "review")
    op.drop_column("finance_ledger", "words")
    op.drop_column("finance_ledger", "filing_period")
    op.drop_column("finance_draft_line", "cash_item")
    op.drop_column("finance_draft_line", "others")
    op.drop_index("uq_finance_draft_reverses_id", table_name="finance_draft", postgresql_where=sa.text("reverses_id IS NOT NULL"))
    op.drop_index("uq_finance_draft_idempotency_key", table_name="finance_draft", postgresql_where=sa.text("idempotency_key IS NOT NULL"))
    op.drop_column("finance_draft", "body_hash")
    op.drop_column("finance_draft", "idempotency_key")
    op.drop_column("finance_draft", "signed_by_id")
    op.drop_column("finance_draft", "signed_by")
    op.drop_column("finance_draft", "reviewed_at")
    op.drop_column("finance_draft", "reverses_id")
    op.drop_column("finance_draft", "kind")
    op.drop_column("finance_draft", "place")
    op.drop_constraint(op.f("fk_finance_dimension_set_project_id"), "finance_dimension_set", type_="foreignkey")
    op.drop_index(op.f("ix_finance_dimension_set_project_id"), table_name="finance_dimension_set")
    op.drop_index("ix_finance_voucher_day", table_name="finance_voucher")
    op.drop_column("finance_account", "cash_item_out")
    op.drop_column("finance_account", "cash_item_in")
    op.drop_table("finance_voucher_template")
    op.drop_table("finance_statement_formulas")
    op.drop_table("finance_seat")
    op.drop_index(op.f("ix_finance_invariant_run_ledger_id_ran_at"), table_name="finance_invariant_run")
    op.drop_table("finance_invariant_run")
    op.drop_index(op.f("ix_finance_filed_statement_ledger_id"), table_name="finance_filed_statement")
    op.drop_table("finance_filed_statement")
    op.drop_table("finance_close_step")
    op.drop_table("finance_cash_rule")
    op.drop_table("finance_amortisation")
    op.drop_table("finance_rate")
    op.drop_table("finance_phrase")
    op.drop_table("finance_dimension_kind")
    op.drop_index(op.f("ix_finance_dimension_item_kind_name"), table_name="finance_dimension_item")
    op.drop_table("finance_dimension_item")
    op.drop_table("finance_cash_total")
    op.drop_index("ix_finance_cash_flow_item", table_name="finance_cash_flow")
    op.drop_table("finance_cash_flow")
    op.drop_table("finance_cash_due")
    op.drop_index(op.f("ix_finance_attachment_voucher_id"), table_name="finance_attachment")
    op.drop_table("finance_attachment")
