"""What the customer sees: the quote behind a link, with a way to accept or decline it; no session, no script."""

from dataclasses import replace
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from core_crm.quotes.closing import accept_quote, decline_quote
from core_crm.quotes.links import LinkWrong, quote_behind
from core_crm.quotes.model import Quote, QuoteState
from core_crm.quotes.pdf import quote_pdf
from identity.access import visitor_of
from identity.house import house_of
from identity.throttle.service import Limit, count_attempt
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.web import PUBLIC, page
from kernel.work import Actor, Work

PAGE = "core_crm/quotes/public.html"
ANSWERS, ANSWERS_IN_ALL, PRINTS = 10, 100, 60
"""How often one address may answer one quote, answer any, and print, within a quarter of an hour."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}

AnyRequest = Request[Any, Any, Any]


class OfferPages(Controller):
    path = "/offers"
    include_in_schema = False

    @get("/{token:str}", opt={"permission": PUBLIC})
    async def show(self, request: AnyRequest, work: NamedDependency[Work], token: FromPath[str]) -> Template:
        try:
            return _page(work, await quote_behind(_house(work), house_of(request).settings, token), token)
        except LinkWrong as error:
            return _gone(work, error)

    @get("/{token:str}/pdf", opt={"permission": PUBLIC})
    async def pdf(self, request: AnyRequest, work: NamedDependency[Work], token: FromPath[str]) -> Response[bytes]:
        await count_attempt(house_of(request).database, [Limit(f"offer-pdf|{visitor_of(request).ip}", PRINTS)])
        house = _house(work)
        quote = await quote_behind(house, house_of(request).settings, token)
        return await quote_pdf(house, quote, quote.latest)

    # Open to every site: it acts for nobody, and only who has the link can do it.
    @post("/{token:str}/accept", opt={"permission": PUBLIC, "csrf": False}, status_code=200)
    async def accept(self, request: AnyRequest, work: NamedDependency[Work], token: FromPath[str]) -> Template:
        form = await request.form()
        name = str(form.get("name", "")).replace("\x00", "").strip()[:80]
        errors = {} if name else {"name": _("Please enter your name.")}
        if form.get("agreed") != "1":
            errors["agreed"] = _("Tick the box if you agree.")
        return await self._answer(request, work, token, errors, {"name": name, "agreed": form.get("agreed") == "1"}, "accept")

    @post("/{token:str}/decline", opt={"permission": PUBLIC, "csrf": False}, status_code=200)
    async def decline(self, request: AnyRequest, work: NamedDependency[Work], token: FromPath[str]) -> Template:
        reason = str((await request.form()).get("reason", "")).replace("\x00", "")[:500]
        return await self._answer(request, work, token, {}, {"reason": reason}, "decline")

    async def _answer(
        self, request: AnyRequest, work: Work, token: str, errors: dict[str, str], values: dict[str, Any], answer: str
    ) -> Template:
        visitor, house = visitor_of(request), _house(work, values.get("name", ""))
        try:
            await count_attempt(house_of(request).database, _limits(work, token, visitor.ip))
            async with work.session.begin_nested():
                quote = await quote_behind(house, house_of(request).settings, token, lock=True)
                if not errors and answer == "accept":
                    await accept_quote(house, quote, values["name"], ip=visitor.ip, agent=visitor.agent)
                elif not errors:
                    await decline_quote(house, quote, values["reason"])
        except LinkWrong as error:
            return _gone(work, error)
        except DomainError as error:
            quote = await quote_behind(house, house_of(request).settings, token)
            return _page(work, quote, token, values=values, errors={"": error.message}, status_code=error.status_code)
        return _page(work, quote, token, values=values, errors=errors, status_code=422 if errors else 200)


def _limits(work: Work, token: str, ip: str) -> list[Limit]:
    link = token.partition(".")[0][:40]
    return [Limit(f"offer|{work.tenant.id}|{link}|{ip}", ANSWERS), Limit(f"offers|{ip}", ANSWERS_IN_ALL)]


def _house(work: Work, name: str = "") -> Work:
    """Whoever happens to be signed in in this browser has nothing to do with it."""
    return replace(work, actor=Actor(id=None, name=name or _("Customer"), kind="system"))


def _page(work: Work, quote: Quote, token: str, *, status_code: int = 200, **context: Any) -> Template:
    context = {"values": {}, "errors": {}} | context
    return page(
        PAGE,
        status_code=status_code,
        headers=HEADERS,
        company=work.tenant.name,
        quote=quote,
        version=quote.latest,
        token=token,
        open=quote.state is QuoteState.SENT,
        **context,
    )


def _gone(work: Work, error: DomainError) -> Template:
    return page(PAGE, status_code=error.status_code, headers=HEADERS, company=work.tenant.name, quote=None, message=error.message)
