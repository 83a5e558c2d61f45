"""Name what an entry is about."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0002"
down_revision = "identity_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("object_name", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("audit_entry", "object_name")
