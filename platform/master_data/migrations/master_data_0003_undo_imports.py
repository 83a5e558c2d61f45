"""Undo imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "master_data_0003"
down_revision = "master_data_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "master_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_name", sa.String(length=80), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_by_name", sa.String(length=80), nullable=False),
        sa.Column("created", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("same_count", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_name", sa.String(length=80), nullable=True),
        sa.Column("kept_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_import")),
    )
    op.create_index("ix_master_import_list", "master_import", ["list_name", "created_at"], unique=False)
    op.add_column("master_import_file", sa.Column("key", sa.String(length=80), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("master_import_file", "key")
    op.drop_index("ix_master_import_list", table_name="master_import")
    op.drop_table("master_import")
