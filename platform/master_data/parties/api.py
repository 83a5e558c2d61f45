"""REST API of a party's contacts and addresses."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, UnsetType

from kernel.work import Work
from master_data.parties.children import add_address, add_contact, addresses_of, change_contact, contacts_of, remove_child
from master_data.parties.model import Address, AddressKind, Contact, ContactChannel, Language
from master_data.parties.service import get_party

Short = Annotated[str, msgspec.Meta(max_length=80)]
Phone = Annotated[str, msgspec.Meta(max_length=40)]


class ContactInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A person to talk to.  One may play several parts: decide, handle the matter, look after money or technique, have a say."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    position: Short | None = None
    phone: Phone | None = None
    email: Annotated[str, msgspec.Meta(max_length=254)] | None = None
    wechat: Short | None = None
    birthday_on: date | None = None
    decides: bool = False
    handles: bool = False
    finance: bool = False
    technical: bool = False
    influences: bool = False
    preferred_channel: ContactChannel | None = None
    contact_time: Short | None = None
    language: Language | None = None
    do_not_call: bool = False


class ContactUpdate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields that change.  409 ``version_conflict`` when ``version`` is not the present one."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] | UnsetType = UNSET
    position: Short | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    email: Annotated[str, msgspec.Meta(max_length=254)] | UnsetType | None = UNSET
    wechat: Short | UnsetType | None = UNSET
    birthday_on: date | UnsetType | None = UNSET
    decides: bool | UnsetType = UNSET
    handles: bool | UnsetType = UNSET
    finance: bool | UnsetType = UNSET
    technical: bool | UnsetType = UNSET
    influences: bool | UnsetType = UNSET
    preferred_channel: ContactChannel | UnsetType | None = UNSET
    contact_time: Short | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    do_not_call: bool | UnsetType = UNSET
    version: int | UnsetType = UNSET


class ContactRead(ContactInput, kw_only=True):
    id: UUID
    version: int

    @classmethod
    def of(cls, c: Contact) -> "ContactRead":
        return cls(**{name: getattr(c, name) for name in cls.__struct_fields__})


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
        return ContactRead.of(await add_contact(work, party_id, msgspec.structs.asdict(data)))

    @patch("/contacts/{contact_id:uuid}", opt={"permission": "master.party.update"})
    async def change_contact(
        self, work: NamedDependency[Work], party_id: FromPath[UUID], contact_id: FromPath[UUID], data: JSONBody[ContactUpdate]
    ) -> ContactRead:
        """Change the fields that are sent."""
        changes = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
        version = changes.pop("version", None)
        return ContactRead.of(await change_contact(work, party_id, contact_id, changes, version=version))

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
        return AddressRead.of(await add_address(work, party_id, msgspec.structs.asdict(data)))

    @delete("/addresses/{address_id:uuid}", opt={"permission": "master.party.update"})
    async def remove_address(self, work: NamedDependency[Work], party_id: FromPath[UUID], address_id: FromPath[UUID]) -> None:
        """Remove an address."""
        await remove_child(work, Address, party_id, address_id)
