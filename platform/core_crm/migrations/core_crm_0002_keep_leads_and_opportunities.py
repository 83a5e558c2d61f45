"""Keep leads and opportunities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_crm_0002"
down_revision = "core_crm_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_assignment_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=True),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("by_load", sa.Boolean(), nullable=False),
        sa.Column("load_max", sa.Integer(), nullable=True),
        sa.Column("employees", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("last_employee_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "operator IN ('equals', 'contains', 'in', 'filled', 'empty')", name=op.f("ck_crm_assignment_rule_operator_known")
        ),
        sa.CheckConstraint("load_max > 0", name=op.f("ck_crm_assignment_rule_load_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_assignment_rule")),
    )
    op.create_table(
        "crm_lost_reason",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_lost_reason")),
        sa.UniqueConstraint("name", name=op.f("uq_crm_lost_reason_name")),
    )
    op.create_table(
        "crm_pipeline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_pipeline")),
        sa.UniqueConstraint("name", name=op.f("uq_crm_pipeline_name")),
    )
    op.create_table(
        "crm_pool_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("record_name", sa.String(length=200), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("from_owner_id", sa.Uuid(), nullable=True),
        sa.Column("to_owner_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("act IN ('dropped', 'released', 'claimed', 'assigned', 'reminded')", name=op.f("ck_crm_pool_log_act_known")),
        sa.CheckConstraint("kind IN ('lead', 'party')", name=op.f("ck_crm_pool_log_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_pool_log")),
        info={"privileges": "insert_only"},
    )
    op.create_index("ix_crm_pool_log_claims", "crm_pool_log", ["to_owner_id", "act", "at"], unique=False)
    op.create_index("ix_crm_pool_log_list", "crm_pool_log", ["at", "id"], unique=False)
    op.create_index("ix_crm_pool_log_record", "crm_pool_log", ["kind", "record_id", "at"], unique=False)
    op.create_table(
        "crm_pool_protection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('lead', 'party')", name=op.f("ck_crm_pool_protection_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_pool_protection")),
        sa.UniqueConstraint("kind", "record_id", name=op.f("uq_crm_pool_protection_kind_record_id")),
    )
    op.create_table(
        "crm_pool_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("condition", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("condition IN ('not_followed', 'not_won')", name=op.f("ck_crm_pool_rule_condition_known")),
        sa.CheckConstraint("kind IN ('lead', 'party')", name=op.f("ck_crm_pool_rule_kind_known")),
        sa.CheckConstraint("days > 0", name=op.f("ck_crm_pool_rule_days_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_pool_rule")),
    )
    op.create_table(
        "crm_pool_settings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("holding_cap", sa.Integer(), nullable=True),
        sa.Column("claims_per_day", sa.Integer(), nullable=True),
        sa.Column("cooldown_days", sa.Integer(), nullable=False),
        sa.Column("remind_days", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('lead', 'party')", name=op.f("ck_crm_pool_settings_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_pool_settings")),
        sa.UniqueConstraint("kind", name=op.f("uq_crm_pool_settings_kind")),
    )
    op.create_table(
        "crm_scoring_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=True),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("operator IN ('equals', 'contains', 'in', 'filled', 'empty')", name=op.f("ck_crm_scoring_rule_operator_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_scoring_rule")),
        sa.UniqueConstraint("name", name=op.f("uq_crm_scoring_rule_name")),
    )
    op.create_table(
        "crm_web_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("intro", sa.Text(), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("thanks", sa.String(length=300), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("sites", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_web_form")),
        sa.UniqueConstraint("key", name=op.f("uq_crm_web_form_key")),
    )
    op.create_table(
        "crm_stage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("probability", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("required", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("criteria", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("stale_days", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('open', 'won', 'lost')", name=op.f("ck_crm_stage_kind_known")),
        sa.CheckConstraint("probability >= 0 AND probability <= 100", name=op.f("ck_crm_stage_probability_is_a_percentage")),
        sa.CheckConstraint("stale_days > 0", name=op.f("ck_crm_stage_stale_days_positive")),
        sa.ForeignKeyConstraint(["pipeline_id"], ["crm_pipeline.id"], name=op.f("fk_crm_stage_pipeline_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_stage")),
        sa.UniqueConstraint(
            "pipeline_id", "position", deferrable=True, initially="DEFERRED", name=op.f("uq_crm_stage_pipeline_id_position")
        ),
    )
    op.create_table(
        "crm_pool_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("former_owner_id", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("kind IN ('lead', 'party')", name=op.f("ck_crm_pool_entry_kind_known")),
        sa.ForeignKeyConstraint(["former_owner_id"], ["master_employee.id"], name=op.f("fk_crm_pool_entry_former_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_pool_entry")),
        sa.UniqueConstraint("kind", "record_id", name=op.f("uq_crm_pool_entry_kind_record_id")),
    )
    op.create_index("ix_crm_pool_entry_list", "crm_pool_entry", ["kind", "since", "id"], unique=False)
    op.create_table(
        "crm_lead",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=True),
        sa.Column("position", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("region", sa.String(length=80), nullable=True),
        sa.Column("industry", sa.String(length=80), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("need", sa.Text(), nullable=True),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("score_reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=True),
        sa.Column("consent", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("disqualified_reason", sa.String(length=200), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("converted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("custom", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state <> 'converted' OR party_id IS NOT NULL", name=op.f("ck_crm_lead_converted_has_party")),
        sa.CheckConstraint("state <> 'disqualified' OR disqualified_reason IS NOT NULL", name=op.f("ck_crm_lead_disqualified_has_reason")),
        sa.CheckConstraint("state IN ('new', 'working', 'converted', 'disqualified')", name=op.f("ck_crm_lead_state_known")),
        sa.ForeignKeyConstraint(["department_id"], ["master_department.id"], name=op.f("fk_crm_lead_department_id")),
        sa.ForeignKeyConstraint(["form_id"], ["crm_web_form.id"], name=op.f("fk_crm_lead_form_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["master_employee.id"], name=op.f("fk_crm_lead_owner_id")),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_crm_lead_party_id")),
        sa.ForeignKeyConstraint(["product_id"], ["master_product.id"], name=op.f("fk_crm_lead_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_lead")),
    )
    op.create_index(op.f("ix_crm_lead_department_id"), "crm_lead", ["department_id"], unique=False)
    op.create_index("ix_crm_lead_list", "crm_lead", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_crm_lead_owner_id"), "crm_lead", ["owner_id"], unique=False)
    op.create_index(op.f("ix_crm_lead_party_id"), "crm_lead", ["party_id"], unique=False)
    op.create_index(op.f("ix_crm_lead_product_id"), "crm_lead", ["product_id"], unique=False)
    op.create_index("ix_crm_lead_score", "crm_lead", ["score", "id"], unique=False)
    op.create_index(
        "ix_crm_lead_search",
        "crm_lead",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "ext.gin_trgm_ops"},
    )
    op.create_table(
        "crm_opportunity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("met", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lost_reason_id", sa.Uuid(), nullable=True),
        sa.Column("lost_remark", sa.String(length=500), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_crm_opportunity_closed_has_moment")),
        sa.CheckConstraint("state <> 'lost' OR lost_reason_id IS NOT NULL", name=op.f("ck_crm_opportunity_lost_has_reason")),
        sa.CheckConstraint("state IN ('open', 'won', 'lost')", name=op.f("ck_crm_opportunity_state_known")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_crm_opportunity_amount_not_negative")),
        sa.ForeignKeyConstraint(["contact_id"], ["master_contact.id"], name=op.f("fk_crm_opportunity_contact_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["department_id"], ["master_department.id"], name=op.f("fk_crm_opportunity_department_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["crm_lead.id"], name=op.f("fk_crm_opportunity_lead_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["lost_reason_id"], ["crm_lost_reason.id"], name=op.f("fk_crm_opportunity_lost_reason_id")),
        sa.ForeignKeyConstraint(["order_id"], ["crm_order.id"], name=op.f("fk_crm_opportunity_order_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["master_employee.id"], name=op.f("fk_crm_opportunity_owner_id")),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_crm_opportunity_party_id")),
        sa.ForeignKeyConstraint(["pipeline_id"], ["crm_pipeline.id"], name=op.f("fk_crm_opportunity_pipeline_id")),
        sa.ForeignKeyConstraint(["stage_id"], ["crm_stage.id"], name=op.f("fk_crm_opportunity_stage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_opportunity")),
    )
    op.create_index("ix_crm_opportunity_board", "crm_opportunity", ["stage_id", "rank"], unique=False)
    op.create_index("ix_crm_opportunity_closed", "crm_opportunity", ["state", "closed_at"], unique=False)
    op.create_index(op.f("ix_crm_opportunity_contact_id"), "crm_opportunity", ["contact_id"], unique=False)
    op.create_index(op.f("ix_crm_opportunity_department_id"), "crm_opportunity", ["department_id"], unique=False)
    op.create_index("ix_crm_opportunity_expected", "crm_opportunity", ["state", "expected_on"], unique=False)
    op.create_index(op.f("ix_crm_opportunity_lead_id"), "crm_opportunity", ["lead_id"], unique=False)
    op.create_index("ix_crm_opportunity_list", "crm_opportunity", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_crm_opportunity_order_id"), "crm_opportunity", ["order_id"], unique=False)
    op.create_index(op.f("ix_crm_opportunity_owner_id"), "crm_opportunity", ["owner_id"], unique=False)
    op.create_index(op.f("ix_crm_opportunity_party_id"), "crm_opportunity", ["party_id"], unique=False)
    op.create_index(op.f("ix_crm_opportunity_pipeline_id"), "crm_opportunity", ["pipeline_id"], unique=False)
    op.create_table(
        "crm_competitor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("remark", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["crm_opportunity.id"], name=op.f("fk_crm_competitor_opportunity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_competitor")),
        sa.UniqueConstraint("opportunity_id", "name", name=op.f("uq_crm_competitor_opportunity_id_name")),
    )
    op.create_table(
        "crm_opportunity_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("discount_percent", sa.Numeric(precision=7, scale=4), nullable=False),
        sa.Column("tax_code", sa.String(length=20), nullable=False),
        sa.Column("gross", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_crm_opportunity_line_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["crm_opportunity.id"], name=op.f("fk_crm_opportunity_line_opportunity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["master_product.id"], name=op.f("fk_crm_opportunity_line_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_opportunity_line")),
        sa.UniqueConstraint("opportunity_id", "position", name=op.f("uq_crm_opportunity_line_opportunity_id_position")),
    )
    op.create_index(op.f("ix_crm_opportunity_line_product_id"), "crm_opportunity_line", ["product_id"], unique=False)
    op.create_table(
        "crm_stage_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("from_stage_id", sa.Uuid(), nullable=True),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("kind IN ('open', 'won', 'lost')", name=op.f("ck_crm_stage_move_kind_known")),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["crm_opportunity.id"], name=op.f("fk_crm_stage_move_opportunity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["stage_id"], ["crm_stage.id"], name=op.f("fk_crm_stage_move_stage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_stage_move")),
        info={"privileges": "insert_only"},
    )
    op.create_index("ix_crm_stage_move_at", "crm_stage_move", ["at"], unique=False)
    op.create_index("ix_crm_stage_move_opportunity_id_at", "crm_stage_move", ["opportunity_id", "at"], unique=False)
    op.create_index(op.f("ix_crm_stage_move_stage_id"), "crm_stage_move", ["stage_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_crm_stage_move_stage_id"), table_name="crm_stage_move")
    op.drop_index("ix_crm_stage_move_opportunity_id_at", table_name="crm_stage_move")
    op.drop_index("ix_crm_stage_move_at", table_name="crm_stage_move")
    op.drop_table("crm_stage_move")
    op.drop_index(op.f("ix_crm_opportunity_line_product_id"), table_name="crm_opportunity_line")
    op.drop_table("crm_opportunity_line")
    op.drop_table("crm_competitor")
    op.drop_index(op.f("ix_crm_opportunity_pipeline_id"), table_name="crm_opportunity")
    op.drop_index(op.f("ix_crm_opportunity_party_id"), table_name="crm_opportunity")
    op.drop_index(op.f("ix_crm_opportunity_owner_id"), table_name="crm_opportunity")
    op.drop_index(op.f("ix_crm_opportunity_order_id"), table_name="crm_opportunity")
    op.drop_index("ix_crm_opportunity_list", table_name="crm_opportunity")
    op.drop_index(op.f("ix_crm_opportunity_lead_id"), table_name="crm_opportunity")
    op.drop_index("ix_crm_opportunity_expected", table_name="crm_opportunity")
    op.drop_index(op.f("ix_crm_opportunity_department_id"), table_name="crm_opportunity")
    op.drop_index(op.f("ix_crm_opportunity_contact_id"), table_name="crm_opportunity")
    op.drop_index("ix_crm_opportunity_closed", table_name="crm_opportunity")
    op.drop_index("ix_crm_opportunity_board", table_name="crm_opportunity")
    op.drop_table("crm_opportunity")
    op.drop_index("ix_crm_lead_search", table_name="crm_lead", postgresql_using="gin", postgresql_ops={"search_text": "ext.gin_trgm_ops"})
    op.drop_index("ix_crm_lead_score", table_name="crm_lead")
    op.drop_index(op.f("ix_crm_lead_product_id"), table_name="crm_lead")
    op.drop_index(op.f("ix_crm_lead_party_id"), table_name="crm_lead")
    op.drop_index(op.f("ix_crm_lead_owner_id"), table_name="crm_lead")
    op.drop_index("ix_crm_lead_list", table_name="crm_lead")
    op.drop_index(op.f("ix_crm_lead_department_id"), table_name="crm_lead")
    op.drop_table("crm_lead")
    op.drop_index("ix_crm_pool_entry_list", table_name="crm_pool_entry")
    op.drop_table("crm_pool_entry")
    op.drop_table("crm_stage")
    op.drop_table("crm_web_form")
    op.drop_table("crm_scoring_rule")
    op.drop_table("crm_pool_settings")
    op.drop_table("crm_pool_rule")
    op.drop_table("crm_pool_protection")
    op.drop_index("ix_crm_pool_log_record", table_name="crm_pool_log")
    op.drop_index("ix_crm_pool_log_list", table_name="crm_pool_log")
    op.drop_index("ix_crm_pool_log_claims", table_name="crm_pool_log")
    op.drop_table("crm_pool_log")
    op.drop_table("crm_pipeline")
    op.drop_table("crm_lost_reason")
    op.drop_table("crm_assignment_rule")
