"""Know whom lines speak of."""

from alembic import op

revision = "core_finance_0002"
down_revision = "core_finance_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_finance_dimension_set_department_id"), "finance_dimension_set", ["department_id"], unique=False)
    op.create_index(op.f("ix_finance_dimension_set_employee_id"), "finance_dimension_set", ["employee_id"], unique=False)
    op.create_index(op.f("ix_finance_dimension_set_product_id"), "finance_dimension_set", ["product_id"], unique=False)
    op.create_foreign_key(op.f("fk_finance_dimension_set_product_id"), "finance_dimension_set", "master_product", ["product_id"], ["id"])
    op.create_foreign_key(op.f("fk_finance_dimension_set_employee_id"), "finance_dimension_set", "master_employee", ["employee_id"], ["id"])
    op.create_foreign_key(op.f("fk_finance_dimension_set_party_id"), "finance_dimension_set", "master_party", ["party_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_finance_dimension_set_department_id"), "finance_dimension_set", "master_department", ["department_id"], ["id"]
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_finance_dimension_set_department_id"), "finance_dimension_set", type_="foreignkey")
    op.drop_constraint(op.f("fk_finance_dimension_set_party_id"), "finance_dimension_set", type_="foreignkey")
    op.drop_constraint(op.f("fk_finance_dimension_set_employee_id"), "finance_dimension_set", type_="foreignkey")
    op.drop_constraint(op.f("fk_finance_dimension_set_product_id"), "finance_dimension_set", type_="foreignkey")
    op.drop_index(op.f("ix_finance_dimension_set_product_id"), table_name="finance_dimension_set")
    op.drop_index(op.f("ix_finance_dimension_set_employee_id"), table_name="finance_dimension_set")
    op.drop_index(op.f("ix_finance_dimension_set_department_id"), table_name="finance_dimension_set")
