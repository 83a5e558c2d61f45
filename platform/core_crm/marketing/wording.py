"""What a template may say of a customer: a list of names, each with its words and where its value comes from."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core_crm.orders.model import Order, OrderState
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work
from master_data.api import Contact, Party, PartyStage, own_fields, rights_of

STEM = "master.party"

FIELDS = {
    "customer.name": N_("Name of the customer"),
    "customer.contact": N_("Name of the contact"),
    "customer.region": N_("Region"),
    "customer.industry": N_("Industry"),
    "customer.stage": N_("Stage"),
    "customer.source": N_("Source"),
    "company.name": N_("Name of our company"),
    "orders.count": N_("Number of orders"),
    "orders.amount": N_("Amount of all orders"),
    "orders.last_on": N_("Day of the last order"),
    "orders.last_number": N_("Number of the last order"),
    "date.today": N_("Day of sending"),
}

STAGES = {
    PartyStage.POTENTIAL: N_("Potential"),
    PartyStage.INTERESTED: N_("Interested"),
    PartyStage.CUSTOMER: N_("Customer won"),
    PartyStage.LOST: N_("Lost"),
}


async def names_of(work: Work) -> dict[str, str]:
    """All names with their words; the company's own fields are ``custom.<code>``."""
    own = {f"custom.{field.code}": field.label for field in await own_fields(work, STEM)}
    return {name: _(label) for name, label in FIELDS.items()} | own


async def values_of(work: Work, party_ids: Sequence[UUID], *, by_rights: bool = False) -> Mapping[UUID, Mapping[str, Any]]:
    """The values for each of the parties.  ``by_rights`` leaves out what the actor may not see, for a preview."""
    contact = (
        select(Contact.name)
        .where(Contact.party_id == Party.id)
        .order_by(Contact.decides.desc(), Contact.created_at)
        .limit(1)
        .correlate(Party)
        .scalar_subquery()
    )
    columns = (Party.id, Party.name, Party.region, Party.industry, Party.stage, Party.source, Party.custom, contact.label("contact"))
    rows = await work.session.execute(select(*columns).where(Party.id.in_(party_ids)))
    orders = await _orders(work, party_ids)
    rights = await rights_of(work, STEM)
    found = {}
    for row in rows:
        seen: Any = rights.shown(dict(row._mapping)) if by_rights else row._mapping
        values = {f"custom.{code}": value for code, value in (seen.get("custom") or {}).items()}
        values |= {f"customer.{name}": seen.get(name) for name in ("name", "contact", "region", "industry", "source")}
        values["customer.stage"] = _(STAGES[row.stage]) if "stage" in seen else None
        values |= {"company.name": work.tenant.name, "date.today": work.today()}
        found[row.id] = values | orders.get(row.id, {"orders.count": 0})
    return found


async def _orders(work: Work, party_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    o = Order
    place = func.row_number().over(partition_by=o.party_id, order_by=(o.ordered_on.desc(), o.id.desc()))
    query = select(
        o.party_id,
        o.number,
        func.count().over(partition_by=o.party_id).label("count_of"),
        func.sum(o.gross * o.rate).over(partition_by=o.party_id).label("amount"),
        o.ordered_on,
        place.label("place"),
    ).where(o.party_id.in_(party_ids), o.state == OrderState.CONFIRMED)
    rows = query.subquery()
    return {
        row.party_id: {
            "orders.count": row.count_of,
            "orders.amount": round_half_up(row.amount),
            "orders.last_on": row.ordered_on,
            "orders.last_number": row.number,
        }
        for row in await work.session.execute(select(rows).where(rows.c.place == 1))
    }
