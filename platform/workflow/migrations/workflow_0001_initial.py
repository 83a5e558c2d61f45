"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "workflow_0001"
down_revision = None
branch_labels = ("workflow",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workflow_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("created", sa.Boolean(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_change")),
    )
    op.create_table(
        "workflow_notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("record_kind", sa.String(length=80), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_notification")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_workflow_notification_person_id_key")),
    )
    op.create_index(
        "ix_workflow_notification_list", "workflow_notification", ["person_id", "at", "id"], unique=False, postgresql_where=sa.text("shown")
    )
    op.create_index(
        "ix_workflow_notification_mail",
        "workflow_notification",
        ["id"],
        unique=False,
        postgresql_where=sa.text("mail AND mailed_at IS NULL"),
    )
    op.create_index("ix_workflow_notification_record", "workflow_notification", ["record_kind", "record_id"], unique=False)
    op.create_index(
        "ix_workflow_notification_unread",
        "workflow_notification",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("shown AND read_at IS NULL"),
    )
    op.create_table(
        "workflow_notification_choice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('app', 'mail', 'both', 'none')", name=op.f("ck_workflow_notification_choice_channel_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_notification_choice")),
        sa.UniqueConstraint("person_id", "kind", name=op.f("uq_workflow_notification_choice_person_id_kind")),
    )


def downgrade() -> None:
    op.drop_table("workflow_notification_choice")
    op.drop_index(
        "ix_workflow_notification_unread", table_name="workflow_notification", postgresql_where=sa.text("shown AND read_at IS NULL")
    )
    op.drop_index("ix_workflow_notification_record", table_name="workflow_notification")
    op.drop_index(
        "ix_workflow_notification_mail", table_name="workflow_notification", postgresql_where=sa.text("mail AND mailed_at IS NULL")
    )
    op.drop_index("ix_workflow_notification_list", table_name="workflow_notification", postgresql_where=sa.text("shown"))
    op.drop_table("workflow_notification")
    op.drop_table("workflow_change")
