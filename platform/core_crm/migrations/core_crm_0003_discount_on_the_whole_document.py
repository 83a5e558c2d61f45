"""Discount on the whole document."""

import sqlalchemy as sa
from alembic import op

revision = "core_crm_0003"
down_revision = "core_crm_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("crm_order", sa.Column("discount_percent", sa.Numeric(precision=7, scale=4), nullable=True))
    op.add_column("crm_order", sa.Column("discount_amount", sa.Numeric(precision=20, scale=2), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "crm_order_line", sa.Column("discount_share", sa.Numeric(precision=20, scale=2), server_default=sa.text("0"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("crm_order_line", "discount_share")
    op.drop_column("crm_order", "discount_amount")
    op.drop_column("crm_order", "discount_percent")
