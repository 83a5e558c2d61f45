"""Keep identity papers."""

import sqlalchemy as sa
from alembic import op

revision = "master_data_0006"
down_revision = "master_data_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "master_paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.String(length=200), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("shown", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('id_card', 'passport', 'home_return', 'taiwan', 'residence')", name=op.f("ck_master_paper_kind_known")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_master_paper_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_paper")),
        sa.UniqueConstraint("mark", name=op.f("uq_master_paper_mark")),
        sa.UniqueConstraint("party_id", name=op.f("uq_master_paper_party_id")),
    )


def downgrade() -> None:
    op.drop_table("master_paper")
