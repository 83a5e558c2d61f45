"""Remember whose identity papers a file brought."""

import sqlalchemy as sa
from alembic import op

revision = "master_data_0012"
down_revision = "master_data_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("master_import", sa.Column("papers", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("master_import", "papers")
