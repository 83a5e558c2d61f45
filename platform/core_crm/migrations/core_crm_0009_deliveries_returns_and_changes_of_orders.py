"""Deliveries, returns and changes of orders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_crm_0009"
down_revision = "core_crm_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_order_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["crm_order.id"], name=op.f("fk_crm_order_change_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_order_change")),
        sa.UniqueConstraint("order_id", "no", name=op.f("uq_crm_order_change_order_id_no")),
        info={"privileges": "insert_only"},
    )
    op.create_table(
        "crm_order_movement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("exchange", sa.Boolean(), nullable=False),
        sa.Column("net", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("gross", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('delivery', 'return')", name=op.f("ck_crm_order_movement_kind_known")),
        sa.CheckConstraint("gross = net + tax", name=op.f("ck_crm_order_movement_gross_is_net_and_tax")),
        sa.ForeignKeyConstraint(["order_id"], ["crm_order.id"], name=op.f("fk_crm_order_movement_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_order_movement")),
        sa.UniqueConstraint("number", name=op.f("uq_crm_order_movement_number")),
        info={"privileges": "insert_only"},
    )
    op.create_index("ix_crm_order_movement_order", "crm_order_movement", ["order_id", "on_day", "id"], unique=False)
    op.create_table(
        "crm_order_movement_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("net", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("gross", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_crm_order_movement_line_quantity_positive")),
        sa.ForeignKeyConstraint(["line_id"], ["crm_order_line.id"], name=op.f("fk_crm_order_movement_line_line_id")),
        sa.ForeignKeyConstraint(["movement_id"], ["crm_order_movement.id"], name=op.f("fk_crm_order_movement_line_movement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_order_movement_line")),
        sa.UniqueConstraint("movement_id", "line_id", name=op.f("uq_crm_order_movement_line_movement_id_line_id")),
        info={"privileges": "insert_only"},
    )
    op.create_index(op.f("ix_crm_order_movement_line_line_id"), "crm_order_movement_line", ["line_id"], unique=False)
    op.add_column("crm_order", sa.Column("delivery", sa.String(length=40), server_default=sa.text("'at_once'"), nullable=False))
    op.add_column("crm_order", sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("crm_order", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("crm_order", sa.Column("closed_by", sa.String(length=80), nullable=True))
    op.add_column("crm_order", sa.Column("close_reason", sa.String(length=200), nullable=True))
    op.add_column("crm_order_line", sa.Column("delivered", sa.Numeric(precision=18, scale=6), server_default=sa.text("0"), nullable=False))
    op.add_column("crm_order_line", sa.Column("returned", sa.Numeric(precision=18, scale=6), server_default=sa.text("0"), nullable=False))
    op.add_column("crm_order_line", sa.Column("exchanged", sa.Numeric(precision=18, scale=6), server_default=sa.text("0"), nullable=False))
    op.add_column("crm_order_line", sa.Column("posted_net", sa.Numeric(precision=20, scale=2), server_default=sa.text("0"), nullable=False))
    op.add_column("crm_order_line", sa.Column("posted_tax", sa.Numeric(precision=20, scale=2), server_default=sa.text("0"), nullable=False))
    # Until now an order was delivered, and posted, with its confirmation.
    op.execute(
        "UPDATE crm_order_line SET delivered = quantity, posted_net = crm_order_line.net, posted_tax = crm_order_line.tax"
        " FROM crm_order WHERE crm_order.id = crm_order_line.order_id AND crm_order.state = 'confirmed'"
    )
    op.create_check_constraint(op.f("ck_crm_order_delivery_known"), "crm_order", "delivery IN ('at_once', 'separate')")
    op.create_check_constraint(
        op.f("ck_crm_order_line_returned_of_delivered"),
        "crm_order_line",
        "delivered >= returned AND returned >= exchanged AND exchanged >= 0",
    )
    op.create_check_constraint(op.f("ck_crm_order_line_delivered_of_ordered"), "crm_order_line", "delivered <= quantity + exchanged")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_crm_order_line_delivered_of_ordered"), "crm_order_line")
    op.drop_constraint(op.f("ck_crm_order_line_returned_of_delivered"), "crm_order_line")
    op.drop_constraint(op.f("ck_crm_order_delivery_known"), "crm_order")
    op.drop_column("crm_order_line", "posted_tax")
    op.drop_column("crm_order_line", "posted_net")
    op.drop_column("crm_order_line", "exchanged")
    op.drop_column("crm_order_line", "returned")
    op.drop_column("crm_order_line", "delivered")
    op.drop_column("crm_order", "close_reason")
    op.drop_column("crm_order", "closed_by")
    op.drop_column("crm_order", "closed_at")
    op.drop_column("crm_order", "revision")
    op.drop_column("crm_order", "delivery")
    op.drop_index(op.f("ix_crm_order_movement_line_line_id"), table_name="crm_order_movement_line")
    op.drop_table("crm_order_movement_line")
    op.drop_index("ix_crm_order_movement_order", table_name="crm_order_movement")
    op.drop_table("crm_order_movement")
    op.drop_table("crm_order_change")
