"""An address for a company, made from its name: 杭州青禾冷链有限公司 -> qinghe-lenglian."""

import re
import unicodedata

from pypinyin import lazy_pinyin
from sqlalchemy.ext.asyncio import AsyncSession

from kernel.errors import Invalid
from tenancy.directory import slugs_taken
from tenancy.slugs import LENGTH_MIN, checked

LENGTH_MAX = 24
_TRIES = 20
# What stands in nearly every Chinese company's registered name and tells none from another.
_FORM = re.compile(r"[（(].*?[)）]|股份|有限责任公司|有限公司|集团|公司|合伙企业|个人独资企业|工作室|事务所")
_LATIN_FORM = re.compile(r"\b(co|ltd|limited|inc|corp|corporation|company|gmbh|llc|plc)\b\.?", re.IGNORECASE)
_PLACE = re.compile(
    r"^(中国|[\u4e00-\u9fff]{2,3}?(省|市|自治区)|北京|上海|天津|重庆|广州|深圳|杭州|南京|苏州|成都|武汉|西安|宁波|青岛|厦门|长沙|郑州)"
)


def slug_of(company: str) -> str:
    """A readable sub-domain from ``company``, in pinyin where it is Chinese; ``company`` itself where nothing is left."""
    name = unicodedata.normalize("NFKC", company)
    name = _LATIN_FORM.sub(" ", _FORM.sub("", name))
    short = _PLACE.sub("", name)
    name = short if len(short) >= 2 else name
    words = re.findall(r"[a-z0-9]+", " ".join(_syllables(name)).lower())
    slug = ""
    for word in words:
        if len(slug) + len(word) > LENGTH_MAX:
            break
        slug += word
    if len(slug) < LENGTH_MIN or slug.isdigit():
        slug = f"company-{slug}".rstrip("-")
    return slug


async def free_slug(session: AsyncSession, company: str) -> str:
    """``slug_of(company)``, with a number behind it while others have it."""
    first = slug_of(company)
    candidates = [first, *(f"{first}-{n}" for n in range(2, _TRIES))]
    taken = await slugs_taken(session, candidates)
    return next((slug for slug in candidates if slug not in taken and _is_allowed(slug)), f"{first}-co")


async def is_free(session: AsyncSession, slug: str) -> bool:
    """Whether a new company could take ``slug``.

    Raises:
        SlugRefused: nobody could.
    """
    return not await slugs_taken(session, [checked(slug)])


def _syllables(name: str) -> list[str]:
    return list(lazy_pinyin(name))


def _is_allowed(slug: str) -> bool:
    try:
        return bool(checked(slug))
    except Invalid:
        return False
