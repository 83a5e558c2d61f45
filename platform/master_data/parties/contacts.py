"""Fragments of the party page that add and remove contacts and addresses."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work
from master_data.parties.children import add_address, add_contact, change_contact, remove_child
from master_data.parties.model import PARTS, Address, AddressKind, Contact, ContactChannel, Language
from master_data.parties.panels import ADDRESSES, CONTACTS, addresses_context, contacts_context
from vertical.records import RecordRefused, VersionConflict

_TEXTS = ("name", "position", "phone", "email", "wechat", "contact_time")
_ADDRESS_FIELDS = ("region", "street", "postcode", "recipient", "phone")


class ContactPages(Controller):
    path = "/parties/{party_id:uuid}"
    include_in_schema = False

    @post("/contacts", opt={"permission": "master.party.update"}, status_code=200)
    async def add_contact(self, request: Request[Any, Any, Any], work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        form = dict(await request.form())
        try:
            await add_contact(work, party_id, _contact(form))
        except (Invalid, RecordRefused) as error:
            context = await contacts_context(work, party_id) | {"values": form, "open": True}
            raise FormRefused.because(error, CONTACTS, **context) from error
        return page(CONTACTS, **await contacts_context(work, party_id))

    @post("/contacts/{contact_id:uuid}", opt={"permission": "master.party.update"}, status_code=200)
    async def change_contact(
        self, request: Request[Any, Any, Any], work: NamedDependency[Work], party_id: FromPath[UUID], contact_id: FromPath[UUID]
    ) -> Template:
        form = dict(await request.form())
        version = int(form["version"]) if str(form.get("version", "")).isdecimal() else None
        try:
            async with work.session.begin_nested():
                await change_contact(work, party_id, contact_id, _contact(form), version=version)
        except (Invalid, RecordRefused, VersionConflict) as error:
            context = await contacts_context(work, party_id) | {"values": form, "changing": contact_id}
            raise FormRefused.because(error, CONTACTS, **context) from error
        return page(CONTACTS, **await contacts_context(work, party_id))

    @post("/contacts/{contact_id:uuid}/delete", opt={"permission": "master.party.update"}, status_code=200)
    async def remove_contact(self, work: NamedDependency[Work], party_id: FromPath[UUID], contact_id: FromPath[UUID]) -> Template:
        await remove_child(work, Contact, party_id, contact_id)
        return page(CONTACTS, **await contacts_context(work, party_id))

    @post("/addresses", opt={"permission": "master.party.update"}, status_code=200)
    async def add_address(self, request: Request[Any, Any, Any], work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        form = dict(await request.form())
        values: dict[str, Any] = {name: str(form.get(name, "")) for name in _ADDRESS_FIELDS}
        kind = str(form.get("kind", ""))
        values["kind"] = AddressKind(kind) if kind in set(AddressKind) else AddressKind.DELIVERY
        try:
            await add_address(work, party_id, values)
        except Invalid as error:
            raise FormRefused.because(
                error, ADDRESSES, **await addresses_context(work, party_id) | {"values": values, "open": True}
            ) from error
        return page(ADDRESSES, **await addresses_context(work, party_id))

    @post("/addresses/{address_id:uuid}/delete", opt={"permission": "master.party.update"}, status_code=200)
    async def remove_address(self, work: NamedDependency[Work], party_id: FromPath[UUID], address_id: FromPath[UUID]) -> Template:
        await remove_child(work, Address, party_id, address_id)
        return page(ADDRESSES, **await addresses_context(work, party_id))


def _contact(form: Mapping[str, Any]) -> dict[str, Any]:
    """A contact as its form says.

    Raises:
        Invalid: the birthday is no date.
    """
    values: dict[str, Any] = {name: str(form.get(name, "")) for name in _TEXTS}
    values |= {name: form.get(name) == "1" for name in (*PARTS, "do_not_call")}
    channel, language = str(form.get("preferred_channel", "")), str(form.get("language", ""))
    values["preferred_channel"] = ContactChannel(channel) if channel in set(ContactChannel) else None
    values["language"] = Language(language) if language in set(Language) else None
    born = str(form.get("birthday_on", "")).strip().replace("/", "-")
    try:
        values["birthday_on"] = date.fromisoformat(born) if born else None
    except ValueError:
        raise Invalid(_("Enter a date such as 2026-11-23."), field="birthday_on") from None
    return values
