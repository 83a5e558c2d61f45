"""Remember the task that a contract which ends soon gives."""

import sqlalchemy as sa
from alembic import op

revision = "core_crm_0018"
down_revision = "core_crm_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("crm_contract", sa.Column("end_task_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("crm_contract", "end_task_id")
