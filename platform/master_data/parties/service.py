"""Parties for others: create, look up, search."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.parties.model import Party, PartyKind
from master_data.parties.resource import PARTIES
from master_data.scopes.rights import rights_of
from master_data.search import open_text
from vertical.guarding import require_edit
from vertical.records import create_record, update_record


class PartyNotFound(NotFound):
    code = "party_not_found"


@dataclass(frozen=True, kw_only=True)
class PartyCard:
    """What documents need of a party.  ``title`` and ``tax_number`` are those for invoices."""

    id: UUID
    name: str
    kind: PartyKind
    is_customer: bool
    is_supplier: bool
    phone: str | None
    title: str
    tax_number: str | None
    bank_name: str | None
    bank_account: str | None
    invoice_address: str | None
    invoice_phone: str | None
    payment_days: int


async def create_party(work: Work, **values: Any) -> UUID:
    """A new party; ``values`` are fields of the form, ``name`` at least.

    Raises:
        Invalid: a value is wrong by itself, such as a credit code's check digit.
        RecordRefused: the party is there already.
    """
    return await create_record(work, PARTIES, values)


async def update_party(work: Work, party_id: UUID, changes: Mapping[str, Any], *, version: int | None = None) -> None:
    """Change fields of a party; see ``vertical.records.update_record``."""
    await update_record(work, PARTIES, party_id, changes, version=version)


async def get_party(work: Work, party_id: UUID) -> PartyCard:
    """The party, where the actor may see it; of one that was merged, the party it is now.

    Raises:
        PartyNotFound: no such party in this tenant, or none in the actor's reach.
    """
    survivor = select(Party.merged_into_id).where(Party.id == party_id).correlate(None).scalar_subquery()
    row = (
        await work.session.execute(_cards().where(Party.id == func.coalesce(survivor, party_id), await Party.reach(work, "read")))
    ).one_or_none()
    if row is None:
        raise PartyNotFound(_("This customer or supplier does not exist, or was deleted."), field="party_id")
    return _card(row)


async def require_party_edit(work: Work, party_id: UUID) -> None:
    """Refuse to change what belongs to a party that the actor may not change.

    Raises:
        RecordNotFound: the actor may not see it.
        RecordReadOnly: the actor may only see it.
    """
    await require_edit(work, PARTIES, party_id)


async def get_parties(work: Work, party_ids: Collection[UUID]) -> dict[UUID, PartyCard]:
    """Those of the parties that exist, by id: for documents, which name their party to whoever sees the document."""
    rows = await work.session.execute(_cards().where(Party.id.in_(party_ids)))
    return {row.id: _card(row) for row in rows}


async def find_parties(work: Work, text: str, limit: int = 20) -> Sequence[PartyCard]:
    """Parties within the actor's reach by name, code, phone or pinyin initials; a phone that is kept from them stays so."""
    pattern = "%" + text.casefold().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    rights = await rights_of(work, PARTIES.permission)
    found = open_text(Party, rights.unread).like(pattern, escape="\\")
    query = _cards().where(found, await Party.reach(work, "read")).order_by(Party.name, Party.id)
    cards = [_card(row) for row in await work.session.execute(query.limit(limit))]
    return [replace(card, phone=rights.shown({"phone": card.phone}).get("phone")) for card in cards]


def _cards() -> Select[*tuple[Any, ...]]:
    p = Party
    return select(
        p.id, p.name, p.kind, p.is_customer, p.is_supplier, p.phone, p.invoice_title, p.tax_number, p.credit_code,
        p.bank_name, p.bank_account, p.invoice_address, p.invoice_phone, p.payment_days,
    )  # fmt: skip


def _card(row: Any) -> PartyCard:
    return PartyCard(
        id=row.id,
        name=row.name,
        kind=row.kind,
        is_customer=row.is_customer,
        is_supplier=row.is_supplier,
        phone=row.phone,
        title=row.invoice_title or row.name,
        tax_number=row.tax_number or row.credit_code,
        bank_name=row.bank_name,
        bank_account=row.bank_account,
        invoice_address=row.invoice_address,
        invoice_phone=row.invoice_phone,
        payment_days=row.payment_days,
    )
