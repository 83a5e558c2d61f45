"""Know whom employees report to."""

import sqlalchemy as sa
from alembic import op

revision = "master_data_0007"
down_revision = "master_data_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("master_employee", sa.Column("manager_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_master_employee_manager_id"), "master_employee", ["manager_id"], unique=False)
    op.create_foreign_key(op.f("fk_master_employee_manager_id"), "master_employee", "master_employee", ["manager_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_master_employee_manager_id"), "master_employee", type_="foreignkey")
    op.drop_index(op.f("ix_master_employee_manager_id"), table_name="master_employee")
    op.drop_column("master_employee", "manager_id")
