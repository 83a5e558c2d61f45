"""Score customers and set targets."""

import sqlalchemy as sa
from alembic import op

revision = "core_crm_0007"
down_revision = "core_crm_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_target",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("measure IN ('contract', 'cash', 'margin')", name=op.f("ck_crm_target_measure_known")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_crm_target_amount_positive")),
        sa.CheckConstraint("employee_id IS NULL OR department_id IS NULL", name=op.f("ck_crm_target_one_bearer")),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_crm_target_month_begins")),
        sa.ForeignKeyConstraint(["department_id"], ["master_department.id"], name=op.f("fk_crm_target_department_id")),
        sa.ForeignKeyConstraint(["employee_id"], ["master_employee.id"], name=op.f("fk_crm_target_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_target")),
    )
    op.create_index(op.f("ix_crm_target_department_id"), "crm_target", ["department_id"], unique=False)
    op.create_index(op.f("ix_crm_target_employee_id"), "crm_target", ["employee_id"], unique=False)
    op.create_index(
        "uq_crm_target_bearer",
        "crm_target",
        ["month", "measure", "employee_id", "department_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "crm_rfm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("r", sa.SmallInteger(), nullable=False),
        sa.Column("f", sa.SmallInteger(), nullable=False),
        sa.Column("m", sa.SmallInteger(), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("r BETWEEN 1 AND 5 AND f BETWEEN 1 AND 5 AND m BETWEEN 1 AND 5", name=op.f("ck_crm_rfm_scores_are_fifths")),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_crm_rfm_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_rfm")),
    )
    op.create_index(op.f("ix_crm_rfm_party_id"), "crm_rfm", ["party_id"], unique=False)
    op.create_index("ix_crm_rfm_scores", "crm_rfm", ["r", "f", "m"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_crm_rfm_scores", table_name="crm_rfm")
    op.drop_index(op.f("ix_crm_rfm_party_id"), table_name="crm_rfm")
    op.drop_table("crm_rfm")
    op.drop_index("uq_crm_target_bearer", table_name="crm_target", postgresql_nulls_not_distinct=True)
    op.drop_index(op.f("ix_crm_target_employee_id"), table_name="crm_target")
    op.drop_index(op.f("ix_crm_target_department_id"), table_name="crm_target")
    op.drop_table("crm_target")
