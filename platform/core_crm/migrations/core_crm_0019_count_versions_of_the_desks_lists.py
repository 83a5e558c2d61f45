"""Count the versions of what the service desk is set up with."""

import sqlalchemy as sa
from alembic import op

revision = "core_crm_0019"
down_revision = "core_crm_0018"
branch_labels = None
depends_on = None

TABLES = ("crm_ticket_queue", "crm_ticket_category", "crm_sla_policy", "crm_ticket_macro", "crm_article_category")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "version")
