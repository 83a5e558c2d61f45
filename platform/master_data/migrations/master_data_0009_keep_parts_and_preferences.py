"""Keep the parts and preferences of contacts."""

import sqlalchemy as sa
from alembic import op

revision = "master_data_0009"
down_revision = "master_data_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("master_contact", sa.Column("handles", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("master_contact", sa.Column("finance", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("master_contact", sa.Column("technical", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("master_contact", sa.Column("influences", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("master_contact", sa.Column("wechat", sa.String(length=80), nullable=True))
    op.add_column("master_contact", sa.Column("birthday_on", sa.Date(), nullable=True))
    op.add_column("master_contact", sa.Column("preferred_channel", sa.String(length=40), nullable=True))
    op.add_column("master_contact", sa.Column("contact_time", sa.String(length=80), nullable=True))
    op.add_column("master_contact", sa.Column("language", sa.String(length=40), nullable=True))
    op.add_column("master_contact", sa.Column("do_not_call", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index("ix_master_contact_list", "master_contact", ["name", "id"], unique=False)
    op.add_column("master_party", sa.Column("preferred_channel", sa.String(length=40), nullable=True))
    op.add_column("master_party", sa.Column("contact_time", sa.String(length=80), nullable=True))
    op.add_column("master_party", sa.Column("language", sa.String(length=40), nullable=True))
    op.add_column("master_party", sa.Column("do_not_call", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    for table in ("master_contact", "master_party"):
        channels, languages = "'phone', 'sms', 'wechat', 'email', 'visit'", "'zh', 'en', 'ja', 'ko', 'de', 'fr', 'es', 'ru', 'other'"
        op.create_check_constraint(op.f(f"ck_{table}_preferred_channel_known"), table, f"preferred_channel IN ({channels})")
        op.create_check_constraint(op.f(f"ck_{table}_language_known"), table, f"language IN ({languages})")


def downgrade() -> None:
    op.drop_column("master_party", "do_not_call")
    op.drop_column("master_party", "language")
    op.drop_column("master_party", "contact_time")
    op.drop_column("master_party", "preferred_channel")
    op.drop_index("ix_master_contact_list", table_name="master_contact")
    op.drop_column("master_contact", "do_not_call")
    op.drop_column("master_contact", "language")
    op.drop_column("master_contact", "contact_time")
    op.drop_column("master_contact", "preferred_channel")
    op.drop_column("master_contact", "birthday_on")
    op.drop_column("master_contact", "wechat")
    op.drop_column("master_contact", "influences")
    op.drop_column("master_contact", "technical")
    op.drop_column("master_contact", "finance")
    op.drop_column("master_contact", "handles")
