"""Quotes."""

import sqlalchemy as sa
from alembic import op

revision = "core_crm_0006"
down_revision = "core_crm_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_quote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("party_name", sa.String(length=200), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("current", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'pending', 'approved', 'sent', 'accepted', 'declined', 'replaced')", name=op.f("ck_crm_quote_state_known")
        ),
        sa.CheckConstraint("current > 0", name=op.f("ck_crm_quote_current_positive")),
        sa.ForeignKeyConstraint(["department_id"], ["master_department.id"], name=op.f("fk_crm_quote_department_id")),
        sa.ForeignKeyConstraint(["opportunity_id"], ["crm_opportunity.id"], name=op.f("fk_crm_quote_opportunity_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["order_id"], ["crm_order.id"], name=op.f("fk_crm_quote_order_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["master_employee.id"], name=op.f("fk_crm_quote_owner_id")),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_crm_quote_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_quote")),
        sa.UniqueConstraint("number", name=op.f("uq_crm_quote_number")),
    )
    op.create_index(op.f("ix_crm_quote_department_id"), "crm_quote", ["department_id"], unique=False)
    op.create_index("ix_crm_quote_list", "crm_quote", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_crm_quote_opportunity_id"), "crm_quote", ["opportunity_id"], unique=False)
    op.create_index(op.f("ix_crm_quote_order_id"), "crm_quote", ["order_id"], unique=False)
    op.create_index(op.f("ix_crm_quote_owner_id"), "crm_quote", ["owner_id"], unique=False)
    op.create_index(op.f("ix_crm_quote_party_id"), "crm_quote", ["party_id"], unique=False)
    op.create_table(
        "crm_quote_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("quoted_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_by", sa.String(length=80), nullable=True),
        sa.Column("asked_reason", sa.String(length=500), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decision_note", sa.String(length=500), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_by", sa.String(length=80), nullable=True),
        sa.Column("sent_to", sa.String(length=254), nullable=True),
        sa.Column("link_key", sa.String(length=40), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.String(length=80), nullable=True),
        sa.Column("accepted_ip", sa.String(length=60), nullable=True),
        sa.Column("accepted_agent", sa.String(length=300), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.String(length=500), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("prices_include_tax", sa.Boolean(), nullable=False),
        sa.Column("discount_percent", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("discount_amount", sa.Numeric(precision=20, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("net", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("gross", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state <> 'accepted' OR accepted_at IS NOT NULL", name=op.f("ck_crm_quote_version_accepted_has_moment")),
        sa.CheckConstraint(
            "state IN ('draft', 'pending', 'approved', 'sent', 'accepted', 'declined', 'replaced')",
            name=op.f("ck_crm_quote_version_state_known"),
        ),
        sa.CheckConstraint("gross = net + tax", name=op.f("ck_crm_quote_version_gross_is_net_and_tax")),
        sa.CheckConstraint("valid_until >= quoted_on", name=op.f("ck_crm_quote_version_valid_after_it_is_written")),
        sa.ForeignKeyConstraint(["quote_id"], ["crm_quote.id"], name=op.f("fk_crm_quote_version_quote_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_quote_version")),
        sa.UniqueConstraint("quote_id", "no", name=op.f("uq_crm_quote_version_quote_id_no")),
    )
    op.create_table(
        "crm_quote_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("product_code", sa.String(length=40), nullable=True),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("is_service", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("price_source", sa.String(length=80), nullable=True),
        sa.Column("discount_percent", sa.Numeric(precision=7, scale=4), nullable=False),
        sa.Column("discount_share", sa.Numeric(precision=20, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("tax_code", sa.String(length=20), nullable=False),
        sa.Column("tax_rate", sa.Numeric(precision=7, scale=6), nullable=False),
        sa.Column("net", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("gross", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("discount_percent >= 0 AND discount_percent <= 100", name=op.f("ck_crm_quote_line_discount_within_bounds")),
        sa.CheckConstraint("gross = net + tax", name=op.f("ck_crm_quote_line_gross_is_net_and_tax")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_crm_quote_line_quantity_positive")),
        sa.ForeignKeyConstraint(["product_id"], ["master_product.id"], name=op.f("fk_crm_quote_line_product_id")),
        sa.ForeignKeyConstraint(["version_id"], ["crm_quote_version.id"], name=op.f("fk_crm_quote_line_version_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_quote_line")),
        sa.UniqueConstraint("version_id", "position", name=op.f("uq_crm_quote_line_version_id_position")),
    )
    op.create_index(op.f("ix_crm_quote_line_product_id"), "crm_quote_line", ["product_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_crm_quote_line_product_id"), table_name="crm_quote_line")
    op.drop_table("crm_quote_line")
    op.drop_table("crm_quote_version")
    op.drop_index(op.f("ix_crm_quote_party_id"), table_name="crm_quote")
    op.drop_index(op.f("ix_crm_quote_owner_id"), table_name="crm_quote")
    op.drop_index(op.f("ix_crm_quote_order_id"), table_name="crm_quote")
    op.drop_index(op.f("ix_crm_quote_opportunity_id"), table_name="crm_quote")
    op.drop_index("ix_crm_quote_list", table_name="crm_quote")
    op.drop_index(op.f("ix_crm_quote_department_id"), table_name="crm_quote")
    op.drop_table("crm_quote")
