"""Knowledge base."""

import sqlalchemy as sa
from alembic import op

revision = "core_crm_0015"
down_revision = "core_crm_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_article_category",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_article_category")),
        sa.UniqueConstraint("name", name=op.f("uq_crm_article_category_name")),
    )
    op.create_table(
        "crm_article",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["crm_article_category.id"], name=op.f("fk_crm_article_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_article")),
    )
    op.create_index(op.f("ix_crm_article_category_id"), "crm_article", ["category_id"], unique=False)
    op.create_table(
        "crm_article_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("locale", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("live_no", sa.Integer(), nullable=True),
        sa.Column("live_title", sa.String(length=200), nullable=True),
        sa.Column("live_body", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("helpful", sa.Integer(), nullable=False),
        sa.Column("unhelpful", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("locale IN ('zh_CN', 'en')", name=op.f("ck_crm_article_text_locale_known")),
        sa.ForeignKeyConstraint(["article_id"], ["crm_article.id"], name=op.f("fk_crm_article_text_article_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_article_text")),
        sa.UniqueConstraint("article_id", "locale", name=op.f("uq_crm_article_text_article_id_locale")),
    )
    op.create_index(
        "ix_crm_article_text_search",
        "crm_article_text",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "ext.gin_trgm_ops"},
    )
    op.create_table(
        "crm_article_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["text_id"], ["crm_article_text.id"], name=op.f("fk_crm_article_version_text_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_article_version")),
        sa.UniqueConstraint("text_id", "no", name=op.f("uq_crm_article_version_text_id_no")),
        info={"privileges": "insert_only"},
    )
    op.create_table(
        "crm_article_vote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("voter", sa.LargeBinary(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["text_id"], ["crm_article_text.id"], name=op.f("fk_crm_article_vote_text_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_article_vote")),
        sa.UniqueConstraint("text_id", "voter", name=op.f("uq_crm_article_vote_text_id_voter")),
    )


def downgrade() -> None:
    op.drop_table("crm_article_vote")
    op.drop_table("crm_article_version")
    op.drop_index(
        "ix_crm_article_text_search",
        table_name="crm_article_text",
        postgresql_using="gin",
        postgresql_ops={"search_text": "ext.gin_trgm_ops"},
    )
    op.drop_table("crm_article_text")
    op.drop_index(op.f("ix_crm_article_category_id"), table_name="crm_article")
    op.drop_table("crm_article")
    op.drop_table("crm_article_category")
