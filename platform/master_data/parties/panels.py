"""What the party page shows beside the party's own fields: contacts and addresses."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kernel.templates import render
from kernel.work import Work
from master_data.parties.children import addresses_of, contacts_of
from master_data.parties.model import AddressKind
from vertical import Panel

CONTACTS = "master_data/contacts.html"
ADDRESSES = "master_data/addresses.html"


async def contacts_context(work: Work, party_id: UUID) -> dict[str, Any]:
    """What the contacts' card needs."""
    return {
        "party_id": party_id,
        "contacts": await contacts_of(work, party_id),
        "may_edit": work.actor.may("master.party.update"),
        "values": {},
    }


async def addresses_context(work: Work, party_id: UUID) -> dict[str, Any]:
    """What the addresses' card needs."""
    return {
        "party_id": party_id,
        "addresses": await addresses_of(work, party_id),
        "kinds": [kind.value for kind in AddressKind],
        "may_edit": work.actor.may("master.party.update"),
        "values": {},
    }


async def draw_contacts(work: Work, *, record: Mapping[str, Any], **_: Any) -> str:
    return render(CONTACTS, **await contacts_context(work, record["id"]))


async def draw_addresses(work: Work, *, record: Mapping[str, Any], **_: Any) -> str:
    return render(ADDRESSES, **await addresses_context(work, record["id"]))


PARTY_PANELS = (
    Panel(slot="master.party.main", render=draw_contacts, permission="master.party.read", order=10),
    Panel(slot="master.party.main", render=draw_addresses, permission="master.party.read", order=20),
)
