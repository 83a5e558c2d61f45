"""REST API of a party's contacts and addresses."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from kernel.work import Work
from master_data.parties.children import add_child, addresses_of, contacts_of, remove_child
from master_data.parties.model import Address, AddressKind, Contact
from master_data.parties.service import get_party

Short = Annotated[str, msgspec.Meta(max_length=80)]
Phone = Annotated[str, msgspec.Meta(max_length=40)]


class ContactInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    position: Short | None = None
    phone: Phone | None = None
    email: Annotated[str, msgspec.Meta(max_length=254)] | None = None
    decides: bool = False


class ContactRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    position: str | None
    phone: str | None
    email: str | None
    decides: bool

    @classmethod
    def of(cls, c: Contact) -> "ContactRead":
        return cls(id=c.id, name=c.name, position=c.position, phone=c.phone, email=c.email, decides=c.decides)


class AddressInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    street: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    kind: AddressKind = AddressKind.DELIVERY
    region: Short | None = None
    postcode: Annotated[str, msgspec.Meta(max_length=12)] | None = None
    recipient: Short | None = None
    phone: Phone | None = None


class AddressRead(msgspec.Struct, kw_only=True):
    id: UUID
    kind: AddressKind
    region: str | None
    street: str
    postcode: str | None
    recipient: str | None
    phone: str | None

    @classmethod
    def of(cls, a: Address) -> "AddressRead":
        return cls(id=a.id, kind=a.kind, region=a.region, street=a.street, postcode=a.postcode, recipient=a.recipient, phone=a.phone)


class PartyChildrenController(Controller):
    path = "/parties/{party_id:uuid}"
    tags = ("Customers and suppliers",)

    @get("/contacts", opt={"permission": "master.party.read"})
    async def list_contacts(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> list[ContactRead]:
        """The party's contacts."""
        await get_party(work, party_id)
        return [ContactRead.of(contact) for contact in await contacts_of(work, party_id)]

    @post("/contacts", opt={"permission": "master.party.update"})
    async def add_contact(self, work: NamedDependency[Work], party_id: FromPath[UUID], data: JSONBody[ContactInput]) -> ContactRead:
        """Add a contact."""
        contact = await add_child(work, Contact, party_id, msgspec.structs.asdict(data))
        assert isinstance(contact, Contact)  # noqa: S101 - for the type checker
        return ContactRead.of(contact)

    @delete("/contacts/{contact_id:uuid}", opt={"permission": "master.party.update"})
    async def remove_contact(self, work: NamedDependency[Work], party_id: FromPath[UUID], contact_id: FromPath[UUID]) -> None:
        """Remove a contact."""
        await remove_child(work, Contact, party_id, contact_id)

    @get("/addresses", opt={"permission": "master.party.read"})
    async def list_addresses(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> list[AddressRead]:
        """The party's addresses."""
        await get_party(work, party_id)
        return [AddressRead.of(address) for address in await addresses_of(work, party_id)]

    @post("/addresses", opt={"permission": "master.party.update"})
    async def add_address(self, work: NamedDependency[Work], party_id: FromPath[UUID], data: JSONBody[AddressInput]) -> AddressRead:
        """Add an address."""
        address = await add_child(work, Address, party_id, msgspec.structs.asdict(data))
        assert isinstance(address, Address)  # noqa: S101 - for the type checker
        return AddressRead.of(address)

    @delete("/addresses/{address_id:uuid}", opt={"permission": "master.party.update"})
    async def remove_address(self, work: NamedDependency[Work], party_id: FromPath[UUID], address_id: FromPath[UUID]) -> None:
        """Remove an address."""
        await remove_child(work, Address, party_id, address_id)
