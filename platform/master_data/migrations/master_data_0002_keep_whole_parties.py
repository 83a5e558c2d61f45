"""Keep whole parties."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

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
# What the duplicate check now compares besides: numbers in E.164 as far as they are Chinese, the companies' own mail domains.
KEYS = r"""
    UPDATE master_party SET
        phone_key = CASE
            WHEN regexp_replace(phone, '[^0-9+]', '', 'g') ~ '^\+[0-9]{7,15}$' THEN regexp_replace(phone, '[^0-9+]', '', 'g')
            WHEN regexp_replace(phone, '[^0-9]', '', 'g') ~ '^1[3-9][0-9]{9}$' THEN '+86' || regexp_replace(phone, '[^0-9]', '', 'g')
        END,
        mail_domain = CASE WHEN lower(split_part(email, '@', 2)) !~
            '^(qq|163|126|sina|sohu|foxmail|gmail|outlook|hotmail|yahoo|139|189|aliyun|icloud)[.]' THEN lower(split_part(email, '@', 2)) END
    WHERE phone IS NOT NULL OR email IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "master_custom_field",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stem", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("only_once", sa.Boolean(), nullable=False),
        sa.Column("shown_if", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('text', 'number', 'money', 'date', 'choice', 'check')", name=op.f("ck_master_custom_field_kind_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_custom_field")),
        sa.UniqueConstraint("stem", "code", name=op.f("uq_master_custom_field_stem_code")),
    )
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
        "master_tag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_tag")),
        sa.UniqueConstraint("name", name=op.f("uq_master_tag_name")),
    )
    op.create_table(
        "master_activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(length=80), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=True),
        sa.Column("next_contact_on", sa.Date(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('call', 'visit', 'mail', 'wechat', 'note', 'system')", name=op.f("ck_master_activity_kind_known")),
        sa.ForeignKeyConstraint(["employee_id"], ["master_employee.id"], name=op.f("fk_master_activity_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_activity")),
    )
    op.create_index(op.f("ix_master_activity_employee_id"), "master_activity", ["employee_id"], unique=False)
    op.create_index(
        "ix_master_activity_next",
        "master_activity",
        ["next_contact_on"],
        unique=False,
        postgresql_where=sa.text("next_contact_on IS NOT NULL"),
    )
    op.create_index("ix_master_activity_record", "master_activity", ["record_kind", "record_id", "at", "id"], unique=False)
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
    op.create_table(
        "master_behaviour",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_master_behaviour_party_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["product_id"], ["master_product.id"], name=op.f("fk_master_behaviour_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_behaviour")),
    )
    op.create_index("ix_master_behaviour_party_id", "master_behaviour", ["party_id", "at", "id"], unique=False)
    op.create_index(op.f("ix_master_behaviour_product_id"), "master_behaviour", ["product_id"], unique=False)
    op.create_table(
        "master_party_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.String(length=80), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("moved", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merged_id"], ["master_party.id"], name=op.f("fk_master_party_merge_merged_id")),
        sa.ForeignKeyConstraint(["survivor_id"], ["master_party.id"], name=op.f("fk_master_party_merge_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_party_merge")),
    )
    op.create_index(op.f("ix_master_party_merge_merged_id"), "master_party_merge", ["merged_id"], unique=False)
    op.create_index(op.f("ix_master_party_merge_survivor_id"), "master_party_merge", ["survivor_id"], unique=False)
    op.add_column("master_employee", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.create_index("ix_master_employee_email", "master_employee", [sa.literal_column("lower(email)")], unique=False)
    op.create_unique_constraint(op.f("uq_master_employee_person_id"), "master_employee", ["person_id"])
    op.add_column("master_party", sa.Column("tags", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("master_party", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.add_column("master_party", sa.Column("phone_key", sa.String(length=20), nullable=True))
    op.add_column("master_party", sa.Column("mail_domain", sa.String(length=254), nullable=True))
    op.add_column("master_party", sa.Column("behaviour_consent", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("master_party", sa.Column("custom", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("master_party", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    op.add_column("master_party", sa.Column("owner_id", sa.Uuid(), nullable=True))
    op.add_column("master_party", sa.Column("department_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_master_party_department_id"), "master_party", ["department_id"], unique=False)
    op.create_index("ix_master_party_mail_domain", "master_party", ["mail_domain"], unique=False)
    op.create_index(op.f("ix_master_party_merged_into_id"), "master_party", ["merged_into_id"], unique=False)
    op.create_index(op.f("ix_master_party_owner_id"), "master_party", ["owner_id"], unique=False)
    op.create_index(op.f("ix_master_party_parent_id"), "master_party", ["parent_id"], unique=False)
    op.create_index("ix_master_party_phone_key", "master_party", ["phone_key"], unique=False)
    op.create_index("ix_master_party_tags", "master_party", ["tags"], unique=False, postgresql_using="gin")
    op.create_foreign_key(op.f("fk_master_party_department_id"), "master_party", "master_department", ["department_id"], ["id"])
    op.create_foreign_key(op.f("fk_master_party_parent_id"), "master_party", "master_party", ["parent_id"], ["id"])
    op.create_foreign_key(op.f("fk_master_party_merged_into_id"), "master_party", "master_party", ["merged_into_id"], ["id"])
    op.create_foreign_key(op.f("fk_master_party_owner_id"), "master_party", "master_employee", ["owner_id"], ["id"])
    op.execute(OWNERS)
    op.execute(KEYS)
    for name, columns, condition in (
        ("uq_master_party_credit_code", ["credit_code"], "credit_code IS NOT NULL AND merged_into_id IS NULL"),
        ("uq_master_party_name_key", ["name_key"], "kind = 'organisation' AND NOT same_name_allowed AND merged_into_id IS NULL"),
    ):
        op.drop_index(name, table_name="master_party")
        op.create_index(name, "master_party", columns, unique=True, postgresql_where=sa.text(condition))


def downgrade() -> None:
    op.drop_constraint(op.f("fk_master_party_owner_id"), "master_party", type_="foreignkey")
    op.drop_constraint(op.f("fk_master_party_merged_into_id"), "master_party", type_="foreignkey")
    op.drop_constraint(op.f("fk_master_party_parent_id"), "master_party", type_="foreignkey")
    op.drop_constraint(op.f("fk_master_party_department_id"), "master_party", type_="foreignkey")
    op.drop_index("ix_master_party_tags", table_name="master_party", postgresql_using="gin")
    op.drop_index("ix_master_party_phone_key", table_name="master_party")
    op.drop_index(op.f("ix_master_party_parent_id"), table_name="master_party")
    op.drop_index(op.f("ix_master_party_owner_id"), table_name="master_party")
    op.drop_index(op.f("ix_master_party_merged_into_id"), table_name="master_party")
    op.drop_index("ix_master_party_mail_domain", table_name="master_party")
    op.drop_index(op.f("ix_master_party_department_id"), table_name="master_party")
    op.drop_column("master_party", "department_id")
    op.drop_column("master_party", "owner_id")
    op.drop_column("master_party", "merged_into_id")
    op.drop_column("master_party", "custom")
    op.drop_column("master_party", "behaviour_consent")
    op.drop_column("master_party", "mail_domain")
    op.drop_column("master_party", "phone_key")
    op.drop_column("master_party", "parent_id")
    op.drop_column("master_party", "tags")
    op.drop_constraint(op.f("uq_master_employee_person_id"), "master_employee", type_="unique")
    op.drop_index("ix_master_employee_email", table_name="master_employee")
    op.drop_column("master_employee", "person_id")
    op.drop_index(op.f("ix_master_party_merge_survivor_id"), table_name="master_party_merge")
    op.drop_index(op.f("ix_master_party_merge_merged_id"), table_name="master_party_merge")
    op.drop_table("master_party_merge")
    op.drop_index(op.f("ix_master_behaviour_product_id"), table_name="master_behaviour")
    op.drop_index("ix_master_behaviour_party_id", table_name="master_behaviour")
    op.drop_table("master_behaviour")
    op.drop_index("ix_master_collaborator_employee_id", table_name="master_collaborator")
    op.drop_table("master_collaborator")
    op.drop_index("ix_master_activity_record", table_name="master_activity")
    op.drop_index("ix_master_activity_next", table_name="master_activity", postgresql_where=sa.text("next_contact_on IS NOT NULL"))
    op.drop_index(op.f("ix_master_activity_employee_id"), table_name="master_activity")
    op.drop_table("master_activity")
    op.drop_table("master_tag")
    op.drop_table("master_scope_rule")
    op.drop_table("master_field_rule")
    op.drop_table("master_custom_field")
