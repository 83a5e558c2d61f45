"""Contacts and addresses of a party."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.errors import FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.parties.model import Address, Contact
from master_data.parties.resource import CONTACTS
from master_data.parties.service import require_party_edit
from vertical.columns import keep_limits
from vertical.records import create_record, update_record

CHILDREN_MAX = 100

Child = Contact | Address


class ChildNotFound(NotFound):
    code = "not_found"


async def contacts_of(work: Work, party_id: UUID) -> Sequence[Contact]:
    """The party's contacts, those who decide first."""
    query = select(Contact).where(Contact.party_id == party_id).order_by(Contact.decides.desc(), Contact.created_at).limit(CHILDREN_MAX)
    return (await work.session.scalars(query)).all()


async def addresses_of(work: Work, party_id: UUID) -> Sequence[Address]:
    query = select(Address).where(Address.party_id == party_id).order_by(Address.created_at).limit(CHILDREN_MAX)
    return (await work.session.scalars(query)).all()


async def add_contact(work: Work, party_id: UUID, values: Mapping[str, Any]) -> Contact:
    """A new contact; ``values`` are fields of the resource.

    Raises:
        RecordNotFound: no such party, or none that the actor may see.
        Invalid, RecordRefused: a value is missing or wrong, or there are too many.
    """
    await require_party_edit(work, party_id)
    return await _contact(work, await create_record(work, CONTACTS, {**values, "party_id": party_id}))


async def change_contact(
    work: Work, party_id: UUID, contact_id: UUID, changes: Mapping[str, Any], *, version: int | None = None
) -> Contact:
    """Change fields of one of the party's contacts.

    Raises:
        ChildNotFound: it has none with that id.
        Invalid, VersionConflict: as ``update_record`` says.
    """
    await require_party_edit(work, party_id)
    await _child(work, Contact, party_id, contact_id)
    await update_record(work, CONTACTS, contact_id, changes, version=version)
    return await _contact(work, contact_id)


async def add_address(work: Work, party_id: UUID, values: Mapping[str, Any]) -> Address:
    """A new address.

    Raises:
        RecordNotFound: no such party, or none that the actor may see.
        Invalid: a value is missing or too long, or there are too many.
    """
    await require_party_edit(work, party_id)
    if len(await addresses_of(work, party_id)) >= CHILDREN_MAX:
        raise Invalid(_("A party has at most %(most)s of these.", most=CHILDREN_MAX))
    address = Address(party_id=party_id, **_checked(Address, values))
    work.session.add(address)
    await work.session.flush()
    return address


async def remove_child(work: Work, kind: type[Contact] | type[Address], party_id: UUID, child_id: UUID) -> None:
    """Remove a contact or an address of the party.

    Raises:
        ChildNotFound: it has none with that id.
    """
    await require_party_edit(work, party_id)
    await work.session.delete(await _child(work, kind, party_id, child_id))
    await work.session.flush()


async def _child(work: Work, kind: type[Contact] | type[Address], party_id: UUID, child_id: UUID) -> Child:
    child: Child | None = await work.session.get(kind, child_id)
    if child is None or child.party_id != party_id:
        raise ChildNotFound(_("This record does not exist, or was deleted."))
    return child


async def _contact(work: Work, contact_id: UUID) -> Contact:
    """The contact as it was just written."""
    query = select(Contact).where(Contact.id == contact_id).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one()


def _checked(kind: type[Address], values: Mapping[str, Any]) -> dict[str, Any]:
    columns: Any = kind.__table__.c
    clean: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, value in values.items():
        try:
            clean[name] = keep_limits(name, columns[name], value)
        except Invalid as error:
            errors += error.errors
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return clean
