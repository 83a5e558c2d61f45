"""What can be done with a lead beyond editing it: follow, disqualify, reopen."""

from uuid import UUID

from sqlalchemy import select

from core_crm.leads.events import LeadDisqualified, LeadReopened
from core_crm.leads.model import OPEN_STATES, Lead, LeadState
from core_crm.pool.holding import out_of_pool
from core_crm.pool.model import PoolKind
from core_crm.timelines import ActivityInput
from identity.audit import record
from kernel.errors import DomainError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import Activity, add_activity, require_visible
from vertical.guarding import Act

STEM = "crm.lead"


class LeadNotFound(NotFound):
    code = "lead_not_found"


class LeadNotOpen(DomainError):
    """It was converted or disqualified."""

    code = "lead_not_open"


class LeadNotDisqualified(DomainError):
    """Only what was disqualified is reopened."""

    code = "lead_not_disqualified"


async def get_lead(work: Work, lead_id: UUID, *, act: Act = "read", lock: bool = False) -> Lead:
    """The lead, where the actor may ``act`` on it.

    Raises:
        LeadNotFound, RecordNotFound, RecordReadOnly
    """
    query = select(Lead).where(Lead.id == lead_id).execution_options(populate_existing=lock)
    lead = await work.session.scalar(query.with_for_update(of=Lead) if lock else query)
    if lead is None:
        raise LeadNotFound(_("This lead does not exist, or was deleted."))
    await require_visible(work, lead, STEM, act)
    return lead


async def open_lead(work: Work, lead_id: UUID) -> Lead:
    """The lead, locked, where the actor may change it and it is open.

    Raises:
        LeadNotFound, LeadNotOpen
    """
    lead = await get_lead(work, lead_id, act="edit", lock=True)
    if lead.state is LeadState.CONVERTED:
        raise LeadNotOpen(_("“%(name)s” was converted already.", name=lead.name))
    if lead.state is LeadState.DISQUALIFIED:
        raise LeadNotOpen(_("“%(name)s” was disqualified. Reopen it first.", name=lead.name))
    return lead


async def follow_lead(work: Work, lead_id: UUID, data: ActivityInput) -> Activity:
    """Note a contact; with the first one the work on the lead begins.

    Raises:
        LeadNotFound, LeadNotOpen, Invalid
    """
    lead = await open_lead(work, lead_id)
    entry = await add_activity(work, lead, STEM, **data.given())
    await begin_work(work, lead, entry)
    return entry


async def begin_work(work: Work, lead: Lead, entry: Activity) -> None:
    """Somebody was in touch with an open lead."""
    lead.last_activity_at, lead.state = entry.at, LeadState.WORKING
    await work.session.flush()


async def disqualify_lead(work: Work, lead_id: UUID, reason: str) -> Lead:
    """Nothing will come of it.

    Raises:
        LeadNotFound, LeadNotOpen
        Invalid: no reason.
    """
    lead = await open_lead(work, lead_id)
    if not reason.strip():
        raise Invalid(_("Say why nothing will come of it."), field="reason")
    before = lead.state
    lead.state, lead.disqualified_reason = LeadState.DISQUALIFIED, reason.strip()[:200]
    await out_of_pool(work, PoolKind.LEAD, lead.id)
    await work.session.flush()
    await _record(work, lead, "disqualified", before, reason=lead.disqualified_reason)
    await work.publish(LeadDisqualified(lead_id=lead.id, reason=lead.disqualified_reason))
    return lead


async def reopen_lead(work: Work, lead_id: UUID) -> Lead:
    """Take up again what was disqualified.

    Raises:
        LeadNotFound, LeadNotDisqualified
    """
    lead = await get_lead(work, lead_id, act="edit", lock=True)
    if lead.state is not LeadState.DISQUALIFIED:
        raise LeadNotDisqualified(_("“%(name)s” is not disqualified.", name=lead.name))
    followed = await work.session.scalar(select(Activity.id).where(Activity.record_kind == STEM, Activity.record_id == lead.id).limit(1))
    lead.state, lead.disqualified_reason = (LeadState.WORKING if followed else LeadState.NEW), None
    await work.session.flush()
    await _record(work, lead, "reopened", LeadState.DISQUALIFIED)
    await work.publish(LeadReopened(lead_id=lead.id))
    return lead


async def _record(work: Work, lead: Lead, verb: str, before: LeadState, **more: str) -> None:
    after = {"state": lead.state.value, **more}
    await record(work, f"lead.{verb}", f"lead:{lead.id}", name=lead.name, before={"state": before.value}, after=after)


def is_open(lead: Lead) -> bool:
    return lead.state in OPEN_STATES
