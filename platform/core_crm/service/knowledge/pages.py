"""Pages on which articles are written, and the public site on which customers read them."""

import hashlib
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_crm.service.intake.public_pages import public_headers
from core_crm.service.knowledge.markup import as_html
from core_crm.service.knowledge.model import ArticleLocale
from core_crm.service.knowledge.service import (
    ArticleCategoryInput,
    ArticleInput,
    ArticleTextInput,
    article_categories,
    delete_article,
    find_published,
    get_article,
    list_articles,
    publish_article,
    published_text,
    restore_version,
    save_article,
    save_article_category,
    versions_of,
    vote,
    withdraw_article,
)
from identity.access import visitor_of
from identity.house import house_of
from identity.throttle.service import Limit, count_attempt
from kernel import i18n
from kernel.errors import DomainError, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.web import PUBLIC, FormRefused, id_in, page, toast
from kernel.work import Work

ROOM = "core_crm/service/articles"
LIST, FORM, DETAIL = (f"{ROOM}/{name}.html" for name in ("list", "form", "detail"))
HELP, HELP_ARTICLE = "core_crm/service/public/help.html", "core_crm/service/public/article.html"
READ = {"permission": "crm.article.read"}
WRITE = {"permission": "crm.article.update"}
PUBLISH = {"permission": "crm.article.publish"}
LOCALES = (ArticleLocale.ZH, ArticleLocale.EN)
TEXT_NAMES = tuple(f"{name}.{locale.value}" for locale in LOCALES for name in ("title", "body"))

AnyRequest = Request[Any, Any, Any]


