"""Writing, publishing and finding articles."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pypinyin.constants import PINYIN_DICT
from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import selectinload

from core_crm.paging import matches
from core_crm.service.knowledge.markup import as_plain
from core_crm.service.knowledge.model import Article, ArticleCategory, ArticleLocale, ArticleText, ArticleVersion, ArticleVote
from core_crm.service.tickets.settings import save_row
from identity.audit import record
from kernel import clock, i18n
from kernel.errors import Conflict, DomainError, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.rows import locked_row
from kernel.work import Work
from master_data.api import search_text

ARTICLES_MAX = 500
VERSIONS_MAX = 100


class ArticleNotFound(NotFound):
    code = "article_not_found"


class ArticleChanged(Conflict):
    code = "version_conflict"


class ArticleNotPublished(DomainError):
    """It has nothing that customers read."""

    code = "article_not_published"


class ArticleTextInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An article in one language."""

    locale: ArticleLocale
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=50_000)]


class ArticleInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An article.  A language that is left out keeps its text."""

    texts: Annotated[list[ArticleTextInput], msgspec.Meta(min_length=1, max_length=2)]
    category_id: UUID | None = None
    public: bool = True
    position: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    version: int | None = None


class ArticleCategoryInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    name_en: Annotated[str, msgspec.Meta(max_length=80)] = ""
    position: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    active: bool = True
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class ArticleRow:
    """One line of a list.  ``live`` tells whether customers read it; the title is the draft's, or for customers what they read."""

    id: UUID
    text_id: UUID
    locale: ArticleLocale
    title: str
    category: str | None
    public: bool
    live: bool
    changed: bool
    helpful: int
    unhelpful: int
    published_at: datetime | None


async def get_article(work: Work, article_id: UUID, *, lock: bool = False) -> Article:
    """The article with its texts.

    Raises:
        ArticleNotFound
    """
    query = select(Article).where(Article.id == article_id).options(selectinload(Article.texts)).execution_options(populate_existing=lock)
    found = await work.session.scalar(query.with_for_update(of=Article) if lock else query)
    if found is None:
        raise ArticleNotFound(_("This article does not exist, or was deleted."))
    return found


async def save_article(work: Work, data: ArticleInput, article_id: UUID | None = None) -> Article:
    """Write the draft; what customers read stays until it is published.

    Raises:
        ArticleNotFound, ArticleChanged
        Invalid: no such category, a language twice, or nothing is written.
    """
    if data.category_id is not None and await work.session.get(ArticleCategory, data.category_id) is None:
        raise Invalid(_("Choose one of the list."), field="category_id")
    if len({text.locale for text in data.texts}) < len(data.texts):
        raise Invalid(_("Write each language once."), field="texts")
    fresh = Article(id=new_id(), made_by=work.actor.name[:80], texts=[])
    article = await get_article(work, article_id, lock=True) if article_id else fresh
    if article_id and data.version is not None and article.version != data.version:
        raise ArticleChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    article.category_id, article.public, article.position = data.category_id, data.public, data.position
    article.updated_at = clock.now()
    known = {text.locale: text for text in article.texts}
    for given in data.texts:
        title, body = " ".join(given.title.replace("\x00", "").split()), given.body.replace("\x00", "").strip()
        if not title or not body:
            raise Invalid(_("Please fill this in."), errors=[FieldError(f"title.{given.locale.value}", _("Please fill this in."))])
        if given.locale in known:
            known[given.locale].title, known[given.locale].body = title, body
        else:
            article.texts.append(
                ArticleText(id=new_id(), locale=given.locale, title=title, body=body, search_text="", helpful=0, unhelpful=0)
            )
    work.session.add(article)
    await work.session.flush()
    after = {text.locale.value: text.title for text in article.texts}
    await record(work, "article.saved", f"article:{article.id}", name=article.texts[0].title, after=after)
    return article


