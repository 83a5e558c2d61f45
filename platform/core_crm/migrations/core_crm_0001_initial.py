"""initial."""

import sqlalchemy as sa
from alembic import op

revision = "core_crm_0001"
down_revision = None
branch_labels = ("core_crm",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("party_name", sa.String(length=200), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("delivery_on", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("prices_include_tax", sa.Boolean(), nullable=False),
        sa.Column("customer_reference", sa.String(length=60), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("net", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("gross", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.String(length=80), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(length=80), nullable=True),
        sa.Column("cancel_reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'confirmed', 'cancelled')", name=op.f("ck_crm_order_state_known")),
        sa.CheckConstraint("confirmed_at IS NULL OR number IS NOT NULL", name=op.f("ck_crm_order_confirmed_is_numbered")),
        sa.CheckConstraint("gross = net + tax", name=op.f("ck_crm_order_gross_is_net_and_tax")),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_crm_order_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_order")),
        sa.UniqueConstraint("number", name=op.f("uq_crm_order_number")),
    )
    op.create_index("ix_crm_order_list", "crm_order", ["ordered_on", "id"], unique=False)
    op.create_index(op.f("ix_crm_order_party_id"), "crm_order", ["party_id"], unique=False)
    op.create_table(
        "crm_order_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("product_code", sa.String(length=40), nullable=True),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("is_service", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("discount_percent", sa.Numeric(precision=7, scale=4), nullable=False),
        sa.Column("tax_code", sa.String(length=20), nullable=False),
        sa.Column("tax_rate", sa.Numeric(precision=7, scale=6), nullable=False),
        sa.Column("net", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("gross", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("discount_percent >= 0 AND discount_percent <= 100", name=op.f("ck_crm_order_line_discount_within_bounds")),
        sa.CheckConstraint("gross = net + tax", name=op.f("ck_crm_order_line_gross_is_net_and_tax")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_crm_order_line_quantity_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["crm_order.id"], name=op.f("fk_crm_order_line_order_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["product_id"], ["master_product.id"], name=op.f("fk_crm_order_line_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_order_line")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_crm_order_line_order_id_position")),
    )
    op.create_index(op.f("ix_crm_order_line_product_id"), "crm_order_line", ["product_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_crm_order_line_product_id"), table_name="crm_order_line")
    op.drop_table("crm_order_line")
    op.drop_index(op.f("ix_crm_order_party_id"), table_name="crm_order")
    op.drop_index("ix_crm_order_list", table_name="crm_order")
    op.drop_table("crm_order")
