"""Pages of the log of messages, of how they are sent, and the card of a customer."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_crm.marketing.channels import TestInput, read_setup, try_out, write_setup
from core_crm.marketing.messages import MessageQuery, cancel_message, get_message, list_messages
from core_crm.marketing.rights import CHANNELS, READ, SEND
from identity.house import house_of
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.orm import detached
from kernel.templates import render
from kernel.web import FormRefused, id_in, page, toast
from kernel.work import Work
from master_data.api import shown_address
from messaging.channels import CHANNELS as CHANNEL_WORDS
from messaging.channels import Channel
from messaging.outgoing.model import PROVIDERS, REASON_WORDS, STATES, TONES, Message, MessageState, Provider
from messaging.outgoing.setup import SetupInput
from vertical import Panel

LIST, DETAIL, SETUP, OF_PARTY = (f"core_crm/marketing/{name}.html" for name in ("messages", "message", "channels", "of_party"))
TEXTS = (
    "provider", "host", "port", "username", "sender_address", "access_key", "app_id", "region", "sign_name", "url", "countries",
    "intake_domain", "secret", "sender_name", "reply_to", "cap_count", "cap_days", "quiet_from", "quiet_to", "version",
)  # fmt: skip
NUMBERS = ("port", "cap_count", "cap_days", "version")

AnyRequest = Request[Any, Any, Any]


async def shown(work: Work, message: Message) -> dict[str, Any]:
    """A message as pages show it."""
    return {
        "id": message.id,
        "party_id": message.party_id,
        "party_name": message.party_name,
        "address": await shown_address(work, message.channel, message.address),
        "channel": _(CHANNEL_WORDS[message.channel]),
        "email": message.channel is Channel.EMAIL,
        "subject": message.subject or message.text[:60],
        "state": _(STATES[message.state]),
        "tone": TONES.get(message.state.value, ""),
        "waiting": message.state is MessageState.QUEUED,
        "reason": _(REASON_WORDS[message.reason]) if message.reason else "",
        "at": message.sent_at or message.due_at,
        "replied": message.replied_at is not None,
        "opted_out": message.opted_out_at is not None,
    }


async def draw_of_party(work: Work, *, record: Mapping[str, Any], **_: Any) -> str:
    rows, more = await list_messages(work, MessageQuery(party_id=record["id"], limit=5))
    if not rows:
        return ""
    return render(OF_PARTY, rows=[await shown(work, row) for row in rows], more=more is not None, party_id=record["id"])


MESSAGE_PANELS = (Panel(slot="master.party.side", render=draw_of_party, permission="crm.marketing.read", order=65),)


class MessagePages(Controller):
    path = "/marketing/messages"
    include_in_schema = False

    @get("/", opt=READ)
    async def list_page(
        self,
        work: NamedDependency[Work],
        q: FromQuery[str] = "",
        message_state: FromQuery[str] = "",
        channel: FromQuery[str] = "",
        party_id: FromQuery[str] = "",
        source_id: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
    ) -> Template:
        query = MessageQuery(
            state=MessageState(message_state) if message_state in set(MessageState) else None,
            channel=Channel(channel) if channel in set(Channel) else None,
            party_id=id_in(party_id),
            source_id=id_in(source_id),
            search=q,
            after=after,
        )
        rows, following = await list_messages(work, query)
        kept = {"q": q, "message_state": message_state, "channel": channel, "party_id": party_id, "source_id": source_id}
        next_ = "/marketing/messages?" + urlencode({name: value for name, value in kept.items() if value} | {"after": following or ""})
        filters = [
            {
                "name": "message_state",
                "label": _("State"),
                "value": message_state,
                "options": [(state.value, _(words)) for state, words in STATES.items()],
            },
            {
                "name": "channel",
                "label": _("Channel"),
                "value": channel,
                "options": [(each.value, _(words)) for each, words in CHANNEL_WORDS.items()],
            },
        ]
        keep = {"party_id": party_id, "source_id": source_id}
        seen = [await shown(work, row) for row in rows]
        filtered = any(kept.values())
        return page(LIST, q=q, filtered=filtered, rows=seen, next=next_ if following else "", filters=filters, keep=keep)

    @get("/{message_id:uuid}", opt=READ)
    async def detail(self, work: NamedDependency[Work], message_id: FromPath[UUID]) -> Template:
        message = await get_message(work, message_id)
        seen = await shown(work, message)
        detached(work.session, [message])
        return page(DETAIL, message=message, seen=seen)

    @post("/{message_id:uuid}/cancel", opt=SEND)
    async def cancel(self, work: NamedDependency[Work], message_id: FromPath[UUID]) -> Redirect:
        await cancel_message(work, message_id)
        return Redirect(f"/marketing/messages/{message_id}", status_code=303, headers=toast(_("It is not sent.")))


class ChannelPages(Controller):
    path = "/settings/messaging"
    include_in_schema = False

    @get("/", opt=CHANNELS)
    async def show(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        return page(SETUP, errors={}, values={}, **await _setups(request, work))

    @post("/{channel:str}", opt=CHANNELS)
    async def save(self, request: AnyRequest, work: NamedDependency[Work], channel: FromPath[Channel]) -> Redirect:
        form = await request.form()
        values = {name: str(form.get(name, "")).strip() for name in TEXTS}
        context = await _setups(request, work)
        try:
            async with work.session.begin_nested():
                await write_setup(work, house_of(request).settings, channel, _input(values))
        except DomainError as error:
            work.session.expunge_all()
            raise FormRefused.because(error, SETUP, values=values | {"of": channel.value, "secret": ""}, **context) from error
        return Redirect("/settings/messaging", status_code=303, headers=toast(_("Saved.")))

    @post("/{channel:str}/test", opt=CHANNELS)
    async def try_channel(self, request: AnyRequest, work: NamedDependency[Work], channel: FromPath[Channel]) -> Redirect:
        form = await request.form()
        values = {"to": str(form.get("to", "")).strip()[:254], "template": str(form.get("template", "")).strip()[:80]}
        context = await _setups(request, work)
        try:
            async with work.session.begin_nested():
                tried = await try_out(work, house_of(request), channel, TestInput(to=values["to"] or "-", template=values["template"]))
        except DomainError as error:
            work.session.expunge_all()
            raise FormRefused.because(error, SETUP, values=values | {"trial": channel.value}, **context) from error
        words = _("Sent. The other side answered: %(answer)s", answer=tried.answer)
        refused = _("Not sent. The other side answered: %(answer)s", answer=tried.answer)
        headers = toast(words if tried.sent else refused, "ok" if tried.sent else "bad")
        return Redirect("/settings/messaging", status_code=303, headers=headers)


async def _setups(request: AnyRequest, work: Work) -> dict[str, Any]:
    channels = []
    for channel, label in CHANNEL_WORDS.items():
        setup = await read_setup(work, house_of(request).settings, channel)
        providers = [(each.value, _(words)) for each, words in PROVIDERS[channel].items()]
        plain = {name: getattr(setup, name) for name in setup.__struct_fields__ if name != "settings"} | setup.settings
        plain["provider"] = setup.provider.value
        channels.append({"value": channel.value, "label": _(label), "providers": providers, "setup": plain})
    return {"channels": channels}


def _input(values: Mapping[str, str]) -> SetupInput:
    given: dict[str, Any] = {name: value for name, value in values.items() if name not in NUMBERS and value}
    given |= {name: int(values[name]) for name in NUMBERS if values[name].isdecimal() and len(values[name]) < 8}
    given["provider"] = Provider(values["provider"]) if values["provider"] in set(Provider) else Provider.NONE
    for name, (low, high) in {"cap_count": (1, 1000), "cap_days": (1, 365)}.items():
        if name in given:
            given[name] = min(max(given[name], low), high)
    lengths = {"sender_name": 80, "reply_to": 254, "url": 500, "secret": 500, "quiet_from": 5, "quiet_to": 5}
    short: dict[str, Any] = {name: value[: lengths.get(name, 200)] if isinstance(value, str) else value for name, value in given.items()}
    return SetupInput(**short | {"provider": given["provider"]})
