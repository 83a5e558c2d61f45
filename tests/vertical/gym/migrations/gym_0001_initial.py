"""Lockers."""

import sqlalchemy as sa
from alembic import op

revision = "gym_0001"
down_revision = None
branch_labels = ("gym",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gym_locker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gym_locker")),
        sa.UniqueConstraint("name", name=op.f("uq_gym_locker_name")),
    )


def downgrade() -> None:
    op.drop_table("gym_locker")
