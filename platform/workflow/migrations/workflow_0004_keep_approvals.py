"""Keep approvals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "workflow_0004"
down_revision = "workflow_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workflow_approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("record_kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("flow", sa.String(length=80), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("submitter_id", sa.Uuid(), nullable=True),
        sa.Column("submitter_name", sa.String(length=80), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'approved', 'rejected', 'withdrawn')", name=op.f("ck_workflow_approval_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_approval")),
    )
    op.create_index("ix_workflow_approval_list", "workflow_approval", ["submitted_at", "id"], unique=False)
    op.create_index("ix_workflow_approval_record", "workflow_approval", ["record_kind", "record_id"], unique=False)
    op.create_index("ix_workflow_approval_submitter", "workflow_approval", ["submitter_id", "submitted_at", "id"], unique=False)
    op.create_index(
        "uq_workflow_approval_pending",
        "workflow_approval",
        ["kind", "record_kind", "record_id"],
        unique=True,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "workflow_approval_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("to_name", sa.String(length=300), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('submitted', 'asked', 'passed', 'escalated', 'approved', 'rejected', 'delegated', 'withdrawn', 'done')",
            name=op.f("ck_workflow_approval_act_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_approval_act")),
        info={"privileges": "insert_only"},
    )
    op.create_index("ix_workflow_approval_act_approval_id", "workflow_approval_act", ["approval_id", "at", "id"], unique=False)
    op.create_table(
        "workflow_approval_flow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_approval_flow")),
    )
    op.create_index("ix_workflow_approval_flow_kind", "workflow_approval_flow", ["kind", "position"], unique=False)
    op.create_table(
        "workflow_approval_seat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("person_name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'rejected', 'delegated', 'spared')", name=op.f("ck_workflow_approval_seat_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["workflow_approval.id"], name=op.f("fk_workflow_approval_seat_approval_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_approval_seat")),
    )
    op.create_index("ix_workflow_approval_seat_decided", "workflow_approval_seat", ["person_id", "decided_at"], unique=False)
    op.create_index(
        "ix_workflow_approval_seat_waiting",
        "workflow_approval_seat",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("uq_workflow_approval_seat", "workflow_approval_seat", ["approval_id", "step", "person_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_workflow_approval_seat", table_name="workflow_approval_seat")
    op.drop_index("ix_workflow_approval_seat_waiting", table_name="workflow_approval_seat", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index("ix_workflow_approval_seat_decided", table_name="workflow_approval_seat")
    op.drop_table("workflow_approval_seat")
    op.drop_index("ix_workflow_approval_flow_kind", table_name="workflow_approval_flow")
    op.drop_table("workflow_approval_flow")
    op.drop_index("ix_workflow_approval_act_approval_id", table_name="workflow_approval_act")
    op.drop_table("workflow_approval_act")
    op.drop_index("uq_workflow_approval_pending", table_name="workflow_approval", postgresql_where=sa.text("state = 'pending'"))
    op.drop_index("ix_workflow_approval_submitter", table_name="workflow_approval")
    op.drop_index("ix_workflow_approval_record", table_name="workflow_approval")
    op.drop_index("ix_workflow_approval_list", table_name="workflow_approval")
    op.drop_table("workflow_approval")
