"""What a lead's page shows beside its fields, the commands on it, and the page on which it is converted."""

from collections.abc import Awaitable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_crm.leads.conversion import ConvertInput, convert_lead, offered
from core_crm.leads.model import Lead
from core_crm.leads.service import STEM, begin_work, disqualify_lead, get_lead, is_open, open_lead, reopen_lead
from kernel.errors import DomainError, Invalid, NotFound
from kernel.files import BODY_BYTES_MAX
from kernel.i18n import gettext as _
from kernel.templates import render
from kernel.web import FormRefused, id_in, page, toast
from kernel.work import Work
from master_data.api import TIMELINE, TooManyFiles, add_from_form, remove_activity, timeline_context, told, typed
from vertical import Panel

SIDE, CONVERT, REFUSED = "core_crm/leads/side.html", "core_crm/leads/convert.html", "core_crm/leads/refused.html"
UPDATE = {"permission": "crm.lead.update"}
CONVERSION = {"permission": "crm.lead.convert"}

AnyRequest = Request[Any, Any, Any]


async def draw_side(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    """Score with its reasons, commands, and what was agreed to."""
    lead = await get_lead(work, record["id"])
    return render(SIDE, lead=lead, open=is_open(lead))


async def draw_timeline(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    """Contacts with the lead, and the form that notes one."""
    return render(TIMELINE, **await _timeline(work, await get_lead(work, record["id"])))


LEAD_PANELS = (
    Panel(slot="crm.lead.side", render=draw_side, permission="crm.lead.read", order=10),
    Panel(slot="crm.lead.main", render=draw_timeline, permission="crm.lead.read", order=10),
)


class LeadPages(Controller):
    path = "/leads/{lead_id:uuid}"
    include_in_schema = False

    @get("/convert", opt=CONVERSION)
    async def convert_page(self, work: NamedDependency[Work], lead_id: FromPath[UUID]) -> Template:
        lead, found = await offered(work, lead_id)
        values = {"opportunity_name": (lead.company or lead.name), "choice": _first(found)}
        return page(CONVERT, lead=lead, found=found, errors={}, values=values)

    @post("/convert", opt=CONVERSION)
    async def convert(self, request: AnyRequest, work: NamedDependency[Work], lead_id: FromPath[UUID]) -> Redirect:
        form = await request.form()
        values = {name: str(form.get(name, "")).strip() for name in ("choice", "opportunity_name", "amount", "expected_on")}
        lead, found = await offered(work, lead_id)
        try:
            async with work.session.begin_nested():
                lead, opportunity_id = await convert_lead(work, lead_id, _conversion(values, with_opportunity="skip" not in form))
        except DomainError as error:
            work.session.expunge_all()  # the page is drawn after the rollback, which would empty what it shows
            lead, found = await offered(work, lead_id)
            work.session.expunge_all()
            raise FormRefused.because(error, CONVERT, values=values, lead=lead, found=found) from error
        return Redirect(f"/opportunities/{opportunity_id}" if opportunity_id else f"/parties/{lead.party_id}", status_code=303)

    @post("/disqualify", opt=UPDATE)
    async def disqualify(self, request: AnyRequest, work: NamedDependency[Work], lead_id: FromPath[UUID]) -> Response[Any]:
        reason = str((await request.form()).get("reason", ""))
        return await _attempt(work, lead_id, disqualify_lead(work, lead_id, reason), _("Disqualified."))

    @post("/reopen", opt=UPDATE)
    async def reopen(self, work: NamedDependency[Work], lead_id: FromPath[UUID]) -> Response[Any]:
        return await _attempt(work, lead_id, reopen_lead(work, lead_id), _("Reopened."))

    @get("/timeline", opt={"permission": "crm.lead.read"})
    async def timeline(self, work: NamedDependency[Work], lead_id: FromPath[UUID], before: FromQuery[str] = "") -> Template:
        return page(TIMELINE, **await _timeline(work, await get_lead(work, lead_id), before))

    @post("/timeline", opt=UPDATE, status_code=200, request_max_body_size=BODY_BYTES_MAX)
    async def follow(self, request: AnyRequest, work: NamedDependency[Work], lead_id: FromPath[UUID]) -> Template:
        form = await request.form()
        lead = await open_lead(work, lead_id)
        try:
            await begin_work(work, lead, await add_from_form(work, lead, STEM, form))
        except (Invalid, TooManyFiles) as error:
            context = await _timeline(work, lead) | {"values": typed(form)}
            work.session.expunge_all()  # the card is drawn after the rollback, which would empty what it shows
            raise FormRefused.because(told(error, form), TIMELINE, **context) from error
        return page(TIMELINE, **await _timeline(work, lead))

    @post("/timeline/{entry_id:uuid}/delete", opt=UPDATE, status_code=200)
    async def unfollow(self, work: NamedDependency[Work], lead_id: FromPath[UUID], entry_id: FromPath[UUID]) -> Template:
        lead = await get_lead(work, lead_id)
        await remove_activity(work, lead, STEM, entry_id)
        return page(TIMELINE, **await _timeline(work, lead))


async def _timeline(work: Work, lead: Lead, before: str = "") -> dict[str, Any]:
    return await timeline_context(work, lead, STEM, f"/leads/{lead.id}", before=before)


async def _attempt(work: Work, lead_id: UUID, command: Awaitable[object], said: str) -> Response[Any]:
    """Run ``command`` and go back to the lead; when it is refused, say why on a page with the way back."""
    try:
        async with work.session.begin_nested():
            await command
    except NotFound:
        raise
    except DomainError as error:
        raise FormRefused(REFUSED, errors={"": error.message}, values={}, back=f"/leads/{lead_id}") from error
    return Redirect(f"/leads/{lead_id}", status_code=303, headers=toast(said))


def _first(found: Any) -> str:
    return next((str(each.id) for each in found if each.id), "new")


def _conversion(values: Mapping[str, str], *, with_opportunity: bool) -> ConvertInput:
    try:
        amount = Decimal(values["amount"].replace(",", "") or "0")
    except InvalidOperation:
        amount = Decimal("NaN")
    try:
        expected_on = date.fromisoformat(values["expected_on"]) if values["expected_on"] else None
    except ValueError:
        expected_on = None
    return ConvertInput(
        party_id=id_in(values["choice"]),
        new_party=values["choice"] == "new",
        with_opportunity=with_opportunity,
        opportunity_name=values["opportunity_name"][:120],
        amount=amount,
        expected_on=expected_on,
    )
