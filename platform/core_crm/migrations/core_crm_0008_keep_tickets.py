"""Keep tickets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_crm_0008"
down_revision = "core_crm_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_service_settings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("close_days", sa.Integer(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("close_days > 0", name=op.f("ck_crm_service_settings_close_days_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_service_settings")),
        sa.UniqueConstraint("key", name=op.f("uq_crm_service_settings_key")),
    )
    op.create_table(
        "crm_ticket_queue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("employees", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("by_load", sa.Boolean(), nullable=False),
        sa.Column("load_max", sa.Integer(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("last_employee_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("load_max > 0", name=op.f("ck_crm_ticket_queue_load_positive")),
        sa.ForeignKeyConstraint(["lead_id"], ["master_employee.id"], name=op.f("fk_crm_ticket_queue_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_ticket_queue")),
        sa.UniqueConstraint("name", name=op.f("uq_crm_ticket_queue_name")),
    )
    op.create_index(op.f("ix_crm_ticket_queue_lead_id"), "crm_ticket_queue", ["lead_id"], unique=False)
    op.create_table(
        "crm_ticket_category",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=True),
        sa.Column("priority", sa.String(length=40), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("priority IN ('urgent', 'high', 'normal', 'low')", name=op.f("ck_crm_ticket_category_priority_known")),
        sa.ForeignKeyConstraint(["queue_id"], ["crm_ticket_queue.id"], name=op.f("fk_crm_ticket_category_queue_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_ticket_category")),
        sa.UniqueConstraint("name", name=op.f("uq_crm_ticket_category_name")),
    )
    op.create_index(op.f("ix_crm_ticket_category_queue_id"), "crm_ticket_category", ["queue_id"], unique=False)
    op.create_table(
        "crm_sla_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("priority", sa.String(length=40), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("first_minutes", sa.Integer(), nullable=False),
        sa.Column("resolve_minutes", sa.Integer(), nullable=False),
        sa.Column("warn_percent", sa.Integer(), nullable=False),
        sa.Column("around_clock", sa.Boolean(), nullable=False),
        sa.Column("reassign", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("priority IN ('urgent', 'high', 'normal', 'low')", name=op.f("ck_crm_sla_policy_priority_known")),
        sa.CheckConstraint("first_minutes > 0 AND resolve_minutes > 0", name=op.f("ck_crm_sla_policy_times_positive")),
        sa.CheckConstraint("warn_percent BETWEEN 1 AND 100", name=op.f("ck_crm_sla_policy_warn_is_a_percentage")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["crm_ticket_category.id"], name=op.f("fk_crm_sla_policy_category_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_sla_policy")),
        sa.UniqueConstraint("name", name=op.f("uq_crm_sla_policy_name")),
    )
    op.create_index(op.f("ix_crm_sla_policy_category_id"), "crm_sla_policy", ["category_id"], unique=False)
    op.create_table(
        "crm_ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("queue_id", sa.Uuid(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("requester_name", sa.String(length=80), nullable=False),
        sa.Column("requester_email", sa.String(length=254), nullable=False),
        sa.Column("requester_phone", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=True),
        sa.Column("first_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolve_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_seconds", sa.Integer(), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_seconds", sa.Integer(), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolve_seconds", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolve_breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("follows_id", sa.Uuid(), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'waiting') = (waiting_since IS NOT NULL)", name=op.f("ck_crm_ticket_waiting_has_moment")),
        sa.CheckConstraint("channel IN ('mail', 'form', 'phone', 'wechat', 'visit', 'api')", name=op.f("ck_crm_ticket_channel_known")),
        sa.CheckConstraint("priority IN ('urgent', 'high', 'normal', 'low')", name=op.f("ck_crm_ticket_priority_known")),
        sa.CheckConstraint("state IN ('new', 'open', 'waiting', 'solved', 'closed')", name=op.f("ck_crm_ticket_state_known")),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_crm_ticket_not_merged_into_itself")),
        sa.ForeignKeyConstraint(["category_id"], ["crm_ticket_category.id"], name=op.f("fk_crm_ticket_category_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["master_contact.id"], name=op.f("fk_crm_ticket_contact_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["department_id"], ["master_department.id"], name=op.f("fk_crm_ticket_department_id")),
        sa.ForeignKeyConstraint(["follows_id"], ["crm_ticket.id"], name=op.f("fk_crm_ticket_follows_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["merged_into_id"], ["crm_ticket.id"], name=op.f("fk_crm_ticket_merged_into_id")),
        sa.ForeignKeyConstraint(["order_id"], ["crm_order.id"], name=op.f("fk_crm_ticket_order_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["master_employee.id"], name=op.f("fk_crm_ticket_owner_id")),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_crm_ticket_party_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["crm_sla_policy.id"], name=op.f("fk_crm_ticket_policy_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["product_id"], ["master_product.id"], name=op.f("fk_crm_ticket_product_id")),
        sa.ForeignKeyConstraint(["queue_id"], ["crm_ticket_queue.id"], name=op.f("fk_crm_ticket_queue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_crm_ticket_number")),
    )
    op.create_index(op.f("ix_crm_ticket_category_id"), "crm_ticket", ["category_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_contact_id"), "crm_ticket", ["contact_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_department_id"), "crm_ticket", ["department_id"], unique=False)
    op.create_index("ix_crm_ticket_due", "crm_ticket", ["state", "resolve_due_at"], unique=False)
    op.create_index(op.f("ix_crm_ticket_follows_id"), "crm_ticket", ["follows_id"], unique=False)
    op.create_index("ix_crm_ticket_list", "crm_ticket", ["created_at", "id"], unique=False)
    op.create_index("ix_crm_ticket_mail", "crm_ticket", ["requester_email"], unique=False)
    op.create_index(op.f("ix_crm_ticket_merged_into_id"), "crm_ticket", ["merged_into_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_order_id"), "crm_ticket", ["order_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_owner_id"), "crm_ticket", ["owner_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_party_id"), "crm_ticket", ["party_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_policy_id"), "crm_ticket", ["policy_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_product_id"), "crm_ticket", ["product_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_queue_id"), "crm_ticket", ["queue_id"], unique=False)
    op.create_index(
        "ix_crm_ticket_search",
        "crm_ticket",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "ext.gin_trgm_ops"},
    )
    op.create_table(
        "crm_ticket_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("message_id", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('customer', 'reply', 'note', 'event')", name=op.f("ck_crm_ticket_message_kind_known")),
        sa.ForeignKeyConstraint(["origin_id"], ["crm_ticket.id"], name=op.f("fk_crm_ticket_message_origin_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["ticket_id"], ["crm_ticket.id"], name=op.f("fk_crm_ticket_message_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_ticket_message")),
    )
    op.create_index(op.f("ix_crm_ticket_message_origin_id"), "crm_ticket_message", ["origin_id"], unique=False)
    op.create_index("ix_crm_ticket_message_thread", "crm_ticket_message", ["ticket_id", "at", "id"], unique=False)
    op.create_index(
        "uq_crm_ticket_message_mail", "crm_ticket_message", ["message_id"], unique=True, postgresql_where=sa.text("message_id IS NOT NULL")
    )
    op.create_table(
        "crm_ticket_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["crm_ticket_message.id"], name=op.f("fk_crm_ticket_file_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_ticket_file")),
    )
    op.create_index(op.f("ix_crm_ticket_file_message_id"), "crm_ticket_file", ["message_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_crm_ticket_file_message_id"), table_name="crm_ticket_file")
    op.drop_table("crm_ticket_file")
    op.drop_index("uq_crm_ticket_message_mail", table_name="crm_ticket_message", postgresql_where=sa.text("message_id IS NOT NULL"))
    op.drop_index("ix_crm_ticket_message_thread", table_name="crm_ticket_message")
    op.drop_index(op.f("ix_crm_ticket_message_origin_id"), table_name="crm_ticket_message")
    op.drop_table("crm_ticket_message")
    op.drop_index(
        "ix_crm_ticket_search", table_name="crm_ticket", postgresql_using="gin", postgresql_ops={"search_text": "ext.gin_trgm_ops"}
    )
    op.drop_index(op.f("ix_crm_ticket_queue_id"), table_name="crm_ticket")
    op.drop_index(op.f("ix_crm_ticket_product_id"), table_name="crm_ticket")
    op.drop_index(op.f("ix_crm_ticket_policy_id"), table_name="crm_ticket")
    op.drop_index(op.f("ix_crm_ticket_party_id"), table_name="crm_ticket")
    op.drop_index(op.f("ix_crm_ticket_owner_id"), table_name="crm_ticket")
    op.drop_index(op.f("ix_crm_ticket_order_id"), table_name="crm_ticket")
    op.drop_index(op.f("ix_crm_ticket_merged_into_id"), table_name="crm_ticket")
    op.drop_index("ix_crm_ticket_mail", table_name="crm_ticket")
    op.drop_index("ix_crm_ticket_list", table_name="crm_ticket")
    op.drop_index(op.f("ix_crm_ticket_follows_id"), table_name="crm_ticket")
    op.drop_index("ix_crm_ticket_due", table_name="crm_ticket")
    op.drop_index(op.f("ix_crm_ticket_department_id"), table_name="crm_ticket")
    op.drop_index(op.f("ix_crm_ticket_contact_id"), table_name="crm_ticket")
    op.drop_index(op.f("ix_crm_ticket_category_id"), table_name="crm_ticket")
    op.drop_table("crm_ticket")
    op.drop_index(op.f("ix_crm_sla_policy_category_id"), table_name="crm_sla_policy")
    op.drop_table("crm_sla_policy")
    op.drop_index(op.f("ix_crm_ticket_category_queue_id"), table_name="crm_ticket_category")
    op.drop_table("crm_ticket_category")
    op.drop_index(op.f("ix_crm_ticket_queue_lead_id"), table_name="crm_ticket_queue")
    op.drop_table("crm_ticket_queue")
    op.drop_table("crm_service_settings")
