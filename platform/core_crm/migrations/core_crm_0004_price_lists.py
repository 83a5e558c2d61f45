"""Price lists."""

import sqlalchemy as sa
from alembic import op

revision = "core_crm_0004"
down_revision = "core_crm_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_price_floor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("price_includes_tax", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_crm_price_floor_unit_price_not_negative")),
        sa.ForeignKeyConstraint(["product_id"], ["master_product.id"], name=op.f("fk_crm_price_floor_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_price_floor")),
        sa.UniqueConstraint("product_id", "currency", name=op.f("uq_crm_price_floor_product_id_currency")),
    )
    op.create_table(
        "crm_price_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("prices_include_tax", sa.Boolean(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("level", sa.String(length=40), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("party_id IS NULL OR level IS NULL", name=op.f("ck_crm_price_list_for_customer_or_level")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_crm_price_list_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_crm_price_list_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_price_list")),
        sa.UniqueConstraint("name", name=op.f("uq_crm_price_list_name")),
    )
    op.create_index(op.f("ix_crm_price_list_party_id"), "crm_price_list", ["party_id"], unique=False)
    op.create_table(
        "crm_price",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("price_list_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("min_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("min_quantity >= 0", name=op.f("ck_crm_price_min_quantity_not_negative")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_crm_price_unit_price_not_negative")),
        sa.ForeignKeyConstraint(["price_list_id"], ["crm_price_list.id"], name=op.f("fk_crm_price_price_list_id")),
        sa.ForeignKeyConstraint(["product_id"], ["master_product.id"], name=op.f("fk_crm_price_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_price")),
        sa.UniqueConstraint("price_list_id", "product_id", "min_quantity", name=op.f("uq_crm_price_price_list_id_product_id_min_quantity")),
    )
    op.create_index("ix_crm_price_product", "crm_price", ["product_id", "price_list_id"], unique=False)
    op.add_column("crm_order_line", sa.Column("price_source", sa.String(length=80), nullable=True))


def downgrade() -> None:
    op.drop_column("crm_order_line", "price_source")
    op.drop_index("ix_crm_price_product", table_name="crm_price")
    op.drop_table("crm_price")
    op.drop_index(op.f("ix_crm_price_list_party_id"), table_name="crm_price_list")
    op.drop_table("crm_price_list")
    op.drop_table("crm_price_floor")
