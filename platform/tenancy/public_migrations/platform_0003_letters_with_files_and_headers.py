"""Letters with files and headers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "platform_0003"
down_revision = "platform_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "messaging_mail_file",
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["public.messaging_mail.id"], name=op.f("fk_messaging_mail_file_mail_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mail_id", "position", name=op.f("pk_messaging_mail_file")),
        schema="public",
    )
    op.add_column(
        "messaging_mail",
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
        schema="public",
    )


def downgrade() -> None:
    op.drop_column("messaging_mail", "headers", schema="public")
    op.drop_table("messaging_mail_file", schema="public")
