"""Keep messages and how they are sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "messaging_0002"
down_revision = "messaging_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "messaging_channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("sender_name", sa.String(length=80), nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=False),
        sa.Column("cap_count", sa.SmallInteger(), nullable=False),
        sa.Column("cap_days", sa.SmallInteger(), nullable=False),
        sa.Column("quiet_from", sa.SmallInteger(), nullable=False),
        sa.Column("quiet_to", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_messaging_channel_channel_known")),
        sa.CheckConstraint(
            "provider IN ('platform', 'smtp', 'aliyun', 'tencent', 'gateway', 'none')", name=op.f("ck_messaging_channel_provider_known")
        ),
        sa.CheckConstraint("cap_count > 0 AND cap_days > 0", name=op.f("ck_messaging_channel_cap_positive")),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 1439 AND quiet_to BETWEEN 0 AND 1439", name=op.f("ck_messaging_channel_quiet_within_a_day")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messaging_channel")),
        sa.UniqueConstraint("channel", name=op.f("uq_messaging_channel_channel")),
    )
    op.create_table(
        "messaging_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("party_name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("sms", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("variant", sa.String(length=1), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_messaging_message_channel_known")),
        sa.CheckConstraint("purpose IN ('marketing', 'transactional')", name=op.f("ck_messaging_message_purpose_known")),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'bounced', 'suppressed', 'unsure')",
            name=op.f("ck_messaging_message_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messaging_message")),
        sa.UniqueConstraint("key", name=op.f("uq_messaging_message_key")),
    )
    op.create_index("ix_messaging_message_address", "messaging_message", ["address", "channel", "sent_at"], unique=False)
    op.create_index("ix_messaging_message_due", "messaging_message", ["due_at"], unique=False, postgresql_where=sa.text("state = 'queued'"))
    op.create_index("ix_messaging_message_party_id", "messaging_message", ["party_id", "id"], unique=False)
    op.create_index(
        "ix_messaging_message_provider_id",
        "messaging_message",
        ["provider_id"],
        unique=False,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_index(
        "ix_messaging_message_sending", "messaging_message", ["lease_until"], unique=False, postgresql_where=sa.text("state = 'sending'")
    )
    op.create_index("ix_messaging_message_source_id", "messaging_message", ["source_id", "state"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_messaging_message_source_id", table_name="messaging_message")
    op.drop_index("ix_messaging_message_sending", table_name="messaging_message", postgresql_where=sa.text("state = 'sending'"))
    op.drop_index("ix_messaging_message_provider_id", table_name="messaging_message", postgresql_where=sa.text("provider_id IS NOT NULL"))
    op.drop_index("ix_messaging_message_party_id", table_name="messaging_message")
    op.drop_index("ix_messaging_message_due", table_name="messaging_message", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index("ix_messaging_message_address", table_name="messaging_message")
    op.drop_table("messaging_message")
    op.drop_table("messaging_channel")
