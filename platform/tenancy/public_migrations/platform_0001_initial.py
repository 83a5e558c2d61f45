"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "platform_0001"
down_revision = None
branch_labels = ("platform",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenant",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("schema", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("shard", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("heads", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("canary", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(slug IS NULL) = (state = 'spare')", name=op.f("ck_tenant_slug_unless_spare")),
        sa.CheckConstraint("state IN ('spare', 'active', 'suspended', 'deleting')", name=op.f("ck_tenant_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("role", name=op.f("uq_tenant_role")),
        sa.UniqueConstraint("schema", name=op.f("uq_tenant_schema")),
        schema="public",
    )
    op.create_index("ix_tenant_spare", "tenant", ["id"], unique=False, schema="public", postgresql_where=sa.text("state = 'spare'"))
    op.create_index("uq_tenant_slug_lower", "tenant", [sa.literal_column("lower(slug)")], unique=True, schema="public")
    op.create_table(
        "migration_run",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_migration_run_state_known")),
        sa.ForeignKeyConstraint(["tenant_id"], ["public.tenant.id"], name=op.f("fk_migration_run_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_migration_run")),
        schema="public",
    )
    op.create_table(
        "tenant_vertical",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("vertical", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("enabled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('enabled', 'disabled', 'purging')", name=op.f("ck_tenant_vertical_state_known")),
        sa.ForeignKeyConstraint(["tenant_id"], ["public.tenant.id"], name=op.f("fk_tenant_vertical_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "vertical", name=op.f("pk_tenant_vertical")),
        schema="public",
    )


def downgrade() -> None:
    op.drop_table("tenant_vertical", schema="public")
    op.drop_table("migration_run", schema="public")
    op.drop_index("uq_tenant_slug_lower", table_name="tenant", schema="public")
    op.drop_index("ix_tenant_spare", table_name="tenant", schema="public", postgresql_where=sa.text("state = 'spare'"))
    op.drop_table("tenant", schema="public")
