"""Take tickets by mail and form."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_crm_0010"
down_revision = "core_crm_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_service_mailbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("acknowledge", sa.Boolean(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["crm_ticket_category.id"], name=op.f("fk_crm_service_mailbox_category_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["queue_id"], ["crm_ticket_queue.id"], name=op.f("fk_crm_service_mailbox_queue_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_service_mailbox")),
        sa.UniqueConstraint("address", name=op.f("uq_crm_service_mailbox_address")),
        sa.UniqueConstraint("key_digest", name=op.f("uq_crm_service_mailbox_key_digest")),
    )
    op.create_index(op.f("ix_crm_service_mailbox_category_id"), "crm_service_mailbox", ["category_id"], unique=False)
    op.create_index(op.f("ix_crm_service_mailbox_queue_id"), "crm_service_mailbox", ["queue_id"], unique=False)
    op.create_table(
        "crm_service_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("intro", sa.Text(), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("thanks", sa.String(length=300), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=True),
        sa.Column("mailbox_id", sa.Uuid(), nullable=True),
        sa.Column("acknowledge", sa.Boolean(), nullable=False),
        sa.Column("sites", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["crm_service_mailbox.id"], name=op.f("fk_crm_service_form_mailbox_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["queue_id"], ["crm_ticket_queue.id"], name=op.f("fk_crm_service_form_queue_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_service_form")),
        sa.UniqueConstraint("key", name=op.f("uq_crm_service_form_key")),
    )
    op.create_index(op.f("ix_crm_service_form_mailbox_id"), "crm_service_form", ["mailbox_id"], unique=False)
    op.create_index(op.f("ix_crm_service_form_queue_id"), "crm_service_form", ["queue_id"], unique=False)
    op.create_table(
        "crm_ticket_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('reply', 'received')", name=op.f("ck_crm_ticket_letter_kind_known")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["crm_ticket_message.id"], name=op.f("fk_crm_ticket_letter_message_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["crm_ticket.id"], name=op.f("fk_crm_ticket_letter_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_ticket_letter")),
    )
    op.create_index(op.f("ix_crm_ticket_letter_message_id"), "crm_ticket_letter", ["message_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_letter_ticket_id"), "crm_ticket_letter", ["ticket_id"], unique=False)
    op.create_index(
        "ix_crm_ticket_letter_waiting", "crm_ticket_letter", ["id"], unique=False, postgresql_where=sa.text("handed_at IS NULL")
    )
    op.add_column("crm_ticket", sa.Column("mailbox_id", sa.Uuid(), nullable=True))
    op.add_column("crm_ticket", sa.Column("public_key", sa.String(length=64), nullable=True))
    # Tickets that are there get their keys: 244 random bits each.
    op.execute("UPDATE crm_ticket SET public_key = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')")
    op.create_index(op.f("ix_crm_ticket_mailbox_id"), "crm_ticket", ["mailbox_id"], unique=False)
    op.create_unique_constraint(op.f("uq_crm_ticket_public_key"), "crm_ticket", ["public_key"])
    op.create_foreign_key(
        op.f("fk_crm_ticket_mailbox_id"), "crm_ticket", "crm_service_mailbox", ["mailbox_id"], ["id"], ondelete="SET NULL"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_crm_ticket_mailbox_id"), "crm_ticket", type_="foreignkey")
    op.drop_constraint(op.f("uq_crm_ticket_public_key"), "crm_ticket", type_="unique")
    op.drop_index(op.f("ix_crm_ticket_mailbox_id"), table_name="crm_ticket")
    op.drop_column("crm_ticket", "public_key")
    op.drop_column("crm_ticket", "mailbox_id")
    op.drop_index("ix_crm_ticket_letter_waiting", table_name="crm_ticket_letter", postgresql_where=sa.text("handed_at IS NULL"))
    op.drop_index(op.f("ix_crm_ticket_letter_ticket_id"), table_name="crm_ticket_letter")
    op.drop_index(op.f("ix_crm_ticket_letter_message_id"), table_name="crm_ticket_letter")
    op.drop_table("crm_ticket_letter")
    op.drop_index(op.f("ix_crm_service_form_queue_id"), table_name="crm_service_form")
    op.drop_index(op.f("ix_crm_service_form_mailbox_id"), table_name="crm_service_form")
    op.drop_table("crm_service_form")
    op.drop_index(op.f("ix_crm_service_mailbox_queue_id"), table_name="crm_service_mailbox")
    op.drop_index(op.f("ix_crm_service_mailbox_category_id"), table_name="crm_service_mailbox")
    op.drop_table("crm_service_mailbox")
