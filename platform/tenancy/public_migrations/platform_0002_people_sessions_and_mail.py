"""People, sessions and mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "platform_0002"
down_revision = "platform_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_person")),
        sa.UniqueConstraint("email_key", name=op.f("uq_identity_person_email_key")),
        schema="public",
    )
    op.create_table(
        "identity_throttle",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_identity_throttle")),
        schema="public",
    )
    op.create_index(op.f("ix_identity_throttle_last_at"), "identity_throttle", ["last_at"], unique=False, schema="public")
    op.create_table(
        "messaging_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f("ck_messaging_mail_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messaging_mail")),
        schema="public",
    )
    op.create_index("ix_messaging_mail_tenant_id_created_at", "messaging_mail", ["tenant_id", "created_at"], unique=False, schema="public")
    op.create_index(
        "ix_messaging_mail_waiting",
        "messaging_mail",
        ["next_at"],
        unique=False,
        schema="public",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "identity_api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["public.identity_person.id"], name=op.f("fk_identity_api_token_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["public.tenant.id"], name=op.f("fk_identity_api_token_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_identity_api_token_digest")),
        schema="public",
    )
    op.create_index(op.f("ix_identity_api_token_person_id"), "identity_api_token", ["person_id"], unique=False, schema="public")
    op.create_index(
        "ix_identity_api_token_tenant_id_person_id", "identity_api_token", ["tenant_id", "person_id"], unique=False, schema="public"
    )
    op.create_table(
        "identity_invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["public.identity_person.id"], name=op.f("fk_identity_invitation_invited_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["public.tenant.id"], name=op.f("fk_identity_invitation_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_invitation")),
        sa.UniqueConstraint("digest", name=op.f("uq_identity_invitation_digest")),
        schema="public",
    )
    op.create_index(op.f("ix_identity_invitation_invited_by"), "identity_invitation", ["invited_by"], unique=False, schema="public")
    op.create_index(
        "ix_identity_invitation_tenant_id_email_key", "identity_invitation", ["tenant_id", "email_key"], unique=False, schema="public"
    )
    op.create_table(
        "identity_member",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["public.identity_person.id"], name=op.f("fk_identity_member_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["public.tenant.id"], name=op.f("fk_identity_member_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name=op.f("pk_identity_member")),
        schema="public",
    )
    op.create_index(op.f("ix_identity_member_person_id"), "identity_member", ["person_id"], unique=False, schema="public")
    op.create_table(
        "identity_role",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["public.tenant.id"], name=op.f("fk_identity_role_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "code", name=op.f("pk_identity_role")),
        schema="public",
    )
    op.create_table(
        "identity_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("family", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["public.identity_person.id"], name=op.f("fk_identity_session_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["public.tenant.id"], name=op.f("fk_identity_session_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_identity_session_digest")),
        schema="public",
    )
    op.create_index(op.f("ix_identity_session_family"), "identity_session", ["family"], unique=False, schema="public")
    op.create_index(op.f("ix_identity_session_person_id"), "identity_session", ["person_id"], unique=False, schema="public")
    op.create_index(op.f("ix_identity_session_tenant_id"), "identity_session", ["tenant_id"], unique=False, schema="public")
    op.create_table(
        "identity_ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("bound_to", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('verify', 'reset', 'enter')", name=op.f("ck_identity_ticket_purpose_known")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["public.identity_person.id"], name=op.f("fk_identity_ticket_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["public.tenant.id"], name=op.f("fk_identity_ticket_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_ticket")),
        sa.UniqueConstraint("digest", name=op.f("uq_identity_ticket_digest")),
        schema="public",
    )
    op.create_index(op.f("ix_identity_ticket_person_id"), "identity_ticket", ["person_id"], unique=False, schema="public")
    op.create_index(op.f("ix_identity_ticket_tenant_id"), "identity_ticket", ["tenant_id"], unique=False, schema="public")


def downgrade() -> None:
    op.drop_index(op.f("ix_identity_ticket_tenant_id"), table_name="identity_ticket", schema="public")
    op.drop_index(op.f("ix_identity_ticket_person_id"), table_name="identity_ticket", schema="public")
    op.drop_table("identity_ticket", schema="public")
    op.drop_index(op.f("ix_identity_session_tenant_id"), table_name="identity_session", schema="public")
    op.drop_index(op.f("ix_identity_session_person_id"), table_name="identity_session", schema="public")
    op.drop_index(op.f("ix_identity_session_family"), table_name="identity_session", schema="public")
    op.drop_table("identity_session", schema="public")
    op.drop_table("identity_role", schema="public")
    op.drop_index(op.f("ix_identity_member_person_id"), table_name="identity_member", schema="public")
    op.drop_table("identity_member", schema="public")
    op.drop_index("ix_identity_invitation_tenant_id_email_key", table_name="identity_invitation", schema="public")
    op.drop_index(op.f("ix_identity_invitation_invited_by"), table_name="identity_invitation", schema="public")
    op.drop_table("identity_invitation", schema="public")
    op.drop_index("ix_identity_api_token_tenant_id_person_id", table_name="identity_api_token", schema="public")
    op.drop_index(op.f("ix_identity_api_token_person_id"), table_name="identity_api_token", schema="public")
    op.drop_table("identity_api_token", schema="public")
    op.drop_index("ix_messaging_mail_waiting", table_name="messaging_mail", schema="public", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index("ix_messaging_mail_tenant_id_created_at", table_name="messaging_mail", schema="public")
    op.drop_table("messaging_mail", schema="public")
    op.drop_index(op.f("ix_identity_throttle_last_at"), table_name="identity_throttle", schema="public")
    op.drop_table("identity_throttle", schema="public")
    op.drop_table("identity_person", schema="public")
