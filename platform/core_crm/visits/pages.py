"""The page on which a visit is noted at the customer's, with the log of visits below it."""

from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from core_crm.visits.query import STEM, VisitQuery, list_visits
from kernel import clock
from kernel.errors import DomainError, Invalid, NotFound
from kernel.files import BODY_BYTES_MAX
from kernel.i18n import gettext as _
from kernel.templates import render
from kernel.web import FormRefused, id_in, page, toast
from kernel.work import Work
from master_data.api import PARTIES, ActivityKind, Party, add_from_form, find_parties, get_party, kind_options, rights_of, told, typed
from vertical import Panel

PAGE, ACTS = "core_crm/visits/visits.html", "core_crm/visits/acts.html"
READ = {"permission": "master.party.read"}

AnyRequest = Request[Any, Any, Any]


class VisitPages(Controller):
    path = "/visits"
    include_in_schema = False

    @get("/", opt=READ)
    async def show(
        self, work: NamedDependency[Work], party_id: FromQuery[str] = "", show: FromQuery[str] = "", after: FromQuery[str | None] = None
    ) -> Template:
        values = {"kind": ActivityKind.VISIT.value, "on": work.today().isoformat(), "party_id": "", "party_name": ""}
        if chosen := id_in(party_id):
            party = await get_party(work, chosen)
            values |= {"party_id": str(party.id), "party_name": party.name}
        return page(PAGE, **await _context(work, VisitQuery(mine=show == "mine", after=after)), values=values, errors={})

    @get("/customers", opt=READ)
    async def customers(self, work: NamedDependency[Work], q: FromQuery[str] = "") -> list[dict[str, str]]:
        """Customers for the picker."""
        return [{"id": str(card.id), "text": card.name, "hint": card.phone or ""} for card in await find_parties(work, q[:100])]

    @post("/", opt=READ, request_max_body_size=BODY_BYTES_MAX)
    async def note(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        try:
            async with work.session.begin_nested():
                party = await _party(work, str(form.get("party_id", "")))
                await add_from_form(work, party, STEM, form, at=_moment(work, str(form.get("on", ""))))
        except NotFound:
            raise
        except DomainError as error:
            raise FormRefused.because(told(error, form), PAGE, values=typed(form), **await _context(work, VisitQuery())) from error
        order = form.get("then") == "order" and work.actor.may("crm.order.create")
        address = f"/orders/new?{urlencode({'party_id': str(party.id)})}" if order else f"/parties/{party.id}"
        return Redirect(address, status_code=303, headers=toast(_("The visit is noted.")))


async def draw_acts(work: Work, *, record: Any, **_context: Any) -> str:
    """On a phone: call, note a visit, take an order."""
    may_call = (await rights_of(work, PARTIES.permission)).readable("phone")
    return render(
        ACTS, party=record, may_call=may_call, may_order=work.actor.may("crm.order.create") and bool(record.get("is_customer", True))
    )


VISIT_PANELS = (Panel(slot="master.party.top", render=draw_acts, permission="master.party.read", order=5),)


async def _context(work: Work, query: VisitQuery) -> dict[str, Any]:
    visits, following = await list_visits(work, query)
    show = "mine" if query.mine else ""
    tabs = [(_("All"), "/visits", not query.mine, None), (_("Mine"), "/visits?show=mine", query.mine, None)]
    next_ = f"/visits?{urlencode({'show': show, 'after': following})}" if following else ""
    return {"visits": visits, "tabs": tabs, "next": next_, "kinds": kind_options(), "may_order": work.actor.may("crm.order.create")}


async def _party(work: Work, text: str) -> Party:
    chosen = id_in(text)
    if chosen is None:
        raise Invalid(_("Choose a customer from the list."), field="party_id")
    party = await work.session.get(Party, (await get_party(work, chosen)).id)
    assert party is not None  # noqa: S101 - for the type checker
    return party


def _moment(work: Work, text: str) -> datetime | None:
    """Now for a visit of today, noon for one of an earlier day."""
    try:
        day = date.fromisoformat(text.strip().replace("/", "-")) if text.strip() else work.today()
    except ValueError:
        raise Invalid(_("Enter a date such as 2026-11-23."), field="on") from None
    if day == work.today():
        return None
    noon = datetime.combine(day, time(12), ZoneInfo(work.tenant.zone))
    if noon > clock.now():
        raise Invalid(_("What has not happened yet is a plan; give the day of the next contact."), field="on")
    return noon
