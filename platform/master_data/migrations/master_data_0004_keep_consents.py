"""Keep consents."""

import sqlalchemy as sa
from alembic import op

revision = "master_data_0004"
down_revision = "master_data_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "master_consent_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_master_consent_text_channel_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_consent_text")),
        sa.UniqueConstraint("channel", "number", name=op.f("uq_master_consent_text_channel_number")),
    )
    op.create_table(
        "master_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_master_consent_channel_known")),
        sa.CheckConstraint("source IN ('staff', 'form', 'link', 'reply', 'api')", name=op.f("ck_master_consent_source_known")),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_master_consent_party_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["text_id"], ["master_consent_text.id"], name=op.f("fk_master_consent_text_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_consent")),
    )
    op.create_index(
        "ix_master_consent_latest", "master_consent", ["channel", "party_id", "granted"], unique=False, postgresql_where=sa.text("latest")
    )
    op.create_index("ix_master_consent_party_id", "master_consent", ["party_id", "channel"], unique=False)
    op.create_index(op.f("ix_master_consent_text_id"), "master_consent", ["text_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_master_consent_text_id"), table_name="master_consent")
    op.drop_index("ix_master_consent_party_id", table_name="master_consent")
    op.drop_index("ix_master_consent_latest", table_name="master_consent", postgresql_where=sa.text("latest"))
    op.drop_table("master_consent")
    op.drop_table("master_consent_text")
