"""The card of consents on the page of a party; the texts that people agree to, and the suppression list."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from identity.house import house_of
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.templates import render
from kernel.web import FormRefused, page, toast
from kernel.work import Work
from master_data.consents.api import MANAGE, lift_by_hand, suppress_by_hand
from master_data.consents.links import link_of
from master_data.consents.model import SOURCES, ConsentSource
from master_data.consents.service import Proof, consent_texts, current_text, keep_consent, standings_of, write_text
from master_data.consents.shown import shown_address
from master_data.parties.access import may_edit, party_row
from messaging.channels import CHANNELS, Channel
from messaging.suppression.model import REASONS
from messaging.suppression.service import list_suppressed
from vertical import Panel

CARD, SETTINGS = "master_data/consents.html", "master_data/consent_settings.html"

AnyRequest = Request[Any, Any, Any]


async def consents_context(work: Work, party_id: UUID) -> dict[str, Any]:
    """What the card needs."""
    channels = [await _shown(work, standing) for standing in await standings_of(work, party_id)]
    return {
        "party_id": party_id,
        "channels": channels,
        "may_edit": await may_edit(work, await party_row(work, party_id)),
        "values": {},
        "open": "",
    }


async def draw_consents(work: Work, *, record: Mapping[str, Any], **_: Any) -> str:
    return render(CARD, **await consents_context(work, record["id"]))


CONSENT_PANELS = (Panel(slot="master.party.side", render=draw_consents, permission="master.party.read", order=60),)


class ConsentPages(Controller):
    path = "/parties/{party_id:uuid}/consents"
    include_in_schema = False

    @post("/", opt={"permission": "master.party.update"}, status_code=200)
    async def keep(self, request: AnyRequest, work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        form = await request.form()
        channel, granted = _channel(str(form.get("channel", ""))), form.get("granted") == "1"
        note = str(form.get("note", ""))
        text = await current_text(work, channel) if "read_text" in form else None
        proof = Proof(source=ConsentSource.STAFF, note=note, text_id=text.id if text else None)
        context = await consents_context(work, party_id)
        try:
            async with work.session.begin_nested():
                await keep_consent(work, party_id, channel, proof, granted=granted)
        except Invalid as error:
            values = {"note": note, "granted": granted}
            raise FormRefused.because(error, CARD, **context | {"values": values, "open": channel.value}) from error
        return page(CARD, **await consents_context(work, party_id))


class UnsubscribeLinkPages(Controller):
    path = "/parties/{party_id:uuid}/unsubscribe-links"
    include_in_schema = False

    @get("/", opt={"permission": "master.party.update"})
    async def links(self, request: AnyRequest, work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        """The links of a party, for letters that are written elsewhere."""
        party = await party_row(work, party_id, "edit")
        settings = house_of(request).settings
        links = [(_(CHANNELS[channel]), link_of(settings, work.tenant, party_id, channel)) for channel in Channel]
        return page("master_data/unsubscribe_links.html", party=party, links=links)


class ConsentSettingsPages(Controller):
    path = "/settings/consents"
    include_in_schema = False

    @get("/", opt=MANAGE)
    async def show(self, work: NamedDependency[Work], q: FromQuery[str] = "", after: FromQuery[UUID | None] = None) -> Template:
        return page(SETTINGS, errors={}, values={}, **await _settings(work, q, after))

    @post("/texts", opt=MANAGE)
    async def write(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        values = {"channel": str(form.get("channel", "")), "body": str(form.get("body", ""))[:4000]}
        await self._attempt(work, write_text(work, _channel(values["channel"]), values["body"]), values)
        return Redirect("/settings/consents", status_code=303, headers=toast(_("From now on people agree to this text.")))

    @post("/suppressions", opt=MANAGE)
    async def add(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        address = str(form.get("address", "")).strip()[:254]
        channel = Channel.EMAIL if "@" in address else Channel.SMS
        await self._attempt(work, suppress_by_hand(work, channel, address, str(form.get("detail", ""))), {"address": address})
        return Redirect("/settings/consents", status_code=303, headers=toast(_("Nothing is sent to this address any more.")))

    @post("/suppressions/{suppression_id:uuid}/lift", opt=MANAGE)
    async def remove(self, work: NamedDependency[Work], suppression_id: FromPath[UUID]) -> Redirect:
        await lift_by_hand(work, suppression_id)
        return Redirect("/settings/consents", status_code=303, headers=toast(_("The address was taken off the list.")))

    async def _attempt(self, work: Work, doing: Any, values: Mapping[str, Any]) -> None:
        try:
            async with work.session.begin_nested():
                await doing
        except DomainError as error:
            raise FormRefused.because(error, SETTINGS, values=values, **await _settings(work, "", None)) from error


async def _settings(work: Work, q: str, after: UUID | None) -> dict[str, Any]:
    rows, following = await list_suppressed(work, search=q, after=after)
    texts: dict[str, list[dict[str, Any]]] = {}
    for text in await consent_texts(work):
        shown = {"number": text.number, "body": text.body, "made_by": text.made_by, "at": text.created_at}
        texts.setdefault(text.channel.value, []).append(shown)
    suppressed = [
        {"id": row.id, "address": row.address, "reason": _(REASONS[row.reason]), "detail": row.detail, "at": row.created_at} for row in rows
    ]
    return {
        "channels": [(channel.value, _(label), texts.get(channel.value, [])) for channel, label in CHANNELS.items()],
        "rows": suppressed,
        "q": q,
        "next": "/settings/consents?" + urlencode({"q": q, "after": following}) if following else "",
    }


async def _shown(work: Work, standing: Any) -> dict[str, Any]:
    history = [
        {
            "granted": c.granted,
            "at": c.at,
            "how": _(SOURCES[c.source]),
            "note": c.note,
            "by": c.by_name,
            "address": await shown_address(work, c.channel, c.address),
            "ip": c.ip,
        }
        for c in standing.history[:10]
    ]
    text = await current_text(work, standing.channel)
    return {
        "value": standing.channel.value,
        "label": _(CHANNELS[standing.channel]),
        "address": await shown_address(work, standing.channel, standing.address),
        "granted": standing.granted,
        "suppressed": _(REASONS[standing.suppressed]) if standing.suppressed else "",
        "reachable": standing.reachable,
        "text": text.body if text else "",
        "history": history,
    }


def _channel(text: str) -> Channel:
    return Channel.SMS if text == Channel.SMS else Channel.EMAIL