class ArticlePages(Controller):
    path = "/articles"
    include_in_schema = False

    @get("/", opt=READ)
    async def list_page(
        self, work: NamedDependency[Work], q: FromQuery[str] = "", category: FromQuery[str] = "", show: FromQuery[str] = ""
    ) -> Template:
        rows = await list_articles(work, search=q, category_id=id_in(category), drafts=show == "drafts")
        shelves = [(str(each.id), each.name) for each in await article_categories(work)]
        return page(LIST, rows=rows, q=q, category=category, show=show, shelves=shelves, errors={}, values={"name": "", "name_en": ""})

    @post("/shelves", opt=PUBLISH)
    async def add_shelf(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        values = {name: str(form.get(name, "")).strip()[:80] for name in ("name", "name_en")}
        shelves = [(str(each.id), each.name) for each in await article_categories(work)]
        rows = await list_articles(work)
        try:
            async with work.session.begin_nested():
                if not values["name"]:
                    raise Invalid(_("Please enter a name."), field="name")
                await save_article_category(
                    work, ArticleCategoryInput(name=values["name"], name_en=values["name_en"], position=len(shelves) * 10)
                )
        except DomainError as error:
            raise FormRefused.because(error, LIST, values=values, rows=rows, q="", category="", show="", shelves=shelves) from error
        return Redirect("/articles", status_code=303)

    @get("/new", opt=WRITE)
    async def new_page(self, work: NamedDependency[Work], category: FromQuery[str] = "") -> Template:
        values = dict.fromkeys(TEXT_NAMES, "") | {"category_id": category, "public": True, "version": "", "position": ""}
        return page(FORM, errors={}, values=values, article_id=None, shelves=await _shelves(work))

    @post("/new", opt=WRITE)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        return await _save(request, work, None)

    @get("/{article_id:uuid}", opt=READ)
    async def detail(self, request: AnyRequest, work: NamedDependency[Work], article_id: FromPath[UUID]) -> Template:
        article = await get_article(work, article_id)
        address = house_of(request).settings.tenant_url(work.tenant.slug, f"/help/{article_id}")
        bodies = {text.locale.value: as_html(text.body) for text in article.texts}
        versions = await versions_of(work, article)
        names = {ArticleLocale.ZH: "中文", ArticleLocale.EN: "English"}
        votes = [(names[text.locale], f"{text.helpful} / {text.helpful + text.unhelpful}") for text in article.texts]
        live = any(text.live_no is not None for text in article.texts)
        return page(DETAIL, article=article, bodies=bodies, versions=versions, address=address, live=live, votes=votes)

    @get("/{article_id:uuid}/edit", opt=WRITE)
    async def edit_page(self, work: NamedDependency[Work], article_id: FromPath[UUID]) -> Template:
        article = await get_article(work, article_id)
        values: dict[str, Any] = dict.fromkeys(TEXT_NAMES, "")
        for text in article.texts:
            values |= {f"title.{text.locale.value}": text.title, f"body.{text.locale.value}": text.body}
        values |= {"category_id": str(article.category_id or ""), "public": article.public, "version": str(article.version)}
        values["position"] = str(article.position or "")
        return page(FORM, errors={}, values=values, article_id=article_id, shelves=await _shelves(work))

    @post("/{article_id:uuid}/edit", opt=WRITE)
    async def update(self, request: AnyRequest, work: NamedDependency[Work], article_id: FromPath[UUID]) -> Redirect:
        await get_article(work, article_id)
        return await _save(request, work, article_id)

    @post("/{article_id:uuid}/publish", opt=PUBLISH)
    async def publish(self, work: NamedDependency[Work], article_id: FromPath[UUID]) -> Redirect:
        await publish_article(work, article_id)
        return Redirect(f"/articles/{article_id}", status_code=303, headers=toast(_("Customers read it now.")))

    @post("/{article_id:uuid}/withdraw", opt=PUBLISH)
    async def withdraw(self, work: NamedDependency[Work], article_id: FromPath[UUID]) -> Redirect:
        await withdraw_article(work, article_id)
        return Redirect(f"/articles/{article_id}", status_code=303, headers=toast(_("Withdrawn.")))

    @post("/{article_id:uuid}/versions/{version_id:uuid}/restore", opt=WRITE)
    async def restore(self, work: NamedDependency[Work], article_id: FromPath[UUID], version_id: FromPath[UUID]) -> Redirect:
        await restore_version(work, article_id, version_id)
        return Redirect(f"/articles/{article_id}", status_code=303, headers=toast(_("The draft says what that version said.")))

    @post("/{article_id:uuid}/delete", opt=PUBLISH)
    async def delete(self, work: NamedDependency[Work], article_id: FromPath[UUID]) -> Redirect:
        await delete_article(work, article_id)
        return Redirect("/articles", status_code=303)


class HelpPages(Controller):
    """Open to everybody, without session or script."""

    path = "/help"
    include_in_schema = False

    @get("/", opt={"permission": PUBLIC})
    async def shelves(self, work: NamedDependency[Work], q: FromQuery[str] = "", shelf: FromQuery[str] = "") -> Template:
        search = q[:100]
        english = i18n.locale() != "zh_CN"
        names = {each.name: (each.name_en or each.name) if english else each.name for each in await article_categories(work, active=True)}
        rows = await find_published(work, search=search, locale=reader_locale(), category_id=id_in(shelf), limit=200)
        groups: dict[str, list[Any]] = {}
        for row in rows:
            groups.setdefault(names.get(row.category or "", ""), []).append(row)
        return page(HELP, headers=public_headers("'none'", index=True), company=work.tenant.name, q=search, groups=groups)

    @get("/{article_id:uuid}", opt={"permission": PUBLIC})
    async def read(self, work: NamedDependency[Work], article_id: FromPath[UUID], voted: FromQuery[str] = "") -> Template:
        text = await published_text(work, article_id, reader_locale())
        body = as_html(text.live_body or "")
        more: dict[str, Any] = {"company": work.tenant.name, "text": text, "body": body, "voted": voted == "1"}
        return page(HELP_ARTICLE, headers=public_headers("'none'", index=True), **more)

    # Open to every site: it acts for nobody and can only count one word of one reader.
    @post("/{article_id:uuid}/vote", opt={"permission": PUBLIC, "csrf": False})
    async def vote(self, request: AnyRequest, work: NamedDependency[Work], article_id: FromPath[UUID]) -> Redirect:
        text = await published_text(work, article_id, reader_locale())
        visitor, house = visitor_of(request), house_of(request)
        await count_attempt(house.database, [Limit(f"article-vote|{work.tenant.id}|{visitor.ip}", 60)])
        told = f"{house.settings.derive('article-votes')}|{text.id}|{visitor.ip}|{visitor.agent}"
        helpful = (await request.form()).get("helpful") == "1"
        await vote(work, text, hashlib.sha256(told.encode()).digest(), helpful=helpful)
        return Redirect(f"/help/{article_id}?voted=1", status_code=303)


def reader_locale() -> str:
    """In which language somebody reads articles."""
    return ArticleLocale.ZH.value if i18n.locale() == "zh_CN" else ArticleLocale.EN.value


async def _shelves(work: Work) -> list[tuple[str, str]]:
    return [(str(each.id), each.name) for each in await article_categories(work, active=True)]


async def _save(request: AnyRequest, work: Work, article_id: UUID | None) -> Redirect:
    form = await request.form()
    values: dict[str, Any] = {
        name: str(form.get(name, ""))[:60_000].strip() for name in (*TEXT_NAMES, "category_id", "version", "position")
    }
    values["public"] = "public" in form
    shelves = await _shelves(work)
    try:
        async with work.session.begin_nested():
            saved = await save_article(work, _article(values), article_id)
    except NotFound:
        raise
    except DomainError as error:
        raise FormRefused.because(error, FORM, values=values, article_id=article_id, shelves=shelves) from error
    return Redirect(f"/articles/{saved.id}", status_code=303)


def _article(values: dict[str, Any]) -> ArticleInput:
    errors, texts = [], []
    for locale in LOCALES:
        title, body = values[f"title.{locale.value}"], values[f"body.{locale.value}"]
        if not title and not body:
            continue
        for name, text, most in (("title", title, 200), ("body", body, 50_000)):
            if not text:
                errors.append(FieldError(f"{name}.{locale.value}", _("Please fill this in.")))
            elif len(text) > most:
                errors.append(FieldError(f"{name}.{locale.value}", _("At most %(most)s characters.", most=most)))
        if title and body:
            texts.append(ArticleTextInput(locale=locale, title=title[:200], body=body[:50_000]))
    if not texts and not errors:
        errors.append(FieldError("title.zh_CN", _("Write it in one language at least.")))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return ArticleInput(
        texts=texts,
        category_id=id_in(values["category_id"]),
        public=values["public"],
        position=int(values["position"]) if values["position"].isdecimal() and len(values["position"]) < 5 else 0,
        version=int(values["version"]) if values["version"].isdecimal() else None,
    )
