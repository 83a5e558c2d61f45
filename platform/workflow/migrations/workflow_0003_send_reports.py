"""Send reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "workflow_0003"
down_revision = "workflow_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workflow_report_schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("path", sa.String(length=1200), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("cadence", sa.String(length=40), nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("to", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("person_name", sa.String(length=80), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cadence IN ('daily', 'weekly', 'monthly')", name=op.f("ck_workflow_report_schedule_cadence_known")),
        sa.CheckConstraint("day BETWEEN 1 AND 31", name=op.f("ck_workflow_report_schedule_day_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_report_schedule")),
    )
    op.create_index("ix_workflow_report_schedule_report", "workflow_report_schedule", ["report"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_workflow_report_schedule_report", table_name="workflow_report_schedule")
    op.drop_table("workflow_report_schedule")
