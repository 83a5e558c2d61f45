"""Keep cost prices."""

import sqlalchemy as sa
from alembic import op

revision = "master_data_0005"
down_revision = "master_data_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("master_product", sa.Column("cost_price", sa.Numeric(precision=20, scale=6), nullable=True))


def downgrade() -> None:
    op.drop_column("master_product", "cost_price")
