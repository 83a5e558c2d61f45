"""Keep addresses to which nothing is sent."""

import sqlalchemy as sa
from alembic import op

revision = "messaging_0001"
down_revision = None
branch_labels = ("messaging",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "messaging_suppression",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_messaging_suppression_channel_known")),
        sa.CheckConstraint(
            "reason IN ('unsubscribed', 'manual', 'bounced', 'complained')", name=op.f("ck_messaging_suppression_reason_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messaging_suppression")),
        sa.UniqueConstraint("channel", "address", name=op.f("uq_messaging_suppression_channel_address")),
    )


def downgrade() -> None:
    op.drop_table("messaging_suppression")
