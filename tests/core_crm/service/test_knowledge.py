"""The knowledge base: drafts and what customers read, versions, two languages, finding by words and pinyin, and replies."""

import asyncio

import httpx
import pytest
from tests.anew import put_anew

from core_crm.service.knowledge.markup import as_html, as_plain
from core_crm.service.knowledge.service import pinyin


@pytest.fixture
async def stranger(app, settings, tenant):
    base = settings.tenant_url(tenant.slug, "").rstrip("/")
    headers = {"accept-language": "zh-CN"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=base, headers=headers) as browser:
        yield browser


@pytest.fixture
def write(client):
    async def post(title="墨盒装不上怎么办", body="# 步骤\n- 打开**前盖**\n- 装入墨盒", *, publish=True, english=None, **fields):
        texts = [{"locale": "zh_CN", "title": title, "body": body}]
        if english:
            texts.append({"locale": "en", "title": english, "body": "Open the lid."})
        answer = await client.post("/api/v1/articles", json={"texts": texts, **fields})
        assert answer.status_code == 201, answer.text
        article = answer.json()
        if publish:
            article = (await client.post(f"/api/v1/articles/{article['id']}/publish")).json()
        return article

    return post


async def found(stranger, q=""):
    return (await stranger.get("/help", params={"q": q})).text


async def test_customers_read_what_is_published_and_not_the_draft(client, stranger, write):
    article = await write(publish=False)
    path = f"/help/{article['id']}"
    assert (await stranger.get(path)).status_code == 404
    assert "墨盒" not in await found(stranger)
    await client.post(f"/api/v1/articles/{article['id']}/publish")
    shown = await stranger.get(path)
    assert "<strong>前盖</strong>" in shown.text
    assert "墨盒装不上怎么办" in await found(stranger)
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    draft = {"texts": [{"locale": "zh_CN", "title": "新标题", "body": "新内容"}], "version": article["version"] + 1}
    changed = await client.put(f"/api/v1/articles/{article['id']}", json=draft)
    assert changed.status_code == 200, changed.text
    assert "前盖" in (await stranger.get(path)).text
    assert (await client.put(f"/api/v1/articles/{article['id']}", json=draft)).json()["code"] == "version_conflict"
    await client.post(f"/api/v1/articles/{article['id']}/publish")
    assert "新内容" in (await stranger.get(path)).text
    await client.post(f"/api/v1/articles/{article['id']}/withdraw")
    assert (await stranger.get(path)).status_code == 404
    assert (await client.post(f"/api/v1/articles/{article['id']}/withdraw")).json()["code"] == "article_not_published"


async def test_each_publication_is_a_version_that_can_be_taken_up_again(client, write):
    article = await write(body="第一版")
    base = f"/api/v1/articles/{article['id']}"
    await put_anew(client, base, {"texts": [{"locale": "zh_CN", "title": "墨盒", "body": "第二版"}]})
    await client.post(f"{base}/publish")
    await client.post(f"{base}/publish")
    versions = (await client.get(f"{base}/versions")).json()
    assert [(version["no"], version["body"]) for version in versions] == [(2, "第二版"), (1, "第一版")]
    restored = await client.post(f"{base}/restore", json={"version_id": versions[1]["id"]})
    assert (restored.json()["texts"][0]["body"], restored.json()["texts"][0]["live_no"]) == ("第一版", 2)
    other = await write(title="别的")
    foreign = await client.post(f"/api/v1/articles/{other['id']}/restore", json={"version_id": versions[1]["id"]})
    assert foreign.status_code == 404


@pytest.mark.parametrize("q", ["装不上", "墨盒 前盖", "mohe", "mhzbs", "MOHEZHUANG", "步骤"])
async def test_articles_are_found_by_words_pinyin_and_initials(stranger, write, q):
    await write()
    await write(title="发票", body="抬头")
    page = await found(stranger, q)
    assert "墨盒装不上怎么办" in page
    assert "发票" not in page


@pytest.mark.parametrize("q", ["%", "_", "\\", "'; drop table", "<script>"])
async def test_hostile_searches_find_nothing_and_break_nothing(stranger, write, q):
    await write()
    answer = await stranger.get("/help", params={"q": q})
    assert answer.status_code == 200
    assert "墨盒装不上怎么办" not in answer.text
    assert "<script>" not in answer.text


async def test_readers_get_their_language_and_else_the_other(app, settings, tenant, stranger, write):
    article, only = await write(english="The cartridge does not fit"), await write(title="仅中文")
    base = settings.tenant_url(tenant.slug, "").rstrip("/")
    english = {"accept-language": "en"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base, headers=english) as reader:
        assert "Open the lid." in (await reader.get(f"/help/{article['id']}")).text
        assert "仅中文" in (await reader.get(f"/help/{only['id']}")).text
        page = (await reader.get("/help")).text
    assert "The cartridge does not fit" in page
    assert "墨盒装不上怎么办" not in page
    assert "前盖" in (await stranger.get(f"/help/{article['id']}")).text


async def test_what_is_only_for_us_is_not_for_customers(client, stranger, write):
    article = await write(title="内部话术", public=False)
    assert (await stranger.get(f"/help/{article['id']}")).status_code == 404
    assert "内部话术" not in await found(stranger, "内部")
    ours = (await client.get("/api/v1/articles", params={"published": True, "q": "内部"})).json()
    assert [row["id"] for row in ours] == [article["id"]]


