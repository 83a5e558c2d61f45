"""Contacts and addresses of a party."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.errors import FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.parties.model import Address, Contact
from master_data.parties.service import require_party_edit
from vertical.columns import keep_limits

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


async def add_child(work: Work, kind: type[Contact] | type[Address], party_id: UUID, values: dict[str, Any]) -> Child:
    """A new contact or address.

    Raises:
        RecordNotFound: no such party, or none that the actor may see.
        Invalid: a value is missing or too long, or there are too many.
    """
    await require_party_edit(work, party_id)
    there = await (contacts_of(work, party_id) if kind is Contact else addresses_of(work, party_id))
    if len(there) >= CHILDREN_MAX:
        raise Invalid(_("A party has at most %(most)s of these.", most=CHILDREN_MAX))
    child = kind(party_id=party_id, **_checked(kind, values))
    work.session.add(child)
    await work.session.flush()
    return child


async def remove_child(work: Work, kind: type[Contact] | type[Address], party_id: UUID, child_id: UUID) -> None:
    """Remove a contact or an address of the party.

    Raises:
        ChildNotFound: it has none with that id.
    """
    await require_party_edit(work, party_id)
    child: Child | None = await work.session.get(kind, child_id)
    if child is None or child.party_id != party_id:
        raise ChildNotFound(_("This record does not exist, or was deleted."))
    await work.session.delete(child)
    await work.session.flush()


def _checked(kind: type[Contact] | type[Address], values: dict[str, Any]) -> dict[str, Any]:
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
