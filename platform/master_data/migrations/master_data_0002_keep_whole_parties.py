"""Keep whole parties."""

import sqlalchemy as sa
from alembic import op

revision = "master_data_0002"
down_revision = "master_data_0001"
branch_labels = None
depends_on = None

# Names were free text before; where just one employee is called so, it was meant.
OWNERS = """
    UPDATE master_party p SET owner_id = e.id, owner = NULL
    FROM (SELECT name, min(id::text)::uuid AS id FROM master_employee GROUP BY name HAVING count(*) = 1) AS e
    WHERE p.owner = e.name
"""


def upgrade() -> None:
    op.create_table(
        "master_field_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("stem", sa.String(length=80), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("field_right", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("field_right IN ('hidden', 'masked', 'read', 'write')", name=op.f("ck_master_field_rule_field_right_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_field_rule")),
        sa.UniqueConstraint("role", "stem", "field", name=op.f("uq_master_field_rule_role_stem_field")),
    )
    op.create_table(
        "master_scope_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("stem", sa.String(length=80), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "scope IN ('own', 'own_and_collaborating', 'department', 'department_tree', 'all')",
            name=op.f("ck_master_scope_rule_scope_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_scope_rule")),
        sa.UniqueConstraint("role", "stem", name=op.f("uq_master_scope_rule_role_stem")),
    )
    op.create_table(
        "master_collaborator",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("may_edit", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["master_employee.id"], name=op.f("fk_master_collaborator_employee_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_collaborator")),
        sa.UniqueConstraint(
            "record_kind", "record_id", "employee_id", name=op.f("uq_master_collaborator_record_kind_record_id_employee_id")
        ),
    )
    op.create_index("ix_master_collaborator_employee_id", "master_collaborator", ["employee_id", "record_kind"], unique=False)
    op.add_column("master_employee", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.create_index("ix_master_employee_email", "master_employee", [sa.literal_column("lower(email)")], unique=False)
    op.create_unique_constraint(op.f("uq_master_employee_person_id"), "master_employee", ["person_id"])
    op.add_column("master_party", sa.Column("owner_id", sa.Uuid(), nullable=True))
    op.add_column("master_party", sa.Column("department_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_master_party_department_id"), "master_party", ["department_id"], unique=False)
    op.create_index(op.f("ix_master_party_owner_id"), "master_party", ["owner_id"], unique=False)
    op.create_foreign_key(op.f("fk_master_party_owner_id"), "master_party", "master_employee", ["owner_id"], ["id"])
    op.create_foreign_key(op.f("fk_master_party_department_id"), "master_party", "master_department", ["department_id"], ["id"])
    op.execute(OWNERS)


def downgrade() -> None:
    op.drop_constraint(op.f("fk_master_party_department_id"), "master_party", type_="foreignkey")
    op.drop_constraint(op.f("fk_master_party_owner_id"), "master_party", type_="foreignkey")
    op.drop_index(op.f("ix_master_party_owner_id"), table_name="master_party")
    op.drop_index(op.f("ix_master_party_department_id"), table_name="master_party")
    op.drop_column("master_party", "department_id")
    op.drop_column("master_party", "owner_id")
    op.drop_constraint(op.f("uq_master_employee_person_id"), "master_employee", type_="unique")
    op.drop_index("ix_master_employee_email", table_name="master_employee")
    op.drop_column("master_employee", "person_id")
    op.drop_index("ix_master_collaborator_employee_id", table_name="master_collaborator")
    op.drop_table("master_collaborator")
    op.drop_table("master_scope_rule")
    op.drop_table("master_field_rule")
