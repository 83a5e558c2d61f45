"""Articles on other pages: the palette, and beside a ticket that they may answer."""

from collections.abc import Sequence
from typing import Any

from core_crm.service.knowledge.service import find_published, list_articles
from core_crm.service.tickets.model import Ticket
from kernel import i18n
from kernel.i18n import N_
from kernel.templates import render
from kernel.work import Work
from vertical import Panel, Searcher, SearchHit

READ = "crm.article.read"


async def search_articles(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Articles by their words, or the pinyin of their title."""
    rows = await list_articles(work, search=text, limit=limit)
    return [SearchHit(title=row.title, path=f"/articles/{row.id}", hint=row.category or "", icon="book") for row in rows]


async def draw_beside_ticket(work: Work, *, ticket: Ticket, **_context: Any) -> str:
    """Articles to be found and put into the reply."""
    if not work.actor.may("crm.ticket.update"):
        return ""
    rows = await find_published(work, locale="zh_CN" if i18n.locale() == "zh_CN" else "en", ours=True, limit=8)
    return render("core_crm/service/articles/beside.html", rows=rows, ticket_id=ticket.id) if rows else ""


ARTICLE_SEARCHERS = (Searcher(key="core_crm.article", label=N_("Knowledge base"), permission=READ, search=search_articles),)
ARTICLE_PANELS = (Panel(slot="crm.ticket.side", render=draw_beside_ticket, permission=READ, order=10),)
