"""Leads as a resource: their list, form, API, import and export, and what holds for every one of them."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core_crm.leads.assignment import assign_by_rules, assign_now
from core_crm.leads.events import LeadCreated, LeadsImported
from core_crm.leads.model import OPEN_STATES, Lead
from core_crm.leads.scoring import score, scoring_rules
from core_crm.pool.holding import into_pool
from core_crm.pool.model import Act, PoolKind
from kernel import clock
from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import search_text, uscc
from vertical import Action, Candidate, RecordRules, Resource, RowProblem

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
BATCH = 500


class LeadRules(RecordRules):
    """Cleans what is typed; a new lead is scored, and given to somebody or laid into the pool."""

    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        clean = values | {"name": " ".join(values["name"].split())}
        if not clean["name"]:
            raise Invalid(_("Please enter a name."), field="name")
        if (email := clean.get("email")) and not _EMAIL.fullmatch(email):
            raise Invalid(_("Please enter an e-mail address, for example name@example.com."), field="email")
        if code := clean.get("credit_code"):
            clean["credit_code"] = uscc.clean(code)
            if not uscc.is_valid(clean["credit_code"]):
                raise Invalid(_("This is no unified social credit code; check its 18 characters."), field="credit_code")
        return clean | {
            "search_text": search_text(clean.get("company") or clean["name"], clean["name"], clean.get("phone"), clean.get("email"))
        }

    async def check(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        ids = [candidate.id for candidate in candidates if candidate.id is not None]
        if not ids:
            return ()
        closed = set(await work.session.scalars(select(Lead.id).where(Lead.id.in_(ids), Lead.state.not_in(OPEN_STATES))))
        message = _("This lead was converted or disqualified; reopen it to change it.")
        return [RowProblem(position=c.position, field="name", message=message) for c in candidates if c.id in closed]

    async def written(self, work: Work, ids: Sequence[UUID], *, created: bool) -> None:
        rules = await scoring_rules(work)
        for start in range(0, len(ids), BATCH):
            query = select(Lead).where(Lead.id.in_(ids[start : start + BATCH])).order_by(Lead.id)
            for lead in await work.session.scalars(query.execution_options(populate_existing=True)):
                score(lead, rules)
                if created:
                    await _begin(work, lead)
            await work.session.flush()
        if created:
            await work.publish(LeadCreated(lead_id=ids[0]) if len(ids) == 1 else LeadsImported(lead_ids=tuple(ids)))


async def _begin(work: Work, lead: Lead) -> None:
    """A new lead has somebody in charge, or lies in the pool."""
    lead.made_by = work.actor.name[:80]
    if lead.owner_id is not None:
        lead.held_since = clock.now()
    elif not await assign_by_rules(work, lead):
        await into_pool(work, PoolKind.LEAD, lead, act=Act.RELEASED, reason=_("New, and nobody was named by a rule"))


LEADS = Resource(
    model=Lead,
    label=N_("Leads"),
    singular=N_("Lead"),
    permission="crm.lead",
    sort="created_at",
    columns=("name", "company", "state", "score", "phone", "source", "region", "owner_id"),
    form=(
        "name",
        "company",
        "position",
        "phone",
        "email",
        "region",
        "industry",
        "source",
        "product_id",
        "need",
        "credit_code",
        "owner_id",
        "department_id",
    ),
    search=("search_text",),
    filters=("state", "source", "region", "owner_id"),
    actions=(Action(name="assign", label=N_("Assign by rules"), run=assign_now),),
    rules=LeadRules(),
)
