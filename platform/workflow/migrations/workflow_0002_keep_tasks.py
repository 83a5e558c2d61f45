"""Keep tasks."""

import sqlalchemy as sa
from alembic import op

revision = "workflow_0002"
down_revision = "workflow_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workflow_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("record_kind", sa.String(length=80), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_name", sa.String(length=80), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(length=80), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_time", sa.Time(), nullable=True),
        sa.Column("remind_minutes", sa.Integer(), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("priority", sa.String(length=40), nullable=False),
        sa.Column("repeat", sa.String(length=40), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("repeat_until", sa.Date(), nullable=True),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("series_on", sa.Date(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high')", name=op.f("ck_workflow_task_priority_known")),
        sa.CheckConstraint("repeat = 'none' OR due_on IS NOT NULL", name=op.f("ck_workflow_task_repeat_has_due")),
        sa.CheckConstraint("repeat IN ('none', 'days', 'weeks', 'months', 'years')", name=op.f("ck_workflow_task_repeat_known")),
        sa.CheckConstraint("due_time IS NULL OR due_on IS NOT NULL", name=op.f("ck_workflow_task_time_has_day")),
        sa.CheckConstraint("every BETWEEN 1 AND 100", name=op.f("ck_workflow_task_every_sound")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_task")),
    )
    op.create_index("ix_workflow_task_author", "workflow_task", ["author_id", "due_on"], unique=False)
    op.create_index(
        "ix_workflow_task_open", "workflow_task", ["assignee_id", "due_on"], unique=False, postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_index(
        "ix_workflow_task_record",
        "workflow_task",
        ["record_kind", "record_id"],
        unique=False,
        postgresql_where=sa.text("record_id IS NOT NULL"),
    )
    op.create_index(
        "ix_workflow_task_remind",
        "workflow_task",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND reminded_at IS NULL"),
    )
    op.create_index(
        "uq_workflow_task_series",
        "workflow_task",
        ["series_id", "due_on"],
        unique=True,
        postgresql_where=sa.text("done_at IS NULL AND repeat <> 'none'"),
    )


def downgrade() -> None:
    op.drop_index("uq_workflow_task_series", table_name="workflow_task", postgresql_where=sa.text("done_at IS NULL AND repeat <> 'none'"))
    op.drop_index(
        "ix_workflow_task_remind", table_name="workflow_task", postgresql_where=sa.text("done_at IS NULL AND reminded_at IS NULL")
    )
    op.drop_index("ix_workflow_task_record", table_name="workflow_task", postgresql_where=sa.text("record_id IS NOT NULL"))
    op.drop_index("ix_workflow_task_open", table_name="workflow_task", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_index("ix_workflow_task_author", table_name="workflow_task")
    op.drop_table("workflow_task")
