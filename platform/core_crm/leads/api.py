"""REST API of what is done with leads; reading and writing them is the resource's."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core_crm.leads.assignment import AssignmentRuleInput, assignment_rules, delete_rule, save_rule
from core_crm.leads.conversion import ConvertInput, convert_lead, offered
from core_crm.leads.model import AssignmentRule, Lead, LeadState, Operator, WebForm
from core_crm.leads.service import STEM, disqualify_lead, follow_lead, get_lead, reopen_lead
from core_crm.leads.webforms import WebFormInput, save_form, web_forms
from core_crm.timelines import ActivityInput, ActivityRead, entries_read
from kernel.work import Work
from master_data.api import timeline_of

READ = {"permission": "crm.lead.read"}
UPDATE = {"permission": "crm.lead.update"}
MANAGE = {"permission": "crm.lead.manage"}


class LeadStateRead(msgspec.Struct, kw_only=True):
    """Where a lead stands, and why it is worth what it is."""

    id: UUID
    state: LeadState
    score: int
    score_reasons: list[dict[str, Any]]
    owner_id: UUID | None
    disqualified_reason: str | None
    party_id: UUID | None
    converted_at: datetime | None
    consent: dict[str, Any] | None
    version: int

    @classmethod
    def of(cls, lead: Lead) -> "LeadStateRead":
        return cls(**{name: getattr(lead, name) for name in cls.__struct_fields__})


class Converted(msgspec.Struct, kw_only=True):
    lead_id: UUID
    party_id: UUID
    opportunity_id: UUID | None


class LookAlikeRead(msgspec.Struct, kw_only=True):
    """A customer who may be the same; ``id`` is null and the name masked where the caller may not see it.

    ``reasons`` are of name, credit_code, phone and mail.
    """

    id: UUID | None
    name: str
    owner: str
    reasons: list[str]


class DisqualifyInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class AssignmentRuleRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    position: int
    field: str | None
    operator: Operator
    value: str
    by_load: bool
    load_max: int | None
    employees: list[str]
    active: bool

    @classmethod
    def of(cls, rule: AssignmentRule) -> "AssignmentRuleRead":
        return cls(**{name: getattr(rule, name) for name in cls.__struct_fields__})


class WebFormRead(msgspec.Struct, kw_only=True):
    """``path`` is the form's address on the company's host."""

    id: UUID
    name: str
    path: str
    title: str
    intro: str | None
    fields: list[str]
    consent_text: str
    thanks: str
    source: str
    sites: list[str]
    active: bool
    version: int

    @classmethod
    def of(cls, form: WebForm) -> "WebFormRead":
        plain = {name: getattr(form, name) for name in cls.__struct_fields__ if name != "path"}
        return cls(**plain, path=f"/forms/{form.key}")


class WebFormUpdate(WebFormInput, kw_only=True, forbid_unknown_fields=True):
    version: int | None = None


class LeadCommands(Controller):
    path = "/leads/{lead_id:uuid}"
    tags = ("Leads",)

    @get("/state", operation_id="readLeadState", opt=READ)
    async def state(self, work: NamedDependency[Work], lead_id: FromPath[UUID]) -> LeadStateRead:
        """Its state, its score with the reasons, and what was agreed to."""
        return LeadStateRead.of(await get_lead(work, lead_id))

    @get("/look-alikes", operation_id="listLeadLookAlikes", opt=READ)
    async def look_alikes(self, work: NamedDependency[Work], lead_id: FromPath[UUID]) -> list[LookAlikeRead]:
        """Customers who may be the same, by credit code, name or phone."""
        _lead, found = await offered(work, lead_id)
        return [LookAlikeRead(id=each.id, name=each.name, owner=each.owner, reasons=list(each.reasons)) for each in found]

    @post("/convert", operation_id="convertLead", opt={"permission": "crm.lead.convert"}, status_code=200)
    async def convert(self, work: NamedDependency[Work], lead_id: FromPath[UUID], data: JSONBody[ConvertInput]) -> Converted:
        """Make it a customer, a contact and an opportunity.  409 ``party_looks_alike`` lists customers who may be the same."""
        lead, opportunity_id = await convert_lead(work, lead_id, data)
        assert lead.party_id is not None  # noqa: S101 - for the type checker
        return Converted(lead_id=lead.id, party_id=lead.party_id, opportunity_id=opportunity_id)

    @post("/disqualify", operation_id="disqualifyLead", opt=UPDATE, status_code=200)
    async def disqualify(self, work: NamedDependency[Work], lead_id: FromPath[UUID], data: JSONBody[DisqualifyInput]) -> LeadStateRead:
        """Nothing will come of it, for a reason."""
        return LeadStateRead.of(await disqualify_lead(work, lead_id, data.reason))

    @post("/reopen", operation_id="reopenLead", opt=UPDATE, status_code=200)
    async def reopen(self, work: NamedDependency[Work], lead_id: FromPath[UUID]) -> LeadStateRead:
        """Take up again what was disqualified."""
        return LeadStateRead.of(await reopen_lead(work, lead_id))

    @get("/timeline", operation_id="listLeadTimeline", opt=READ)
    async def timeline(self, work: NamedDependency[Work], lead_id: FromPath[UUID]) -> list[ActivityRead]:
        """Contacts with it, the latest first."""
        found = await timeline_of(work, await get_lead(work, lead_id), STEM, limit=100)
        return await entries_read(work, found[:100])

    @post("/timeline", operation_id="addToLeadTimeline", opt=UPDATE)
    async def follow(self, work: NamedDependency[Work], lead_id: FromPath[UUID], data: JSONBody[ActivityInput]) -> ActivityRead:
        """Note a contact; with the first one the work on the lead begins."""
        return ActivityRead.of(await follow_lead(work, lead_id, data))


class LeadSetupController(Controller):
    path = "/"
    tags = ("Leads",)

    @get("/assignment-rules", operation_id="listAssignmentRules", opt=MANAGE)
    async def rules(self, work: NamedDependency[Work]) -> list[AssignmentRuleRead]:
        """Rules in the order in which they are tried."""
        return [AssignmentRuleRead.of(rule) for rule in await assignment_rules(work)]

    @post("/assignment-rules", operation_id="createAssignmentRule", opt=MANAGE)
    async def add_rule(self, work: NamedDependency[Work], data: JSONBody[AssignmentRuleInput]) -> AssignmentRuleRead:
        """One more rule."""
        return AssignmentRuleRead.of(await save_rule(work, data))

    @put("/assignment-rules/{rule_id:uuid}", operation_id="updateAssignmentRule", opt=MANAGE)
    async def change_rule(
        self, work: NamedDependency[Work], rule_id: FromPath[UUID], data: JSONBody[AssignmentRuleInput]
    ) -> AssignmentRuleRead:
        """Write a rule anew."""
        return AssignmentRuleRead.of(await save_rule(work, data, rule_id))

    @delete("/assignment-rules/{rule_id:uuid}", operation_id="deleteAssignmentRule", opt=MANAGE)
    async def remove_rule(self, work: NamedDependency[Work], rule_id: FromPath[UUID]) -> None:
        """Take a rule away."""
        await delete_rule(work, rule_id)

    @get("/web-forms", operation_id="listWebForms", opt=MANAGE)
    async def forms(self, work: NamedDependency[Work]) -> list[WebFormRead]:
        """Forms for the company's web site."""
        return [WebFormRead.of(form) for form in await web_forms(work)]

    @post("/web-forms", operation_id="createWebForm", opt=MANAGE)
    async def add_form(self, work: NamedDependency[Work], data: JSONBody[WebFormInput]) -> WebFormRead:
        """A new form, at an address that nobody can guess."""
        return WebFormRead.of(await save_form(work, data))

    @put("/web-forms/{form_id:uuid}", operation_id="updateWebForm", opt=MANAGE)
    async def change_form(self, work: NamedDependency[Work], form_id: FromPath[UUID], data: JSONBody[WebFormUpdate]) -> WebFormRead:
        """Write a form anew; its address stays."""
        return WebFormRead.of(await save_form(work, data, form_id, version=data.version))
