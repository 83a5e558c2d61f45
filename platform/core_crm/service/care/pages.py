"""Pages of ready answers, merges and measures, and the page on which a customer rates."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_crm.service.care.macros import filled, get_macro
from core_crm.service.care.measuring import By, Measure, ServiceParameters, backlog, by_labels, measures, span_of, visible_note, whole
from core_crm.service.care.merging import OtherCustomer, merge_tickets, ticket_by_number, undo_merge
from core_crm.service.care.rating import rate, rating_of, ticket_of_token
from core_crm.service.intake.letters import RATING_KEY
from core_crm.service.intake.public_pages import public_headers
from core_crm.service.intake.taking import as_nobody
from core_crm.service.knowledge.pages import reader_locale
from core_crm.service.knowledge.service import find_published, words_of
from core_crm.service.tickets.durations import duration
from core_crm.service.tickets.pages import attempt
from core_crm.service.tickets.reading import get_ticket
from core_crm.service.tickets.shown import composer_context
from identity.access import visitor_of
from identity.house import house_of
from identity.throttle.service import Limit, count_attempt
from kernel.errors import DomainError, FieldError
from kernel.i18n import gettext as _
from kernel.web import PUBLIC, FormRefused, by_field, id_in, page
from kernel.work import Work

METRICS, COMPOSER, MERGE_PAGE = (f"core_crm/service/tickets/{name}.html" for name in ("metrics", "composer", "merge"))
PICKER = "core_crm/service/articles/picker.html"
RATE = "core_crm/service/public/rate.html"
READ = {"permission": "crm.ticket.read"}
MERGE = {"permission": "crm.ticket.merge"}
BYS: tuple[By, ...] = ("owner", "category", "queue", "channel", "week")

AnyRequest = Request[Any, Any, Any]


class CarePages(Controller):
    path = "/tickets"
    include_in_schema = False

    @get("/metrics", opt=READ)
    async def metrics(
        self, work: NamedDependency[Work], since: FromQuery[str] = "", until: FromQuery[str] = "", by: FromQuery[str] = "owner"
    ) -> Template:
        asked = ServiceParameters(since=_day(since), until=_day(until), by=by if by in BYS else "owner")
        failure = ""
        try:
            first, last = span_of(work, asked)
        except DomainError as error:
            failure, asked = error.message, ServiceParameters()
            first, last = span_of(work, asked)
        weeks = await measures(work, ServiceParameters(since=first, until=last, by="week"))
        lines = weeks if asked.by == "week" else await measures(work, asked)
        active, oldest = await backlog(work)
        span = {"since": first.isoformat(), "until": last.isoformat()}
        labels = by_labels()
        tabs = [(labels[each], f"/tickets/metrics?{urlencode({**span, 'by': each})}", each == asked.by, None) for each in BYS]
        export = f"/reports/core_crm/service/export.xlsx?{urlencode({**span, 'by': asked.by})}"
        return page(
            METRICS, failure=failure, lines=lines, total=await whole(work, asked), active=active, oldest=oldest, tabs=tabs, span=span,
            by=asked.by, label=labels[asked.by], export=export, chart=_chart(weeks), duration=duration, notes=await visible_note(work),
        )  # fmt: skip

    @get("/{ticket_id:uuid}/composer", opt={"permission": "crm.ticket.update"})
    async def composer(
        self,
        request: AnyRequest,
        work: NamedDependency[Work],
        ticket_id: FromPath[UUID],
        macro: FromQuery[str] = "",
        article: FromQuery[str] = "",
        text: FromQuery[str] = "",
    ) -> Template:
        """The box to write in, with a ready answer or an article in it."""
        ticket = await get_ticket(work, ticket_id, act="edit")
        values = {"text": text, "kind": "reply", "then": "waiting", "macro": ""}
        if (macro_id := id_in(macro)) is not None:
            found = await get_macro(work, macro_id)
            values = {
                "text": f"{text.rstrip()}\n\n{filled(work, found, ticket)}".lstrip(),
                "kind": found.kind.value,
                "then": found.state_after.value if found.state_after else "waiting",
                "macro": str(found.id),
            }
        elif (article_id := id_in(article)) is not None:
            work.require("crm.article.read")
            address = house_of(request).settings.tenant_url(work.tenant.slug, f"/help/{article_id}")
            values["text"] = f"{text.rstrip()}\n\n{await words_of(work, article_id, address)}".lstrip()
        return page(COMPOSER, errors={}, values=values, **await composer_context(work, ticket))

    @get("/{ticket_id:uuid}/articles", opt={"permission": "crm.article.read"})
    async def articles(self, work: NamedDependency[Work], ticket_id: FromPath[UUID], q: FromQuery[str] = "") -> Template:
        """Articles to be put into a reply."""
        await get_ticket(work, ticket_id)
        rows = await find_published(work, search=q[:100], locale=reader_locale(), ours=True, limit=8)
        return page(PICKER, rows=rows, ticket_id=ticket_id)

    @get("/{ticket_id:uuid}/merge", opt=MERGE)
    async def merge_page(self, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> Template:
        ticket = await get_ticket(work, ticket_id, act="edit")
        return page(MERGE_PAGE, errors={}, values={"into": ""}, ticket_id=ticket_id, number=ticket.number, sure=False)

    @post("/{ticket_id:uuid}/merge", opt=MERGE)
    async def merge(self, request: AnyRequest, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> Redirect:
        form = await request.form()
        values = {"into": str(form.get("into", "")).strip()[:30]}
        number = (await get_ticket(work, ticket_id, act="edit")).number
        try:
            async with work.session.begin_nested():
                target_id = await ticket_by_number(work, values["into"])
                await merge_tickets(work, ticket_id, target_id, other_customer=form.get("sure") == "1")
        except DomainError as error:
            work.session.expunge_all()
            sure = isinstance(error, OtherCustomer)
            raise FormRefused.because(error, MERGE_PAGE, values=values, ticket_id=ticket_id, number=number, sure=sure) from error
        return Redirect(f"/tickets/{target_id}", status_code=303)

    @post("/{ticket_id:uuid}/unmerge", opt=MERGE)
    async def unmerge(self, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> Redirect:
        await attempt(work, ticket_id, undo_merge(work, ticket_id))
        return Redirect(f"/tickets/{ticket_id}", status_code=303)


class RatingPages(Controller):
    path = "/support/rate"
    include_in_schema = False

    # Mail programs open links by themselves: looking counts nothing, only sending does.
    @get("/{token:str}", opt={"permission": PUBLIC})
    async def show(self, request: AnyRequest, work: NamedDependency[Work], token: FromPath[str], score: FromQuery[str] = "") -> Template:
        ticket = await ticket_of_token(work, house_of(request).settings.derive(RATING_KEY), token)
        done = await rating_of(work, ticket.id) is not None
        return _rating(work, token, ticket.subject, values={"score": score if score in "12345" else "", "comment": ""}, done=done)

    @post("/{token:str}", opt={"permission": PUBLIC, "csrf": False}, status_code=200)
    async def send(self, request: AnyRequest, work: NamedDependency[Work], token: FromPath[str]) -> Template:
        house, form = house_of(request), await request.form()
        ticket = await ticket_of_token(work, house.settings.derive(RATING_KEY), token)
        subject, name = ticket.subject, ticket.requester_name
        values = {"score": str(form.get("score", ""))[:1], "comment": str(form.get("comment", ""))[:2001]}
        try:
            await count_attempt(house.database, [Limit(f"support-rate|{ticket.id}|{visitor_of(request).ip}", 10)])
            async with work.session.begin_nested():
                score = int(values["score"]) if values["score"].isdecimal() else 0
                await rate(as_nobody(work, name), ticket, score, values["comment"])
        except DomainError as error:
            errors = by_field(error.errors or [FieldError("", error.message)])
            return _rating(work, token, subject, values=values, errors=errors, status_code=error.status_code)
        return _rating(work, token, subject, values=values, done=True)


def _rating(work: Work, token: str, subject: str, *, status_code: int = 200, **context: Any) -> Template:
    context = {"errors": {}, "done": False} | context
    words = [_("Very unhappy"), _("Unhappy"), _("Average"), _("Happy"), _("Very happy")]
    scores = [(str(n), f"{n} · {word}") for n, word in enumerate(words, 1)]
    more = {"token": token, "subject": subject, "company": work.tenant.name, "scores": scores}
    return page(RATE, status_code=status_code, headers=public_headers("'none'"), **more, **context)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip().replace("/", "-")) if text.strip() else None
    except ValueError:
        return None


def _chart(weeks: list[Measure]) -> dict[str, Any] | None:
    if len(weeks) < 2:
        return None
    series = [
        {"name": _("Tickets"), "type": "bar", "tone": "azure", "data": [line.opened for line in weeks]},
        {"name": _("Late answers"), "type": "bar", "tone": "cinnabar", "data": [line.first_late for line in weeks]},
        {"name": _("Late solutions"), "type": "bar", "tone": "gamboge", "data": [line.resolve_late for line in weeks]},
    ]
    return {"label": _("Tickets by week"), "unit": "", "x": [line.label[5:] for line in weeks], "series": series}
