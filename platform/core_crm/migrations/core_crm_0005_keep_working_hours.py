"""Keep working hours."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_crm_0005"
down_revision = "core_crm_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_special_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("spans", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_special_day")),
        sa.UniqueConstraint("on", name=op.f("uq_crm_special_day_on")),
    )
    op.create_table(
        "crm_working_week",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("week", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("public_holidays", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_working_week")),
        sa.UniqueConstraint("key", name=op.f("uq_crm_working_week_key")),
    )


def downgrade() -> None:
    op.drop_table("crm_working_week")
    op.drop_table("crm_special_day")
