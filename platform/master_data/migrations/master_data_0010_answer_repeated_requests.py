"""Keep answers to repeated requests."""

import sqlalchemy as sa
from alembic import op

revision = "master_data_0010"
down_revision = "master_data_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "master_kept_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("caller", sa.String(length=60), nullable=False),
        sa.Column("operation", sa.String(length=200), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=300), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_kept_answer")),
    )
    op.create_index("ix_master_kept_answer_created_at", "master_kept_answer", ["created_at"], unique=False)
    op.create_index("uq_master_kept_answer_key", "master_kept_answer", ["caller", "operation", "idempotency_key"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_master_kept_answer_key", table_name="master_kept_answer")
    op.drop_index("ix_master_kept_answer_created_at", table_name="master_kept_answer")
    op.drop_table("master_kept_answer")
