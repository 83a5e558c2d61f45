"""initial."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "master_data_0001"
down_revision = None
branch_labels = ("master_data",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "master_department",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["master_department.id"], name=op.f("fk_master_department_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_department")),
        sa.UniqueConstraint("code", name=op.f("uq_master_department_code")),
    )
    op.create_index(op.f("ix_master_department_parent_id"), "master_department", ["parent_id"], unique=False)
    op.create_table(
        "master_import_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_name", sa.String(length=80), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_import_file")),
    )
    op.create_index(op.f("ix_master_import_file_list_name"), "master_import_file", ["list_name"], unique=False)
    op.create_table(
        "master_party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("is_customer", sa.Boolean(), nullable=False),
        sa.Column("is_supplier", sa.Boolean(), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("same_name_allowed", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("industry", sa.String(length=80), nullable=True),
        sa.Column("region", sa.String(length=80), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("invoice_title", sa.String(length=200), nullable=True),
        sa.Column("tax_number", sa.String(length=20), nullable=True),
        sa.Column("bank_name", sa.String(length=120), nullable=True),
        sa.Column("bank_account", sa.String(length=40), nullable=True),
        sa.Column("invoice_address", sa.String(length=300), nullable=True),
        sa.Column("invoice_phone", sa.String(length=40), nullable=True),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('organisation', 'person')", name=op.f("ck_master_party_kind_known")),
        sa.CheckConstraint("stage IN ('potential', 'interested', 'customer', 'lost')", name=op.f("ck_master_party_stage_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_party")),
    )
    op.create_index("ix_master_party_list", "master_party", ["name", "id"], unique=False)
    op.create_index("ix_master_party_name_key", "master_party", ["name_key"], unique=False)
    op.create_index(
        "ix_master_party_search",
        "master_party",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "ext.gin_trgm_ops"},
    )
    op.create_index(
        "uq_master_party_credit_code", "master_party", ["credit_code"], unique=True, postgresql_where=sa.text("credit_code IS NOT NULL")
    )
    op.create_index(
        "uq_master_party_name_key",
        "master_party",
        ["name_key"],
        unique=True,
        postgresql_where=sa.text("kind = 'organisation' AND NOT same_name_allowed"),
    )
    op.create_table(
        "master_product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("list_price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("price_includes_tax", sa.Boolean(), nullable=False),
        sa.Column("tax_code", sa.String(length=20), nullable=False),
        sa.Column("barcode", sa.String(length=40), nullable=True),
        sa.Column("specification", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('goods', 'service')", name=op.f("ck_master_product_kind_known")),
        sa.CheckConstraint("state IN ('active', 'discontinued')", name=op.f("ck_master_product_state_known")),
        sa.CheckConstraint("list_price >= 0", name=op.f("ck_master_product_list_price_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_product")),
        sa.UniqueConstraint("sku", name=op.f("uq_master_product_sku")),
    )
    op.create_index(op.f("ix_master_product_barcode"), "master_product", ["barcode"], unique=False)
    op.create_index(
        "ix_master_product_search",
        "master_product",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "ext.gin_trgm_ops"},
    )
    op.create_table(
        "master_saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_name", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_saved_view")),
    )
    op.create_index("ix_master_saved_view_list", "master_saved_view", ["list_name", "person_id"], unique=False)
    op.create_table(
        "master_address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("region", sa.String(length=80), nullable=True),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=12), nullable=True),
        sa.Column("recipient", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('registered', 'delivery', 'billing')", name=op.f("ck_master_address_kind_known")),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_master_address_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_address")),
    )
    op.create_index(op.f("ix_master_address_party_id"), "master_address", ["party_id"], unique=False)
    op.create_table(
        "master_contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("decides", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_master_contact_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_contact")),
    )
    op.create_index(op.f("ix_master_contact_party_id"), "master_contact", ["party_id"], unique=False)
    op.create_table(
        "master_employee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["master_department.id"], name=op.f("fk_master_employee_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_employee")),
        sa.UniqueConstraint("code", name=op.f("uq_master_employee_code")),
    )
    op.create_index(op.f("ix_master_employee_department_id"), "master_employee", ["department_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_master_employee_department_id"), table_name="master_employee")
    op.drop_table("master_employee")
    op.drop_index(op.f("ix_master_contact_party_id"), table_name="master_contact")
    op.drop_table("master_contact")
    op.drop_index(op.f("ix_master_address_party_id"), table_name="master_address")
    op.drop_table("master_address")
    op.drop_index("ix_master_saved_view_list", table_name="master_saved_view")
    op.drop_table("master_saved_view")
    op.drop_index(
        "ix_master_product_search", table_name="master_product", postgresql_using="gin", postgresql_ops={"search_text": "ext.gin_trgm_ops"}
    )
    op.drop_index(op.f("ix_master_product_barcode"), table_name="master_product")
    op.drop_table("master_product")
    op.drop_index(
        "uq_master_party_name_key", table_name="master_party", postgresql_where=sa.text("kind = 'organisation' AND NOT same_name_allowed")
    )
    op.drop_index("uq_master_party_credit_code", table_name="master_party", postgresql_where=sa.text("credit_code IS NOT NULL"))
    op.drop_index(
        "ix_master_party_search", table_name="master_party", postgresql_using="gin", postgresql_ops={"search_text": "ext.gin_trgm_ops"}
    )
    op.drop_index("ix_master_party_name_key", table_name="master_party")
    op.drop_index("ix_master_party_list", table_name="master_party")
    op.drop_table("master_party")
    op.drop_index(op.f("ix_master_import_file_list_name"), table_name="master_import_file")
    op.drop_table("master_import_file")
    op.drop_index(op.f("ix_master_department_parent_id"), table_name="master_department")
    op.drop_table("master_department")
