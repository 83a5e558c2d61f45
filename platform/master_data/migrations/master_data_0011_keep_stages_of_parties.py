"""Keep the stages parties came into."""

import sqlalchemy as sa
from alembic import op

revision = "master_data_0011"
down_revision = "master_data_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "master_party_stage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.String(length=40), nullable=True),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_master_party_stage_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_party_stage")),
        info={"privileges": "insert_only"},
    )
    op.create_index("ix_master_party_stage_party", "master_party_stage", ["party_id", "created_at", "id"], unique=False)
    # What is known of parties that were there before: the stage they have, since they were entered.
    op.execute(
        "INSERT INTO master_party_stage (id, party_id, before, stage, by, created_at) "
        "SELECT gen_random_uuid(), id, NULL, stage, '', created_at FROM master_party"
    )


def downgrade() -> None:
    op.drop_index("ix_master_party_stage_party", table_name="master_party_stage")
    op.drop_table("master_party_stage")
