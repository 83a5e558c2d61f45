"""Ready answers merges and ratings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_crm_0014"
down_revision = "core_crm_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_ticket_macro",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state_after", sa.String(length=40), nullable=True),
        sa.Column("priority", sa.String(length=40), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("queue_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('customer', 'reply', 'note', 'event')", name=op.f("ck_crm_ticket_macro_kind_known")),
        sa.CheckConstraint("kind IN ('reply', 'note')", name=op.f("ck_crm_ticket_macro_kind_of_ours")),
        sa.CheckConstraint("priority IN ('urgent', 'high', 'normal', 'low')", name=op.f("ck_crm_ticket_macro_priority_known")),
        sa.CheckConstraint(
            "state_after IN ('new', 'open', 'waiting', 'solved', 'closed')", name=op.f("ck_crm_ticket_macro_state_after_known")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["crm_ticket_category.id"], name=op.f("fk_crm_ticket_macro_category_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["queue_id"], ["crm_ticket_queue.id"], name=op.f("fk_crm_ticket_macro_queue_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_ticket_macro")),
        sa.UniqueConstraint("name", name=op.f("uq_crm_ticket_macro_name")),
    )
    op.create_index(op.f("ix_crm_ticket_macro_category_id"), "crm_ticket_macro", ["category_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_macro_queue_id"), "crm_ticket_macro", ["queue_id"], unique=False)
    op.create_table(
        "crm_ticket_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("messages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('new', 'open', 'waiting', 'solved', 'closed')", name=op.f("ck_crm_ticket_merge_state_known")),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_crm_ticket_merge_two_tickets")),
        sa.ForeignKeyConstraint(["source_id"], ["crm_ticket.id"], name=op.f("fk_crm_ticket_merge_source_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["target_id"], ["crm_ticket.id"], name=op.f("fk_crm_ticket_merge_target_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_ticket_merge")),
    )
    op.create_index(op.f("ix_crm_ticket_merge_source_id"), "crm_ticket_merge", ["source_id"], unique=False)
    op.create_index(op.f("ix_crm_ticket_merge_target_id"), "crm_ticket_merge", ["target_id"], unique=False)
    op.create_table(
        "crm_ticket_rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_crm_ticket_rating_score_in_range")),
        sa.ForeignKeyConstraint(["owner_id"], ["master_employee.id"], name=op.f("fk_crm_ticket_rating_owner_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["crm_ticket.id"], name=op.f("fk_crm_ticket_rating_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_ticket_rating")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_crm_ticket_rating_ticket_id")),
    )
    op.create_index("ix_crm_ticket_rating_at", "crm_ticket_rating", ["at"], unique=False)
    op.create_index(op.f("ix_crm_ticket_rating_owner_id"), "crm_ticket_rating", ["owner_id"], unique=False)
    op.add_column("crm_service_settings", sa.Column("ask_rating", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.drop_constraint(op.f("ck_crm_ticket_letter_kind_known"), "crm_ticket_letter", type_="check")
    op.create_check_constraint(op.f("ck_crm_ticket_letter_kind_known"), "crm_ticket_letter", "kind IN ('reply', 'received', 'rating')")


def downgrade() -> None:
    op.drop_column("crm_service_settings", "ask_rating")
    op.drop_index(op.f("ix_crm_ticket_rating_owner_id"), table_name="crm_ticket_rating")
    op.drop_index("ix_crm_ticket_rating_at", table_name="crm_ticket_rating")
    op.drop_table("crm_ticket_rating")
    op.drop_index(op.f("ix_crm_ticket_merge_target_id"), table_name="crm_ticket_merge")
    op.drop_index(op.f("ix_crm_ticket_merge_source_id"), table_name="crm_ticket_merge")
    op.drop_table("crm_ticket_merge")
    op.drop_index(op.f("ix_crm_ticket_macro_queue_id"), table_name="crm_ticket_macro")
    op.drop_index(op.f("ix_crm_ticket_macro_category_id"), table_name="crm_ticket_macro")
    op.drop_table("crm_ticket_macro")
    op.drop_constraint(op.f("ck_crm_ticket_letter_kind_known"), "crm_ticket_letter", type_="check")
    op.execute("DELETE FROM crm_ticket_letter WHERE kind = 'rating'")
    op.create_check_constraint(op.f("ck_crm_ticket_letter_kind_known"), "crm_ticket_letter", "kind IN ('reply', 'received')")
