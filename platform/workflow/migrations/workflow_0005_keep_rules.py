"""Keep rules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "workflow_0005"
down_revision = "workflow_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workflow_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("to", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_letter")),
    )
    op.create_index("ix_workflow_letter_waiting", "workflow_letter", ["id"], unique=False, postgresql_where=sa.text("sent_at IS NULL"))
    op.create_table(
        "workflow_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("record_kind", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("trigger", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=True),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("match", sa.String(length=40), nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("match IN ('all', 'any')", name=op.f("ck_workflow_rule_match_known")),
        sa.CheckConstraint("trigger IN ('created', 'changed', 'became', 'date')", name=op.f("ck_workflow_rule_trigger_known")),
        sa.CheckConstraint("trigger NOT IN ('became', 'date') OR field IS NOT NULL", name=op.f("ck_workflow_rule_field_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_rule")),
    )
    op.create_index("ix_workflow_rule_kind", "workflow_rule", ["record_kind", "position"], unique=False, postgresql_where=sa.text("active"))
    op.create_table(
        "workflow_rule_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("rule_name", sa.String(length=80), nullable=False),
        sa.Column("record_kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('done', 'failed', 'stopped')", name=op.f("ck_workflow_rule_run_outcome_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_rule_run")),
        sa.UniqueConstraint("rule_id", "record_id", "key", name=op.f("uq_workflow_rule_run_rule_id_record_id_key")),
    )
    op.create_index("ix_workflow_rule_run_at", "workflow_rule_run", ["at"], unique=False)
    op.create_index("ix_workflow_rule_run_rule", "workflow_rule_run", ["rule_id", "at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_workflow_rule_run_rule", table_name="workflow_rule_run")
    op.drop_index("ix_workflow_rule_run_at", table_name="workflow_rule_run")
    op.drop_table("workflow_rule_run")
    op.drop_index("ix_workflow_rule_kind", table_name="workflow_rule", postgresql_where=sa.text("active"))
    op.drop_table("workflow_rule")
    op.drop_index("ix_workflow_letter_waiting", table_name="workflow_letter", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_table("workflow_letter")
