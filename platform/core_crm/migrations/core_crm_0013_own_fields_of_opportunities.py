"""Let companies add fields to opportunities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_crm_0013"
down_revision = "core_crm_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("crm_opportunity", sa.Column("custom", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("crm_opportunity", "custom")
