"""Keep segments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_crm_0012"
down_revision = "core_crm_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_segment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('dynamic', 'static')", name=op.f("ck_crm_segment_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_segment")),
    )
    op.create_table(
        "crm_segment_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["crm_segment.id"], name=op.f("fk_crm_segment_member_segment_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_segment_member")),
        sa.UniqueConstraint("segment_id", "party_id", name=op.f("uq_crm_segment_member_segment_id_party_id")),
    )
    op.create_index(op.f("ix_crm_segment_member_party_id"), "crm_segment_member", ["party_id"], unique=False)
    op.create_index(
        "ix_crm_order_confirmed",
        "crm_order",
        ["ordered_on", "party_id"],
        unique=False,
        postgresql_include=["gross", "currency"],
        postgresql_where=sa.text("state = 'confirmed'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_crm_order_confirmed",
        table_name="crm_order",
        postgresql_include=["gross", "currency"],
        postgresql_where=sa.text("state = 'confirmed'"),
    )
    op.drop_index(op.f("ix_crm_segment_member_party_id"), table_name="crm_segment_member")
    op.drop_table("crm_segment_member")
    op.drop_table("crm_segment")
