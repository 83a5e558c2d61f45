"""Fragments of the party page that add and remove contacts and addresses."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from kernel.errors import Invalid
from kernel.web import FormRefused, page
from kernel.work import Work
from master_data.parties.children import add_child, remove_child
from master_data.parties.model import Address, AddressKind, Contact
from master_data.parties.panels import ADDRESSES, CONTACTS, addresses_context, contacts_context

_CONTACT_FIELDS = ("name", "position", "phone", "email")
_ADDRESS_FIELDS = ("region", "street", "postcode", "recipient", "phone")


class ContactPages(Controller):
    path = "/parties/{party_id:uuid}"
    include_in_schema = False

    @post("/contacts", opt={"permission": "master.party.update"}, status_code=200)
    async def add_contact(self, request: Request[Any, Any, Any], work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        form = dict(await request.form())
        values = {name: str(form.get(name, "")) for name in _CONTACT_FIELDS} | {"decides": "decides" in form}
        try:
            await add_child(work, Contact, party_id, values)
        except Invalid as error:
            raise FormRefused.because(
                error, CONTACTS, **await contacts_context(work, party_id) | {"values": values, "open": True}
            ) from error
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
            await add_child(work, Address, party_id, values)
        except Invalid as error:
            raise FormRefused.because(
                error, ADDRESSES, **await addresses_context(work, party_id) | {"values": values, "open": True}
            ) from error
        return page(ADDRESSES, **await addresses_context(work, party_id))

    @post("/addresses/{address_id:uuid}/delete", opt={"permission": "master.party.update"}, status_code=200)
    async def remove_address(self, work: NamedDependency[Work], party_id: FromPath[UUID], address_id: FromPath[UUID]) -> Template:
        await remove_child(work, Address, party_id, address_id)
        return page(ADDRESSES, **await addresses_context(work, party_id))
