"""Keep files and places of timeline entries."""

import sqlalchemy as sa
from alembic import op

revision = "master_data_0008"
down_revision = "master_data_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "master_activity_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=True),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["master_activity.id"], name=op.f("fk_master_activity_file_activity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_activity_file")),
    )
    op.create_index(op.f("ix_master_activity_file_activity_id"), "master_activity_file", ["activity_id"], unique=False)
    op.add_column("master_activity", sa.Column("place", sa.String(length=200), nullable=True))
    op.add_column("master_activity", sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True))
    op.add_column("master_activity", sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True))
    op.create_check_constraint(op.f("ck_master_activity_position_is_whole"), "master_activity", "(latitude IS NULL) = (longitude IS NULL)")
    op.create_index("ix_master_activity_visit", "master_activity", ["at", "id"], unique=False, postgresql_where=sa.text("kind = 'visit'"))


def downgrade() -> None:
    op.drop_index("ix_master_activity_visit", table_name="master_activity", postgresql_where=sa.text("kind = 'visit'"))
    op.drop_column("master_activity", "longitude")
    op.drop_column("master_activity", "latitude")
    op.drop_column("master_activity", "place")
    op.drop_index(op.f("ix_master_activity_file_activity_id"), table_name="master_activity_file")
    op.drop_table("master_activity_file")
