"""A lead becomes a customer, a contact and an opportunity; nothing that was known of it is lost."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import select

from core_crm.leads.advertising import carry_consent
from core_crm.leads.events import LeadConverted
from core_crm.leads.model import Lead, LeadState
from core_crm.leads.service import STEM, get_lead, open_lead
from core_crm.pipeline.service import OpportunityInput, create_opportunity
from core_crm.pool.holding import out_of_pool
from core_crm.pool.model import PoolKind
from core_crm.pricing.lines import LineInput
from identity.audit import record
from kernel import clock
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from master_data.api import Contact, Double, Party, PartyKind, PartyStage, carry_over, create_party, get_party, likely_doubles

FOUND_MAX = 10


class PartyLooksAlike(DomainError):
    """Customers that may be this one are there already; ``parties`` lists them.  Choose one, or say that it is a new one."""

    code = "party_looks_alike"


class ConvertInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``party_id``: an existing customer; ``new_party``: a new one although others look alike."""

    party_id: UUID | None = None
    new_party: bool = False
    with_opportunity: bool = True
    opportunity_name: Annotated[str, msgspec.Meta(max_length=120)] = ""
    amount: Decimal = Decimal(0)
    expected_on: date | None = None
    pipeline_id: UUID | None = None


async def look_alikes(work: Work, lead: Lead) -> Sequence[Double]:
    """Customers who may be this lead, those of others by a masked name."""
    return await likely_doubles(
        work, name=lead.company or lead.name, credit_code=lead.credit_code or "", phone=lead.phone or "", email=lead.email or ""
    )


async def convert_lead(work: Work, lead_id: UUID, data: ConvertInput) -> tuple[Lead, UUID | None]:
    """Make the lead a customer with a contact, and an opportunity; answers the lead and the opportunity.

    Raises:
        LeadNotFound, LeadNotOpen
        PartyLooksAlike: the same customer may be there; nothing was written.
        PartyNotFound: the chosen customer does not exist or is out of sight.
        OpportunityInvalid, FieldsMissing: the opportunity cannot begin like this.
    """
    lead = await open_lead(work, lead_id)
    if data.party_id is not None:
        party_id = (await get_party(work, data.party_id)).id
    else:
        found = await look_alikes(work, lead)
        if found and not data.new_party:
            names = _(", ").join(_("%(name)s (%(owner)s)", name=each.name, owner=each.owner) if each.owner else each.name for each in found)
            raise PartyLooksAlike(
                _("This may be a customer already: %(names)s. Choose it, or convert to a new customer.", names=names),
                field="party_id",
                parties=[
                    {"id": str(each.id) if each.id else None, "name": each.name, "owner": each.owner, "reasons": each.reasons}
                    for each in found
                ],
            )
        party_id = await _party(work, lead)
    contact = await _contact(work, lead, party_id)
    opportunity_id = await _opportunity(work, lead, data, party_id, contact) if data.with_opportunity else None
    before = lead.state
    lead.state, lead.party_id, lead.converted_at = LeadState.CONVERTED, party_id, clock.now()
    lead.last_activity_at = lead.converted_at
    await out_of_pool(work, PoolKind.LEAD, lead.id)
    await work.session.flush()
    await carry_over(work, STEM, lead.id, to_stem="master.party", to_id=party_id)
    await carry_consent(work, lead, party_id)
    after = {"state": lead.state.value, "party_id": str(party_id), "opportunity_id": str(opportunity_id) if opportunity_id else None}
    await record(work, "lead.converted", f"lead:{lead.id}", name=lead.name, before={"state": before.value}, after=after)
    await work.publish(LeadConverted(lead_id=lead.id, party_id=party_id, opportunity_id=opportunity_id))
    return lead, opportunity_id


async def offered(work: Work, lead_id: UUID) -> tuple[Lead, Sequence[Double]]:
    """The lead and the customers it may be, before it is converted."""
    lead = await get_lead(work, lead_id, act="edit")
    return lead, await look_alikes(work, lead)


async def _party(work: Work, lead: Lead) -> UUID:
    organisation = bool(lead.company)
    values = {
        "name": lead.company or lead.name,
        "kind": PartyKind.ORGANISATION if organisation else PartyKind.PERSON,
        "credit_code": lead.credit_code,
        "same_name_allowed": True,
        "stage": PartyStage.INTERESTED,
        "phone": lead.phone,
        "email": lead.email,
        "region": lead.region,
        "industry": lead.industry,
        "source": lead.source,
        "owner_id": lead.owner_id,
        "department_id": lead.department_id,
        "remark": lead.need,
    }
    return await create_party(work, **values)


async def _contact(work: Work, lead: Lead, party_id: UUID) -> UUID | None:
    """The person, where the customer is an organisation that does not have them yet."""
    party = await work.session.scalar(select(Party.kind).where(Party.id == party_id))
    if party is not PartyKind.ORGANISATION:
        return None
    known = select(Contact.id).where(Contact.party_id == party_id, Contact.name == lead.name)
    if (there := await work.session.scalar(known.limit(1))) is not None:
        return there
    contact = Contact(id=new_id(), party_id=party_id, name=lead.name, position=lead.position, phone=lead.phone, email=lead.email)
    work.session.add(contact)
    await work.session.flush()
    return contact.id


async def _opportunity(work: Work, lead: Lead, data: ConvertInput, party_id: UUID, contact_id: UUID | None) -> UUID:
    work.require("crm.opportunity.create")
    lines = [LineInput(product_id=lead.product_id, quantity=Decimal(1))] if lead.product_id and not data.amount else []
    wanted = OpportunityInput(
        party_id=party_id,
        name=data.opportunity_name.strip() or (lead.company or lead.name)[:120],
        amount=data.amount,
        expected_on=data.expected_on,
        source=lead.source,
        contact_id=contact_id,
        owner_id=lead.owner_id,
        remark=lead.need[:2000] if lead.need else None,
        lines=lines,
    )
    made = await create_opportunity(work, wanted, pipeline_id=data.pipeline_id, lead_id=lead.id)
    return made.id
