"""REST API of the knowledge base."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from core_crm.service.knowledge.model import Article, ArticleCategory, ArticleLocale
from core_crm.service.knowledge.service import (
    ArticleCategoryInput,
    ArticleInput,
    ArticleRow,
    article_categories,
    delete_article,
    find_published,
    get_article,
    list_articles,
    publish_article,
    restore_version,
    save_article,
    save_article_category,
    versions_of,
    withdraw_article,
)
from core_crm.service.tickets.settings import delete_row
from kernel.work import Work

READ = {"permission": "crm.article.read"}
WRITE = {"permission": "crm.article.update"}
PUBLISH = {"permission": "crm.article.publish"}


class ArticleTextRead(msgspec.Struct, kw_only=True):
    """``live_no`` is the version that customers read; null: none."""

    locale: ArticleLocale
    title: str
    body: str
    live_no: int | None
    published_at: datetime | None
    helpful: int
    unhelpful: int


class ArticleRead(msgspec.Struct, kw_only=True):
    id: UUID
    category_id: UUID | None
    public: bool
    position: int
    texts: list[ArticleTextRead]
    version: int

    @classmethod
    def of(cls, row: Article) -> "ArticleRead":
        texts = [ArticleTextRead(**{name: getattr(text, name) for name in ArticleTextRead.__struct_fields__}) for text in row.texts]
        return cls(id=row.id, category_id=row.category_id, public=row.public, position=row.position, texts=texts, version=row.version)


class ArticleListRead(msgspec.Struct, kw_only=True):
    """A line in one language.  ``live``: customers read it; ``changed``: the draft says something else."""

    id: UUID
    locale: ArticleLocale
    title: str
    category: str | None
    public: bool
    live: bool
    changed: bool
    helpful: int
    unhelpful: int
    published_at: datetime | None

    @classmethod
    def of(cls, row: ArticleRow) -> "ArticleListRead":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class ArticleVersionRead(msgspec.Struct, kw_only=True):
    id: UUID
    locale: ArticleLocale
    no: int
    title: str
    body: str
    at: datetime
    by: str


class ArticleCategoryRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    name_en: str
    position: int
    active: bool
    version: int

    @classmethod
    def of(cls, row: ArticleCategory) -> "ArticleCategoryRead":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class RestoreInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    version_id: UUID


class ArticleController(Controller):
    path = "/articles"
    tags = ("Knowledge base",)

    @get("/", operation_id="listArticles", opt=READ)
    async def listed(
        self,
        work: NamedDependency[Work],
        q: FromQuery[str] = "",
        category_id: FromQuery[UUID | None] = None,
        published: FromQuery[bool] = False,  # noqa: FBT002
        locale: Annotated[ArticleLocale, QueryParameter(name="locale")] = ArticleLocale.ZH,
    ) -> list[ArticleListRead]:
        """All articles as drafts, each language a line; with ``published`` what readers of ``locale`` find."""
        if published:
            rows = await find_published(work, search=q, locale=locale.value, category_id=category_id, ours=True, limit=200)
        else:
            rows = await list_articles(work, search=q, category_id=category_id)
        return [ArticleListRead.of(row) for row in rows]

    @post("/", operation_id="createArticle", opt=WRITE)
    async def create(self, work: NamedDependency[Work], data: JSONBody[ArticleInput]) -> ArticleRead:
        """A new draft."""
        return ArticleRead.of(await save_article(work, data))

    @get("/{article_id:uuid}", operation_id="readArticle", opt=READ)
    async def read(self, work: NamedDependency[Work], article_id: FromPath[UUID]) -> ArticleRead:
        """One article with its drafts."""
        return ArticleRead.of(await get_article(work, article_id))

    @put("/{article_id:uuid}", operation_id="updateArticle", opt=WRITE)
    async def update(self, work: NamedDependency[Work], article_id: FromPath[UUID], data: JSONBody[ArticleInput]) -> ArticleRead:
        """Write the draft; what customers read stays until it is published."""
        return ArticleRead.of(await save_article(work, data, article_id))

    @delete("/{article_id:uuid}", operation_id="deleteArticle", opt=PUBLISH)
    async def remove(self, work: NamedDependency[Work], article_id: FromPath[UUID]) -> None:
        """Throw it away, versions and all."""
        await delete_article(work, article_id)

    @post("/{article_id:uuid}/publish", operation_id="publishArticle", opt=PUBLISH, status_code=200)
    async def publish(self, work: NamedDependency[Work], article_id: FromPath[UUID]) -> ArticleRead:
        """Customers read the draft from now on."""
        return ArticleRead.of(await publish_article(work, article_id))

    @post("/{article_id:uuid}/withdraw", operation_id="withdrawArticle", opt=PUBLISH, status_code=200)
    async def withdraw(self, work: NamedDependency[Work], article_id: FromPath[UUID]) -> ArticleRead:
        """Nobody but us reads it any more.  409 ``article_not_published``."""
        return ArticleRead.of(await withdraw_article(work, article_id))

    @get("/{article_id:uuid}/versions", operation_id="listArticleVersions", opt=READ)
    async def versions(self, work: NamedDependency[Work], article_id: FromPath[UUID]) -> list[ArticleVersionRead]:
        """What was published, the latest first."""
        found = await versions_of(work, await get_article(work, article_id))
        return [
            ArticleVersionRead(id=row.id, locale=locale, no=row.no, title=row.title, body=row.body, at=row.at, by=row.by)
            for locale, row in found
        ]

    @post("/{article_id:uuid}/restore", operation_id="restoreArticleVersion", opt=WRITE, status_code=200)
    async def restore(self, work: NamedDependency[Work], article_id: FromPath[UUID], data: JSONBody[RestoreInput]) -> ArticleRead:
        """Make an old version the draft again."""
        return ArticleRead.of(await restore_version(work, article_id, data.version_id))


class ArticleCategoryController(Controller):
    path = "/article-categories"
    tags = ("Knowledge base",)

    @get("/", operation_id="listArticleCategories", opt=READ)
    async def listed(self, work: NamedDependency[Work]) -> list[ArticleCategoryRead]:
        """Shelves in their order."""
        return [ArticleCategoryRead.of(row) for row in await article_categories(work)]

    @post("/", operation_id="createArticleCategory", opt=PUBLISH)
    async def create(self, work: NamedDependency[Work], data: JSONBody[ArticleCategoryInput]) -> ArticleCategoryRead:
        """A new shelf."""
        return ArticleCategoryRead.of(await save_article_category(work, data))

    @put("/{category_id:uuid}", operation_id="updateArticleCategory", opt=PUBLISH)
    async def update(
        self, work: NamedDependency[Work], category_id: FromPath[UUID], data: JSONBody[ArticleCategoryInput]
    ) -> ArticleCategoryRead:
        """Write a shelf anew."""
        return ArticleCategoryRead.of(await save_article_category(work, data, category_id))

    @delete("/{category_id:uuid}", operation_id="deleteArticleCategory", opt=PUBLISH)
    async def remove(self, work: NamedDependency[Work], category_id: FromPath[UUID]) -> None:
        """409 ``in_use`` while articles stand on it."""
        await delete_row(work, ArticleCategory, category_id, "article_category", used_by=Article.category_id)