async def test_one_reader_votes_once(client, stranger, write):
    article = await write()
    answers = await asyncio.gather(*(stranger.post(f"/help/{article['id']}/vote", data={"helpful": "1"}) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    await stranger.post(f"/help/{article['id']}/vote", data={"helpful": "0"}, headers={"user-agent": "another"})
    [text] = (await client.get(f"/api/v1/articles/{article['id']}")).json()["texts"]
    assert (text["helpful"], text["unhelpful"]) == (1, 1)


async def test_an_article_is_put_into_a_reply(desk, write):
    article, internal = await write(), await write(title="内部", public=False)
    made = await desk.ticket()
    page = (await desk.client.get(f"/tickets/{made['id']}")).text
    assert f"composer?article={article['id']}" in page
    listed = (await desk.client.get(f"/tickets/{made['id']}/articles", params={"q": "mohe"})).text
    assert "墨盒装不上怎么办" in listed
    box = (await desk.client.get(f"/tickets/{made['id']}/composer", params={"article": article["id"], "text": "您好"})).text
    assert "您好" in box
    assert "- 打开前盖" in box
    assert f"/help/{article['id']}" in box
    assert "/help/" not in (await desk.client.get(f"/tickets/{made['id']}/composer", params={"article": internal["id"]})).text


def test_markup_shows_what_is_meant_and_runs_nothing():
    html = str(as_html("## 标题\n第一行\n第二行\n\n- 甲\n- 乙\n1. 一\n> 注意\n**粗** `码` [站](https://a.example/x?y=1&z=2)"))
    assert "<h3>标题</h3>" in html
    assert "<p>第一行<br>第二行</p>" in html
    assert "<ul><li>甲</li><li>乙</li></ul>" in html
    assert "<ol><li>一</li></ol>" in html
    assert '<a class="link" href="https://a.example/x?y=1&amp;z=2" rel="noopener noreferrer">站</a>' in html
    for bad in ("<script>x</script>", "[x](javascript:alert(1))", '[x](https://a"onclick=x)', "<img src=x onerror=y>", "**<b>**", "# <i>"):
        shown = str(as_html(bad))
        assert "<script" not in shown
        assert "<img" not in shown
        assert "<i>" not in shown
        assert 'href="javascript' not in shown
        assert "onclick=x" not in shown.replace("&#34;onclick=x", "")
    assert as_plain("# 头\n**粗** [站](https://a.example)") == "头\n粗 站 https://a.example"


def test_pinyin_has_neither_tones_nor_blanks():
    assert (pinyin("墨盒"), pinyin("abc"), pinyin("重启 A4 打印机")) == ("mohe", "", pinyin("重启打印机"))


async def test_articles_are_written_and_published_on_pages(client, stranger):
    assert (await client.post("/articles/shelves", data={"name": "设备", "name_en": "Devices"})).status_code == 303
    assert (await client.post("/articles/shelves", data={"name": "设备"})).status_code == 422
    [shelf] = (await client.get("/api/v1/article-categories")).json()
    form = {"title.zh_CN": "标题", "body.zh_CN": "正文", "category_id": shelf["id"], "public": "1"}
    made = await client.post("/articles/new", data=form)
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    assert (await client.post(f"{path}/publish")).status_code == 303
    assert "设备" in await found(stranger)
    assert "正文" in (await client.get(path)).text
    edit = (await client.get(f"{path}/edit")).text
    version = edit.split('name="version" value="')[1].split('"')[0]
    half = await client.post(f"{path}/edit", data=form | {"title.en": "Title", "version": version})
    assert (half.status_code, 'id="e-f-body-en"' in half.text or "body.en" in half.text) == (422, True)
    assert (await client.post(f"{path}/edit", data=form | {"body.zh_CN": "改", "version": version})).status_code == 303
    assert (await client.post("/articles/new", data={})).status_code == 422
    refused = await client.delete(f"/api/v1/article-categories/{shelf['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert (await client.post(f"{path}/delete")).status_code == 303
    assert (await client.get(path)).status_code == 404


async def test_writing_and_publishing_are_rights_of_their_own(client_for, tenant, write):
    article = await write(publish=False)
    reader = await client_for(tenant, permissions={"crm.article.read"})
    writer = await client_for(tenant, permissions={"crm.article.read", "crm.article.update"})
    assert (await reader.get(f"/articles/{article['id']}")).status_code == 200
    assert (await reader.get("/articles/new")).status_code == 403
    assert (await writer.post(f"/api/v1/articles/{article['id']}/publish")).status_code == 403
    assert (await writer.delete(f"/api/v1/articles/{article['id']}")).status_code == 403


async def test_another_company_reads_no_article(other_client, write):
    article = await write()
    assert (await other_client.get(f"/help/{article['id']}")).status_code == 404
    assert (await other_client.get(f"/api/v1/articles/{article['id']}")).status_code == 404
    assert (await other_client.post(f"/help/{article['id']}/vote", data={"helpful": "1"})).status_code == 404
    assert (await other_client.get("/api/v1/articles")).json() == []
    assert "墨盒" not in (await other_client.get("/help", params={"q": "mohe"})).text.replace('value="mohe"', "")