async def publish_article(work: Work, article_id: UUID) -> Article:
    """Customers read the draft from now on, in each language whose draft is new; each time it is kept as a version.

    Raises:
        ArticleNotFound
    """
    article = await get_article(work, article_id, lock=True)
    for text in article.texts:
        if text.live_no is not None and (text.title, text.body) == (text.live_title, text.live_body):
            continue
        last = await work.session.scalar(select(func.max(ArticleVersion.no)).where(ArticleVersion.text_id == text.id)) or 0
        text.live_no, text.live_title, text.live_body, text.published_at = last + 1, text.title, text.body, clock.now()
        text.search_text = _search_text(text.title, text.body)
        version = ArticleVersion(id=new_id(), text_id=text.id, no=last + 1, title=text.title, body=text.body, by=work.actor.name[:80])
        work.session.add(version)
    article.updated_at = clock.now()
    await work.session.flush()
    after = {text.locale.value: text.live_no for text in article.texts}
    await record(work, "article.published", f"article:{article.id}", name=article.texts[0].title, after=after)
    return article


async def withdraw_article(work: Work, article_id: UUID) -> Article:
    """Nobody but us reads it any more; its versions stay.

    Raises:
        ArticleNotFound, ArticleNotPublished
    """
    article = await get_article(work, article_id, lock=True)
    if all(text.live_no is None for text in article.texts):
        raise ArticleNotPublished(_("This article is not published."))
    for text in article.texts:
        text.live_no, text.live_title, text.live_body, text.search_text = None, None, None, ""
    article.updated_at = clock.now()
    await work.session.flush()
    await record(work, "article.withdrawn", f"article:{article.id}", name=article.texts[0].title)
    return article


async def delete_article(work: Work, article_id: UUID) -> None:
    """Throw an article away, versions and all.

    Raises:
        ArticleNotFound
    """
    article = await get_article(work, article_id, lock=True)
    await record(work, "article.deleted", f"article:{article.id}", name=article.texts[0].title if article.texts else "")
    await work.session.delete(article)
    await work.session.flush()


async def versions_of(work: Work, article: Article) -> Sequence[tuple[ArticleLocale, ArticleVersion]]:
    """What was published, the latest first."""
    locales = {text.id: text.locale for text in article.texts}
    query = select(ArticleVersion).where(ArticleVersion.text_id.in_(locales)).order_by(ArticleVersion.at.desc(), ArticleVersion.id.desc())
    return [(locales[row.text_id], row) for row in await work.session.scalars(query.limit(VERSIONS_MAX))]


async def restore_version(work: Work, article_id: UUID, version_id: UUID) -> Article:
    """Make an old version the draft again.

    Raises:
        ArticleNotFound
    """
    article = await get_article(work, article_id, lock=True)
    version = await work.session.get(ArticleVersion, version_id)
    text = next((each for each in article.texts if version is not None and each.id == version.text_id), None)
    if version is None or text is None:
        raise ArticleNotFound(_("This article has no such version."))
    text.title, text.body = version.title, version.body
    article.updated_at = clock.now()
    await work.session.flush()
    await record(work, "article.restored", f"article:{article.id}", name=text.title, after={"version": version.no})
    return article


async def list_articles(
    work: Work, *, search: str = "", category_id: UUID | None = None, drafts: bool = False, limit: int = 200
) -> list[ArticleRow]:
    """Articles in the reader's order, for those who write them."""
    t = ArticleText
    query = _rows(t.title).where(*matches(search, t.title, t.body, t.search_text))
    if category_id is not None:
        query = query.where(Article.category_id == category_id)
    if drafts:
        query = query.where(t.live_no.is_(None) | (t.title != t.live_title) | (t.body != t.live_body))
    return [ArticleRow(**row) for row in (await work.session.execute(query.limit(min(limit, ARTICLES_MAX)))).mappings()]


async def find_published(
    work: Work, *, search: str = "", locale: str = "zh_CN", category_id: UUID | None = None, ours: bool = False, limit: int = 50
) -> list[ArticleRow]:
    """What customers may read, in their language where there is one, else in the other; with ``ours`` also what only we may.

    A word is found anywhere in the text, in the pinyin of the title and in its initials.
    """
    t = ArticleText
    mine = case((t.locale == ArticleLocale(locale), 0), else_=1)
    found = select(t.id).where(t.live_no.is_not(None), *matches(search, t.search_text))
    best = found.order_by(t.article_id, mine).ext(distinct_on(t.article_id))
    query = _rows(t.live_title).where(t.id.in_(best))
    if not ours:
        query = query.where(Article.public)
    if category_id is not None:
        query = query.where(Article.category_id == category_id)
    return [ArticleRow(**row) for row in (await work.session.execute(query.limit(limit))).mappings()]


