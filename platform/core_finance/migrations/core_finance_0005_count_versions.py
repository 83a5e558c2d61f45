"""Count versions of summaries and cash rules."""

import sqlalchemy as sa
from alembic import op

revision = "core_finance_0005"
down_revision = "core_finance_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("finance_cash_rule", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("finance_phrase", sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    op.drop_column("finance_phrase", "version")
    op.drop_column("finance_cash_rule", "version")
