"""What the party page shows beside the party's own fields: contacts and addresses."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kernel.i18n import gettext as _
from kernel.orm import detached
from kernel.templates import render
from kernel.work import Work
from master_data.parties.access import STEM, may_edit, party_row
from master_data.parties.behaviour import behaviour_of
from master_data.parties.children import addresses_of, contacts_of
from master_data.parties.family import group_of
from master_data.parties.merge_pages import DOUBLES
from master_data.parties.merging import merges_of
from master_data.parties.model import CHANNELS, LANGUAGES, PARTS, AddressKind
from master_data.parties.team import TEAM, party_timeline, team_context
from master_data.scopes.rights import rights_of
from master_data.timeline.fragment import TIMELINE
from vertical import Panel

CONTACTS = "master_data/contacts.html"
ADDRESSES = "master_data/addresses.html"
BEHAVIOUR = "master_data/behaviour.html"
FAMILY = "master_data/family.html"


async def contacts_context(work: Work, party_id: UUID) -> dict[str, Any]:
    """What the contacts' card needs.  A phone that the reader may not see at the party is not shown here either."""
    rights = await rights_of(work, STEM)
    return {
        "party_id": party_id,
        "contacts": detached(work.session, await contacts_of(work, party_id)),
        "may_edit": await may_edit(work, await party_row(work, party_id)),
        "parts": [(name, _(label)) for name, label in PARTS.items()],
        "channels": [(value, _(label)) for value, label in CHANNELS.items()],
        "languages": [(value, _(label)) for value, label in LANGUAGES.items()],
        "masked": [name for name in ("phone", "email") if not rights.readable(name)],
        "values": {},
    }


async def addresses_context(work: Work, party_id: UUID) -> dict[str, Any]:
    """What the addresses' card needs."""
    return {
        "party_id": party_id,
        "addresses": detached(work.session, await addresses_of(work, party_id)),
        "kinds": [kind.value for kind in AddressKind],
        "may_edit": await may_edit(work, await party_row(work, party_id)),
        "values": {},
    }


async def draw_contacts(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    return render(CONTACTS, **await contacts_context(work, record["id"]))


async def draw_addresses(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    return render(ADDRESSES, **await addresses_context(work, record["id"]))


async def draw_timeline(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    return render(TIMELINE, **await party_timeline(work, record["id"]))


async def draw_team(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    return render(TEAM, **await team_context(work, record["id"]))


async def draw_family(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    party_id = record["id"]
    editable = work.actor.may("master.party.merge") and await may_edit(work, await party_row(work, party_id))
    merges = await merges_of(work, party_id) if editable else []
    tree = await group_of(work, party_id)
    return render(FAMILY, party_id=party_id, tree=tree, merges=merges, may_merge=editable) if tree or editable else ""


async def draw_doubles(work: Work, *, record: Mapping[str, Any] | None, **_context: Any) -> str:
    return render(DOUBLES, besides=record["id"] if record else "", listed=False)


async def draw_behaviour(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    behaviour = await behaviour_of(work, record["id"])
    return render(BEHAVIOUR, behaviour=behaviour[:8]) if behaviour else ""


PARTY_PANELS = (
    Panel(slot="master.party.side", render=draw_behaviour, permission="master.party.read", order=90),
    Panel(slot="master.party.form", render=draw_doubles, permission="master.party.create", order=10),
    Panel(slot="master.party.side", render=draw_family, permission="master.party.read", order=20),
    Panel(slot="master.party.top", render=draw_timeline, permission="master.party.read", order=10),
    Panel(slot="master.party.side", render=draw_team, permission="master.party.read", order=10),
    Panel(slot="master.party.main", render=draw_contacts, permission="master.party.read", order=10),
    Panel(slot="master.party.main", render=draw_addresses, permission="master.party.read", order=20),
)