async def published_text(work: Work, article_id: UUID, locale: str, *, ours: bool = False) -> ArticleText:
    """What customers read of an article, in their language where there is one.

    Raises:
        ArticleNotFound: there is none, or it is not for them.
    """
    t = ArticleText
    mine = case((t.locale == ArticleLocale(locale), 0), else_=1)
    query = select(t).join(Article, Article.id == t.article_id).where(t.article_id == article_id, t.live_no.is_not(None))
    found = await work.session.scalar((query if ours else query.where(Article.public)).order_by(mine).limit(1))
    if found is None:
        raise ArticleNotFound(_("This article does not exist, or was deleted."))
    return found


async def words_of(work: Work, article_id: UUID, address: str) -> str:
    """An article as words for a reply, with the address where customers may read it.

    Raises:
        ArticleNotFound
    """
    locale = ArticleLocale.ZH if i18n.locale() == "zh_CN" else ArticleLocale.EN
    text = await published_text(work, article_id, locale.value, ours=True)
    public = await work.session.scalar(select(Article.public).where(Article.id == article_id))
    words = f"{text.live_title}\n\n{as_plain(text.live_body or '')}"
    return f"{words}\n\n{address}" if public else words


async def vote(work: Work, text: ArticleText, voter: bytes, *, helpful: bool) -> bool:
    """Count whether an article helped; whether this voter's word is new."""
    now = clock.now()
    fresh = insert(ArticleVote).values(id=new_id(), text_id=text.id, voter=voter, helpful=helpful, created_at=now, updated_at=now)
    made = await work.session.scalar(fresh.on_conflict_do_nothing(index_elements=["text_id", "voter"]).returning(ArticleVote.id))
    if made is None:
        return False
    locked = await locked_row(work.session, ArticleText, text.id)
    if locked is None:
        raise ArticleNotFound(_("This article does not exist, or was deleted."))
    if helpful:
        locked.helpful += 1
    else:
        locked.unhelpful += 1
    await work.session.flush()
    return True


async def article_categories(work: Work, *, active: bool = False) -> Sequence[ArticleCategory]:
    """Shelves in their order."""
    query = select(ArticleCategory).order_by(ArticleCategory.position, ArticleCategory.name, ArticleCategory.id).limit(200)
    return (await work.session.scalars(query.where(ArticleCategory.active) if active else query)).all()


async def save_article_category(work: Work, data: ArticleCategoryInput, category_id: UUID | None = None) -> ArticleCategory:
    """Write a shelf.

    Raises:
        Invalid: another has its name.
        NotFound
    """
    saved: ArticleCategory = await save_row(work, ArticleCategory, category_id, msgspec.structs.asdict(data), "article_category")
    return saved


def _rows(title: Any) -> Any:
    t = ArticleText
    changed = t.live_no.is_not(None) & ((t.title != t.live_title) | (t.body != t.live_body))
    return (
        select(
            t.article_id.label("id"), t.id.label("text_id"), t.locale, title.label("title"), ArticleCategory.name.label("category"),
            Article.public, t.live_no.is_not(None).label("live"), func.coalesce(changed, False).label("changed"), t.helpful, t.unhelpful,
            t.published_at,
        )
        .join(Article, Article.id == t.article_id)
        .outerjoin(ArticleCategory, ArticleCategory.id == Article.category_id)
        .order_by(ArticleCategory.position.nulls_last(), ArticleCategory.name, Article.position, title, t.id)
    )  # fmt: skip


def _search_text(title: str, body: str) -> str:
    return f"{search_text(title, body)} {pinyin(title)}".strip()


def pinyin(text: str) -> str:
    """The pinyin of the Chinese characters in ``text``, without tones and blanks: 墨盒 is mohe."""
    readings = (str(PINYIN_DICT.get(ord(character), "")).partition(",")[0] for character in text if "一" <= character <= "鿿")
    bare = unicodedata.normalize("NFD", "".join(readings)).lower()
    return "".join(character for character in bare if "a" <= character <= "z")
