"""Keep journeys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_crm_0016"
down_revision = "core_crm_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_journey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("trigger", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("goal", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("exit_on_reply", sa.Boolean(), nullable=False),
        sa.Column("holdout_percent", sa.SmallInteger(), nullable=False),
        sa.Column("again_days", sa.Integer(), nullable=True),
        sa.Column("entered_through", sa.Date(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'active', 'paused', 'ended')", name=op.f("ck_crm_journey_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_journey")),
    )
    op.create_index("ix_crm_journey_active", "crm_journey", ["state"], unique=False)
    op.create_table(
        "crm_journey_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exit_reason", sa.String(length=20), nullable=False),
        sa.Column("goal_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("goal_amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('active', 'done', 'goal', 'exited', 'held', 'failed')", name=op.f("ck_crm_journey_run_state_known")),
        sa.ForeignKeyConstraint(["journey_id"], ["crm_journey.id"], name=op.f("fk_crm_journey_run_journey_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_journey_run")),
        sa.UniqueConstraint("journey_id", "party_id", "occasion", name=op.f("uq_crm_journey_run_journey_id_party_id_occasion")),
    )
    op.create_index("ix_crm_journey_run_due", "crm_journey_run", ["due_at"], unique=False, postgresql_where=sa.text("state = 'active'"))
    op.create_index("ix_crm_journey_run_party", "crm_journey_run", ["party_id", "state"], unique=False)
    op.create_index(
        "uq_crm_journey_run_active",
        "crm_journey_run",
        ["journey_id", "party_id"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "crm_journey_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("channels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["journey_id"], ["crm_journey.id"], name=op.f("fk_crm_journey_version_journey_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_journey_version")),
        sa.UniqueConstraint("journey_id", "number", name=op.f("uq_crm_journey_version_journey_id_number")),
    )


def downgrade() -> None:
    op.drop_table("crm_journey_version")
    op.drop_index("uq_crm_journey_run_active", table_name="crm_journey_run", postgresql_where=sa.text("state = 'active'"))
    op.drop_index("ix_crm_journey_run_party", table_name="crm_journey_run")
    op.drop_index("ix_crm_journey_run_due", table_name="crm_journey_run", postgresql_where=sa.text("state = 'active'"))
    op.drop_table("crm_journey_run")
    op.drop_index("ix_crm_journey_active", table_name="crm_journey")
    op.drop_table("crm_journey")
