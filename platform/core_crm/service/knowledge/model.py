"""Tables of the knowledge base: categories, articles with a text in each language, versions that were published, votes."""

import enum
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel import clock
from kernel.orm import TenantBase, Versioned, choice, choice_check


class ArticleLocale(enum.StrEnum):
    ZH = "zh_CN"
    EN = "en"


class ArticleCategory(Versioned, TenantBase):
    """A shelf of the knowledge base."""

    __tablename__ = "crm_article_category"

    name: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(80), default="")
    position: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", sort_order=102)


class Article(Versioned, TenantBase):
    """One question answered.  Customers read it while it has a published text and is not withdrawn."""

    __tablename__ = "crm_article"

    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_article_category.id"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    public: Mapped[bool] = mapped_column(default=True, doc="Customers may read it once it is published; else only we.")
    made_by: Mapped[str] = mapped_column(String(80))
    texts: Mapped[list["ArticleText"]] = relationship(lazy="raise", order_by="ArticleText.locale.desc()", cascade="all, delete-orphan")


class ArticleText(TenantBase):
    """An article in one language: the draft, and beside it what was published last; ``live_no`` is empty before and after that."""

    __tablename__ = "crm_article_text"
    __table_args__ = (
        choice_check("locale", ArticleLocale),
        UniqueConstraint("article_id", "locale"),
        Index("ix_crm_article_text_search", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "ext.gin_trgm_ops"}),
    )

    article_id: Mapped[UUID] = mapped_column(ForeignKey("crm_article.id", ondelete="CASCADE"))
    locale: Mapped[ArticleLocale] = mapped_column(choice(ArticleLocale))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    live_no: Mapped[int | None] = mapped_column(Integer, doc="The version that customers read.")
    live_title: Mapped[str | None] = mapped_column(String(200))
    live_body: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None]
    search_text: Mapped[str] = mapped_column(Text, default="", doc="Of what customers read, with the pinyin of its title.")
    helpful: Mapped[int] = mapped_column(Integer, default=0)
    unhelpful: Mapped[int] = mapped_column(Integer, default=0)


class ArticleVersion(TenantBase):
    """What was published once.  Rows are added, never changed."""

    __tablename__ = "crm_article_version"
    __table_args__ = (UniqueConstraint("text_id", "no"), {"info": {"privileges": "insert_only"}})

    text_id: Mapped[UUID] = mapped_column(ForeignKey("crm_article_text.id", ondelete="CASCADE"))
    no: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by: Mapped[str] = mapped_column(String(80))


class ArticleVote(TenantBase):
    """Somebody found an article helpful or not; ``voter`` names nobody and keeps one from voting twice."""

    __tablename__ = "crm_article_vote"
    __table_args__ = (UniqueConstraint("text_id", "voter"),)

    text_id: Mapped[UUID] = mapped_column(ForeignKey("crm_article_text.id", ondelete="CASCADE"))
    voter: Mapped[bytes] = mapped_column(LargeBinary)
    helpful: Mapped[bool]
